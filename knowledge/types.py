"""What flows in and out of the knowledge base."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

PAGE_DPI = 144  # pages are measured and shown at this resolution

Modality = Literal["text", "image", "audio"]
Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels of the upright picture


@dataclass(frozen=True)
class Segment:
    """A piece of sound or picture with its place: times for sound, a box for pictures."""

    text: str
    start_s: float | None = None
    end_s: float | None = None
    box: Box | None = None
    confidence: float = 1.0  # the recogniser's own, 0 to 1


@dataclass(frozen=True)
class Tag:
    """A label of what a picture shows, with its probability."""

    label: str
    probability: float


@dataclass(frozen=True)
class Locator:
    """Where in its source a document stands, precise enough to show it."""

    heading: str | None = None  # heading path, "Wi-Fi > Guest network"
    page: int | None = None  # of a PDF, slide of a presentation, from 1
    box: Box | None = None  # on a page, in pixels of `PAGE_DPI`
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True)
class Document:
    """One retrievable piece: a passage, a figure or a moment of a recording."""

    id: str
    text: str
    modality: Modality
    uri: str  # path of the source inside its knowledge base, "articles/04-error-codes.md"
    locator: Locator
    metadata: Mapping[str, str] = field(default_factory=dict)  # title, figure, ...


@dataclass(frozen=True)
class Evidence:
    """A document that was found, with its score from 0 to 1 and the query that found it."""

    document: Document
    score: float
    query: str


@dataclass(frozen=True)
class Caption:
    """What an article says about a picture that it shows."""

    text: str
    heading: str
    title: str  # of the article
    article: str = ""  # URI of the article


@dataclass(frozen=True)
class Source:
    """A file that is taken in."""

    path: Path  # where it can be read
    uri: str  # what its documents carry
    caption: Caption | None = None  # of a picture that an article shows
    figures: Mapping[Path, str] = field(
        default_factory=dict
    )  # the folder's pictures and their URIs


@dataclass(frozen=True)
class Skipped:
    """A file, or a part of one, that did not go in as a document of its own."""

    path: Path
    part: str  # "page 7"; "" for the whole file
    reason: str


INSIDE = "!/"  # between an archive's path and the path inside it


def lies_in(uri: str, place: str) -> bool:
    """Tell whether a URI is a file, or lies in a folder or an archive; "" holds everything."""
    return not place or uri == place or uri.startswith((f"{place}/", f"{place}{INSIDE}"))
