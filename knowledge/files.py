"""Find the files that a path stands for: folders are walked, archives unpacked."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import file_digest, sha256
from pathlib import Path
from shutil import rmtree

from knowledge.archives import unpack
from knowledge.errors import KnowledgeError
from knowledge.loaders import PICTURES, SUFFIXES, rank
from knowledge.loaders.articles import captions
from knowledge.store import KnowledgeBase
from knowledge.types import INSIDE, Caption, Skipped, Source

_ARCHIVES = (".zip",)
_CAPTIONED = (".md", ".markdown", ".html", ".htm")
_KNOWN = " ".join((*SUFFIXES, *_ARCHIVES))


@dataclass
class Found:
    """What a path holds."""

    sources: list[Source] = field(default_factory=list)  # quickly read ones first
    skipped: list[Skipped] = field(default_factory=list)
    unseen: set[str] = field(default_factory=set)  # folders and archives that could not be opened


def find_sources(kb: KnowledgeBase, path: Path, root: Path | None) -> Found:
    """Return the files to take in, and what is left out with its reason.

    URIs are absolute paths, or relative to `root` where it is given; a file in an archive has the
    archive's URI, `!/` and its path inside.
    """
    found = Found()
    files: list[tuple[Path, str]] = []
    for file in _files(path, found):
        uri = file.relative_to(root).as_posix() if root else file.as_posix()
        if fault := _fault(file):
            found.skipped.append(Skipped(file, "", fault))
        elif file.suffix.lower() in _ARCHIVES:
            files += _unpacked(kb, file, uri, found)
        else:
            files.append((file, uri))
    for file, _ in files:
        if rank(file) is None:
            kind = f"`{file.suffix or file.name}` files are not taken in, only {_KNOWN}."
            found.skipped.append(Skipped(file, "", kind))
    known = [(file, uri) for file, uri in files if rank(file) is not None]
    found.sources = _described(sorted(known, key=lambda item: (rank(item[0]) or 0, item[1])))
    return found


def digest_of(source: Source) -> str:
    """Hash all that a source's documents are made from: the file and what an article says of it.

    Raises OSError when the file cannot be read.
    """
    with source.path.open("rb") as file:
        content = file_digest(file, "sha256").hexdigest()
    return sha256(f"{content}{source.caption!r}".encode()).hexdigest()


def _files(path: Path, found: Found) -> Iterator[Path]:
    """Yield files, not hidden ones, following no links to folders."""
    if not path.is_dir():
        yield path
        return

    def note(error: OSError) -> None:
        found.unseen.add(Path(error.filename).as_posix())
        found.skipped.append(Skipped(Path(error.filename), "", f"{error.strerror}."))

    for parent, folders, names in os.walk(path, onerror=note):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _fault(file: Path) -> str:
    """Say why something in a folder cannot be taken in at all; empty when it may be."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        return "Its name is not UTF-8. Rename it."
    return "" if file.is_file() else "This is no regular file, or a link to nowhere."


def _unpacked(
    kb: KnowledgeBase, archive: Path, uri: str, found: Found
) -> Iterator[tuple[Path, str]]:
    """Yield an archive's files with their URIs; an unchanged one is not unpacked again."""
    folder = kb.unpacked(uri)
    fresh = folder.with_suffix(".part")

    def leave_out(part: str, reason: str) -> None:
        found.unseen.add(uri)
        found.skipped.append(Skipped(archive, part, reason))

    try:
        digest = digest_of(Source(archive, uri))
        if not folder.is_dir() or kb.words.digest(uri) != digest:
            rmtree(fresh, ignore_errors=True)
            for _ in unpack(archive, fresh, leave_out):
                pass
            rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
            kb.words.complete(uri, "" if uri in found.unseen else digest)
    except (KnowledgeError, OSError) as exc:
        leave_out("", str(exc))
        return
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield file, f"{uri}{INSIDE}{file.relative_to(folder).as_posix()}"


def _described(files: Iterable[tuple[Path, str]]) -> list[Source]:
    """Tell each picture what the articles beside it say of it, and each article their URIs."""
    sources = [Source(file, uri) for file, uri in files]
    figures = {s.path.resolve(): s.uri for s in sources if s.path.suffix.lower() in PICTURES}
    said: dict[Path, Caption] = {}
    for source in sources:
        if figures and source.path.suffix.lower() in _CAPTIONED:
            with suppress(KnowledgeError, OSError):  # reported when its turn comes
                for picture, caption in captions(source.path).items():
                    said.setdefault(picture, replace(caption, article=source.uri))
    return [
        replace(source, caption=said.get(source.path.resolve()), figures=figures)
        for source in sources
    ]
