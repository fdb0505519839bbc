"""What loaders may ask for while they read a file: eyes, ears, a place for extracted pictures.

What was read or heard is remembered by the content's hash, so that a killed run, a changed page or
a second knowledge base does not pay for it again.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from knowledge.protocols import Reader, Tagger, Transcriber
from knowledge.types import Segment, Tag

if TYPE_CHECKING:
    from PIL.Image import Image


class Memory(Protocol):
    """Keeps what models made of a content, by a key that names the model and the content."""

    def recall(self, key: str) -> str | None: ...
    def remember(self, key: str, value: str) -> None: ...


@dataclass(frozen=True)
class Heard:
    """What was heard in a recording."""

    language: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Omission:
    """A part of a file that was left out or merged, and why."""

    part: str  # "page 7", "the picture on slide 3"; "" for the whole file
    reason: str


@dataclass
class Senses:
    """Models are called when they are first needed; a folder of text loads none of them."""

    reader: Callable[[], Reader]
    transcriber: Callable[[], Transcriber]
    tagger: Callable[[], Tagger]
    memory: Memory
    pictures: Path  # the folder that extracted pictures are kept in
    omissions: list[Omission] = field(default_factory=list)  # of the file at hand

    def read(self, image: "Image") -> list[Segment]:
        """Return the text lines of an upright RGB picture in reading order."""
        key = f"read:{_digest(image)}"
        if (known := self.memory.recall(key)) is not None:
            return [_segment(row) for row in json.loads(known)]
        lines = self.reader().read([image])[0]
        self.memory.remember(key, _rows(lines))
        return lines

    def tag(self, image: "Image") -> list[Tag]:
        """Return the likeliest labels of an upright RGB picture, best first."""
        key = f"tags:{_digest(image)}"
        if (known := self.memory.recall(key)) is not None:
            return [Tag(label, probability) for label, probability in json.loads(known)]
        tags = list(self.tagger().tag([image])[0])
        self.memory.remember(key, json.dumps([(t.label, t.probability) for t in tags]))
        return tags

    def hear(self, path: Path) -> Heard:
        """Return what is said in a recording or a video; no segments when nobody speaks.

        Raises KnowledgeError when it cannot be decoded.
        """
        with path.open("rb") as file:
            key = f"heard:{file_digest(file, 'sha256').hexdigest()}"
        if (known := self.memory.recall(key)) is not None:
            row = json.loads(known)
            return Heard(row["language"], tuple(map(_segment, row["segments"])))
        transcript = self.transcriber().transcribe([path])[0]
        heard = Heard(transcript.language, tuple(transcript.segments))
        rows = [asdict(segment) for segment in heard.segments]
        self.memory.remember(key, json.dumps({"language": heard.language, "segments": rows}))
        return heard

    def keep(self, image: "Image") -> str:
        """Keep an extracted picture as PNG, once, and return its name in `pictures`."""
        name = f"{_digest(image)[:32]}.png"
        target = self.pictures / name
        if not target.exists():
            self.pictures.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_suffix(".part")
            image.save(unfinished, "PNG")
            unfinished.replace(target)
        return name

    def leave_out(self, part: str, reason: str) -> None:
        """Report that a part of the file at hand does not go in, or was merged, and why."""
        self.omissions.append(Omission(part, reason))


def _digest(image: "Image") -> str:
    return sha256(repr(image.size).encode() + image.tobytes()).hexdigest()


def _rows(lines: list[Segment]) -> str:
    return json.dumps([asdict(line) for line in lines], ensure_ascii=False)


def _segment(row: dict) -> Segment:
    box = row["box"]
    return Segment(**{**row, "box": tuple(box) if box else None})
