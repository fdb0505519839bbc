"""Keeps uploaded files where citations find them later, under names that can do no harm."""

import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from filecmp import cmp
from pathlib import Path
from uuid import uuid4

from knowledge.store import INSIDE, KnowledgeBase
from knowledge.types import Skipped

_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff<>:"|?*]')
_NAME_BYTES = 180  # file systems take 255; copies and partial files need some more


@dataclass(frozen=True)
class Upload:
    """A file that has arrived from the browser."""

    path: Path  # where the server put it
    name: str  # as the browser tells it, "folder/file.md" for a file of a folder


def safe_names(names: Sequence[str]) -> list[str]:
    """Return relative names that stay in their folder, are not hidden, and differ."""
    taken: set[str] = set()
    safe: list[str] = []
    for name in names:
        parts = [_safe_part(part) for part in re.split(r"[/\\]", name) if part.strip(". ")]
        folder, last = parts[:-1], (parts or ["file"])[-1]
        stem, suffix = _split(last)
        n = 1
        while "/".join((*folder, last)).casefold() in taken:
            n += 1
            last = f"{stem} ({n}){suffix}"
        safe.append("/".join((*folder, last)))
        taken.add(safe[-1].casefold())
    return safe


def _safe_part(part: str) -> str:
    part = _UNFIT.sub("_", unicodedata.normalize("NFC", part)).strip()
    part = re.sub(r"^\.", "_", part)  # hidden files of folders are not taken in
    part = re.sub(r"!$", "_", part)  # `!/` stands between an archive and what is in it
    stem, suffix = _split(part)
    room = _NAME_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix


def _split(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and len(suffix) <= 10 else (name, "")


@dataclass
class Batch:
    """Files that are taken in together from the folder that keeps a knowledge base's uploads."""

    folder: Path
    uploads: Sequence[Upload]
    skipped: list[Skipped] = field(default_factory=list)
    _placed: list["_Placed"] = field(default_factory=list)

    def copy(self, base: KnowledgeBase) -> Iterator[str]:
        """Copy the files into the folder, yielding the name of each before."""
        names = safe_names([upload.name for upload in self.uploads])
        for upload, name in zip(self.uploads, names, strict=True):
            yield name
            target = self.folder / name
            try:
                if not (target.is_file() and cmp(upload.path, target, shallow=False)):
                    digest = base.words.digest(target.as_posix())
                    self._placed.append(_Placed(target, _replace(upload.path, target), digest))
            except OSError as exc:
                reason = f"It could not be kept ({exc.strerror}). Add it again."
                self.skipped.append(Skipped(Path(name), "", reason))

    def items(self) -> dict[Path, int]:
        """Return what to take in, single files and whole folders, and how many files each has."""
        names = safe_names([upload.name for upload in self.uploads])
        tops = Counter(self.folder / name.split("/", maxsplit=1)[0] for name in names)
        return {top: count for top, count in tops.items() if top.exists()}

    def settle(self, base: KnowledgeBase) -> None:
        """Drop the files that were not taken in; what they replaced comes back."""
        for placed in self._placed:
            uri = placed.target.as_posix()
            read = base.words.digest(uri) not in (None, placed.digest)
            if placed.before and not read and base.words.uris(uri):
                placed.before.replace(placed.target)
            elif not base.words.uris(uri) and not base.words.uris(uri + INSIDE):
                placed.target.unlink(missing_ok=True)
            if placed.before:
                placed.before.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Placed:
    """A file that was put into the folder."""

    target: Path
    before: Path | None  # the file that it replaced
    digest: str | None  # what was taken in of that one


def _replace(upload: Path, target: Path) -> Path | None:
    """Copy a file so that its target is whole at every moment; returns what it replaced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished, before = (target.with_name(f".{uuid4().hex}") for _ in range(2))
    try:
        shutil.copyfile(upload, unfinished)
        if target.is_file():
            target.rename(before)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return before if before.exists() else None
