"""What is said in a recording or video, as moments that a question finds and a player shows.

The sound is decoded here, within limits, and handed to the recogniser in parts of a few minutes
that are cut where it is quiet: hours fit into memory, a killed run goes on at the part it was at,
and the recogniser opens nothing but WAV files made here.
"""

import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from knowledge.documents import make_document
from knowledge.errors import KnowledgeError
from knowledge.media import RATE, check_length, length_s, mono_samples, open_recording
from knowledge.senses import Heard, Senses
from knowledge.types import Document, Locator, Segment

_MOMENT_S = 15.0
_PAUSE_S = 3.0  # a longer one ends a moment
UNSPACED = ("zh", "ja", "th")  # languages without spaces between sentences
_PART_S = 300  # of sound handed over at once
_CUT_S = 20  # at the end of a part, in which the quietest place is looked for
_QUIET_S = 0.5


@dataclass(frozen=True)
class Recording:
    """What is said in a recording of a length, which its headers claim or 0."""

    heard: Heard
    length_s: float


def listen(path: Path, senses: Senses) -> Recording:
    """Return what is said in a recording or video; no segments where nobody speaks.

    Raises KnowledgeError when it cannot be decoded or is longer than four hours.
    """
    parts: list[Heard] = []
    with open_recording(path) as container, TemporaryDirectory() as folder:
        length = length_s(container)
        start = 0
        for samples in _parts(mono_samples(container)) if container.streams.audio else ():
            check_length(path, (start + len(samples)) / RATE)
            heard = senses.hear(_write(Path(folder, "part.wav"), samples))
            parts.append(replace(heard, segments=tuple(_later(heard.segments, start / RATE))))
            start += len(samples)
        if container.streams.audio and not start:
            raise KnowledgeError(
                f"No sound can be decoded from `{path.name}`: it is damaged, cut off or empty."
            )
    segments = tuple(segment for part in parts for segment in part.segments)
    longest = max(parts, key=lambda part: len(part.segments), default=Heard("", ()))
    return Recording(Heard(longest.language, segments), length or start / RATE)


def moment_documents(recording: Recording, uri: str, title: str) -> Iterator[Document]:
    """Yield the moments of a recording, about 15 s each; a long pause begins a new one."""
    metadata = {
        "title": title,
        "language": recording.heard.language,
        "duration_s": f"{recording.length_s:.1f}",
    }
    for text, start_s, end_s in _moments(recording.heard):
        yield make_document(text, "audio", uri, Locator(start_s=start_s, end_s=end_s), metadata)


def title_of(path: Path) -> str:
    """Return a title made of a file's name: recordings hold none that people gave them."""
    title = path.stem.replace("-", " ").replace("_", " ").strip()
    return title[:1].upper() + title[1:]


def _moments(heard: Heard) -> list[tuple[str, float, float]]:
    """Merge neighbouring segments until a moment would be longer than `_MOMENT_S`."""
    joint = "" if heard.language in UNSPACED else " "
    moments: list[tuple[str, float, float]] = []
    for segment in heard.segments:
        start_s, end_s = segment.start_s or 0.0, segment.end_s or 0.0
        text = segment.text.strip()
        if moments and end_s - moments[-1][1] <= _MOMENT_S and start_s - moments[-1][2] <= _PAUSE_S:
            moments[-1] = (f"{moments[-1][0]}{joint}{text}", moments[-1][1], end_s)
        else:
            moments.append((text, start_s, end_s))
    return moments


def _parts(pieces: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Join pieces of sound into parts of up to `_PART_S`, cut where it is quiet."""
    held: list[np.ndarray] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= _PART_S * RATE:
            samples = np.concatenate(held)
            cut = _quietest(samples)
            yield samples[:cut]
            held, length = [samples[cut:]], length - cut
    if length:
        yield np.concatenate(held)


def _quietest(samples: np.ndarray) -> int:
    """Return the middle of the quietest half second near the end."""
    window = round(_QUIET_S * RATE)
    first = len(samples) - _CUT_S * RATE
    tail = samples[first : first + (_CUT_S * RATE) // window * window]
    loudness = np.abs(tail).reshape(-1, window).mean(axis=1)
    return first + int(loudness.argmin()) * window + window // 2


def _write(path: Path, samples: np.ndarray) -> Path:
    levels = (np.nan_to_num(samples).clip(-1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(levels.tobytes())
    return path


def _later(segments: Sequence[Segment], seconds: float) -> Iterator[Segment]:
    for segment in segments:
        start_s, end_s = segment.start_s or 0.0, segment.end_s or 0.0
        yield replace(segment, start_s=round(start_s + seconds, 2), end_s=round(end_s + seconds, 2))
