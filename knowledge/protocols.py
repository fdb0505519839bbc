"""What the knowledge base needs from models; backends are passed in and match by shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from knowledge.types import Segment, Tag

if TYPE_CHECKING:
    from PIL.Image import Image


class TextEmbedder(Protocol):
    """Turns text into unit vectors that are compared by cosine."""

    name: str  # stored beside the vectors; a mismatch is refused
    dimension: int

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors of passages, float32, shape (len(texts), dimension)."""
        ...

    def embed_queries(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        """Return unit vectors of questions in the same space, weighted for their language."""
        ...


class Entailment(Protocol):
    """Tells whether passages bear sentences out, or answer questions."""

    name: str  # what was fitted on its judgements names it

    def judge(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return how likely each (passage, sentence) is supported, contradicted or silent.

        Probabilities, float32, shape (pairs, 3). A passage that answers a question supports it.
        """
        ...


class Reader(Protocol):
    """Reads the text lines of pictures."""

    def read(self, images: Sequence["Image"]) -> list[list[Segment]]:
        """Return the lines of each picture in reading order, each with box and confidence."""
        ...


class Tagger(Protocol):
    """Tells what pictures show."""

    def tag(self, images: Sequence["Image"]) -> Sequence[Sequence[Tag]]:
        """Return the likeliest labels of each picture, best first."""
        ...

    def embed_images(self, images: Sequence["Image"]) -> np.ndarray:
        """Return unit vectors of what pictures show, float32, shape (len(images), width)."""
        ...


class Transcript(Protocol):
    """What was heard in one recording."""

    @property
    def language(self) -> str: ...
    @property
    def segments(self) -> tuple[Segment, ...]: ...


class Transcriber(Protocol):
    """Writes down recordings."""

    def transcribe(self, recordings: Sequence[Path]) -> Sequence[Transcript]:
        """Return one transcript a recording, empty with a reason where nobody speaks."""
        ...
