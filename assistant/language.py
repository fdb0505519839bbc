"""Tell the language of a text: by its script where that decides, by py3langid for the rest."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["LANGUAGES", "detect_language"]

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3041-\u309f\u30a0-\u30fa\u30fd-\u30ff]")
_HANGUL = re.compile(r"[\u1100-\u11ff\uac00-\ud7af]")
_OTHER_WORDS = re.compile(
    r"[^\W\d_\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
_CODES = re.compile(r"\S*\d\S*|https?://\S+")  # error codes, addresses: of no language
# What is told apart. Recognisers know small languages too, which short input is mistaken for.
_CODES_TOLD_APART = (
    "ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru "
    "sk sl sr sv sw ta te th tr uk ur vi zh"
)
LANGUAGES = frozenset(_CODES_TOLD_APART.split())
_SURE = 0.6  # below this the classifier's word is worth less than the caller's default


def detect_language(text: str, default: str = "en") -> str:
    """Return the ISO 639-1 code of a text, or `default` where it holds no evidence.

    Chinese, Japanese and Korean go by script, even between product names in Latin letters;
    everything else by py3langid, whose probabilities stay low for short text.
    """
    prose = _CODES.sub(" ", text)
    east_asian = _east_asian(text)
    words = _OTHER_WORDS.findall(prose)
    if east_asian is not None:
        language, characters = east_asian
        if characters >= len(words):
            return language
        default = language
    if not words:
        return default
    language, probability = _identifier().classify(" ".join(words))
    return language if probability >= _SURE else default


def _east_asian(text: str) -> tuple[str, int] | None:
    """Return the East Asian language a text is written in and how many characters say so."""
    han, kana, hangul = (len(script.findall(text)) for script in (_HAN, _KANA, _HANGUL))
    if han + kana + hangul == 0:
        return None
    if hangul > han + kana:
        return "ko", hangul
    # Japanese prose is at least a tenth kana; a lone の in Chinese is decoration.
    return ("ja" if kana * 10 > han + kana else "zh"), han + kana


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier
