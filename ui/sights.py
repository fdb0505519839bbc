"""How a document can be looked at: its page with the region, its picture, its moment."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import KnowledgeError
from knowledge.store import KnowledgeBase
from knowledge.types import Box, Document
from ui.kinds import kind_of
from ui.likenesses import page_picture, page_size
from ui.media import Media


@dataclass(frozen=True)
class Region:
    """A part of a page, in percent of its width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Sight:
    """Where the browser finds what shows a document; all empty when its file is gone."""

    source: str = ""  # the file itself
    picture: str = ""  # the figure or picture
    page: str = ""  # an image of its page
    region: Region | None = None  # on that page
    player: str = ""  # "audio" or "video": what plays the file


def sight_of(document: Document, base: KnowledgeBase, media: Media) -> Sight:
    """Return how a document can be looked at."""
    path = base.resolve(document.uri)
    picture = base.picture(document)
    shown = media.file_url(picture) if picture and picture.is_file() else ""
    if not path.is_file():
        return Sight(picture=shown)
    kind = kind_of(path.name)
    page, region = _page(document, path, media) if kind == "pdf" else ("", None)
    return Sight(
        source=media.file_url(path),
        picture=shown,
        page=page,
        region=region,
        player={"recording": "audio", "video": "video"}.get(kind, ""),
    )


def _page(document: Document, path: Path, media: Media) -> tuple[str, Region | None]:
    """Return where the image of a PDF document's page is, and its region."""
    number, box = document.locator.page, document.locator.box
    if not number:
        return "", None
    changed_ns = path.stat().st_mtime_ns
    url = media.made_url(
        f"{path}#{number}@{changed_ns}", ".jpg", lambda: page_picture(path, number)
    )
    try:
        return url, _region(box, page_size(path, number, changed_ns)) if box else None
    except KnowledgeError:  # it can no longer be read; the words still stand there
        return "", None


def _region(box: Box, size: tuple[int, int]) -> Region:
    width, height = size
    x0, y0, x1, y1 = box
    return Region(
        round(100 * x0 / width, 2),
        round(100 * y0 / height, 2),
        round(100 * (x1 - x0) / width, 2),
        round(100 * (y1 - y0) / height, 2),
    )


SightOf = Callable[[Document, str], Sight]  # of a document and the name of its knowledge base
