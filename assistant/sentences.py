"""Cut text into sentences, whole or while it streams, in English and Chinese punctuation.

Nothing is cut inside numbers, codes, addresses, abbreviations or list markers, and a citation that
follows the full stop stays with its sentence.
"""

import re

_ENDS = re.compile(r"\n|[。！？｡؟।]+[.!?…]*|[.!?…]+")
_TRAILERS = re.compile(r"[\"'”’)\]】」』》）*_`]*(?:[ \t]*\[\d+\])*[。！？.!?]?")
_OPEN_TRAILER = re.compile(r"[ \t]*(?:\[\d*)?$")  # more of the sentence may still be streaming
_MARKER = re.compile(r"\W*(?:(?:step|步骤|第) ?)?(?:\d{1,3}|[A-Za-z])", re.IGNORECASE)
_LAST_WORD = re.compile(r"[A-Za-z.]+$")
_NAME_BEFORE = re.compile(r"\b[A-Z][a-z]+ [A-HJ-Z]$")  # "Robert J" is a name, "plan B" is not
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")

_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e", "cf", "approx"}
)
_BEFORE_NUMBERS = frozenset({"no", "nos", "fig", "figs", "sec", "p", "pp", "ch", "vol", "art"})


class SentenceBuffer:
    """Collects streamed text and gives back each sentence once its end is certain."""

    def __init__(self) -> None:
        self._pending = ""

    def push(self, delta: str) -> list[str]:
        """Take the next piece of text and return the sentences that it completes."""
        self._pending += delta
        sentences, rest = _cut(self._pending, final=False)
        self._pending = self._pending[rest:]
        return sentences

    def flush(self) -> list[str]:
        """Return what is left, for the end of the stream."""
        sentences, _ = _cut(self._pending, final=True)
        self._pending = ""
        return sentences


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a whole text, stripped, in order; a line break ends a sentence."""
    return _cut(text, final=True)[0]


def _cut(text: str, *, final: bool) -> tuple[list[str], int]:
    """Return the complete sentences and where the incomplete rest begins."""
    sentences: list[str] = []
    start = position = 0
    while match := _ENDS.search(text, position):
        position = end = match.end()
        if match[0] != "\n":
            trailers = _TRAILERS.match(text, end)
            end = trailers.end() if trailers else end
            if not final and _OPEN_TRAILER.match(text, end):
                break
            if not _ends_sentence(text, start, match, end):
                continue
        if sentence := text[start:end].strip():
            sentences.append(sentence)
        start = position = end
    if final:
        if rest := text[start:].strip():
            sentences.append(rest)
        start = len(text)
    return sentences, start


def _ends_sentence(text: str, start: int, match: re.Match[str], end: int) -> bool:
    """Tell whether a mark ends its sentence, from the words on both sides of it."""
    mark, following = match[0], text[end : end + 40]
    if mark[0] not in ".!?…":
        return True
    first = following.lstrip(" \t")[:1]
    inside = first == following[:1] and first not in ("", "\n") and not _CJK.match(first)
    if inside or first.islower():  # a number, an address, a file name, "Really?" in a sentence
        return False
    return mark != "." or not _is_short_form(text, start, match.start(), first)


def _is_short_form(text: str, start: int, stop: int, following: str) -> bool:
    """Tell whether the full stop at `stop` belongs to a list marker, an abbreviation or a name."""
    before = text[max(start, stop - 40) : stop]
    if stop - start <= 40 and _MARKER.fullmatch(before.lstrip()):
        return True
    word = _LAST_WORD.search(before)
    name = word[0].lower().lstrip(".") if word else ""
    return (
        name in _ABBREVIATIONS
        or (name in _BEFORE_NUMBERS and following.isdigit())
        or bool(_NAME_BEFORE.search(before))
    )
