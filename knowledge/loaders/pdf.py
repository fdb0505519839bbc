"""PDF → passages with page and box, read where the text layer is missing, and figures."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from statistics import median
from typing import TYPE_CHECKING

from knowledge.chunking import Block, Sections, pack, union
from knowledge.cleaning import garbled, repaired
from knowledge.documents import make_document
from knowledge.errors import KnowledgeError
from knowledge.headings import Outline, Part, heading_depth
from knowledge.layout import Line, Paragraph, Sheet, paragraphs, without_running
from knowledge.page_figures import caption_of, covered_share, figures_of
from knowledge.pages import Pdf
from knowledge.senses import Senses
from knowledge.types import PAGE_DPI, Box, Document, Locator, Segment, Source

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PAGES = 2000
_READ_DPI = 200.0  # pages are read and figures cut out at this resolution
_READ_PIXELS = 25_000_000  # larger pages are read at a lower one
_AROUND = 4  # pages before and after that are compared for running lines
_SAMPLE = 20  # pages that show the usual size of letters
_FEW_CHARS = 40  # on a scan: a stamp or a page number, not its text
_SCAN_SHARE = 0.5  # of the page that a scan covers
_SURE = 0.5  # the reader's confidence below which a line is noise
_ROOT = float("-inf")  # the title stands above all headings
_Shown = tuple[Paragraph | None, str]  # a paragraph, or None for the page's top; its heading
_UNTITLED = ("untitled", "microsoft word", "document", "无标题", "文档", "print", "幻灯片")


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield each page's passages and figures, page by page.

    Raises KnowledgeError when the file is locked, damaged or empty. Broken and blank pages and
    those beyond `MAX_PAGES` are left out with the reason.
    """
    empty = True
    with Pdf.open(source.path) as pdf:
        reading = _Reading(pdf, source, senses)
        for page in range(1, min(pdf.pages, MAX_PAGES) + 1):
            for document in reading.documents(page):
                empty = False
                yield document
        for document in reading.rest():
            empty = False
            yield document
        if pdf.pages > MAX_PAGES:
            senses.leave_out(
                f"pages {MAX_PAGES + 1}–{pdf.pages}",
                f"Of a PDF, {MAX_PAGES:,} pages are taken in. Split it.",
            )
    if empty:
        raise KnowledgeError(f"`{source.path.name}` has neither text nor pictures on its pages.")


@dataclass
class _Reading:
    """One PDF while its pages are read in order."""

    pdf: Pdf
    source: Source
    senses: Senses
    sections: Sections = field(init=False)
    outline: Outline = field(init=False)
    body: float = field(init=False)  # the usual size of letters, in pixels
    bold: bool = field(init=False)  # whether that is bold already
    _sheets: dict[int, Sheet | KnowledgeError] = field(default_factory=dict)
    _seen: dict[bytes, int] = field(default_factory=dict)  # pictures and their pages

    def __post_init__(self) -> None:
        last = min(self.pdf.pages, MAX_PAGES)
        sample = range(1, last + 1, -(-last // _SAMPLE))
        lines = [line for page in sample if (found := self._found(page)) for line in found.lines]
        counts = Counter[tuple[float, bool]]()
        for line in lines:
            counts[round(line.size), line.bold] += len(line.text)
        ((self.body, self.bold), _), *_ = counts.most_common(1) or [((0.0, False), 0)]
        self.outline = Outline(self.pdf.outline())
        self.sections = Sections(self._title())
        self.sections.head(_ROOT, self.sections.title)
        self._sheets = {page: sheet for page, sheet in self._sheets.items() if page <= _AROUND}

    def documents(self, page: int) -> Iterator[Document]:
        """Yield a page's passages, then its figures."""
        sheet = self._sheet(page)
        if isinstance(sheet, KnowledgeError):
            self.senses.leave_out(f"page {page}", str(sheet))
            return
        if sheet.blank:
            self.senses.leave_out(f"page {page}", "The page is blank.")
            return
        image = self._image(page, sheet) if _is_scanned(sheet) else None
        if image is not None:
            sheet = self._sheets[page] = self._read(image, sheet)
        before, shown = self.sections.heading, []
        for part in self.outline.parted(page, self._own_lines(page, sheet, image is not None)):
            shown += self._place(part, page, scanned=image is not None)
        yield from self._passages()
        figures = figures_of(sheet)
        if image is not None and not shown and not figures:
            figures = [(0, 0, sheet.width, sheet.height)]
        if figures:
            image = image or self._image(page, sheet)
            yield from self._figures(page, image, sheet, figures, [(None, before), *shown])

    def rest(self) -> Iterator[Document]:
        """Yield the last heading where nothing stands below it."""
        if self.sections.heading != self.sections.title:
            self.sections.end()
        yield from self._passages()

    def _sheet(self, page: int) -> Sheet | KnowledgeError:
        if page not in self._sheets:
            try:
                self._sheets[page] = self.pdf.sheet(page)
            except KnowledgeError as exc:
                self._sheets[page] = exc
        return self._sheets[page]

    def _found(self, page: int) -> Sheet | None:
        sheet = self._sheet(page)
        return None if isinstance(sheet, KnowledgeError) else sheet

    def _title(self) -> str:
        """Return the file's own title, the largest words on its first page, or its name."""
        title = " ".join(repaired(self.pdf.title()).split())
        if title and not title.lower().startswith(_UNTITLED) and not garbled(title):
            return title
        first = self._found(1)
        heads = [part for part in paragraphs(first.lines if first else []) if self._depth(part)]
        return min(heads, key=self._rank).text if heads else self.source.path.stem

    def _rank(self, paragraph: Paragraph) -> float:
        return self._depth(paragraph) or 0.0

    def _depth(self, paragraph: Paragraph) -> float | None:
        return heading_depth(paragraph, self.body, self.bold)

    def _image(self, page: int, sheet: Sheet) -> "Image":
        inches = sheet.width * sheet.height / PAGE_DPI**2
        return self.pdf.image(page, min(_READ_DPI, (_READ_PIXELS / max(inches, 0.01)) ** 0.5))

    def _read(self, image: "Image", sheet: Sheet) -> Sheet:
        """Return the page with the lines that can be read on its picture."""
        segments = [s for s in self.senses.read(image) if s.confidence >= _SURE and s.box]
        return replace(sheet, lines=_as_lines(segments, sheet.width / image.width))

    def _own_lines(self, page: int, sheet: Sheet, scanned: bool) -> list[Line]:
        """Return a page's lines without those that the pages around it share."""
        last = min(page + _AROUND, self.pdf.pages, MAX_PAGES)
        around = [near for near in range(max(page - _AROUND, 1), last + 1) if near != page]
        others = {near - page: found for near in around if (found := self._found(near))}
        self._sheets.pop(page - _AROUND, None)
        return without_running(sheet, others, float("inf") if scanned else self.body)

    def _place(self, part: Part, page: int, scanned: bool) -> list[_Shown]:
        """Add a part of a page to the sections; returns its paragraphs with their headings."""
        if part.bookmark:
            box = Paragraph(tuple(part.heading)).box if part.heading else None
            self._head(part.bookmark.level, part.bookmark.title, page, box)
        shown: list[_Shown] = []
        for paragraph in paragraphs(part.body):
            depth = None if scanned or self.outline else self._depth(paragraph)
            if depth is None:
                self.sections.add(repaired(paragraph.text), page, paragraph.box)
            else:
                self._head(depth, paragraph.text, page, paragraph.box)
            shown.append((paragraph, self.sections.heading))
        return shown

    def _head(self, depth: float, name: str, page: int, box: Box | None) -> None:
        name = " ".join(repaired(name).split())
        if name.lower() != self.sections.title.lower():  # which stands above everything already
            self.sections.head(depth, name, page, box)

    def _passages(self) -> Iterator[Document]:
        """Yield what was added to the sections since the last time."""
        blocks, self.sections.blocks = self.sections.blocks, []
        for passage in pack(_remedies(blocks)):
            locator = Locator(passage.heading, passage.page, passage.box)
            metadata = {"title": self.sections.title}
            yield make_document(passage.text, "text", self.source.uri, locator, metadata)

    def _figures(
        self, page: int, image: "Image", sheet: Sheet, figures: Sequence[Box],
        shown: Sequence[_Shown],
    ) -> Iterator[Document]:  # fmt: skip
        from knowledge.figures import picture_documents

        scale = image.width / sheet.width
        texts = [paragraph for paragraph, _ in shown if paragraph]
        for figure in figures:
            part = f"the picture on page {page}"
            x0, y0, x1, y1 = (round(side * scale) for side in figure)
            crop = image.crop((x0, y0, x1, y1))
            looks = sha256(repr(crop.size).encode() + crop.tobytes()).digest()
            if (known := self._seen.setdefault(looks, page)) != page:
                self.senses.leave_out(part, f"It is the same as the one on page {known}.")
                continue
            above = [path for text, path in shown if text is None or text.box[1] <= figure[3]]
            yield from picture_documents(
                crop, self.source, Locator(above[-1], page, figure), self.senses,
                title=self.sections.title, caption=repaired(caption_of(figure, texts)), part=part,
                keep=True,
            )  # fmt: skip


def _is_scanned(sheet: Sheet) -> bool:
    """Tell whether a page must be read from its picture: no text layer, or a useless one."""
    text = " ".join(line.text for line in sheet.lines)
    if len(text) < _FEW_CHARS:
        return not text or covered_share(sheet) >= _SCAN_SHARE
    return garbled(text)


def _as_lines(segments: Sequence[Segment], scale: float) -> list[Line]:
    """Return what was read as lines of the page; their heights tell the letters' size roughly."""
    lines = []
    for segment in segments:
        assert segment.box is not None
        x0, y0, x1, y1 = (round(side * scale) for side in segment.box)
        lines.append(Line(segment.text, (x0, y0, x1, y1), y1 - y0, False, y1, False))
    usual = median([line.size for line in lines]) if lines else 0.0
    return [
        replace(line, size=usual) if abs(line.size - usual) <= 0.35 * usual else line
        for line in lines
    ]


def _remedies(blocks: Sequence[Block]) -> Iterator[Block]:
    """Join numbered steps that follow each other to one list, which stays whole."""
    steps: Block | None = None
    count = 0
    for block in blocks:
        if steps is not None and _is_step(block, count + 1) and steps.heading == block.heading:
            text, count = f"{steps.text}\n{block.text}", count + 1
            steps = replace(steps, text=text, box=union(steps.box, block.box))
            continue
        if steps is not None:
            yield steps
        steps, count = (block, 1) if _is_step(block, 1) else (None, 0)
        if steps is None:
            yield block
    if steps is not None:
        yield steps


def _is_step(block: Block, number: int) -> bool:
    return block.text.startswith(f"{number}. ")
