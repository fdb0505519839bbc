"""The drawings that ship with the assistant, and the words, English and Chinese, that find them."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from importlib.resources import files

from assistant.claims import HAN
from assistant.data_sets import Language
from assistant.drawing.plurals import plurals, singular
from assistant.pictures.names import without_colour

BUNDLE = files("assistant.drawing").joinpath("clipart", "drawings.json.gz")
OWN = "samesense"  # the source of the drawings that the project made itself
_SAID, _EXACT, _COLOURLESS = 1, 0, 2  # how a name comes to a drawing: the lower, the better
_LIKE = 0.75  # least likeness (difflib's ratio) of a name that is offered for an unknown one
_OFFERED = 3


@dataclass(frozen=True)
class Drawing:
    """A flat drawing of a thing in SVG, without its outermost element."""

    id: str  # its source and its name there
    names: Mapping[Language, str]
    group: str  # of emoji: `Food & Drink`, …
    shows: int  # how many of the thing; 0: several that nobody counts
    body: str
    size: tuple[int, int]  # width and height in its own units
    licence: str


@dataclass(frozen=True)
class _Entry:
    """A way from a name to a drawing; entries sort from the best to the poorest."""

    several: bool
    rank: int
    place: int  # in the list of names that people say
    drawing: str


class Lexicon:
    """Finds drawings by what people call them."""

    def __init__(self, rows: Mapping[str, Mapping], licences: Mapping[str, str]) -> None:
        self._rows = rows
        self.drawings = {key: _drawing(key, row, licences) for key, row in rows.items()}
        self._entries: dict[str, list[_Entry]] = {}
        self._singular: dict[str, str] = {}
        self._whole: set[str] = set()  # names of one thing, be they plurals: `glasses`
        for key, row in rows.items():
            for name, rank in _names_of(row):
                entry = _Entry(row["shows"] != 1, rank, row["place"], key)
                self._enter(name, entry)
        for found in self._entries.values():
            found.sort(key=lambda e: (e.several, e.rank, e.place, e.drawing))

    def _enter(self, name: str, entry: _Entry) -> None:
        name = spelled(name)
        self._entries.setdefault(name, []).append(entry)
        if not entry.several:
            self._whole.add(name)
        if HAN.search(name):
            return
        one = singular(name) if entry.several else name
        for form in {one, *plurals(one)} - {name}:
            self._entries.setdefault(form, []).append(entry)
        for form in plurals(one):
            self._singular.setdefault(form, one)

    def find(self, words: str) -> tuple[Drawing, ...]:
        """Return the drawings of a thing, the best first; none where it is not known."""
        found = self._entries.get(spelled(words), ())
        return tuple(self.drawings[key] for key in dict.fromkeys(entry.drawing for entry in found))

    def knows(self, words: str) -> bool:
        """Tell whether there is a drawing of a thing."""
        return spelled(words) in self._entries

    def is_said(self, words: str) -> bool:
        """Tell whether people call a thing so as a whole: `green tea`, `红包` name no colour."""
        return any(entry.rank == _SAID for entry in self._entries.get(spelled(words), ()))

    def is_another(self, phrase: str, words: str) -> bool:
        """Tell whether a phrase is the name of what its own words do not find: `红桃`, no `桃`."""
        exact = {e.drawing for e in self._entries.get(spelled(phrase), ()) if e.rank <= _SAID}
        return bool(exact) and exact.isdisjoint(drawing.id for drawing in self.find(words))

    def singular_of(self, words: str) -> str:
        """Return the name of one thing for a plural; "" where the words are no plural."""
        words = spelled(words)
        return "" if words in self._whole else self._singular.get(words, "")

    def near(self, words: str) -> list[str]:
        """Return known names that are close to unknown words, the closest first."""
        words = spelled(words)
        joint = "" if HAN.search(words) else " "
        tokens = words.split() if joint else list(words)
        heads = [joint.join(tokens[:end]) for end in range(len(tokens) - 1, 0, -1)]
        tails = [joint.join(tokens[start:]) for start in range(1, len(tokens))]
        inside = [
            name for names in (heads, tails) for name in [n for n in names if self.knows(n)][:1]
        ]
        like = get_close_matches(words, self._plain_names, _OFFERED, _LIKE)
        return list(dict.fromkeys([*inside, *like, *self._by_keyword.get(words, ())]))[:_OFFERED]

    @cached_property
    def _plain_names(self) -> list[str]:
        return sorted(set(self._entries) - set(self._singular))

    @cached_property
    def _by_keyword(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in self._rows.values():
            for code, keywords in row["keywords"].items():
                for keyword in keywords:
                    if code in row["names"]:
                        found.setdefault(spelled(keyword), []).append(row["names"][code])
        return found


def _drawing(key: str, row: Mapping, licences: Mapping[str, str]) -> Drawing:
    return Drawing(
        key, row["names"], row["group"], row["shows"], row["body"], tuple(row["size"]),
        licences[key.partition("/")[0]],
    )  # fmt: skip


def _names_of(row: Mapping) -> Iterator[tuple[str, int]]:
    """Yield what a drawing is called, and how it comes to be called so."""
    for name in row["names"].values():
        yield name, _EXACT
    for names in row["said"].values():
        for name in names:
            yield name, _SAID
    for code, name in without_colour(row["names"]).items():
        if name != row["names"][code]:
            yield name, _COLOURLESS


def spelled(words: str) -> str:
    """Return words as names are compared: small letters, no hyphens, straight apostrophes."""
    return " ".join(re.sub(r"[-‐–_]+", " ", words.lower().replace("’", "'")).split())


@cache
def lexicon() -> Lexicon:
    """Return the drawings that ship with the assistant."""
    held = json.loads(gzip.decompress(BUNDLE.read_bytes()))
    return Lexicon(held["drawings"], held["licences"])
