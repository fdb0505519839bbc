"""The vector a document is found by: its words, and once more the heading it stands under."""

from collections.abc import Sequence

import numpy as np

from knowledge.documents import full_text, heading_of
from knowledge.protocols import TextEmbedder
from knowledge.types import Document

_HEADING = 0.5  # of the heading's own vector; chosen on the development questions


def document_vectors(embedder: TextEmbedder, documents: Sequence[Document]) -> np.ndarray:
    """Return unit vectors, float32, shape (len(documents), embedder.dimension)."""
    headings = list(dict.fromkeys(map(heading_of, documents)))
    of_heading = dict(zip(headings, embedder.embed(headings), strict=True))
    vectors = embedder.embed([full_text(document) for document in documents])
    vectors += _HEADING * np.stack([of_heading[heading_of(d)] for d in documents])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
