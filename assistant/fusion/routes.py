"""The planner's head: which actions a clause asks for, whether it is urgent or needs evidence.

One small network on two views of a clause: the text vector (a hidden layer) and hashed words and
character n-grams (linear, after fastText, Joulin et al. 2016, arXiv:1607.01759), words behind a
negation told apart (Das and Chen 2001). Plain numpy: nothing heavy is loaded for it.
"""

import re
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from assistant.fusion.clauses import mask_quotes
from assistant.types import ACTIONS
from knowledge.protocols import TextEmbedder

OUTPUTS = (*ACTIONS, "urgent", "grounded")
BUCKETS = 4096
WEIGHTS = Path(__file__).with_name("weights") / "routes.safetensors"

_TOKEN = re.compile(r"[a-z']+|[\u3400-\u9fff]|\d[\w.]*|[?!？！]")
_NEGATIONS = frozenset(("don't", "dont", "not", "no", "without", "never", "别", "不", "免", "无"))
_NEGATION_REACH = 4


class RouteHead:
    """Predicts the routes of clauses; without its encoder's vectors it goes by the words alone."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        """Read the weights that `train_routes` wrote."""
        self._weights, self.embedder_name = _read(path)

    def predict(self, clauses: Sequence[str], vectors: np.ndarray | None = None) -> np.ndarray:
        """Return the probability of each of `OUTPUTS`, shape (len(clauses), 7).

        `vectors` are the clauses' `embed_queries` by the embedder called `embedder_name`.
        """
        w = self._weights
        logits = np.stack([w["words"][hashed(text)].sum(axis=0) for text in clauses]) + w["bias"]
        if vectors is not None:
            logits += np.maximum(vectors @ w["hidden"] + w["hidden_bias"], 0) @ w["out"]
        return 1 / (1 + np.exp(-logits))

    def vectors(
        self, clauses: Sequence[str], language: str, embedder: TextEmbedder
    ) -> np.ndarray | None:
        """Return the clauses' vectors, or None when the embedder is not the one trained with."""
        if embedder.name != self.embedder_name:
            return None
        return embedder.embed_queries(
            [mask_quotes(text) for text in clauses], [language] * len(clauses)
        )


def hashed(text: str) -> np.ndarray:
    """Return the bucket of each feature of a clause: words or characters, pairs and triples."""
    tokens = _TOKEN.findall(mask_quotes(text).lower().replace("’", "'"))
    tokens = ["#" if token[0].isdigit() else token for token in tokens][:200]
    features = ["^" + " ".join(tokens[:2]), "$" + " ".join(tokens[-1:])]
    for size in (1, 2, 3):
        features += [" ".join(tokens[i : i + size]) for i in range(len(tokens) - size + 1)]
    reach = 0
    for token in tokens:
        if reach:
            features.append("not " + token)
        reach = _NEGATION_REACH if token in _NEGATIONS else max(reach - 1, 0)
    return np.array([zlib.crc32(feature.encode()) % BUCKETS for feature in dict.fromkeys(features)])


@cache
def _read(path: Path) -> tuple[dict[str, np.ndarray], str]:
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        weights = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
        return weights, file.metadata()["embedder"]
