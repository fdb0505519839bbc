"""Unpack ZIP archives that anybody may have made: bombs, traps and strange names included."""

import errno
import re
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

MAX_ENTRIES = 10_000
MAX_BYTES = 2_000_000_000  # of all that comes out
MAX_ENTRY_BYTES = 500_000_000
MAX_RATIO = 200  # of what comes out to what is stored
_RATIO_FROM_BYTES = 10_000_000  # a small file of zeros is no bomb
_DEPTH = 2  # an archive in the archive is unpacked, one in that is not
_CHUNK = 1 << 20
_RECORD = b"PK\x01\x02"  # begins an entry's record; stored archives inside show theirs too
_RECORDS = 10 * MAX_ENTRIES
_CLUTTER = "__MACOSX"
_WHOLE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)

LeaveOut = Callable[[str, str], None]


def unpack(archive: Path, folder: Path, leave_out: LeaveOut) -> Iterator[tuple[Path, str]]:
    """Yield each file of a ZIP as it is unpacked into `folder`, with its name inside.

    Archives inside are unpacked too, once. `leave_out` hears of each entry that is encrypted,
    damaged, too large or leads out of the folder. A file gets its name when it is complete. Raises
    KnowledgeError when the archive cannot be read or the folder not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    yield from _Unpacking(leave_out).unpack(archive, folder, "", _DEPTH)


class _LeftOutError(Exception):
    """An entry does not come out, for the reason that it carries."""


@dataclass
class _Unpacking:
    """One archive and those inside it, which share one budget."""

    leave_out: LeaveOut
    entries: int = MAX_ENTRIES
    room: int = field(default_factory=lambda: MAX_BYTES)
    names: set[str] = field(default_factory=set)

    def unpack(
        self, archive: Path, folder: Path, prefix: str, depth: int
    ) -> Iterator[tuple[Path, str]]:
        """Yield the files of one archive; `prefix` names it where it is inside another."""
        with _opened(archive) as opened:
            for info in opened.infolist():
                shown = _name(info)
                if shown.endswith("/") or _is_clutter(shown):
                    continue
                if self._is_spent():
                    return
                try:
                    name = self._own(prefix + _checked(shown, info))
                    file = self._extract(opened, info, folder, name)
                    if file.suffix.lower() == ".zip":
                        yield from self._inner(file, folder, name, depth)
                    else:
                        yield file, name
                except _LeftOutError as exc:
                    self.leave_out(prefix + shown, str(exc))

    def _is_spent(self) -> bool:
        """Take one entry from the budget; tell, and say once, that there is none left."""
        self.entries -= 1
        if self.entries == -1:
            self.leave_out("", f"Only its first {MAX_ENTRIES:,} files are taken in.")
        if self.room < 0 <= self.entries:
            self.entries = -1
            self.leave_out("", f"Only its first {MAX_BYTES // 10**9} GB are taken in.")
        return self.entries < 0

    def _inner(self, file: Path, folder: Path, name: str, depth: int) -> Iterator[tuple[Path, str]]:
        """Yield the files of an archive inside, as if it were a folder of its name."""
        if depth == 1:
            file.unlink()
            raise _LeftOutError("Archives inside archives inside archives are not unpacked.")
        hidden = file.replace(folder / ".archive")
        try:
            yield from self.unpack(hidden, folder, f"{name}/", depth - 1)
        except KnowledgeError as exc:
            raise _LeftOutError(str(exc)) from exc
        finally:
            hidden.unlink()

    def _own(self, name: str) -> str:
        """Return a name that no other file has had, "notes (2).txt" for a second "notes.txt"."""
        path, number = PurePosixPath(name), 1
        while name.lower() in self.names:
            number += 1
            name = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        self.names.add(name.lower())
        return name

    def _extract(self, archive: "ZipFile", info: "ZipInfo", folder: Path, name: str) -> Path:
        """Unpack one entry; under its name stands only what is complete."""
        import struct
        import zlib
        from zipfile import BadZipFile

        file, unfinished = folder / name, folder / ".unfinished"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as packed, unfinished.open("wb") as target:
                self._copy(packed, target, min(info.compress_size, _size(archive)))
            return unfinished.replace(file)
        except (BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError) as exc:
            raise _LeftOutError(f"It is damaged in the archive ({exc}).") from exc
        except OSError as exc:
            if exc.errno in _WHOLE_DISK:
                raise KnowledgeError(
                    f"The archive cannot be unpacked into `{folder}` ({exc.strerror}). Free some "
                    "space, or make the folder writable."
                ) from exc
            raise _LeftOutError(f"It cannot be unpacked ({exc.strerror}).") from exc
        finally:
            unfinished.unlink(missing_ok=True)

    def _copy(self, packed: IO[bytes], target: IO[bytes], stored: int) -> None:
        """Copy what really comes out, whatever the headers say of its size."""
        size = 0
        while chunk := packed.read(_CHUNK):
            size += len(chunk)
            self.room -= len(chunk)
            if self.room < 0:
                raise _LeftOutError(
                    f"The archive holds over {MAX_BYTES // 10**9} GB. Split it into smaller ones."
                )
            if size > MAX_ENTRY_BYTES:
                raise _LeftOutError(f"It is over {MAX_ENTRY_BYTES // 10**6} MB.")
            if size > _RATIO_FROM_BYTES and size > MAX_RATIO * stored:
                raise _LeftOutError(
                    f"It grows to over {MAX_RATIO} times its size, as archive bombs do."
                )
            target.write(chunk)


def _opened(archive: Path) -> "ZipFile":
    """Open an archive. Raises KnowledgeError when it is none or lists too much."""
    from zipfile import BadZipFile, ZipFile

    try:
        if _records(archive) > _RECORDS:
            raise KnowledgeError(
                f"`{archive.name}` holds far more than {MAX_ENTRIES:,} files. Split it."
            )
        return ZipFile(archive)
    # Damaged directories fail in names, numbers and offsets.
    except (BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as exc:
        raise KnowledgeError(
            f"`{archive.name}` is not a readable ZIP archive ({exc}). Pack it again."
        ) from exc


def _size(archive: "ZipFile") -> int:
    return Path(str(archive.filename)).stat().st_size


def _records(archive: Path) -> int:
    """Count the entries' records before they are all read into memory."""
    with archive.open("rb") as file:
        return sum(chunk.count(_RECORD) for chunk in iter(lambda: file.read(_CHUNK), b""))


def _name(info: "ZipInfo") -> str:
    """Return an entry's name in Unicode, NFC, with forward slashes.

    Where the archive does not say that a name is UTF-8 it may be all the same, or be in the code
    page of a Chinese Windows.
    """
    name = info.orig_filename
    if not info.flag_bits & 0x800 and not name.isascii():
        name = _decoded(name.encode("cp437"))
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        name = raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("cp437")
    # Western letters can pass for rare Chinese characters; names hold common ones.
    foreign = [char for char in name if not char.isascii()]
    common = sum(bool(char.encode("gb2312", "ignore")) for char in foreign)
    return name if common >= len(foreign) / 2 else raw.decode("cp437")


def _is_clutter(name: str) -> bool:
    """Tell what systems and editors leave behind, which nobody misses."""
    return any(
        part == _CLUTTER or (part.startswith(".") and part != "..") for part in name.split("/")
    )


def _checked(name: str, info: "ZipInfo") -> str:
    """Return a name that stays in the folder. Raises _LeftOutError for all other entries."""
    from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED

    kind = stat.S_IFMT(info.external_attr >> 16)
    parts = [part for part in name.split("/") if part]
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in parts or "\0" in name:
        raise _LeftOutError("Its name leads out of the archive's folder.")
    if kind not in (0, stat.S_IFREG):
        raise _LeftOutError("It is a link or a device, not a file.")
    if info.flag_bits & 1:
        raise _LeftOutError("It is encrypted. Pack it without a password.")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2):
        raise _LeftOutError("It is compressed in an unusual way. Pack it again as an ordinary ZIP.")
    return "/".join(parts)
