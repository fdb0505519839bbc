"""The project's own model of entailment (`assistant.entailment`), in 8 bits."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from assistant.entailment import WEIGHTS
from assistant.entailment.pairs import LABELS, PAD, padded, token_rows
from assistant.models.batches import batches
from assistant.settings import Settings

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

    from assistant.models.bert import Bert

_HEADS = 12
_BATCH_TOKENS = 1024  # per forward pass, padding counted


class PocketEntailment:
    """Implements `Entailment`; its weights ship with the project and are read at first use."""

    name = "e5-entailment"

    def __init__(self, settings: Settings, folder: Path = WEIGHTS) -> None:
        del settings
        self._folder = folder
        self._lock = Lock()
        self._loaded: tuple[Bert, Tensor, Tensor, Tokenizer] | None = None

    def judge(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return how likely each (passage, sentence) is supported, contradicted or silent.

        Probabilities, float32, shape (pairs, 3). A passage that answers a question supports it.
        """
        import torch

        bert, weight, bias, tokenizer = self._network()
        rows = token_rows(tokenizer, pairs)
        found = np.zeros((len(pairs), len(LABELS)), np.float32)
        for batch in batches([len(ids) for ids, _ in rows], _BATCH_TOKENS):
            ids, parts = (torch.from_numpy(x) for x in padded([rows[i] for i in batch]))
            with torch.inference_mode():
                state = bert.states(ids, ids != PAD, parts)[:, 0]
                found[batch] = (state @ weight.T + bias).softmax(-1).numpy()
        return found

    def _network(self) -> "tuple[Bert, Tensor, Tensor, Tokenizer]":
        with self._lock:
            if self._loaded is None:
                from tokenizers import Tokenizer

                from assistant.entailment.shipped import read
                from assistant.models.bert import Bert

                weights, tokenizer = read(self._folder)
                own = {
                    n.removeprefix("encoder."): w for n, w in weights.items() if "head." not in n
                }
                head = weights["head.weight"], weights["head.bias"]
                self._loaded = Bert(own, _HEADS), *head, Tokenizer.from_file(str(tokenizer))
            return self._loaded
