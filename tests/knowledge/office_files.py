"""Office files that are locked, broken or made to do harm."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000


def changed(path: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Rewrite a ZIP with each member's content changed; None leaves a member out."""
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            if (new := change(name, content)) is not None:
                archive.writestr(name, new)
    return path


def write_bomb(path: Path, member: str, megabytes: int, beside: str = "") -> Path:
    """Write a ZIP whose `member` unpacks to many megabytes of zeros, beside an innocent one."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        if beside:
            archive.writestr(beside, "<x/>")
        with archive.open(member, "w") as file:
            for _ in range(megabytes):
                file.write(bytes(1_000_000))
    return path


def entity_bomb(content: bytes, tag: bytes) -> bytes:
    """Put an entity that would grow a billionfold into the first `tag` of an XML document."""
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    head, _, rest = content.partition(b"?>")
    assert tag in rest
    rest = rest.replace(tag, tag + b"&a9;", 1)
    return head + b"?><!DOCTYPE x [" + entities.encode() + b"]>" + rest


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda content: b"", "is empty"),
    "cut off": (lambda content: content[: len(content) // 2], "damaged"),
    "with a password": (lambda content: OLE, "locked with a password"),
    "of another kind": (lambda content: b"\x89PNG\r\n\x1a\n" + content[:50], "damaged or not a"),
    "overwritten": (lambda content: content[:60] + b"\xff" * 600 + content[660:], "damaged"),
}
