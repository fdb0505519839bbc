"""Take files into a knowledge base: text first, so that questions are answered while pictures and
sound are still being read.

Documents go in by batches, and a file is noted as complete once its last one is in. So a killed run
goes on where it stopped: what was read or heard is remembered, what is stored is not embedded anew.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from knowledge.documents import full_text, heading_of
from knowledge.errors import KnowledgeError, StoreError
from knowledge.files import Found, digest_of, find_sources
from knowledge.loaders import load, rank
from knowledge.media import open_picture
from knowledge.protocols import Reader, Tagger, TextEmbedder, Transcriber
from knowledge.senses import Senses
from knowledge.store import SAMPLES, KnowledgeBase
from knowledge.terms import terms
from knowledge.twins import Twins
from knowledge.types import Document, Skipped, Source, lies_in

if TYPE_CHECKING:
    from PIL.Image import Image

_BATCH = 256  # documents embedded and stored at once
_STORE_EVERY_S = 10.0  # so that slowly read ones can be found, too
_PICTURES = 8  # looked at at once


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    files: int  # done
    total: int
    documents: int  # stored or found unchanged
    name: str = ""  # of the file at hand


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Models:
    """What files are read with; each is loaded when it is first needed."""

    embedder: TextEmbedder
    reader: Callable[[], Reader]
    transcriber: Callable[[], Transcriber]
    tagger: Callable[[], Tagger]


@dataclass(frozen=True)
class Report:
    """What became of the files."""

    added: int = 0  # documents
    unchanged: int = 0  # files
    removed: int = 0  # documents of files that changed or are gone
    skipped: tuple[Skipped, ...] = ()  # files and parts of files that did not go in
    merged: tuple[Skipped, ...] = ()  # documents that say what another one says
    stopped: bool = False  # before the last file


def ingest(
    kb: KnowledgeBase,
    path: Path,
    models: Models,
    *,
    on_progress: OnProgress = lambda progress: None,
    stop: Event | None = None,
    root: Path | None = None,
) -> Report:
    """Take in a folder, an archive or one file; what is already stored unchanged costs nothing.

    URIs are absolute paths, or relative to `root` where it is given. Changed files replace their
    documents, deleted ones lose them. A file that cannot be read is reported and the rest goes in;
    so does what was done before `stop` was set. Raises KnowledgeError when the path does not exist
    or the store cannot be written.
    """
    if not path.exists():
        raise KnowledgeError(f"`{path}` does not exist. Give a file or a folder.")
    path = Path(os.path.abspath(path))
    found = find_sources(kb, path, root)
    run = _Run(kb, models, len(found.sources), on_progress, stop or Event(), found.skipped)
    for source in found.sources:
        if run.stop.is_set():
            break
        run.take_in(source)
    run.store()
    if not run.stop.is_set():
        run.removed += _forget(kb, path, root, found)
        run.tell("")
    return Report(
        run.added, run.unchanged, run.removed, tuple(run.skipped), tuple(run.merged),
        run.stop.is_set(),
    )  # fmt: skip


def ensure_samples(
    kb: KnowledgeBase, models: Models, *, on_progress: OnProgress = lambda progress: None
) -> Report:
    """Take in the samples that ship under the knowledge base's name, if there are any."""
    folder = SAMPLES / kb.name
    if not folder.is_dir():
        return Report()
    return ingest(kb, folder, models, on_progress=on_progress, root=folder)


@dataclass
class _Run:
    """One run over many files: what waits to be stored, and what became of the rest."""

    kb: KnowledgeBase
    models: Models
    total: int
    on_progress: OnProgress
    stop: Event
    skipped: list[Skipped]
    merged: list[Skipped] = field(default_factory=list)
    added: int = 0
    unchanged: int = 0
    removed: int = 0
    done: int = 0
    documents: int = 0
    rank: int | None = None  # of the file at hand
    store_at_s: float = field(default_factory=lambda: time.monotonic() + _STORE_EVERY_S)
    waiting: list[Document] = field(default_factory=list)
    loaded: list[tuple[str, str, set[str]]] = field(default_factory=list)  # uri, digest, ids

    def __post_init__(self) -> None:
        self.senses = Senses(
            self.models.reader,
            self.models.transcriber,
            self.models.tagger,
            self.kb.words,
            self.kb.pictures,
        )

    def take_in(self, source: Source) -> None:
        """Read one file, storing whenever enough waits; report it where it cannot be read."""
        if self.waiting and rank(source.path) != self.rank:  # what comes now is read more slowly
            self.store()
        self.rank = rank(source.path)
        self.tell(source.path.name)
        try:
            digest, before = digest_of(source), os.stat(source.path)
            if self.kb.words.digest(source.uri) == digest:
                self.unchanged += 1
                self.documents += len(self.kb.words.ids(source.uri))
            elif (ids := self._load(source)) is not None:
                if _changed(before, os.stat(source.path)):
                    digest = ""  # so that the next run reads it again
                    self._skip(source.path, "", "It changed while it was read. Add it again.")
                self.loaded.append((source.uri, digest, ids))
        except StoreError:  # no file's fault: going on would fail at every file
            raise
        except (KnowledgeError, OSError) as exc:
            self._skip(source.path, "", str(exc))
        except Exception as exc:  # one file, and a fault of ours, must not cost the others
            logging.getLogger(__name__).exception("`%s` could not be read", source.path)
            self._skip(source.path, "", f"It cannot be read ({type(exc).__name__}: {exc}).")
        self.done += 1

    def _load(self, source: Source) -> set[str] | None:
        """Let a file's documents wait to be stored; returns their ids, None when stopped."""
        ids: set[str] = set()
        before = len(self.skipped)
        try:
            for document in load(source, self.senses):
                if self.stop.is_set():
                    return None
                if document.id not in ids:
                    ids.add(document.id)
                    self.waiting.append(document)
                if len(self.waiting) >= _BATCH or time.monotonic() > self.store_at_s:
                    self.store()
                    self.tell(source.path.name)
        finally:
            for omission in self.senses.omissions:
                self._skip(source.path, omission.part, omission.reason)
            self.senses.omissions.clear()
        if not ids and len(self.skipped) == before:
            raise KnowledgeError("It holds nothing that could be found.")
        return ids

    def store(self) -> None:
        """Store what waits, then note the files that are complete and drop what they lost."""
        self.store_at_s = time.monotonic() + _STORE_EVERY_S
        known = {document.id for document, _ in self.kb.get([d.id for d in self.waiting])}
        new = [document for document in self.waiting if document.id not in known]
        self._embed(self._marked(new))
        self.documents += len(self.waiting)
        self.waiting.clear()
        for uri, digest, ids in self.loaded:
            self.removed += self.kb.remove(sorted(self.kb.words.ids(uri) - ids))
            self.kb.words.complete(uri, digest)
        self.loaded.clear()

    def _marked(self, documents: Sequence[Document]) -> list[Document]:
        """Mark the documents that say what another one says, and report them."""
        twins = Twins()
        marked: list[Document] = []
        for document in documents:
            said, more = terms(document.text), {}
            if twin := twins.find(document, said) or self.kb.words.twin(document, said):
                identity, uri = twin
                reason = f"It says the same as a part of `{uri}`."
                self.merged.append(Skipped(Path(document.uri), heading_of(document), reason))
                more = {"same_as": identity}
            marked.append(replace(document, metadata={**document.metadata, **more}))
        return marked

    def _embed(self, documents: Sequence[Document]) -> None:
        """Store new documents; what pictures show first, so that a kill leaves none without."""
        if not documents:
            return
        pictures = [document for document in documents if document.modality == "image"]
        for start in range(0, len(pictures), _PICTURES):
            self._look(pictures[start : start + _PICTURES])
        vectors = self.models.embedder.embed([full_text(document) for document in documents])
        self.added += self.kb.add(documents, vectors)

    def _look(self, documents: Sequence[Document]) -> None:
        """Store what the pictures of some documents show; one that is gone by now has no look."""
        images: dict[str, Image] = {}
        for document in documents:
            with suppress(KnowledgeError, OSError):
                if file := self.kb.picture(document):
                    images[document.id] = open_picture(file)
        if images:
            vectors = self.models.tagger().embed_images(list(images.values()))
            self.kb.add_looks(list(images), vectors)

    def tell(self, name: str) -> None:
        self.on_progress(Progress(self.done, self.total, self.documents, name))

    def _skip(self, path: Path, part: str, reason: str) -> None:
        self.skipped.append(Skipped(path, part, reason))


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)


def _forget(kb: KnowledgeBase, path: Path, root: Path | None, found: Found) -> int:
    """Remove the documents of files that are gone, but none of where nobody could look."""
    present = {source.uri for source in found.sources}
    removed, place = 0, "" if root else path.as_posix()
    for uri in kb.words.uris(place):
        relevant = lies_in(uri, place) and Path(uri).is_absolute() == (root is None)
        unseen = any(lies_in(uri, folder) for folder in found.unseen)
        if relevant and not unseen and uri not in present:
            removed += kb.remove(sorted(kb.words.ids(uri)))
            kb.words.complete(uri, None)
    return removed
