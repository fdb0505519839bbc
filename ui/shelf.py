"""What a library holds, a page of it at a time, so that ten thousand files are listed as quickly.

The list is made of names alone; what is said of a file is looked up for those on the page only, and
remembered until the file is taken in anew.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal

from knowledge.errors import KnowledgeError
from knowledge.pages import page_count
from knowledge.store import INSIDE, KnowledgeBase
from knowledge.types import Document
from ui.kinds import kind_of

PER_PAGE = 25
_REMEMBERED = 2_000  # files
Origin = Literal["upload", "file", "sample"]
Shape = Literal["picture", "page", "wave", ""]  # of the small picture beside a file


@dataclass(frozen=True)
class Item:
    """A file of the list."""

    uri: str
    name: str  # as people know it
    kind: str
    origin: Origin
    title: str
    documents: int
    pages: int | None  # of a PDF
    length_s: float | None  # of a recording or video
    size_bytes: int | None  # None when the file is gone
    shape: Shape
    likeness: Path | None  # what the small picture is made of


@dataclass(frozen=True)
class Listing:
    """One page of the list."""

    items: tuple[Item, ...]
    page: int  # from 1
    pages: int
    matching: int  # files that fit the filter
    files: int  # in all
    documents: int


@dataclass
class Shelf:
    """Lists the files of knowledge bases; safe to share between tabs."""

    uploads: Path  # the folder that names of uploaded files are shown relative to
    _items: OrderedDict[tuple[str, str, str], Item] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def listing(self, base: KnowledgeBase, filtered: str, kind: str, page: int) -> Listing:
        """Return the files whose names hold the words of the filter, of a kind or of all ("")."""
        names = {uri: self.name(base, uri) for uri in base.words.uris()}
        wanted = filtered.casefold().split()
        fitting = [
            uri
            for uri, name in names.items()
            if kind in ("", kind_of(name)) and all(word in name.casefold() for word in wanted)
        ]
        fitting.sort(key=lambda uri: names[uri].casefold())
        pages = max(1, -(-len(fitting) // PER_PAGE))
        page = min(max(page, 1), pages)
        shown = fitting[(page - 1) * PER_PAGE : page * PER_PAGE]
        items = tuple(self.item(base, uri) for uri in shown)
        return Listing(items, page, pages, len(fitting), len(names), base.count())

    def item(self, base: KnowledgeBase, uri: str) -> Item:
        """Return what is said of a file."""
        ids = base.words.ids(uri)
        key = (base.name, uri, f"{base.words.digest(uri)} {len(ids)}")
        known = self._items.get(key)
        if known is None:
            known = _look_up(base, uri, self.name(base, uri), self._origin(base, uri))
            with self._lock:
                self._items[key] = known
                while len(self._items) > _REMEMBERED:
                    self._items.popitem(last=False)
        return known

    def name(self, base: KnowledgeBase, uri: str) -> str:
        """Return a file's name as people know it: relative to the uploads, or to its folder."""
        if self._origin(base, uri) == "upload":
            uri = uri.removeprefix(self._folder(base))
        elif uri.startswith("/"):
            outer, inside, inner = uri.partition(INSIDE)
            uri = "/".join(Path(outer).parts[-2:]) + inside + inner
        return uri.replace(INSIDE, " › ")

    def _origin(self, base: KnowledgeBase, uri: str) -> Origin:
        if not uri.startswith("/"):
            return "sample"
        return "upload" if uri.startswith(self._folder(base)) else "file"

    def _folder(self, base: KnowledgeBase) -> str:
        return f"{(self.uploads / base.name).as_posix()}/"


def _look_up(base: KnowledgeBase, uri: str, name: str, origin: Origin) -> Item:
    documents = base.documents([uri])
    path, kind = base.resolve(uri), kind_of(name)
    here = path.is_file()
    shape, likeness = _likeness(base, kind, path, documents)
    lengths = [d.metadata["duration_s"] for d in documents if "duration_s" in d.metadata]
    return Item(
        uri=uri,
        name=name,
        kind=kind,
        origin=origin,
        title=documents[0].metadata.get("title", "") if documents else "",
        documents=len(documents),
        pages=_pages(path) if kind == "pdf" and here else None,
        length_s=float(lengths[0]) if lengths else None,
        size_bytes=path.stat().st_size if here else None,
        shape=shape,
        likeness=likeness,
    )


def _likeness(
    base: KnowledgeBase, kind: str, path: Path, documents: list[Document]
) -> tuple[Shape, Path | None]:
    """Return what to show beside a file: its own picture, its first page, its sound, a figure."""
    if kind == "pdf" and path.is_file():
        return "page", path
    if kind == "recording" and path.is_file():
        return "wave", path
    for document in documents:
        picture = base.picture(document) if document.modality == "image" else None
        if picture and picture.is_file():
            return "picture", picture
    return "", None


def _pages(path: Path) -> int | None:
    try:
        return page_count(path)
    except (KnowledgeError, OSError):  # it changed since
        return None
