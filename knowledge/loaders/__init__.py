"""One file per kind of source; each has `load`, which turns a file into documents."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from knowledge.senses import Senses
from knowledge.types import Document, Source

# In the order of taking in: what is read in milliseconds first, what must be seen or heard last.
_LOADERS = {
    "articles": (".md", ".markdown", ".txt"),
    "web": (".html", ".htm"),
    "tables": (".csv", ".xlsx"),
    "records": (".jsonl",),
    "word": (".docx",),
    "slides": (".pptx",),
    "pdf": (".pdf",),
    "pictures": (".png", ".jpg", ".jpeg", ".webp"),
    "recordings": (".wav", ".ogg", ".mp3", ".m4a"),
    "videos": (".mp4", ".webm"),
}
_NAMES = {suffix: name for name, suffixes in _LOADERS.items() for suffix in suffixes}
_ORDER = list(_LOADERS)

SUFFIXES = tuple(_NAMES)
PICTURES = _LOADERS["pictures"]


def rank(path: Path) -> int | None:
    """Return when a file's turn comes, smaller first; None for a kind that is not taken in."""
    name = _NAMES.get(path.suffix.lower())
    return None if name is None else _ORDER.index(name)


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield a file's documents in order, as they are read.

    Raises KnowledgeError when it cannot be read at all; parts that cannot are left out with a
    reason (`Senses.leave_out`). The file's suffix must be one of `SUFFIXES`.
    """
    module = import_module(f"knowledge.loaders.{_NAMES[source.path.suffix.lower()]}")
    return module.load(source, senses)
