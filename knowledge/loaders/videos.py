"""MP4 and WebM → what is said, by moments, and one picture a scene with what is said over it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.chunking import estimate_tokens
from knowledge.errors import KnowledgeError
from knowledge.figures import picture_documents
from knowledge.media import moving_streams, open_recording
from knowledge.senses import Heard, Senses
from knowledge.speech import UNSPACED, Recording, listen, moment_documents, title_of
from knowledge.types import Document, Locator, Source

if TYPE_CHECKING:
    from knowledge.scenes import Scene

MAX_SCENES = 60
_CAPTION_TOKENS = 40  # of what is said over a picture
_ALIKE_BITS = 4  # in which the hashes of two photographs of one thing differ


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield the moments of a video's sound, then a picture of each scene.

    Raises KnowledgeError when it cannot be decoded, is longer than four hours, or holds neither
    speech nor pictures worth keeping.
    """
    with open_recording(source.path) as container:
        shows = bool(moving_streams(container))
    title, found = title_of(source.path), False
    recording = _listen(source, senses)
    for document in moment_documents(recording, source.uri, title):
        found = True
        yield document
    for document in _pictures(source, title, recording.heard, senses) if shows else ():
        found = True
        yield document
    if not found:
        raise KnowledgeError(
            f"In `{source.path.name}` nobody speaks and no picture is worth keeping."
        )


def _listen(source: Source, senses: Senses) -> Recording:
    try:
        return listen(source.path, senses)
    except KnowledgeError as exc:
        senses.leave_out("the sound", str(exc))
        return Recording(Heard("", ()), 0.0)


def _pictures(source: Source, title: str, heard: Heard, senses: Senses) -> Iterator[Document]:
    from knowledge.looks import difference_hash, looks_drawn
    from knowledge.scenes import find_scenes

    try:
        scenes, dropped = find_scenes(source.path, MAX_SCENES)
    except KnowledgeError as exc:
        senses.leave_out("the pictures", str(exc))
        return
    if dropped:
        senses.leave_out(
            "the pictures",
            f"{dropped} scenes with little change count as part of those before them; "
            f"{MAX_SCENES} pictures a video are kept.",
        )
    kept: list[_Shown] = []
    for scene in scenes:
        image, part = scene.open(), f"the picture at {_clock(scene.start_s)}"
        shown = _Shown(scene, looks_drawn(image), int(difference_hash(image), 16))
        if twin := next(filter(shown.looks_like, kept), None):
            senses.leave_out(part, f"It looks like the one at {_clock(twin.scene.start_s)}.")
            continue
        locator = Locator(start_s=round(scene.start_s, 2), end_s=round(scene.end_s, 2))
        said = _said(heard, scene)
        for document in picture_documents(
            image, source, locator, senses, title=title, caption=said, part=part, keep=True
        ):
            kept.append(shown)
            yield document


@dataclass(frozen=True)
class _Shown:
    """A scene's picture, as it is compared with others."""

    scene: "Scene"
    drawn: bool
    hash: int

    def looks_like(self, other: "_Shown") -> bool:
        """Tell whether two pictures show the same: photographs in outline, screens in all."""
        if self.scene.shows_the_same(other.scene):
            return True
        alike = (self.hash ^ other.hash).bit_count() <= _ALIKE_BITS
        return alike and not self.drawn and not other.drawn


def _said(heard: Heard, scene: "Scene") -> str:
    """Return the first sentences that are spoken while a scene is shown."""
    joint = "" if heard.language in UNSPACED else " "
    shown_s = (scene.start_s + scene.end_s) / 2
    said = ""
    for segment in heard.segments:
        start_s, end_s = segment.start_s or 0.0, segment.end_s or 0.0
        during = scene.start_s <= (start_s + end_s) / 2 < scene.end_s
        if (during or start_s <= shown_s < end_s) and estimate_tokens(said) < _CAPTION_TOKENS:
            said = f"{said}{joint}{segment.text.strip()}".strip()
    return said


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
