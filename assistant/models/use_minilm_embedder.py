"""Text vectors of two encoders in one: [USE-multilingual (512); all-MiniLM-L6-v2 (384)].

USE understands 16 languages, MiniLM is better at English. Passages carry both halves; a question
weighs them by its language, so one collection serves every language.
"""

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from assistant.settings import Settings
from assistant.weights import weights_folder

if TYPE_CHECKING:
    from assistant.models.minilm_encoder import MiniLmEncoder
    from assistant.models.use_encoder import UseEncoder

_BATCH_TOKENS = 1024  # per forward pass, padding counted: what fits the processor's caches
_MINILM_SHARE = {"en": 0.5}  # of a question's squared length
_MINILM_SHARE_ELSEWHERE = 0.0  # MiniLM reads other languages as noise


class UseMiniLmEmbedder:
    """Implements `TextEmbedder`; loads both encoders when first used, then is safe to share."""

    name = "use-multilingual-v3+all-minilm-l6-v2"
    dimension = 512 + 384

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._loaded: tuple[UseEncoder, MiniLmEncoder] | None = None

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors of passages, float32, shape (len(texts), 896).

        Raises ConfigurationError when the weights are absent.
        """
        use, minilm = self._encoders()
        halves = np.hstack([_encode(use, texts), _encode(minilm, texts)])
        return halves * np.float32(0.5**0.5)

    def embed_queries(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        """Return unit vectors of questions, float32, shape (len(texts), 896).

        A question that is not English is compared by USE alone, so its cosine to a passage reaches
        0.707 at most. Raises ConfigurationError when the weights are absent.
        """
        use, minilm = self._encoders()
        shares = [_MINILM_SHARE.get(code, _MINILM_SHARE_ELSEWHERE) for code in languages]
        share = np.array(shares, dtype=np.float32).reshape(-1, 1)
        english = [i for i, weight in enumerate(shares) if weight]
        minilm_half = np.zeros((len(texts), minilm.dimension), dtype=np.float32)
        minilm_half[english] = _encode(minilm, [texts[i] for i in english])
        return np.hstack([np.sqrt(1 - share) * _encode(use, texts), np.sqrt(share) * minilm_half])

    def _encoders(self) -> "tuple[UseEncoder, MiniLmEncoder]":
        with self._lock:
            if self._loaded is None:
                folders = [weights_folder(self._settings, name) for name in
                           ("use-multilingual", "all-minilm-l6-v2")]  # fmt: skip
                import torch

                from assistant.models.minilm_encoder import MiniLmEncoder
                from assistant.models.use_encoder import UseEncoder

                torch.set_num_threads(self._settings.threads)
                self._loaded = UseEncoder(folders[0]), MiniLmEncoder(folders[1])
            return self._loaded


def _encode(encoder: "UseEncoder | MiniLmEncoder", texts: Sequence[str]) -> np.ndarray:
    """Encode texts in batches of like length, so that little of a batch is padding."""
    ids = encoder.token_ids(texts)
    vectors = np.empty((len(ids), encoder.dimension), dtype=np.float32)
    batch: list[int] = []
    for index in sorted(range(len(ids)), key=lambda i: len(ids[i])):
        if batch and (len(batch) + 1) * len(ids[index]) > _BATCH_TOKENS:
            vectors[batch] = encoder([ids[i] for i in batch]).numpy()
            batch = []
        batch.append(index)
    if batch:
        vectors[batch] = encoder([ids[i] for i in batch]).numpy()
    return vectors
