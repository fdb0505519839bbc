"""WAV, OGG, MP3 and M4A → moments of about 15 seconds with what is said in them."""

from collections.abc import Iterator

from knowledge.errors import KnowledgeError
from knowledge.senses import Senses
from knowledge.speech import listen, moment_documents, title_of
from knowledge.types import Document, Source


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield the moments of a recording. Raises KnowledgeError when nobody speaks in it."""
    recording = listen(source.path, senses)
    if not recording.heard.segments:
        raise KnowledgeError(f"Nobody speaks in `{source.path.name}`.")
    yield from moment_documents(recording, source.uri, title_of(source.path))
