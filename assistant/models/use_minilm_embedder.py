"""Text vectors of two encoders in one: [USE-multilingual (512); all-MiniLM-L6-v2 (384)].

USE understands 16 languages, MiniLM is better at English. Passages carry both halves; a question
weighs them by its language, so one collection serves every language.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import TYPE_CHECKING

import numpy as np

from assistant.models.batches import batches
from assistant.settings import Settings
from assistant.weights import weights_folder

if TYPE_CHECKING:
    from assistant.models.minilm_encoder import MiniLmEncoder
    from assistant.models.use_encoder import UseEncoder

_BATCH_TOKENS = 512  # per forward pass, padding counted: what fits a core's caches
_MINILM_SHARE = {"en": 0.5}  # of a question's squared length
_MINILM_SHARE_ELSEWHERE = 0.0  # MiniLM reads other languages as noise


class UseMiniLmEmbedder:
    """Implements `TextEmbedder`; loads both encoders when first used, then is safe to share."""

    name = "use-multilingual-v3+all-minilm-l6-v2"
    dimension = 512 + 384

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._loaded: tuple[UseEncoder, MiniLmEncoder, ThreadPoolExecutor] | None = None

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors of passages, float32, shape (len(texts), 896).

        Raises ConfigurationError when the weights are absent.
        """
        use, minilm, workers = self._encoders()
        halves = np.hstack([_encode(use, texts, workers), _encode(minilm, texts, workers)])
        return halves * np.float32(0.5**0.5)

    def embed_queries(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        """Return unit vectors of questions, float32, shape (len(texts), 896).

        A question that is not English is compared by USE alone, so its cosine to a passage reaches
        0.707 at most. Raises ConfigurationError when the weights are absent.
        """
        use, minilm, workers = self._encoders()
        shares = [_MINILM_SHARE.get(code, _MINILM_SHARE_ELSEWHERE) for code in languages]
        share = np.array(shares, dtype=np.float32).reshape(-1, 1)
        english = [i for i, weight in enumerate(shares) if weight]
        minilm_half = np.zeros((len(texts), minilm.dimension), dtype=np.float32)
        minilm_half[english] = _encode(minilm, [texts[i] for i in english], workers)
        use_half = _encode(use, texts, workers)
        return np.hstack([np.sqrt(1 - share) * use_half, np.sqrt(share) * minilm_half])

    def _encoders(self) -> "tuple[UseEncoder, MiniLmEncoder, ThreadPoolExecutor]":
        with self._lock:
            if self._loaded is None:
                folders = [weights_folder(self._settings, name) for name in
                           ("use-multilingual", "all-minilm-l6-v2")]  # fmt: skip
                from assistant.models.minilm_encoder import MiniLmEncoder
                from assistant.models.use_encoder import UseEncoder

                workers = _workers(self._settings.threads)
                self._loaded = UseEncoder(folders[0]), MiniLmEncoder(folders[1]), workers
            return self._loaded


def _workers(count: int) -> ThreadPoolExecutor:
    """Return threads that each compute on one core, where torch would use all for every step."""
    import torch

    ready = Barrier(count + 1)

    def begin() -> None:
        torch.set_num_threads(1)
        torch.get_num_threads()  # or a later call elsewhere would count for this thread, too
        ready.wait()

    workers = ThreadPoolExecutor(count, initializer=begin)
    for _ in range(count):
        workers.submit(int)  # each starts a thread
    ready.wait()
    torch.set_num_threads(count)  # of every other thread
    return workers


def _encode(
    encoder: "UseEncoder | MiniLmEncoder", texts: Sequence[str], workers: ThreadPoolExecutor
) -> np.ndarray:
    """Encode texts: each batch on a core of its own, a single one on all."""
    ids = encoder.token_ids(texts)
    vectors = np.empty((len(ids), encoder.dimension), dtype=np.float32)
    parts = list(batches([len(own) for own in ids], _BATCH_TOKENS))

    def run(batch: list[int]) -> None:
        vectors[batch] = encoder([ids[i] for i in batch]).numpy()

    for _ in (workers.map if len(parts) > 1 else map)(run, parts):
        pass
    return vectors
