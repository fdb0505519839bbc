"""Fit the weights that tell a sentence its sources do not bear out, on the training answers only.

Run: python -m assistant.benchmarks.fit_support
"""

import json
from collections.abc import Sequence

import numpy as np
import torch

from assistant.benchmarks.answer_pairs import Pair, Split, read_pairs
from assistant.checks.grounds import Grounds
from assistant.checks.support import FEATURES, ITEM_FEATURES, WEIGHTS, signs_of
from assistant.models.lazy import Models
from assistant.settings import load_settings
from knowledge.protocols import TextEmbedder

FALSE_ALARMS = 0.12  # of faithful sentences of the development part, items aside
_DECAY = 0.02  # pulls weights to zero: there are few pairs
_STEPS = 500


def main() -> None:
    """Fit with and without sentence vectors, and write the weights where the check reads them."""
    embedder = Models(load_settings()).text_embedder()
    stored: dict[str, object] = {"embedder": embedder.name}
    for kind, encoder in (("vectors", embedder), ("words", None)):
        train, dev = (describe(split, encoder) for split in ("train", "dev"))
        weights = fit(*train).round(3)
        limit = _limit(weights, *dev)
        named = dict(zip(FEATURES, weights.tolist(), strict=True))
        stored[kind] = {"weights": named, "limit": round(limit, 3)}
    WEIGHTS.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")
    print(WEIGHTS.read_text("utf-8"))


def describe(split: Split, embedder: TextEmbedder | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of the pairs, shape (pairs, features), and which have a change."""
    pairs = list(read_pairs(split))
    grounds = grounds_of(pairs, embedder)
    rows = [features_of(pair.text, one) for pair, one in zip(pairs, grounds, strict=True)]
    return np.stack(rows), np.array([pair.planted for pair in pairs])


def grounds_of(pairs: Sequence[Pair], embedder: TextEmbedder | None) -> list[Grounds]:
    """Return what each pair's text rests on, the same object for the same manual."""
    embed = embedder.embed if embedder else None
    known: dict[tuple[str, str], Grounds] = {}
    return [
        known.setdefault((pair.domain, pair.evidence), Grounds(pair.sources, embed))
        for pair in pairs
    ]


def features_of(text: str, grounds: Grounds) -> np.ndarray:
    """Return how strong each of `FEATURES` is in a text."""
    signs = signs_of(text, grounds)
    return np.array([signs.get(name, 0.0) for name in FEATURES])


def fit(features: np.ndarray, planted: np.ndarray) -> np.ndarray:
    """Return logistic weights, shape (features,); each sign can only speak for a change."""
    x, y = torch.from_numpy(features), torch.from_numpy(planted.astype(np.float64))
    scale = x.std(dim=0).clamp_min(0.05)
    scale[0] = 1
    direction = torch.ones(len(FEATURES), dtype=torch.float64)
    direction[0] = -1
    roots = torch.full((len(FEATURES),), 0.5, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([roots], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        weights = roots**2 * direction
        total = torch.nn.functional.binary_cross_entropy_with_logits(x @ (weights / scale), y)
        total = total + _DECAY * (weights[1:] ** 2).mean()
        total.backward()
        return total

    optimizer.step(loss)  # pyright: ignore[reportArgumentType]  # torch types it as float
    return (roots**2 * direction / scale).detach().numpy()


def _limit(weights: np.ndarray, features: np.ndarray, planted: np.ndarray) -> float:
    """Return the log-odds that few faithful sentences reach, items aside: they are faults alone."""
    items = np.isin(FEATURES, ITEM_FEATURES)
    scores = features[~planted] @ np.where(items, 0.0, weights)
    return float(np.quantile(scores, 1 - FALSE_ALARMS, method="higher"))


if __name__ == "__main__":
    main()
