"""Turn what a person hands in (text, files, ids) into a valid `Turn`, or say what is wrong."""

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import InputError
from assistant.settings import Limits, Settings
from assistant.sniff import SNIFF_BYTES, sniff
from assistant.types import Attachment, Turn

__all__ = ["new_id", "read_turn"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LANGUAGE = re.compile(r"[a-z]{2}")
# C0 and C1 controls but newline and tab, byte-order marks, lone surrogates and non-characters.
# Joiners, variation selectors and marks of direction stay: emoji and right-to-left text need them.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufff9-\ufffb\ud800-\udfff\ufffe\uffff]")
# Overrides and isolates can make text read otherwise than it is stored.
_DIRECTION_TRICKS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DOCUMENTS = {"application/pdf", "application/zip", "text/plain"}
_MB = 1_000_000


def read_turn(
    text: str | None,
    paths: Sequence[Path],
    *,
    settings: Settings,
    thread_id: str | None = None,
    language: str | None = None,
    knowledge_base: str | None = None,
) -> Turn:
    """Return the turn that a person's text and files make.

    Raises InputError, saying what to do, for an empty turn, text over the limit, malformed ids and
    files that cannot be used.
    """
    text = _read_text(text or "", settings.limits)
    attachments = _read_attachments(paths, settings.limits)
    if not text and not attachments:
        raise InputError(
            "The turn is empty. Type something, or add a picture or a recording to it."
        )
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise InputError(
            f"`{_shown(language)}` is not a language code. Use two lower-case letters (ISO 639-1), "
            "such as en or zh."
        )
    return Turn(
        id=new_id(),
        thread_id=new_id() if thread_id is None else _valid_id(thread_id, "thread id"),
        text=text,
        attachments=attachments,
        language=language,
        knowledge_base=_valid_id(
            settings.knowledge_base if knowledge_base is None else knowledge_base,
            "name of a knowledge base",
        ),
    )


def new_id() -> str:
    """Return a fresh id for a turn or a thread."""
    return uuid.uuid4().hex


def _valid_id(value: str, what: str) -> str:
    if not _ID.fullmatch(value):
        raise InputError(
            f"`{_shown(value)}` is not a {what}. Use 1 to 64 letters, digits, `-` or `_`."
        )
    return value


def _read_text(text: str, limits: Limits) -> str:
    # Refused before it is worked on; a little over the limit may still shrink below it.
    if len(text) <= 2 * limits.text_chars:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
        text = _DIRECTION_TRICKS.sub("", _CONTROLS.sub("", text))
        text = unicodedata.normalize("NFC", text).strip()
        if all(unicodedata.category(character)[0] in "CZM" for character in text):
            return ""  # joiners, marks and spaces with nothing that they belong to
    if len(text) > limits.text_chars:
        raise InputError(
            f"The text has {len(text):,} characters; at most {limits.text_chars:,} are taken in "
            "one turn. Send the part that matters, or save the text to a file and add it to the "
            "knowledge base: samesense kb add FILE"
        )
    return text


def _read_attachments(paths: Sequence[Path], limits: Limits) -> tuple[Attachment, ...]:
    if len(paths) > limits.attachments:
        raise InputError(
            f"{len(paths)} files were attached; at most {limits.attachments} are taken in one "
            "turn. Send the others in the next one."
        )
    attachments = (_read_attachment(Path(path), limits) for path in paths)
    # The same file twice says nothing new.
    return tuple({attachment.sha256: attachment for attachment in attachments}.values())


def _read_attachment(path: Path, limits: Limits) -> Attachment:
    try:
        return Attachment(path, _checked_type(path, limits), _sha256(path))
    except OSError as exc:
        reason = exc.strerror or exc
        raise InputError(
            f"The file `{_shown(str(path))}` cannot be read ({reason}). Check that it is there and "
            "may be read."
        ) from exc


def _checked_type(path: Path, limits: Limits) -> str:
    """Return the type that the content tells, having checked size, headers and limits."""
    name = _shown(path.name)
    if not path.exists():
        raise InputError(f"There is no file `{_shown(str(path))}`. Check the name.")
    if not path.is_file():
        raise InputError(
            f"`{_shown(str(path))}` is a folder, not a file. Name its files one by one."
        )
    size = path.stat().st_size
    if size == 0:
        raise InputError(f"The file `{name}` is empty (0 bytes). Save or record it again.")
    if size > limits.file_bytes:
        raise InputError(
            f"The file `{name}` has {size / _MB:,.0f} MB; at most {limits.file_bytes // _MB} MB "
            "are taken. Make it smaller or cut out the part that matters."
        )
    with path.open("rb") as file:
        mime_type = sniff(file.read(SNIFF_BYTES))
    kind = mime_type.partition("/")[0]
    if mime_type == "image/heic":
        raise InputError(
            f"`{name}` is a HEIC picture, which cannot be read here. Save it as JPEG or PNG; on an "
            "iPhone: Settings > Camera > Formats > Most Compatible."
        )
    if kind == "image":
        from assistant.media import check_image

        check_image(path, limits)
        return mime_type
    if kind in ("audio", "video"):
        from assistant.media import check_recording

        _, moving = check_recording(path, limits)
        # Containers do not tell by their first bytes whether pictures go with the sound.
        return ("video/" if moving else "audio/") + mime_type.partition("/")[2]
    raise InputError(_unusable(name, mime_type))


def _unusable(name: str, mime_type: str) -> str:
    taken = (
        "PNG, JPEG, WebP, GIF, BMP, TIFF, WAV, MP3, OGG, M4A, FLAC, MP4 and WebM files are taken"
    )
    if mime_type in _DOCUMENTS:
        kind = "text" if mime_type == "text/plain" else "a document"
        return (
            f"`{name}` is {kind}, not a picture or a recording; {taken}. Documents go into the "
            "knowledge base: samesense kb add FILE"
        )
    return f"`{name}` is neither a picture nor a recording ({mime_type}); {taken}."


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shown(value: str, length: int = 80) -> str:
    """Shorten an outside value and make it printable, so that a message cannot be abused."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in value[: length + 1])
    return shown if len(shown) <= length else shown[:length] + "…"
