"""PPTX → passages a slide, with its notes, and its pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.chunking import Sections, pack
from knowledge.cleaning import repaired
from knowledge.documents import make_document
from knowledge.errors import KnowledgeError
from knowledge.markup import alternative_text
from knowledge.media import open_picture
from knowledge.office import check_office_file, damaged
from knowledge.senses import Senses
from knowledge.types import PAGE_DPI, Box, Document, Locator, Source

if TYPE_CHECKING:
    from PIL.Image import Image

_EMU_PER_PX = 914_400 / PAGE_DPI
_ROW_PX = PAGE_DPI // 4  # shapes whose tops differ by less stand in one row
_DEFAULT_TITLES = ("", "PowerPoint Presentation", "PowerPoint 演示文稿", "演示文稿标题")


@dataclass(frozen=True)
class _Placed:
    """A shape and its place on the slide."""

    shape: Any  # python-pptx's
    box: Box


@dataclass(frozen=True)
class _Frame:
    """Places shapes on the slide in pixels; a group gives its shapes coordinates of their own."""

    x: float
    y: float
    across: float  # pixels a unit
    down: float

    def box(self, shape: Any) -> Box:
        x, y = self.x + (shape.left or 0) * self.across, self.y + (shape.top or 0) * self.down
        right, bottom = x + (shape.width or 0) * self.across, y + (shape.height or 0) * self.down
        return round(x), round(y), round(right), round(bottom)

    def inside(self, group: Any) -> "_Frame":
        x0, y0, x1, y1 = self.box(group)
        offset, extent = group._element.chOff, group._element.chExt
        across = (x1 - x0) / extent.cx if extent.cx else self.across
        down = (y1 - y0) / extent.cy if extent.cy else self.down
        return _Frame(x0 - offset.x * across, y0 - offset.y * down, across, down)


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield the passages of each slide, its notes, and its pictures, slide by slide.

    Raises KnowledgeError when the file is locked, damaged, empty or a ZIP bomb.
    """
    check_office_file(source.path, "ppt/presentation.xml")
    slides, deck = _opened(source.path)
    seen: dict[bytes, int] = {}
    empty = True
    for number, slide in enumerate(slides, start=1):
        try:
            shapes = _placed(slide.shapes)
            documents = [*_passages(slide, shapes, number, deck, source)]
        except Exception as exc:  # python-pptx fails on damaged slides in every way there is
            senses.leave_out(f"slide {number}", f"The slide is damaged ({type(exc).__name__}).")
            continue
        documents += _pictures(
            slide, shapes, number, deck=deck, source=source, senses=senses, seen=seen
        )
        empty = empty and not documents
        yield from documents
    if empty:
        raise KnowledgeError(f"`{source.path.name}` has no text and no pictures.")


def _opened(path: Path) -> tuple[list[Any], str]:
    """Return the slides and the title of the deck."""
    from pptx import Presentation

    try:
        deck = Presentation(str(path))
        slides = list(deck.slides)
        named = repaired(deck.core_properties.title or "").strip()
        if named in _DEFAULT_TITLES:
            named = _title(slides[0]) if slides else ""
    except Exception as exc:  # python-pptx fails on damaged files in every way there is
        raise damaged(path, exc) from exc
    return slides, named or path.stem


def _title(slide: Any) -> str:
    shape = slide.shapes.title
    return " ".join(repaired(shape.text_frame.text).split()) if shape is not None else ""


def _placed(shapes: Any, frame: _Frame | None = None) -> list[_Placed]:
    """Return the shapes, those of groups among them, in the order in which they are read."""
    frame = frame or _Frame(0, 0, 1 / _EMU_PER_PX, 1 / _EMU_PER_PX)
    placed: list[_Placed] = []
    for shape in shapes:
        if hasattr(shape, "shapes"):
            placed += _placed(shape.shapes, frame.inside(shape))
        else:
            placed.append(_Placed(shape, frame.box(shape)))
    placed.sort(key=lambda one: one.box[1])
    rows: list[list[_Placed]] = []
    for one in placed:
        if rows and one.box[1] - rows[-1][0].box[1] < _ROW_PX:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [one for row in rows for one in sorted(row, key=lambda one: one.box[0])]


def _passages(
    slide: Any, shapes: list[_Placed], number: int, deck: str, source: Source
) -> Iterator[Document]:
    sections = _headed(slide, deck)
    title = slide.shapes.title
    for placed in shapes:
        if title is None or placed.shape.shape_id != title.shape_id:
            text, header = _text(placed.shape, slide)
            sections.add(repaired(text).strip(), number, placed.box, repaired(header))
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        notes = repaired(frame.text).strip()
        sections.add(f"Notes: {notes}" if notes else "", number)
    if _title(slide):
        sections.end()
    for passage in pack(sections.blocks):
        locator = Locator(heading=passage.heading, page=number, box=passage.box)
        yield make_document(passage.text, "text", source.uri, locator, {"title": deck})


def _headed(slide: Any, deck: str) -> Sections:
    sections = Sections(deck)
    sections.head(0, deck)
    if (title := _title(slide)) != deck:
        sections.head(1, title)
    return sections


def _text(shape: Any, slide: Any) -> tuple[str, str]:
    """Return a shape's text, and the first row if it is a table."""
    if shape.has_text_frame:
        lines = [" ".join(paragraph.text.split()) for paragraph in shape.text_frame.paragraphs]
        return "\n".join(filter(None, lines)), ""
    if not hasattr(shape, "has_table"):
        return "", ""
    if shape.has_table:
        rows = [
            " | ".join(" ".join(cell.text.split()) for cell in row.cells)
            for row in shape.table.rows
        ]
        return "\n".join(row for row in rows if row.strip(" |")), rows[0] if rows else ""
    if shape.has_chart:
        return _chart_text(shape.chart), ""
    return _diagram_text(shape, slide), ""


def _chart_text(chart: Any) -> str:
    """Return a chart's title and series as lines, "Sales: Q1 20; Q2 30"."""
    titled = chart.has_title and chart.chart_title.has_text_frame
    lines = [chart.chart_title.text_frame.text] if titled else []
    for plot in chart.plots:
        names = [str(name) for name in plot.categories]
        for series in plot.series:
            named = zip_longest(names, series.values, fillvalue="")
            points = [
                f"{name} {'' if value is None else f'{value:.15g}'}".strip()
                for name, value in named
            ]
            lines.append(f"{series.name}: {'; '.join(points)}")
    return "\n".join(lines)


def _diagram_text(shape: Any, slide: Any) -> str:
    """Return the texts of a SmartArt diagram, which stand in a part of their own."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    relation = shape._element.xpath(".//*[local-name()='relIds']/@*[local-name()='dm']")
    if not relation:
        return ""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    data = etree.fromstring(slide.part.related_part(relation[0]).blob, parser)
    return "\n".join(data.xpath("//*[local-name()='t']/text()"))


def _pictures(
    slide: Any, shapes: list[_Placed], number: int, *, deck: str, source: Source, senses: Senses,
    seen: dict[bytes, int],
) -> Iterator[Document]:  # fmt: skip
    """Yield a slide's pictures; `seen` maps those of the slides before to where they stood."""
    from pptx.shapes.picture import Picture
    from pptx.shapes.placeholder import PlaceholderPicture

    from knowledge.figures import picture_documents

    pictures = [one for one in shapes if isinstance(one.shape, Picture | PlaceholderPicture)]
    for placed in pictures:
        part = f"the picture on slide {number}"
        try:
            image, described = _opened_picture(placed.shape, part)
        except KnowledgeError as exc:
            senses.leave_out(part, str(exc))
            continue
        known = seen.setdefault(sha256(image.tobytes()).digest(), number)
        if known != number:
            senses.leave_out(part, f"It is the same as the one on slide {known}.")
            continue
        yield from picture_documents(
            image, source, Locator(_headed(slide, deck).heading, number, placed.box), senses,
            title=deck, caption=described or _title(slide), part=part,
            keep=True,
        )  # fmt: skip


def _opened_picture(shape: Any, part: str) -> tuple["Image", str]:
    """Return the part of a picture that the slide shows, and what its author says of it."""
    try:
        sides = (shape.crop_left, shape.crop_top, 1 - shape.crop_right, 1 - shape.crop_bottom)
        described = alternative_text(shape._element._nvXxPr.cNvPr.get("descr"))
        blob = shape.image.blob if shape._element.blip_rId else None
    except Exception as exc:  # python-pptx fails on damaged pictures in every way there is
        raise KnowledgeError(f"`{part}` is damaged ({type(exc).__name__}).") from exc
    if blob is None:
        raise KnowledgeError(f"`{part}` is a link to a picture elsewhere.")
    x0, y0, x1, y1 = (min(max(side, 0.0), 1.0) for side in sides)
    if not (x0 < x1 and y0 < y1):  # not a number, too
        raise KnowledgeError(f"`{part}` is cropped so that nothing of it shows.")
    image = open_picture(BytesIO(blob), part)
    width, height = image.size
    shown = image.crop(
        (round(x0 * width), round(y0 * height), round(x1 * width), round(y1 * height))
    )
    return shown, repaired(described)
