"""Make the vectors of a knowledge base again when its embedder changes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from knowledge.documents import full_text
from knowledge.protocols import TextEmbedder
from knowledge.store import KnowledgeBase

_BATCH = 64  # texts embedded at once


def reembed(
    directory: Path,
    name: str,
    embedder: TextEmbedder,
    server_url: str = "",
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Make all vectors of a knowledge base again with another embedder; returns how many.

    The old ones are used until the new ones are complete. Raises KnowledgeError.
    """
    kb = KnowledgeBase(directory, name, embedder, server_url)
    documents = kb.everything()
    vectors = np.zeros((len(documents), embedder.dimension), dtype=np.float32)
    for start in range(0, len(documents), _BATCH):
        batch = documents[start : start + _BATCH]
        vectors[start : start + len(batch)] = embedder.embed([full_text(d) for d in batch])
        on_progress(start + len(batch), len(documents))
    kb.replace(documents, vectors)
    return len(documents)
