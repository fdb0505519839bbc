"""Fit the weights that tell a sentence its sources do not bear out, on the training answers only.

The rules' weights are fitted on plain devices, so that what is plain is always told; what reading
counts beside them is fitted on devices that are worded freely.

Run: python -m assistant.benchmarks.fit_support
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from assistant.benchmarks.answer_pairs import Pair, Split, read_pairs
from assistant.checks.grounds import Grounds
from assistant.checks.remembering import remembering
from assistant.checks.support import FEATURES, ITEM_FEATURES, WEIGHTS, Weighed, weigh
from assistant.models.lazy import Models
from assistant.settings import load_settings

FALSE_ALARMS = 0.12  # of faithful sentences of the development part, items aside
MISTAKEN = 0.02  # of changed sentences, that may be taken to be borne out
DOUBTED = 0.2  # of faithful sentences, that may be marked as doubtful
_DECAY = 0.02  # pulls weights to zero: there are few pairs
_STEPS = 500
READ = "not borne out"  # the feature that the model of entailment gives


def main() -> None:
    """Fit with and without models, and write the weights where the check reads them."""
    models = Models(load_settings())
    entailment = models.entailment()
    assert entailment is not None
    stored: dict[str, object] = {
        "embedder": models.text_embedder().name, "entailment": entailment.name,
    }  # fmt: skip
    for kind, used in (("models", models), ("words", None)):
        train, dev = (describe(split, used) for split in ("train", "dev"))
        # the training devices are too few and too plain to tell what reading counts
        train.features[:, FEATURES.index(READ)] = 0.0
        weights = fit(train.features, train.planted)
        if used:
            weights += fit_reading(weights, describe("reading", used))
        weights = weights.round(3)
        stored[kind] = {
            "weights": dict(zip(FEATURES, weights.tolist(), strict=True)),
            "limit": round(_limit(weights, dev), 3),
            "borne_out": round(float(np.quantile(dev.supported[dev.planted], 1 - MISTAKEN)), 3),
            "doubtful": round(float(np.quantile(dev.supported[~dev.planted], DOUBTED)), 3),
        }
    WEIGHTS.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")
    print(WEIGHTS.read_text("utf-8"))


@dataclass(frozen=True)
class Described:
    """The pairs of a part of the data."""

    features: np.ndarray  # (pairs, features)
    planted: np.ndarray  # (pairs,), which have a change
    supported: np.ndarray  # (pairs,), how likely the sources bear each out as a whole


def describe(split: Split, models: Models | None) -> Described:
    """Return the features of the pairs, with models or by words alone."""
    pairs = list(read_pairs(split))
    weighed = [
        weigh(pair.text, one) for pair, one in zip(pairs, grounds_of(pairs, models), strict=True)
    ]
    return Described(
        np.stack([features_of(one) for one in weighed]),
        np.array([pair.planted for pair in pairs]),
        np.array([min((r.supported for _, r in one.readings), default=0.0) for one in weighed]),
    )


def grounds_of(pairs: Sequence[Pair], models: Models | None) -> list[Grounds]:
    """Return what each pair's text rests on, the same object for the same manual."""
    known: dict[tuple[str, str], Grounds] = {}
    embedder, entailment = (models.text_embedder(), models.entailment()) if models else (None, None)
    return [
        known.setdefault(
            (pair.domain, pair.evidence),
            Grounds(
                pair.sources,
                embedder.embed if embedder else None,
                remembering(entailment.judge) if entailment else None,
            ),
        )
        for pair in pairs
    ]


def features_of(weighed: Weighed) -> np.ndarray:
    """Return how strong each of `FEATURES` is in a text."""
    signs = weighed.signs or {}
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


def fit_reading(weights: np.ndarray, part: Described) -> np.ndarray:
    """Return what to add to weights of rules, shape (features,): for reading, and to the bias."""
    known, planted = torch.from_numpy(part.features @ weights), torch.from_numpy(part.planted)
    read = torch.from_numpy(part.features[:, FEATURES.index(READ)])
    added = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([added], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        odds = known + added[0] + added[1] * read
        total = torch.nn.functional.binary_cross_entropy_with_logits(odds, planted.double())
        total.backward()
        return total

    optimizer.step(loss)  # pyright: ignore[reportArgumentType]  # torch types it as float
    found = np.zeros(len(FEATURES))
    found[[FEATURES.index("bias"), FEATURES.index(READ)]] = added.detach().numpy()
    return found


def _limit(weights: np.ndarray, dev: Described) -> float:
    """Return the log-odds that few faithful sentences reach, items aside: they are faults alone."""
    items = np.isin(FEATURES, ITEM_FEATURES)
    scores = dev.features[~dev.planted] @ np.where(items, 0.0, weights)
    return float(np.quantile(scores, 1 - FALSE_ALARMS, method="higher"))


if __name__ == "__main__":
    main()
