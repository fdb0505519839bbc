"""Where the sections of a PDF begin: at its bookmarks, or at lines that look like headings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.layout import Bookmark, Line, Paragraph, is_list_item
from knowledge.markup import CAPTION

_LARGER = 1.15  # than the body text
_HEADING_CHARS = 150
_HEADING_LINES = 3
_NUMBER_CHARS = 8  # "12.3.4 " before the name, on the page or in the bookmark alone
_LEEWAY_PX = 12  # a bookmark leads a little above or into its heading


@dataclass(frozen=True)
class Part:
    """The lines of a page from one bookmark to the next."""

    bookmark: Bookmark | None  # None for what stands before the first
    heading: Sequence[Line]  # the lines that repeat the bookmark's name
    body: Sequence[Line]


@dataclass
class Outline:
    """A document's bookmarks by page."""

    bookmarks: Sequence[Bookmark]
    _by_page: dict[int, list[Bookmark]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for bookmark in self.bookmarks:
            self._by_page.setdefault(bookmark.page, []).append(bookmark)

    def __bool__(self) -> bool:
        return len(self.bookmarks) > 1  # a single one names the file, not its sections

    def parted(self, page: int, lines: Sequence[Line]) -> list[Part]:
        """Part a page's lines at its bookmarks."""
        parts: list[Part] = []
        bookmark: Bookmark | None = None
        heading: Sequence[Line] = ()
        start = 0
        for following in self._by_page.get(page, ()) if self else ():
            begin, end = _found(following, lines, start)
            parts.append(Part(bookmark, heading, lines[start:begin]))
            bookmark, heading, start = following, lines[begin:end], end
        return [*parts, Part(bookmark, heading, lines[start:])]


def heading_depth(paragraph: Paragraph, body: float, bold: bool) -> float | None:
    """Return the depth of a heading, smaller the larger its letters; None for other text.

    Headings are short and larger than the `body` text (pixels), or bold where that is not `bold`.
    """
    text, first = paragraph.text, paragraph.lines[0]
    if len(text) > _HEADING_CHARS or len(paragraph.lines) > _HEADING_LINES:
        return None
    if sum(map(str.isalpha, text)) < 2 or first.own or CAPTION.match(text):
        return None
    if paragraph.size >= _LARGER * body:
        return -round(paragraph.size)
    alone = len(paragraph.lines) == 1 and not text.endswith(tuple(".。,，;；:：?？!！"))
    if paragraph.bold and not bold and alone and paragraph.size >= 0.95 * body:
        return None if is_list_item(text) and not text[0].isdigit() else -round(body) + 0.5
    return None


def _found(bookmark: Bookmark, lines: Sequence[Line], start: int) -> tuple[int, int]:
    """Return the lines that repeat a bookmark's name, or where they would stand."""
    name = _plain(bookmark.title)
    for begin in range(start, len(lines)):
        for end in range(begin + 1, min(begin + _HEADING_LINES, len(lines)) + 1):
            if _same(name, _plain("".join(line.text for line in lines[begin:end]))):
                return begin, end
    if bookmark.top is None:
        return start, start
    place = next(
        (i for i in range(start, len(lines)) if lines[i].box[1] >= bookmark.top - _LEEWAY_PX),
        len(lines),
    )
    return place, place


def _same(name: str, text: str) -> bool:
    if not name or abs(len(name) - len(text)) > _NUMBER_CHARS:
        return False
    shorter, longer = sorted((name, text), key=len)
    return bool(shorter) and longer.endswith(shorter)


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
