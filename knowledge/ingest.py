"""Take files into a knowledge base: text first, so that questions are answered while pictures and
sound are still being read.

The documents of one file go in together, marked with the hash of what they were made from. So a
killed run goes on near where it stopped, and a second run does nothing.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from knowledge.documents import full_text
from knowledge.errors import KnowledgeError
from knowledge.loaders.articles import Caption, captions, load_markdown, load_text
from knowledge.loaders.pictures import load_picture
from knowledge.loaders.recordings import load_recording
from knowledge.protocols import Reader, TextEmbedder, Transcriber
from knowledge.store import SAMPLES, KnowledgeBase
from knowledge.types import Document

ARTICLES = (".md", ".markdown", ".txt")
PICTURES = (".png", ".jpg", ".jpeg")
RECORDINGS = (".wav", ".ogg", ".mp3")
KINDS = (ARTICLES, PICTURES, RECORDINGS)  # in the order of taking in

_BATCH = 64  # passages embedded at once: three times as fast as one article after the other
_Loaded = tuple[list[Document], list[Document]]  # a file's new documents and its stored ones

Progress = Callable[[int, int, str], None]  # files done, files in all, the one at hand


@dataclass(frozen=True)
class Skipped:
    """A file that was left out and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Report:
    """What became of the files."""

    added: int = 0  # documents
    unchanged: int = 0  # files
    removed: int = 0  # documents of files that changed or are gone
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class _Source:
    path: Path
    uri: str
    caption: Caption | None = None

    @property
    def kind(self) -> str:
        return self.path.suffix.lower()

    def digest(self) -> str:
        """Hash all that the documents are made from: the file and what an article says of it."""
        return sha256(self.path.read_bytes() + repr(self.caption).encode()).hexdigest()


def ingest(
    kb: KnowledgeBase,
    folder: Path,
    *,
    embedder: TextEmbedder,
    reader: Callable[[], Reader],
    transcriber: Callable[[], Transcriber],
    on_progress: Progress = lambda done, total, name: None,
    root: Path | None = None,
) -> Report:
    """Take in a folder or one file; what is already stored unchanged costs nothing.

    URIs are absolute paths, or relative to `root` where it is given. Changed files replace their
    documents, deleted ones lose them. A file that cannot be read is reported and the rest goes in.
    Raises KnowledgeError when the path does not exist or the store cannot be written.
    """
    if not folder.exists():
        raise KnowledgeError(f"`{folder}` does not exist. Give a file or a folder.")
    sources, skipped = _find(folder.resolve(), root)
    figures = {source.path: source.uri for source in sources if source.kind in PICTURES}
    added = unchanged = removed = 0
    pending: list[_Loaded] = []
    for done, source in enumerate(sources):
        if source.kind not in ARTICLES or sum(len(new) for new, _ in pending) >= _BATCH:
            stored = _store(kb, embedder, pending)
            added, removed = added + stored[0], removed + stored[1]
        on_progress(done, len(sources), source.path.name)
        try:
            digest = source.digest()
            old = kb.documents({"uri": source.uri})
            if old and all(document.metadata["sha256"] == digest for document in old):
                unchanged += 1
                continue
            pending.append((_load(source, figures, digest, reader, transcriber), old))
        except (KnowledgeError, OSError) as exc:
            skipped.append(Skipped(source.path, str(exc)))
    stored = _store(kb, embedder, pending)
    gone = _forget(kb, folder.resolve(), root, {source.uri for source in sources})
    on_progress(len(sources), len(sources), "")
    return Report(added + stored[0], unchanged, removed + stored[1] + gone, tuple(skipped))


def ensure_samples(
    kb: KnowledgeBase,
    *,
    embedder: TextEmbedder,
    reader: Callable[[], Reader],
    transcriber: Callable[[], Transcriber],
    on_progress: Progress = lambda done, total, name: None,
) -> Report:
    """Take in the samples that ship under the knowledge base's name, if there are any."""
    folder = SAMPLES / kb.name
    if not folder.is_dir():
        return Report()
    return ingest(
        kb, folder, embedder=embedder, reader=reader, transcriber=transcriber,
        on_progress=on_progress, root=folder,
    )  # fmt: skip


def _store(kb: KnowledgeBase, embedder: TextEmbedder, pending: list[_Loaded]) -> tuple[int, int]:
    """Store what is pending and empty it; returns how many documents are new and how many left."""
    documents = [document for new, _ in pending for document in new]
    kept = {document.id for document in documents}
    outdated = [document.id for _, old in pending for document in old if document.id not in kept]
    pending.clear()
    if not documents:
        return 0, kb.remove(outdated)
    vectors = embedder.embed([full_text(document) for document in documents])
    return kb.add(documents, vectors), kb.remove(outdated)


def _find(folder: Path, root: Path | None) -> tuple[list[_Source], list[Skipped]]:
    """Return the files that can be taken in, in order, with the captions that articles give."""
    sources: list[_Source] = []
    skipped: list[Skipped] = []
    captioned: dict[Path, Caption] = {}
    for path in sorted(_files(folder), key=lambda path: (_rank(path), path)):
        suffix = path.suffix.lower()
        if _rank(path) == len(KINDS):
            known = " ".join(extension for kind in KINDS for extension in kind)
            skipped.append(
                Skipped(path, f"`{suffix or path.name}` files are not taken in, only {known}.")
            )
            continue
        if suffix in (".md", ".markdown"):
            with suppress(KnowledgeError, OSError):  # reported when its turn comes
                captioned |= captions(path)
        uri = path.relative_to(root).as_posix() if root else path.as_posix()
        sources.append(_Source(path, uri, captioned.get(path)))
    return sources, skipped


def _files(folder: Path) -> Iterator[Path]:
    """Yield files, not hidden ones, following no links to folders."""
    if folder.is_file():
        yield folder
        return
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _rank(path: Path) -> int:
    suffix = path.suffix.lower()
    return next((rank for rank, kind in enumerate(KINDS) if suffix in kind), len(KINDS))


def _load(
    source: _Source,
    figures: dict[Path, str],
    digest: str,
    reader: Callable[[], Reader],
    transcriber: Callable[[], Transcriber],
) -> list[Document]:
    """Turn one file into documents that carry its hash."""
    if source.kind in PICTURES:
        documents = load_picture(source.path, source.uri, source.caption, reader())
    elif source.kind in RECORDINGS:
        documents = load_recording(source.path, source.uri, transcriber())
    elif source.kind == ".txt":
        documents = load_text(source.path, source.uri)
    else:
        documents = load_markdown(source.path, source.uri, figures)
    return [replace(d, metadata={**d.metadata, "sha256": digest}) for d in documents]


def _forget(kb: KnowledgeBase, folder: Path, root: Path | None, present: set[str]) -> int:
    """Remove the documents of files that are no longer in the folder."""
    gone = [
        document.id
        for document in kb.documents()
        if document.uri not in present
        and Path(document.uri).is_absolute() == (root is None)
        and (root is not None or folder in Path(document.uri).parents)
    ]
    return kb.remove(gone)
