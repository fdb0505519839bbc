"""What all office files share: they are ZIP archives, and may be locked, broken or bombs."""

from pathlib import Path
from zipfile import BadZipFile, ZipFile

from knowledge.errors import KnowledgeError

MAX_UNPACKED_BYTES = 500_000_000
MAX_MEMBER_BYTES = 100_000_000  # of the part that is held in memory as a whole
_MAX_RATIO = 200  # of packing; text packs to a twentieth
_TINY_BYTES = 10_000_000  # unpacked; less does no harm, however well it packs
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old office files, and new ones with a password


def check_office_file(path: Path, member: str) -> None:
    """Raise KnowledgeError unless the file is an unlocked office file of a sane size.

    `member` is the part that this kind of file must have, "word/document.xml".
    """
    name, kind = path.name, path.suffix
    if path.stat().st_size == 0:
        raise KnowledgeError(f"`{name}` is empty.")
    with path.open("rb") as file:
        if file.read(len(_OLE)) == _OLE:
            raise KnowledgeError(
                f"`{name}` is locked with a password or is in the format of before 2007. Save it "
                f"as {kind} without a password and add it again."
            )
    try:
        with ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
    except (BadZipFile, OSError, ValueError, NotImplementedError) as exc:
        raise KnowledgeError(
            f"`{name}` is damaged or not a {kind} file ({exc}). Save it again as {kind}."
        ) from exc
    if member not in sizes:
        raise KnowledgeError(f"`{name}` is not a {kind} file: `{member}` is not in it.")
    if sizes[member] > MAX_MEMBER_BYTES:
        raise KnowledgeError(
            f"The text of `{name}` unpacks to {sizes[member] / 1e6:,.0f} MB; up to "
            f"{MAX_MEMBER_BYTES / 1e6:,.0f} MB are taken in. Split it."
        )
    unpacked = sum(sizes.values())
    ratio = unpacked / path.stat().st_size
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > _TINY_BYTES and ratio > _MAX_RATIO):
        raise KnowledgeError(
            f"`{name}` unpacks to {unpacked / 1e6:,.0f} MB, {ratio:,.0f} times its size; up to "
            f"{MAX_UNPACKED_BYTES / 1e6:,.0f} MB and {_MAX_RATIO} times are taken in. Split it, or "
            "leave it out if you do not know where it comes from."
        )


def damaged(path: Path, exc: Exception) -> KnowledgeError:
    """Return the error of an office file that its parser failed on."""
    return KnowledgeError(
        f"`{path.name}` is damaged ({type(exc).__name__}: {exc}). Open it in an office program, "
        f"save it as {path.suffix} and add it again."
    )
