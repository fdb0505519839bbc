"""WAV, OGG and MP3 → moments of about 15 seconds with what is said in them."""

from collections.abc import Sequence
from pathlib import Path

from knowledge.documents import make_document
from knowledge.errors import KnowledgeError
from knowledge.protocols import Transcriber
from knowledge.types import Document, Locator, Segment

MOMENT_S = 15.0


def load_recording(path: Path, uri: str, transcriber: Transcriber) -> list[Document]:
    """Return the moments of a recording. Raises KnowledgeError when nobody speaks in it."""
    transcript = transcriber.transcribe([path])[0]
    if not transcript.segments:
        raise KnowledgeError(f"Nobody speaks in `{path.name}`.")
    title = path.stem.replace("-", " ").replace("_", " ").capitalize()
    metadata = {"title": title, "language": transcript.language}
    return [
        make_document(text, "audio", uri, Locator(start_s=start_s, end_s=end_s), metadata)
        for text, start_s, end_s in _moments(transcript.segments)
    ]


def _moments(segments: Sequence[Segment]) -> list[tuple[str, float, float]]:
    """Merge neighbouring segments until a moment would be longer than `MOMENT_S`."""
    moments: list[tuple[str, float, float]] = []
    for segment in segments:
        start_s, end_s = segment.start_s or 0.0, segment.end_s or 0.0
        text = segment.text.strip()
        if moments and end_s - moments[-1][1] <= MOMENT_S:
            moments[-1] = (f"{moments[-1][0]} {text}", moments[-1][1], end_s)
        else:
            moments.append((text, start_s, end_s))
    return moments
