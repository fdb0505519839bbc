"""PDF pages: their lines with places, their pictures' places, and how they look.

PDFium serves one thread at a time: every call goes through one lock, which is free between pages,
so that a page can be shown while another file is taken in. All places are in pixels of `PAGE_DPI`
on the upright page, whatever its rotation and crop.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_double, c_float, c_int, create_string_buffer
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.errors import KnowledgeError
from knowledge.layout import Bookmark, Line, Sheet
from knowledge.types import PAGE_DPI, Box

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument, PdfPage

MAX_PIXELS = 60_000_000  # of a rendered page: nearly a metre square at PAGE_DPI
_POINTS = 72  # an inch
_FINE = 64  # PDFium places points on whole pixels: it is asked on a page this much larger
_BOLD = 600  # font weight
_BOLD_NAME = re.compile(r"bold|black|heavy|simhei|黑体", re.I)
_FIXED_PITCH = 1  # a font's flag
_FIXED_NAME = re.compile(r"mono|courier|consol|menlo|typewriter|cmtt", re.I)
_LINES = re.compile(r"[^\r\n\x02\ufffe]+")  # \x02 and \ufffe stand for a hyphen at a line's end
_pdfium = Lock()


def page_image(path: Path, page: int) -> "Image":
    """Return page number `page`, from 1, as an upright RGB picture at `PAGE_DPI`.

    Raises KnowledgeError when the file is unreadable or has no such page.
    """
    with Pdf.open(path) as pdf:
        if not 1 <= page <= pdf.pages:
            raise KnowledgeError(f"`{path.name}` has no page `{page}`, only 1 to {pdf.pages}.")
        return pdf.image(page, PAGE_DPI)


def page_count(path: Path) -> int:
    """Return how many pages a PDF has. Raises KnowledgeError when it is unreadable."""
    with Pdf.open(path) as pdf:
        return pdf.pages


@dataclass
class Pdf:
    """An open PDF; pages are counted from 1."""

    name: str
    pages: int
    _document: "PdfDocument"

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> "Iterator[Pdf]":
        """Open a PDF for the time of a `with`; raises KnowledgeError when that is impossible."""
        document = _opened(path)
        try:
            yield cls(path.name, len(document), document)
        finally:
            with _pdfium:
                document.close()

    def title(self) -> str:
        """Return the title that the file gives itself, often none or a wrong one."""
        with _pdfium:
            return self._document.get_metadata_value("Title")

    def outline(self) -> list[Bookmark]:
        """Return the bookmarks that lead to pages, in the order of the table of contents."""
        from pypdfium2 import PdfiumError

        bookmarks: list[Bookmark] = []
        with _pdfium:
            for entry in self._document.get_toc():
                destination = entry.get_dest()
                index = destination.get_index() if destination else None
                title = " ".join(entry.get_title().split())
                if destination is None or index is None or not title:
                    continue
                try:
                    top = self._top(destination, index)
                except PdfiumError:  # a page that cannot be opened is reported in its turn
                    top = None
                bookmarks.append(Bookmark(index + 1, entry.level, title, top))
        return bookmarks

    def sheet(self, page: int) -> Sheet:
        """Return what stands on a page. Raises KnowledgeError when the page is broken."""
        from pypdfium2 import raw

        with self._page(page) as opened:
            place = _Place(opened)
            return Sheet(
                place.width, place.height, _lines(opened, place), _pictures(opened, place),
                blank=raw.FPDFPage_CountObjects(opened) == 0,
            )  # fmt: skip

    def image(self, page: int, dpi: float) -> "Image":
        """Return how a page looks. Raises KnowledgeError when it is broken or too large."""
        with self._page(page) as opened:
            width, height = (side * dpi / _POINTS for side in opened.get_size())
            if width * height > MAX_PIXELS:
                raise KnowledgeError(
                    f"Page `{page}` of `{self.name}` measures {width / dpi:,.0f} × "
                    f"{height / dpi:,.0f} inches; pages are shown up to "
                    f"{MAX_PIXELS / dpi / dpi:,.0f} square inches."
                )
            scale: Any = dpi / _POINTS  # declared as int, meant as float
            return opened.render(scale=scale, rev_byteorder=True).to_pil().convert("RGB")

    @contextmanager
    def _page(self, page: int) -> "Iterator[PdfPage]":
        from pypdfium2 import PdfiumError

        with _pdfium:
            try:
                opened = self._document[page - 1]
                try:
                    yield opened
                finally:
                    opened.close()
            except (PdfiumError, ValueError, MemoryError) as exc:
                raise KnowledgeError(f"Page `{page}` of `{self.name}` is broken ({exc}).") from exc

    def _top(self, destination: Any, index: int) -> float | None:
        """Return the height on its page that a bookmark leads to, in pixels from the top."""
        from pypdfium2 import raw

        has_x, has_y, has_zoom = c_int(), c_int(), c_int()
        x, y, zoom = c_float(), c_float(), c_float()
        found = raw.FPDFDest_GetLocationInPage(
            destination, byref(has_x), byref(has_y), byref(has_zoom), byref(x), byref(y),
            byref(zoom),
        )  # fmt: skip
        if not found or not has_y.value:
            return None
        page = self._document[index]
        try:
            return _Place(page).at(x.value, y.value)[1]
        finally:
            page.close()


def _opened(path: Path) -> "PdfDocument":
    from pypdfium2 import PdfDocument, PdfiumError, raw

    if path.stat().st_size == 0:
        raise KnowledgeError(f"`{path.name}` is empty.")
    with _pdfium:
        try:
            return PdfDocument(path)
        except PdfiumError as exc:
            if exc.err_code == raw.FPDF_ERR_PASSWORD:
                raise KnowledgeError(
                    f"`{path.name}` is locked with a password. Save it without one and add it "
                    "again."
                ) from exc
            raise KnowledgeError(
                f"`{path.name}` is not a readable PDF: it is damaged, cut off or of another kind. "
                "Open it in a PDF program, save it again and add that."
            ) from exc


class _Place:
    """Where points of a page's own coordinates are on the upright page, in pixels."""

    def __init__(self, page: "PdfPage") -> None:
        width, height = page.get_size()
        self.width, self.height = (round(side * PAGE_DPI / _POINTS) for side in (width, height))
        canvas = (0, 0, max(self.width, 1) * _FINE, max(self.height, 1) * _FINE, 0)
        self._origin = _device(page, canvas, 0, 0)
        self._x = _device(page, canvas, 1000, 0)
        self._y = _device(page, canvas, 0, 1000)

    def at(self, x: float, y: float) -> tuple[float, float]:
        (ox, oy), (xx, xy), (yx, yy) = self._origin, self._x, self._y
        return (
            ox + (x * (xx - ox) + y * (yx - ox)) / 1000,
            oy + (x * (xy - oy) + y * (yy - oy)) / 1000,
        )

    def box(self, left: float, bottom: float, right: float, top: float) -> Box | None:
        """Return the box, cut at the page's edges, or None if it lies outside."""
        corners = self.at(left, bottom), self.at(right, top)
        (x0, x1), (y0, y1) = (sorted(side) for side in zip(*corners, strict=True))
        x0, y0 = max(round(x0), 0), max(round(y0), 0)
        x1, y1 = min(round(x1), self.width), min(round(y1), self.height)
        return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _device(page: "PdfPage", canvas: Any, x: float, y: float) -> tuple[float, float]:
    from pypdfium2 import raw

    across, down = c_int(), c_int()
    raw.FPDF_PageToDevice(page, *canvas, x, y, byref(across), byref(down))
    return across.value / _FINE, down.value / _FINE


def _lines(page: "PdfPage", place: _Place) -> list[Line]:
    """Return the lines in the order in which the page writes them, those it shows."""
    from pypdfium2 import raw

    text_page = page.get_textpage()
    try:
        count = text_page.count_chars()
        signs = "".join(chr(raw.FPDFText_GetUnicode(text_page, i)) for i in range(count))
        lines = (_line(text_page, match, place) for match in _LINES.finditer(signs))
        return [line for line in lines if line is not None]
    finally:
        text_page.close()


def _line(text_page: Any, found: re.Match[str], place: _Place) -> Line | None:
    from pypdfium2 import raw

    start, end = found.span()
    # Characters beyond 16 bits come as two.
    text = found[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    rects = raw.FPDFText_CountRects(text_page, start, end - start)
    boxes = [place.box(*text_page.get_rect(i)) for i in range(rects)]
    boxes = [box for box in boxes if box is not None]
    if not text.strip() or not boxes:
        return None
    inked = [i for i in range(start, end) if not found.string[i].isspace()]
    fonts = [_font(text_page, i) for i in (inked[0], inked[len(inked) // 2], inked[-1])]
    size = fonts[1].size * PAGE_DPI / _POINTS
    hyphen = found.string[end : end + 1] in ("\x02", "\ufffe") and end < len(found.string)
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return Line(
        " ".join(text.split()) + ("\u00ad" if hyphen else ""),
        (min(x0), min(y0), max(x1), max(y1)),
        size=size,
        bold=all(font.bold for font in fonts),
        baseline=_baseline(text_page, inked[len(inked) // 2], place),
        own=_is_row(boxes, size) or all(font.fixed for font in fonts),
    )


class _Font(NamedTuple):
    size: float  # in points, as the page scales it
    bold: bool
    fixed: bool  # all letters are as wide, as in code


def _font(text_page: Any, index: int) -> _Font:
    """Return the font of a character."""
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    scale = 1.0
    if raw.FPDFText_GetMatrix(text_page, index, byref(matrix)):
        scale = abs(matrix.a * matrix.d - matrix.b * matrix.c) ** 0.5
    size = raw.FPDFText_GetFontSize(text_page, index) * scale
    buffer, flags = create_string_buffer(128), c_int()
    raw.FPDFText_GetFontInfo(text_page, index, buffer, len(buffer), byref(flags))
    name = buffer.value.decode("utf-8", "replace")
    heavy = raw.FPDFText_GetFontWeight(text_page, index) >= _BOLD
    fixed = bool(flags.value & _FIXED_PITCH or _FIXED_NAME.search(name))
    return _Font(size, heavy or bool(_BOLD_NAME.search(name)), fixed)


def _baseline(text_page: Any, index: int, place: _Place) -> float:
    from pypdfium2 import raw

    x, y = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, byref(x), byref(y))
    return place.at(x.value, y.value)[1]


def _is_row(boxes: list[Box], size: float) -> bool:
    """Tell whether a line has wide gaps, as rows of tables have."""
    ordered = sorted(boxes)
    return any(b[0] - a[2] > 1.5 * size for a, b in pairwise(ordered))


def _pictures(page: "PdfPage", place: _Place) -> list[Box]:
    from pypdfium2 import raw

    boxes = []
    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]):
        bounds = picture.get_bounds()
        form = picture.container
        while form is not None:  # a drawing used on several pages has coordinates of its own
            bounds = form.get_matrix().on_rect(*bounds)
            form = form.container
        boxes.append(place.box(*bounds))
    return [box for box in boxes if box is not None]
