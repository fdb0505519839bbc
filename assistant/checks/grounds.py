"""What an answer may rest on, cut into clauses that its own clauses are laid beside.

Two clauses are alike when they share words, rare ones more than common ones (Chinese words count
with their English meanings, actions by their name), and when their sentences lie close together
in the multilingual space of the sentence encoder.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from assistant.checks.actions import actions_of, denies, forbids, instructs, opposed
from assistant.checks.clauses import Part, Role, clauses_of, comes_first
from assistant.checks.passages import same_script
from assistant.checks.reading import Judge, Reading, read
from assistant.claims import HAN, extract, normalise
from assistant.sentences import split_sentences
from knowledge.terms import asked_terms

Embed = Callable[[Sequence[str]], np.ndarray]  # passages → unit vectors
OWN = frozenset({"typed", "transcript", "ocr", "image", "audio", "earlier"})  # what users bring
_EVERY_LANGUAGE = 512  # of the encoder's dimensions; the others, as many in length, know English
_READ = 2  # of the sources, how many are read together with a sentence
_HAN_RUN = re.compile("[一-鿿]+")
_QUOTED = re.compile(r"“[^”]{25,}”|「[^」]{12,}」")
_ORDINAL = re.compile(r"^\W*\d{1,2}[.)、]\s*")
_ONLY = re.compile(r"\bonly\b|只[能可有]|仅", re.IGNORECASE)
_FUNCTION_CHARS = frozenset(
    "的了是在和把将请您你它这那就也会要可以时用到从不别勿切千万能后前先再然着过给"
)
_NO_MATTER = frozenset(
    [
        "never",
        "without",
        "must",
        "alway",
        "then",
        "first",
        "also",
        "onli",
        "avoid",
        "otherwis",
        "sure",
        "千万",
        "千万别",
        "切勿",
        "请勿",
        "勿",
        "禁止",
        "不要",
        "不能",
        "不可",
        "不会",
        "不可以",
        "不得",
        "务必",
        "必须",
        "一定",
        "先",
        "再",
        "然后",
        "最后",
        "之前",
        "以前",
        "前",
    ]
)


@dataclass(frozen=True)
class Clause:
    """One thing that a text says, with what it has somebody do."""

    text: str
    source: str  # empty for a clause of the answer
    quote: str  # the sentence it stands in
    place: float  # in its source: what is done first has the lower one
    words: tuple[tuple[str, ...], ...]  # each with its English meanings
    pairs: frozenset[str]  # of Chinese characters
    actions: frozenset[str]
    forbids: bool  # says that something is not to be done
    instructs: bool  # says that something is to be done
    denies: bool  # says that something is not so
    only: bool  # excludes all else
    role: Role
    ordered: bool  # is done before or after others
    topic: str = ""  # the code whose part it stands in
    heading: bool = False
    section: tuple[int, str] = (0, "")  # place of its heading, and its topic

    @cached_property
    def known_as(self) -> frozenset[str]:
        """Its words and all that they may mean."""
        return frozenset(name for names in self.words for name in names)

    @cached_property
    def heads(self) -> frozenset[str]:
        """Its words alone, Chinese ones as pairs of characters."""
        latin = frozenset(names[0] for names in self.words if not HAN.match(names[0]))
        return latin | self.pairs

    def in_terms_of(self, other: "Clause") -> dict[str, bool]:
        """Return its words, each with whether the other clause holds it."""
        if same_script(self.quote, other.quote):
            return {head: head in other.heads for head in self.heads}
        return {names[0]: not other.known_as.isdisjoint(names) for names in self.words}


class Grounds:
    """The sources of an answer; `embed` and `judge` may be absent, then words alone decide."""

    def __init__(
        self,
        sources: Mapping[str, str],
        embed: Embed | None = None,
        judge: Judge | None = None,
    ) -> None:
        self.sources = sources
        self.judge = judge
        self.clauses = [c for name, text in sources.items() for c in _read(name, text)]
        self.embed = embed
        self._counts = Counter(w for c in self.clauses for w in c.known_as | c.heads)

    @property
    def founded(self) -> bool:
        """Whether there is any evidence, and not only what the user brought."""
        return any(clause.source not in OWN for clause in self.clauses)

    def read(self, sentence: str) -> Reading | None:
        """Return what the nearest sources make of a sentence; None without models for that."""
        clauses = read_clauses(sentence)
        if self.judge is None or self.embed is None or not self.founded or not clauses:
            return None
        near: dict[str, float] = {}
        for clause, cosine in zip(self.clauses, self.cosines(clauses).max(axis=0), strict=True):
            near[clause.source] = max(near.get(clause.source, -1.0), float(cosine))
        evidence = sorted(near.keys() - OWN, key=lambda name: -near[name])[:_READ]
        brought = [text for name, text in self.sources.items() if name in OWN and text]
        return read(
            " ".join(sentence.split()),
            {name: self.sources[name] for name in evidence},
            brought,
            self.judge,
        )

    def shared(self, these: Clause, those: Clause) -> tuple[float, float]:
        """Return which share of the words of each clause the other holds, rare words more."""
        shares = []
        for one, two in ((these, those), (those, these)):
            held = one.in_terms_of(two)
            whole = sum(self.weight(word) for word in held)
            found = sum(self.weight(word) for word, there in held.items() if there)
            shares.append(found / whole if whole else 0.0)
        return shares[0], shares[1]

    def cosines(self, clauses: Sequence[Clause]) -> np.ndarray:
        """Return how close the clauses are to those of the sources in meaning.

        The shape is (len(clauses), len(self.clauses)); all is 0 without an encoder.
        """
        if self.embed is None or not clauses or not self.clauses:
            return np.zeros((len(clauses), len(self.clauses)))
        rows = self.embed([clause.text for clause in clauses])
        either = rows[:, :_EVERY_LANGUAGE] @ self._vectors[:, :_EVERY_LANGUAGE].T * 2
        foreign = [[not same_script(c.quote, o.quote) for o in self.clauses] for c in clauses]
        return np.where(foreign, either, rows @ self._vectors.T)

    def novelty(self, clause: Clause) -> float:
        """Return which share of a clause's words stands nowhere in the sources, 0 to 1."""
        native = any(same_script(clause.quote, other.quote) for other in self.clauses)
        words = [(head,) for head in clause.heads] if native else clause.words
        new = sum(self.weight(n[0]) for n in words if not any(w in self._counts for w in n))
        whole = sum(self.weight(names[0]) for names in words)
        return new / whole if whole else 0.0

    def weight(self, word: str) -> float:
        """Return how much a word tells: more the fewer clauses of the sources hold it."""
        return math.log(1 + (len(self.clauses) + 1) / (self._counts[word] + 1))

    @cached_property
    def _vectors(self) -> np.ndarray:
        quotes = list(dict.fromkeys(clause.quote for clause in self.clauses))
        assert self.embed is not None
        rows = self.embed([without_codes(quote) for quote in quotes])
        return rows[[quotes.index(clause.quote) for clause in self.clauses]]


@lru_cache(maxsize=2048)
def read_clauses(
    sentence: str, source: str = "", place: float = 0.0, topic: str = "", section: int = 0
) -> tuple[Clause, ...]:
    """Return the clauses of one sentence in the order of doing; codes are not among its words, and
    neither are quotations longer than a label."""
    bare = _QUOTED.sub(" ", without_codes(_ORDINAL.sub("", sentence)))
    return tuple(
        _clause(part, source, sentence, place=place + number / 100, topic=topic, section=section)
        for number, part in enumerate(clauses_of(bare))
    )


def without_codes(sentence: str) -> str:
    """Return a sentence without its codes, which are compared elsewhere."""
    text = normalise(sentence)
    for item in reversed(extract(text)):
        if item.kind == "code":
            text = text[: item.start] + " " + text[item.end :]
    return text


@lru_cache(maxsize=256)
def _read(source: str, text: str) -> tuple[Clause, ...]:
    found: list[Clause] = []
    section, topic = 0, ""
    for place, sentence in enumerate(split_sentences(text), start=1):
        if sentence.startswith("#"):
            section, topic = place, ""
        topic = _opening_code(sentence) or topic
        first = comes_first(sentence) and len(clauses_of(sentence)) == 1
        found += read_clauses(sentence, source, section + 0.5 if first else place, topic, section)
    if source in OWN:  # tells what is the case, never what is to be done
        found = [replace(c, forbids=False, instructs=False, ordered=False) for c in found]
    return tuple(found)


def _opening_code(sentence: str) -> str:
    text = normalise(sentence)
    start = len(text) - len(text.lstrip("#* "))
    return next((i.value for i in extract(text) if i.kind == "code" and i.start == start), "")


@lru_cache(maxsize=4096)
def _is_action(word: str) -> bool:
    """Tell whether a word is an action's own: it counts under the action's name."""
    return bool(actions_of(word))


def _clause(
    part: Part, source: str, quote: str, *, place: float, topic: str, section: int
) -> Clause:
    text, heading = part.text, quote.startswith("#")
    actions = actions_of(text)
    words = [n for n in asked_terms(text) if n[0] not in _NO_MATTER and not _is_action(n[0])]
    words += [(f"@{action}",) for action in sorted(actions)]
    pairs = frozenset(
        a + b
        for run in _HAN_RUN.findall(text)
        for a, b in pairwise([c for c in run if c not in _FUNCTION_CHARS])
    )
    tells = not heading and part.role in ("main", "without")
    return Clause(
        text,
        source,
        quote,
        place,
        tuple(words),
        pairs,
        actions,
        tells and (part.role == "without" or forbids(text)),
        tells and part.role == "main" and instructs(text),
        denies(text),
        bool(_ONLY.search(text)),
        part.role,
        part.role == "event" or (tells and (instructs(text) or part.link == "next")),
        topic,
        heading,
        (section, topic),
    )


def opposes(clause: Clause, other: Clause) -> bool:
    """Tell whether two clauses do opposite things, as opening and closing are."""
    return opposed(clause.actions, other.actions)
