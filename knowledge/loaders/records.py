"""JSON Lines → one object a line: a text, a picture with its caption, or a recording."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from knowledge.chunking import PASSAGE_TOKENS, chunk_text, estimate_tokens
from knowledge.cleaning import garbled, repaired
from knowledge.documents import make_document
from knowledge.errors import KnowledgeError
from knowledge.figures import picture_documents
from knowledge.media import open_picture
from knowledge.senses import Senses
from knowledge.speech import listen, moment_documents
from knowledge.types import Box, Document, Locator, Source

# What a field may be called; the first name that is there counts.
_PICTURE = ("image_path", "image", "picture", "file_name")
_CAPTION = ("caption", "description", "alt", "text")
_AUDIO = ("audio_path", "audio")
_SOURCE = ("source", "uri")
_KNOWN = {
    *_PICTURE, *_CAPTION, *_AUDIO, *_SOURCE,
    "title", "heading", "page", "box", "start_s", "end_s", "modality",
}  # fmt: skip
# Documents use these names for other things.
_TAKEN = {
    "width", "height", "looks", "sha256", "shown_in", "figure", "language", "duration_s", "same_as"
}  # fmt: skip

_LINE_BYTES = 1_000_000
_HOPELESS = 100  # broken lines without a good one: the file holds something else
_LARGEST = 1e9  # page, pixel or second
_FIELDS, _NAME_CHARS, _VALUE_CHARS = 16, 40, 200  # of unknown fields that are kept


@dataclass(frozen=True)
class _Record:
    """What one line says."""

    text: str
    picture: str  # path beside the file, "" where there is none
    caption: str
    audio: str
    title: str
    locator: Locator
    metadata: Mapping[str, str]


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield the documents of each line; pictures and recordings are looked for beside the file.

    A line that cannot be read is left out with its number. Raises KnowledgeError when none can.
    """
    found, broken = False, 0
    for number, raw in enumerate(_lines(source.path), start=1):
        part = f"line {number}"
        try:
            for document in _documents(_parsed(raw, source), part, source, senses):
                found = True
                yield document
        except KnowledgeError as exc:
            senses.leave_out(part, str(exc))
            broken += 1
            if broken == _HOPELESS and not found:
                break
    if not found:
        raise KnowledgeError(
            f"`{source.path.name}` holds no record. One JSON object a line was expected, such as "
            '{"text": "…"} or {"image_path": "page.png", "caption": "…"}.'
        )


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines that are not empty, at most `_LINE_BYTES` of each."""
    with path.open("rb") as file:
        ended = True
        while piece := file.readline(_LINE_BYTES):
            if ended:
                yield piece
            ended = piece.endswith(b"\n")


def _parsed(raw: bytes, source: Source) -> _Record | None:
    if not raw.strip():
        return None
    if len(raw) == _LINE_BYTES and not raw.endswith(b"\n"):
        raise KnowledgeError(f"It is longer than {_LINE_BYTES:,} bytes.")
    try:
        fields = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        raise KnowledgeError(f"It is no JSON in UTF-8 ({exc}).") from exc
    if not isinstance(fields, dict):
        raise KnowledgeError(f"It is a {type(fields).__name__}, not a JSON object.")
    return _record(fields, source)


def _record(fields: Mapping[str, Any], source: Source) -> _Record:
    picture, text = _value(fields, *_PICTURE), _value(fields, "text")
    if picture and (fields.get("modality") == "image" or _first(fields, *_CAPTION) == "text"):
        text = ""  # it is the caption, or what an export read in the picture
    return _Record(
        repaired(text),
        picture,
        repaired(_value(fields, *_CAPTION)),
        _value(fields, *_AUDIO),
        repaired(_value(fields, "title")) or source.path.stem,
        _locator(fields),
        _metadata(fields),
    )


def _documents(
    record: _Record | None, part: str, source: Source, senses: Senses
) -> Iterator[Document]:
    if record is None:
        return
    if not (record.text or record.picture or record.audio):
        raise KnowledgeError("It holds neither a text, an image_path nor an audio_path.")
    for make, given in (
        (_passages, record.text),
        (_pictures, record.picture),
        (_moments, record.audio),
    ):
        for document in make(record, part, source, senses) if given else ():
            yield replace(document, metadata={**record.metadata, **document.metadata})


def _passages(record: _Record, part: str, source: Source, senses: Senses) -> list[Document]:
    if garbled(record.text):
        senses.leave_out(part, "Its text is garbled.")
        return []
    whole = estimate_tokens(record.text) <= 2 * PASSAGE_TOKENS
    texts = [record.text] if whole else chunk_text(record.text)
    metadata = {"title": record.title}
    return [
        make_document(text, "text", source.uri, record.locator, metadata)
        for text in texts
        if text.strip()
    ]


def _pictures(record: _Record, part: str, source: Source, senses: Senses) -> list[Document]:
    image = open_picture(_beside(source.path, record.picture))
    return picture_documents(
        image, source, record.locator, senses,
        title=record.title, caption=record.caption, part=part, keep=True,
    )  # fmt: skip


def _moments(record: _Record, part: str, source: Source, senses: Senses) -> list[Document]:
    recording = listen(_beside(source.path, record.audio), senses)
    if not recording.heard.segments:
        senses.leave_out(part, f"Nobody speaks in `{record.audio}`.")
    return [
        replace(document, metadata={**document.metadata, "audio": record.audio})
        for document in moment_documents(recording, source.uri, record.title)
    ]


def _beside(file: Path, name: str) -> Path:
    """Return a file in the folder of the records. Raises KnowledgeError for all others."""
    parts = name.replace("\\", "/").split("/")
    leads_out = ".." in parts or parts[0] == "" or re.match(r"[A-Za-z][\w+.-]*:", name)
    folder = file.parent.resolve()
    try:
        path = folder.joinpath(*parts).resolve()
        there = path.is_file()
    except (OSError, ValueError) as exc:  # no name that a file can have
        raise KnowledgeError(f"`{name[:_VALUE_CHARS]}` is no file's name ({exc}).") from exc
    if leads_out or not path.is_relative_to(folder):
        raise KnowledgeError(f"`{name}` is not in the folder of the records; copy it there.")
    if not there:
        raise KnowledgeError(f"`{name}` is not there.")
    return path


def _first(fields: Mapping[str, Any], *names: str) -> str | None:
    return next((name for name in names if fields.get(name) is not None), None)


def _value(fields: Mapping[str, Any], *names: str) -> str:
    """Return the first field that is there as text, "" where none is."""
    name = _first(fields, *names)
    value = "" if name is None else fields[name]
    if isinstance(value, list | dict):
        raise KnowledgeError(f"`{name}` is a {type(value).__name__}; text was expected.")
    return str(value).strip()


def _locator(fields: Mapping[str, Any]) -> Locator:
    page = _number(fields.get("page"), "page")
    return Locator(
        heading=repaired(_value(fields, "heading")) or None,
        page=None if page is None else int(page),
        box=_box(fields.get("box")),
        start_s=_number(fields.get("start_s"), "start_s"),
        end_s=_number(fields.get("end_s"), "end_s"),
    )


def _box(value: Any) -> Box | None:
    if value is None:
        return None
    sides = [_number(side, "box") for side in value] if isinstance(value, list) else []
    match sides:
        case [float(x0), float(y0), float(x1), float(y1)]:
            return int(x0), int(y0), int(x1), int(y1)
    raise KnowledgeError("`box` is no list of four pixels [x0, y0, x1, y1].")


def _number(value: Any, name: str) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as exc:
        raise KnowledgeError(f"`{name}` is no number.") from exc
    if not 0 <= number < _LARGEST:
        raise KnowledgeError(f"`{name}` is `{number:g}`; a number from 0 was expected.")
    return number


def _metadata(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the source and the unknown fields as short text."""
    unknown = [name for name in fields if name not in _KNOWN | _TAKEN and fields[name] is not None]
    kept = {name: fields[name] for name in unknown[:_FIELDS]}
    if source := _value(fields, *_SOURCE):
        kept["source"] = source
    return {
        repaired(name)[:_NAME_CHARS]: repaired(
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        )[:_VALUE_CHARS]
        for name, value in kept.items()
    }
