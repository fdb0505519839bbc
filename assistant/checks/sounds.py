"""Compare words by how they sound: recognisers write names and homophones as they please.

English words become classes of consonants and vowels, in the manner of Soundex (Russell, 1918);
Chinese characters become toneless pinyin.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import groupby

from assistant.claims import HAN, normalise

_ALIKE = 0.8  # share of two words' sounds that are the same
_WORD = re.compile(r"[一-鿿]|[a-z0-9]+(?:'[a-z]+)?")
_SPELLINGS = (
    ("ph", "f"), ("gh", ""), ("ck", "k"), ("qu", "kw"), ("x", "ks"), ("th", "t"), ("wh", "w"),
)  # fmt: skip
_SOFT_C = re.compile("c(?=[eiy])")
_CLASSES = str.maketrans("bcdgqvzjeiouy", "pktkkfskaaaaa", "'")
_NEAR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("g", "k"), ("d", "t"), ("b", "p"))
_INITIAL = re.compile("[^aeiouv]*")


def words_of(text: str) -> list[str]:
    """Return lower-case Latin words and numbers, and single Chinese characters."""
    return _WORD.findall(normalise(text).lower())


def sounds_of(words: Sequence[str]) -> list[str]:
    """Return Chinese characters as toneless pinyin and other words as they are."""
    from pypinyin import lazy_pinyin

    sounds: list[str] = []
    for chinese, run in groupby(words, key=lambda word: bool(HAN.match(word))):
        part = list(run)  # neighbours tell how a character is read: 重 in 重新 and in 重量
        sounds += lazy_pinyin("".join(part)) if chinese else part
    return sounds


def alike(first: str, second: str) -> bool:
    """Tell whether two English words begin with the same sound and share most of the others."""
    a, b = _classes(first), _classes(second)
    if a[:1] != b[:1]:
        return False
    return a == b or (
        min(len(a), len(b)) > 2 and SequenceMatcher(None, a, b, autojunk=False).ratio() >= _ALIKE
    )


def near(first: str, second: str) -> bool:
    """Tell whether two syllables of pinyin are the same or at least begin alike."""
    a, b = _merged(first), _merged(second)
    begins = _initial(a)
    return a == b or bool(begins and begins == _initial(b))


def rhymes(first: str, second: str) -> bool:
    """Tell whether two syllables of pinyin end alike."""
    a, b = _merged(first), _merged(second)
    return a[len(_initial(a)) :] == b[len(_initial(b)) :]


def _classes(word: str) -> str:
    for spelling, sound in _SPELLINGS:
        word = word.replace(spelling, sound)
    word = _SOFT_C.sub("s", word).translate(_CLASSES)
    return re.sub(r"(.)\1+", r"\1", word)


def _initial(syllable: str) -> str:
    match = _INITIAL.match(syllable)
    return match[0] if match else ""


def _merged(syllable: str) -> str:
    for fine, coarse in _NEAR:
        syllable = syllable.replace(fine, coarse)
    return syllable
