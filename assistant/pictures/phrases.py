"""Cut a text into the things it names, each with its colours, in English and Chinese."""

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.pictures.colours import NAMES

MOST_PHRASES = 6  # of a text; later ones add little
_SYNONYMS = {
    "gray": "grey", "violet": "purple", "crimson": "red", "scarlet": "red", "navy": "blue",
    "golden": "yellow", "beige": "brown",
}  # fmt: skip
_COLOUR = re.compile(rf"\b({'|'.join((*NAMES, *_SYNONYMS))})(?:[- ]colou?red)?\b", re.IGNORECASE)
_CHINESE = {
    "红": "red", "橙": "orange", "橘": "orange", "黄": "yellow", "绿": "green", "蓝": "blue",
    "紫": "purple", "粉": "pink", "棕": "brown", "褐": "brown", "灰": "grey", "黑": "black",
    "白": "white",
}  # fmt: skip
_COLOUR_ZH = re.compile(rf"(?:深|浅|淡)?({'|'.join(_CHINESE)})红?(?:色的?|的)")
_CUT = re.compile(r"\band\b|[,;、，；]|(?:和|与|以及)(?=[一两三四五几这那])", re.IGNORECASE)
_FRAME = re.compile(
    r"^\W*(?:(?:an?|the|this|one)\s+)?(?:(?:photo(?:graph)?|picture|image|drawing|painting"
    r"|illustration)\s+of\s+)?(?:(?:an?|the|some|one)\s+)?",
    re.IGNORECASE,
)
_FRAME_ZH = re.compile(r"^[一这那](?:[个只辆张块条朵件把座本台双颗]|幅)(?:图片|照片|画)?")


@dataclass(frozen=True)
class Phrase:
    """One thing that a text names."""

    words: str  # without its colours
    colours: tuple[str, ...]


@lru_cache(maxsize=50_000)
def phrases_of(text: str) -> tuple[Phrase, ...]:
    """Cut a text into the things it names, at least one, each with its colours."""
    found = [_phrase(piece) for piece in _CUT.split(text) if re.search(r"\w", piece)]
    return tuple(found[:MOST_PHRASES]) or (Phrase(text, ()),)


def _phrase(piece: str) -> Phrase:
    said: list[str] = _COLOUR.findall(piece.lower())
    colours = [_SYNONYMS.get(word, word) for word in said]
    colours += [_CHINESE[char] for char in _COLOUR_ZH.findall(piece)]
    named = _FRAME_ZH.sub("", _FRAME.sub("", piece.strip()))
    bare = " ".join(_COLOUR_ZH.sub("", _COLOUR.sub(" ", named)).split())
    return Phrase(bare or named or piece.strip(), tuple(dict.fromkeys(colours)))
