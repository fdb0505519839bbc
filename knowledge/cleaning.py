"""Mend text that was decoded or extracted wrongly, and tell what is beyond mending."""

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

_BREAKS = re.compile(r"[\v\f\x85\u2028\u2029]|\r\n?")
# Zero-width and bidirectional controls and soft hyphens. The joiners shape Persian and Indic words
# and emoji, and stay there.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    "|(?<![\u0600-\u0dff])\u200c|(?<![\u0600-\u0dff\ufe0f\U0001f000-\U0001faff])\u200d"
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")

_FRAMES = re.compile(r"[-+|=_.*~·•…\u2500-\u259f]")  # tables, rules, leaders and lists
_WORD = re.compile(r"[A-Za-zÀ-ɏ]{4,}")
_VOWEL = re.compile("[aeiouyAEIOUYÀ-ÆÈ-ÏÒ-ÖØ-Ýà-æè-ïò-öø-ýÿĀ-ąĒ-ěĨ-ıŌ-œŨ-ųŶ-Ÿ]")
_TURN = re.compile("[a-zß-öø-ÿ][A-ZÀ-ÖØ-Þ]|[A-ZÀ-ÖØ-Þ]{2}[a-zß-öø-ÿ]")  # case turns in a word
_LOST = "锟斤拷"  # two replacement characters in UTF-8, read as GBK

_ENOUGH_CHARS = 24  # less may be a label in signs or abbreviations
_ENOUGH_WORDS = 8


def repaired(text: str) -> str:
    """Return text in NFC without mojibake, control, zero-width and bidi characters.

    Line breaks become newlines; tabs and the width of Chinese signs stay.
    """
    from ftfy import fix_text

    fixed = fix_text(_BREAKS.sub("\n", text), _config())
    return _CONTROL.sub("", _UNSEEN.sub("", fixed))


def garbled(text: str) -> bool:
    """Tell whether a text is mostly not language, in any script.

    Characters that stand for nothing, signs without letters, or letters without any word's shape
    tell it, as fonts without a mapping and wrong encodings leave them. Code, tables and labels are
    not garbled.
    """
    signs = "".join(text.split())
    if not signs:
        return False
    nothing = sum(map(_means_nothing, signs)) + len(_LOST) * signs.count(_LOST)
    if nothing > 0.2 * len(signs):
        return True
    return _is_soup(signs) or _is_misread(signs) or _is_shapeless(text)


@cache
def _config() -> "TextFixerConfig":
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        unescape_html=False,  # "&lt;" is meant where a page shows it
        uncurl_quotes=False,
        fix_character_width=False,  # "，" is not ","
        explain=False,
    )


def _means_nothing(char: str) -> bool:
    return char == "\ufffd" or unicodedata.category(char) in ("Co", "Cn", "Cs", "Cc")


def _is_soup(signs: str) -> bool:
    """Tell signs with hardly a letter or digit among them."""
    signs = _FRAMES.sub("", signs)
    meant = sum(unicodedata.category(char)[0] in "LMN" for char in signs)
    return len(signs) >= _ENOUGH_CHARS and meant < 0.3 * len(signs)


def _is_misread(signs: str) -> bool:
    """Tell Chinese or Cyrillic that was read as Latin-1: nearly all its letters carry accents."""
    latin = [char for char in signs if char <= "ÿ" and char.isalpha()]
    accented = sum(not char.isascii() for char in latin)
    return len(latin) >= _ENOUGH_CHARS / 2 and accented > 0.6 * len(latin)


def _is_shapeless(text: str) -> bool:
    """Tell Latin letters that form no words: hardly a vowel, or capitals strewn about.

    Languages written in Latin letters have 35 to 50 % vowels, letters by chance 23 %, and text
    shifted by a font's own numbering about 15 %.
    """
    words = _WORD.findall(text)
    letters = "".join(words)
    if len(words) < _ENOUGH_WORDS:
        return False
    vowels, turns = len(_VOWEL.findall(letters)), sum(len(_TURN.findall(word)) for word in words)
    return vowels < 0.22 * len(letters) or turns > 0.25 * len(letters)
