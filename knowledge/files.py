"""Find the files that a path stands for: folders are walked, archives unpacked."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import file_digest, sha256
from pathlib import Path
from shutil import rmtree

from knowledge.archives import unpack
from knowledge.errors import KnowledgeError
from knowledge.loaders import PICTURES, SUFFIXES, rank
from knowledge.loaders.articles import captions
from knowledge.store import INSIDE, KnowledgeBase
from knowledge.types import Caption, Skipped, Source

_ARCHIVES = (".zip",)
_CAPTIONED = (".md", ".markdown", ".html", ".htm")
_KNOWN = " ".join((*SUFFIXES, *_ARCHIVES))


def find_sources(
    kb: KnowledgeBase, path: Path, root: Path | None
) -> tuple[list[Source], list[Skipped]]:
    """Return the files to take in, quickly read ones first, and what is left out with its reason.

    URIs are absolute paths, or relative to `root` where it is given; a file in an archive has the
    archive's URI, `!/` and its path inside.
    """
    found: list[tuple[Path, str]] = []
    skipped: list[Skipped] = []
    for file in _files(path):
        uri = file.relative_to(root).as_posix() if root else file.as_posix()
        if not file.is_file():
            skipped.append(Skipped(file, "", "This is no regular file, or a link to nowhere."))
        elif file.suffix.lower() in _ARCHIVES:
            found += _unpacked(kb, file, uri, skipped)
        else:
            found.append((file, uri))
    known = [(file, uri) for file, uri in found if rank(file) is not None]
    skipped += [
        Skipped(file, "", f"`{file.suffix or file.name}` files are not taken in, only {_KNOWN}.")
        for file, _ in found
        if rank(file) is None
    ]
    return _described(sorted(known, key=lambda item: (rank(item[0]) or 0, item[1]))), skipped


def digest_of(source: Source) -> str:
    """Hash all that a source's documents are made from: the file and what an article says of it.

    Raises OSError when the file cannot be read.
    """
    with source.path.open("rb") as file:
        content = file_digest(file, "sha256").hexdigest()
    return sha256(f"{content}{source.caption!r}".encode()).hexdigest()


def _files(path: Path) -> Iterator[Path]:
    """Yield files, not hidden ones, following no links to folders."""
    if not path.is_dir():
        yield path
        return
    for parent, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _unpacked(
    kb: KnowledgeBase, archive: Path, uri: str, skipped: list[Skipped]
) -> Iterator[tuple[Path, str]]:
    """Yield an archive's files with their URIs; what cannot be unpacked is added to `skipped`."""
    folder = kb.unpacked(uri)
    rmtree(folder, ignore_errors=True)

    def leave_out(part: str, reason: str) -> None:
        skipped.append(Skipped(archive, part, reason))

    try:
        for file, _ in unpack(archive, folder, leave_out):
            yield file, f"{uri}{INSIDE}{file.relative_to(folder).as_posix()}"
    except (KnowledgeError, OSError) as exc:
        leave_out("", str(exc))


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
