"""The layout of a page: which of its lines run along all pages, which form paragraphs.

Lines come in the order in which the page writes them, which nearly always is the reading order.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from statistics import median

from knowledge.chunking import PASSAGE_TOKENS, estimate_tokens, union
from knowledge.types import Box

_HEAD, _FOOT = 0.13, 0.87  # of a page's height: running lines stand above and below
_NEAR_PX = 8  # running lines stand at the same height on all pages
_CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_NO_SPACE = re.compile(rf"(?<=[{_CJK}]) (?=[{_CJK}])")
_BULLET = re.compile(
    r"[•‣▪●○◦■□➢✓–—*·-]\s+(?=\S)|\(?\d{1,2}[.)、](?!\d)|[a-z][.)]\s|[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]+）"
)
_DOT = re.compile(r"^[•‣▪●○◦■□➢✓*·]\s+")
_LEADERS = re.compile(r"(?:\s*[.·…_]){5,}\s*")  # of a table of contents
_END = tuple(".!?。！？:：;；")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|p\.|seite|第)?\s*\d{1,4}(?:\s*(?:/|of|von|页?共)\s*\d{1,4})?\s*页?\W*", re.I
)


@dataclass(frozen=True)
class Line:
    """A line of a page, in pixels of the upright page."""

    text: str  # with a soft hyphen at its end where a word goes on in the next line
    box: Box
    size: float  # of its letters
    bold: bool
    baseline: float
    own: bool  # a line of code or a row of a table, which stays a line


@dataclass(frozen=True)
class Sheet:
    """What stands on a page."""

    width: int
    height: int
    lines: list[Line]
    pictures: list[Box]
    blank: bool  # nothing at all is drawn on it


@dataclass(frozen=True)
class Bookmark:
    """An entry of a document's table of contents."""

    page: int
    level: int
    title: str
    top: float | None  # where on the page


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The lines joined: hyphenation undone, no spaces between Chinese lines, rows kept."""
        if any(line.own for line in self.lines):
            return "\n".join(_tidy(line.text) for line in self.lines)
        return _tidy(_joined([line.text for line in self.lines]))

    @property
    def box(self) -> Box:
        box = reduce(union, (line.box for line in self.lines))
        assert box is not None
        return box

    @property
    def size(self) -> float:
        return max(line.size for line in self.lines)

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)


def without_running(sheet: Sheet, others: Mapping[int, Sheet], body: float) -> list[Line]:
    """Return a page's lines without its header, footer and page number.

    These stand near the edge, no larger than the `body` text's size in pixels, and are the same at
    the same height on pages around, or hold the page's number. `others` maps how far a page is
    away (-1 the one before) to what stands on it.
    """
    marks = [{_mark(line) for line in other.lines} for other in others.values() if other.lines]
    numbers = _page_numbers(others)
    kept = []
    for line in sheet.lines:
        text, row = _mark(line)
        same = sum(any((text, row + d) in mark for d in (-1, 0, 1)) for mark in marks)
        running = (
            same >= max(2, 0.4 * len(marks))
            or not numbers.isdisjoint(_edge_numbers(line))
            or (marks and _PAGE_NUMBER.fullmatch(line.text))
        )
        if not (running and _is_edge(line, sheet) and line.size <= 1.1 * body):
            kept.append(line)
    return kept


def paragraphs(lines: Sequence[Line]) -> list[Paragraph]:
    """Join lines to paragraphs by their distance, indentation, font and list marks."""
    step = _usual_step(lines)
    found: list[list[Line]] = []
    for line in lines:
        if found and _goes_on(found[-1], line, step):
            found[-1].append(line)
        else:
            found.append([line])
    return [Paragraph(tuple(part)) for whole in found for part in _bounded(whole)]


def is_list_item(text: str) -> bool:
    """Tell whether a text begins with a bullet or a number."""
    return bool(_BULLET.match(text))


def _is_edge(line: Line, sheet: Sheet) -> bool:
    middle = (line.box[1] + line.box[3]) / 2
    return not _HEAD * sheet.height < middle < _FOOT * sheet.height


def _mark(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", "".join(line.text.split())), round(line.baseline / _NEAR_PX)


def _edge_numbers(line: Line) -> set[int]:
    """Return the numbers that a line begins or ends with."""
    return {int(number) for number in re.findall(r"^\d{1,4}\b|\b\d{1,4}$", line.text)}


def _page_numbers(others: Mapping[int, Sheet]) -> set[int]:
    """Return what a page's number is by those of the pages around."""
    counts = Counter[int]()
    for away, other in others.items():
        edge = [line for line in other.lines if _is_edge(line, other)]
        counts.update({n - away for line in edge for n in _edge_numbers(line)})
    return {number for number, count in counts.items() if count >= max(2, 0.4 * len(others))}


def _usual_step(lines: Sequence[Line]) -> float:
    """Return the usual distance of baselines, in multiples of the letters' size."""
    steps = [
        (b.baseline - a.baseline) / b.size
        for a, b in pairwise(lines)
        if b.size > 0 and 0.8 < (b.baseline - a.baseline) / b.size < 2.5
    ]
    return median(steps) if len(steps) > 3 else 1.3


def _goes_on(paragraph: list[Line], line: Line, step: float) -> bool:
    """Tell whether a line goes on with a paragraph; `step` is the page's usual one."""
    last = paragraph[-1]
    if abs(last.size - line.size) > 0.12 * line.size or last.bold != line.bold:
        return False
    down = (line.baseline - last.baseline) / max(line.size, 1.0)
    if last.own or line.own:
        return last.own and line.own and 0 < down < 2.5
    if is_list_item(line.text):
        return False
    if 0.5 <= down <= max(1.25 * step, step + 0.3):
        return not _begins(paragraph, line)
    # The next column, or a line set apart, goes on where the word or the sentence does.
    return last.text.endswith("\u00ad") or (
        down < 0.5 and not last.text.endswith(_END) and line.text[0].islower()
    )


def _begins(paragraph: list[Line], line: Line) -> bool:
    """Tell whether a line right below a paragraph begins the next: indented, or after a stub."""
    last = paragraph[-1]
    indented = line.box[0] - last.box[0] > 0.8 * line.size
    if indented and not is_list_item(paragraph[0].text):
        return True
    left = min(one.box[0] for one in paragraph)
    right = max(*(one.box[2] for one in paragraph), line.box[2])
    return last.box[2] < right - 0.25 * (right - left) and last.text.endswith(_END)


def _bounded(lines: list[Line]) -> Iterator[list[Line]]:
    """Part a paragraph that is longer than a passage, so that its boxes stay precise."""
    part: list[Line] = []
    tokens = 0
    for line in lines:
        count = estimate_tokens(line.text)
        over = tokens + count > PASSAGE_TOKENS
        ended = part and part[-1].text.endswith(_END)
        if part and ((over and ended) or tokens + count > 2 * PASSAGE_TOKENS):
            yield part
            part, tokens = [], 0
        part.append(line)
        tokens += count
    yield part


def _joined(texts: Sequence[str]) -> str:
    joined = ""
    for text in texts:
        if joined.endswith("\u00ad"):
            joined = joined[:-1] + ("" if text[:1].islower() else "-") + text
        elif re.search(r"[a-zß-ÿ]-$", joined) and text[:1].islower():
            joined = joined[:-1] + text
        else:
            joined = f"{joined} {text}" if joined else text
    return joined


def _tidy(text: str) -> str:
    text = _LEADERS.sub(" … ", text.replace("\u00ad", "-" if text.endswith("\u00ad") else ""))
    return _DOT.sub("- ", _NO_SPACE.sub("", " ".join(text.split())))
