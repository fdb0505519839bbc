"""Cut sources into the places where numbers, codes and names stand, and weigh what surrounds them.

A sentence is about the same matter as a place when the words around both are the same. Words close
to the item say more than words further away, and words that stand in few sentences say more than
words that stand in many.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from assistant.claims import HAN, Item, extract, normalise
from assistant.sentences import split_sentences

_WORD = re.compile(r"[a-z][a-z-]+")
_HAN_RUN = re.compile("[一-鿿]+")
_CLAUSE_END = re.compile(r"[,;:()，；：]| and | then | but |以及|然后|之后|而")
_COMMON_WORDS = """
    a about after again also an and any are around as at be before by can do does for from get go
    has have if in into is it its may mean must need not of off on once only open or out press
    should so that the their them then there these they this to until up use was when which will
    with you your
"""
COMMON = frozenset(_COMMON_WORDS.split())
_COMMON_HAN = frozenset("的了是在和请您你它这那就也会要可以然后再并后前")
_ENDINGS = ("ing", "es", "ed", "ly", "s", "e")


@dataclass(frozen=True)
class Place:
    """An item of a source with the words around it, from near to far."""

    source: str
    item: Item
    clause: frozenset[str]
    sentence: frozenset[str]
    section: frozenset[str]
    alone: bool  # no other item of its kind in the sentence: all of it is about this one
    leads: bool  # it opens its section: all of that is about it
    quote: str  # its sentence


@dataclass(frozen=True)
class Passage:
    """One sentence of a source."""

    source: str
    text: str
    words: frozenset[str]
    places: tuple[Place, ...]


def passages_of(sources: Mapping[str, str]) -> list[Passage]:
    """Return the sentences of every source; a source that was seen before costs nothing."""
    return [passage for name, text in sources.items() for passage in _passages(name, text)]


def same_script(text: str, other: str) -> bool:
    """Tell whether both texts are Chinese or both are not: only then can labels be compared."""
    return bool(HAN.search(text)) == bool(HAN.search(other))


@dataclass(frozen=True)
class Matter:
    """What a sentence says about one of its items, for comparison with places in sources."""

    weights: Mapping[str, float]  # word → how much it tells

    def likeness(self, place: Place) -> float:
        """Return how much of the matter stands around a place, 0 to 1."""
        whole = sum(self.weights.values())
        afar = 0.8 if place.alone else 0.4
        rings = [
            (place.clause, 1.0),
            (place.sentence, afar),
            (place.section, 0.8 if place.leads else 0.5 * afar),
        ]
        found = sum(
            weight * max((closeness for ring, closeness in rings if word in ring), default=0.0)
            for word, weight in self.weights.items()
        )
        return found / whole if whole else 0.0


def matter_of(
    sentence: str, item: Item, items: Sequence[Item], passages: Sequence[Passage]
) -> Matter:
    """Weigh the words around `item` that the sources know; words of its clause count most."""
    near = _clause_words(sentence, item, items)
    far = _words_around(sentence, item, items)
    if item.form == "label":  # "enter the port and press Apply": only the clause is about Apply
        far = near
    counts = Counter(word for passage in passages for word in passage.words & far)
    rare = math.log(len(passages) + 2)
    return Matter(
        {
            word: (1.0 if word in near else 0.4) * (rare - math.log(count))
            for word, count in counts.items()
        }
    )


def _words(text: str) -> frozenset[str]:
    """Return what a text is about: stemmed English words, Chinese character pairs."""
    text = text.lower()
    words = {_stem(word) for word in _WORD.findall(text) if word not in COMMON}
    for run in _HAN_RUN.findall(text):
        kept = [char for char in run if char not in _COMMON_HAN]
        words |= {first + second for first, second in pairwise(kept)}
    return frozenset(words)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _words_around(text: str, item: Item, items: Sequence[Item], start: int = 0) -> frozenset[str]:
    """Return the words of `text`, which begins at `start`, and its items, all without `item`."""
    end = start + len(text)
    others = [other for other in items if other.start >= start and other.end <= end]
    blanked = text
    for other in [item, *others]:
        if other.kind != "name" or other is item:
            left, right = max(other.start - start, 0), max(other.end - start, 0)
            blanked = blanked[:left] + " " * (right - left) + blanked[right:]
    return _words(blanked) | {_mark(other) for other in others if other.value != item.value}


def _mark(item: Item) -> str:
    """Return an item as a word, the same however it is written."""
    return f"={item.value} {item.unit}".rstrip()


def _clause_words(text: str, item: Item, items: Sequence[Item]) -> frozenset[str]:
    taken = [(other.start, other.end) for other in items]
    ends = [
        (match.start(), match.end())
        for match in _CLAUSE_END.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in taken)
    ]
    start = max((end for _, end in ends if end <= item.start), default=0)
    stop = min((begin for begin, _ in ends if begin >= item.end), default=len(text))
    return _words_around(text[start:stop], item, items, start)


@lru_cache(maxsize=256)
def _passages(source: str, text: str) -> tuple[Passage, ...]:
    sentences = split_sentences(normalise(text))
    items = [extract(sentence, counts=True) for sentence in sentences]
    words = [
        _words(sentence) | {_mark(item) for item in found}
        for sentence, found in zip(sentences, items, strict=True)
    ]
    sections = _sections(sentences, items)
    passages = []
    for i, (sentence, found) in enumerate(zip(sentences, items, strict=True)):
        near = [words[j] for j in range(len(words)) if sections[j] == sections[i]]
        section = frozenset[str]().union(*near)
        places = tuple(
            Place(
                source,
                item,
                _clause_words(sentence, item, found),
                _words_around(sentence, item, found),
                section - {_mark(item)},
                alone=sum(o.kind == item.kind and o.unit == item.unit for o in found) == 1,
                leads=sentence.startswith("#") or (item.kind == "code" and _opens(sentence, item)),
                quote=sentence,
            )
            for item in found
        )
        passages.append(Passage(source, sentence, words[i], places))
    return tuple(passages)


def _sections(sentences: Sequence[str], items: Sequence[Sequence[Item]]) -> list[int]:
    """Number the sections: a heading or a sentence that opens with a code begins a new one."""
    numbers: list[int] = []
    for sentence, found in zip(sentences, items, strict=True):
        begins = sentence.startswith("#") or any(
            item.kind == "code" and _opens(sentence, item) for item in found
        )
        numbers.append((numbers[-1] if numbers else 0) + begins)
    return numbers


def _opens(sentence: str, item: Item) -> bool:
    return item.start == len(sentence) - len(sentence.lstrip("#* "))
