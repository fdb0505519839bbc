"""The prompts of the painter's benchmark, with what a right picture shows beside each.

After Ghosh et al., "GenEval: An Object-Focused Framework for Evaluating Text-to-Image Alignment",
2023: one object, its colour, a count, two objects, their position, and which of two has which
colour. The prompts are the same on every machine. `colour_part`, `pair_part` and `count_part` tell
what a painter may learn: only what they call "train".
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Literal, TypeVar

from assistant.data_sets import LANGUAGES, Language, Split
from assistant.pictures.assets import Asset
from assistant.pictures.colours import NAMES
from assistant.pictures.names import COLOURS, words_of
from assistant.pictures.objects import Kind, kind_of, kinds
from assistant.pictures.scenes import is_held_back, split_of

Task = Literal[
    "single object", "unseen object", "colour", "count", "two objects", "position", "binding"
]
Part = Literal["dev", "test"]
TASKS: dict[Task, str] = {  # what of it training never shows
    "single object": "nothing: known objects, seen in other drawings",
    "unseen object": "the object",
    "colour": "the object in this colour",
    "count": "this number of the object",
    "two objects": "the two together",
    "position": "the two together",
    "binding": "the two together",
}
RELATIONS = ("left of", "right of", "above", "below")
COUNTS = (2, 3, 4)
PROMPTS: dict[Part, int] = {"dev": 8, "test": 20}  # of a task, at most
_NUMBERS = {2: ("two", "两"), 3: ("three", "三"), 4: ("four", "四")}
_ENGLISH = {"left of": "to the left of", "right of": "to the right of"}
_CHINESE = {"left of": "左边", "right of": "右边", "above": "上方", "below": "下方"}


@dataclass(frozen=True)
class Asked:
    """Things of one kind that a prompt asks for."""

    object: str  # the word of a `Kind`
    colour: str = ""  # "": any
    count: int = 1


@dataclass(frozen=True)
class Prompt:
    """What is asked in words, and what that means."""

    task: Task
    language: Language
    text: str
    things: tuple[Asked, ...]
    relation: str = ""  # of the first thing to the second, in `RELATIONS`


def prompts(part: Part) -> tuple[Prompt, ...]:
    """Return a part's prompts: up to `PROMPTS` of each task, each in every language.

    The parts share no object, pairing, pair or count of an object.
    """
    return tuple(
        Prompt(task, language, say(things, relation, language), things, relation)
        for task, things, relation in _asked(part)
        for language in LANGUAGES
    )


def colour_part(asset: Asset, colour: str) -> Split:
    """Return the part to which a thing in a colour belongs, whether painted or so from the start.

    Everything that `is_held_back` is in "test".
    """
    if is_held_back(asset, colour):
        return "test"
    return _part(f"{_head(asset)} {colour}", test=10, dev=5)


def pair_part(first: Asset, second: Asset) -> Split:
    """Return the part to which pictures of two things together belong, in either order."""
    heads = sorted((_head(first), _head(second)))
    return _part(f"pair {' '.join(heads)}", test=10, dev=5)


def count_part(asset: Asset, count: int) -> Split:
    """Return the part to which pictures of so many of a thing belong; one is always "train"."""
    if count == 1:
        return "train"
    return _part(f"count {_head(asset)} {count}", test=20, dev=8)


def is_of_unseen(asset: Asset) -> bool:
    """Tell whether a drawing's name or keywords name an object that no painter may know.

    A rose has the keyword `flower`: whoever learns it has seen a flower.
    """
    said = {*asset.names.values(), *(word for words in asset.keywords.values() for word in words)}
    words = {word for text in said for word in (text, *words_of(text))}
    return not words.isdisjoint(_unseen_words())


@cache
def _unseen_words() -> frozenset[str]:
    unseen = [kind for kind in kinds().values() if split_of(kind.as_asset) != "train"]
    return frozenset(
        word for kind in unseen
        for word in (kind.word, kind.plural, kind.chinese, *kind.drawings)
    )  # fmt: skip


def _part(what: str, *, test: int, dev: int) -> Split:
    """Return a part that falls to what is described, with these chances in percent."""
    place = _chance(what) % 100
    return "test" if place < test else "dev" if place < test + dev else "train"


def _chance(what: str) -> int:
    return zlib.crc32(what.encode())


def _head(asset: Asset) -> str:
    """Return the stem of a drawing's kind; drawings of one kind may have several of their own."""
    kind = kind_of(asset)
    return kind.head if kind else asset.head


_Things = tuple[Asked, ...]
_T = TypeVar("_T")


def _asked(part: Part) -> Iterator[tuple[Task, _Things, str]]:
    """Yield the tasks of a part with their things and relation."""
    known = [word for word, kind in kinds().items() if split_of(kind.as_asset) == "train"]
    unseen = [word for word, kind in kinds().items() if split_of(kind.as_asset) == part]
    size = PROMPTS[part]
    start = PROMPTS["test"] if part == "dev" else 0  # after those of the test part
    singles = _shuffled([(Asked(word),) for word in known], "single")
    for things in singles[start : start + size]:
        yield "single object", things, ""
    for word in unseen:
        yield "unseen object", (Asked(word),), ""
    painted = [
        (Asked(word, colour),) for word in known for colour in _new_colours(kinds()[word])
        if colour_part(kinds()[word].as_asset, colour) == part
    ]  # fmt: skip
    for things in _shuffled(painted, "colour")[:size]:
        yield "colour", things, ""
    several = [
        (Asked(word, count=count),) for word in known for count in COUNTS
        if count_part(kinds()[word].as_asset, count) == part
    ]  # fmt: skip
    for things in _shuffled(several, "count")[:size]:
        yield "count", things, ""
    yield from _of_two(known, part)


def _of_two(known: Sequence[str], part: Part) -> Iterator[tuple[Task, _Things, str]]:
    """Yield the tasks about two objects; no pair is in two of them."""
    size = PROMPTS[part]
    pairs = _shuffled(
        [
            pair if _chance(f"order {pair}") % 2 else pair[::-1]
            for pair in combinations(known, 2)
            if pair_part(*(kinds()[word].as_asset for word in pair)) == part
        ],
        "pairs",
    )
    bound = [pair for pair in pairs if all(kinds()[word].paintable for word in pair)][:size]
    rest = [pair for pair in pairs if pair not in bound]
    half = min(size, len(rest) // 2)
    for first, second in rest[:half]:
        yield "two objects", (Asked(first), Asked(second)), ""
    for place, (first, second) in enumerate(rest[half : 2 * half]):
        yield "position", (Asked(first), Asked(second)), RELATIONS[place % len(RELATIONS)]
    for first, second in bound:
        colour = _shuffled(_taught(kinds()[first]), first + second)[0]
        others = [name for name in _taught(kinds()[second]) if name != colour]
        other = _shuffled(others, second + first)[0]
        yield "binding", (Asked(first, colour), Asked(second, other)), ""


def _new_colours(kind: Kind) -> list[str]:
    """Return the colours that a kind has only when it is painted."""
    return [name for name in NAMES if kind.paintable and name not in kind.colours]


def _taught(kind: Kind) -> list[str]:
    """Return the colours in which training may show a kind."""
    return [name for name in NAMES if colour_part(kind.as_asset, name) == "train"]


def _shuffled(items: Sequence[_T], seed: str) -> list[_T]:
    """Return items in an order that only they and the seed settle."""
    return sorted(items, key=lambda item: _chance(f"{seed} {item}"))


def say(things: _Things, relation: str, language: Language) -> str:
    """Return what a person would ask for: things, the first one's relation to the second, or ""."""
    phrases = [_phrase(asked, language) for asked in things]
    if not relation:
        return (" and " if language == "en" else "和").join(phrases)
    if language == "en":
        return f"{phrases[0]} {_ENGLISH.get(relation, relation)} {phrases[1]}"
    return f"{kinds()[things[1].object].chinese}{_CHINESE[relation]}有{phrases[0]}"


def _phrase(asked: Asked, language: Language) -> str:
    kind = kinds()[asked.object]
    if language == "zh":
        number = "一" if asked.count == 1 else _NUMBERS[asked.count][1]
        colour = f"{COLOURS[asked.colour]}色的" if asked.colour else ""
        return f"{number}{kind.measure}{colour}{kind.chinese}"
    if asked.count > 1:
        return f"{_NUMBERS[asked.count][0]} {kind.plural}"
    words = f"{asked.colour} {kind.word}".strip()
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
