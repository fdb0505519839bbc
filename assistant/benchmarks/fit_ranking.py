"""Fit the weights that score search candidates, on the development questions only.

Run: python -m assistant.benchmarks.fit_ranking
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import knowledge
from assistant.benchmarks.retrieval_quality import Asked, Corpora
from assistant.settings import load_settings
from knowledge.documents import asked_codes
from knowledge.evaluation.questions import relevances
from knowledge.search import FEATURES, candidates, describe, kind_of

_CANDIDATES = 30  # of each question
_DECAY = 0.02  # pulls weights to zero: there are few questions
_STEPS = 200
Example = tuple[np.ndarray, np.ndarray]  # features, which candidates answer


def main() -> None:
    """Fit, and write the weights where the search reads them."""
    corpora = Corpora(load_settings())
    asked = [*corpora.asked("dev"), *corpora.asked_pictures("dev")]
    examples: dict[str, list[Example]] = {}
    for question in asked:
        kind = kind_of(question.language, question.sight is not None)
        examples.setdefault(kind, []).append(_example(corpora, question))
    path = Path(knowledge.__file__).with_name("ranking.json")
    stored = json.loads(path.read_text("utf-8"))
    name = corpora.models.text_embedder().name
    stored[name] = {
        kind: dict(zip(FEATURES, fit(some).round(3).tolist(), strict=True))
        for kind, some in examples.items()
    }
    path.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")
    print(json.dumps(stored[name], indent=2))


def fit(examples: Sequence[Example]) -> np.ndarray:
    """Return logistic weights, shape (features,), from each question's candidates.

    An example is a question's features, shape (candidates, features), and whether each candidate
    answers it. Every question counts the same: half for its right candidates against the others
    (the softmax of learning to rank, Cao et al. 2007), half for whether its best one answers.
    """
    weights = torch.zeros(len(FEATURES), requires_grad=True, dtype=torch.float64)
    rows = [(torch.from_numpy(x), torch.from_numpy(y)) for x, y in examples]
    scale = torch.cat([x for x, _ in rows]).std(dim=0).clamp_min(0.05)
    optimizer = torch.optim.LBFGS([weights], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = torch.stack([_loss(x @ (weights / scale), y) for x, y in rows]).mean()
        total = total + _DECAY * (weights[1:] ** 2).mean()
        total.backward()
        return total

    optimizer.step(loss)  # pyright: ignore[reportArgumentType]  # torch types it as float
    return (weights / scale).detach().numpy()


def _loss(scores: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    best = torch.nn.functional.softplus
    if not answers.any():
        return best(scores.max())
    ranked = torch.logsumexp(scores, 0) - torch.logsumexp(scores[answers], 0)
    return (ranked + best(-scores[answers].max())) / 2


def _example(corpora: Corpora, asked: Asked) -> Example:
    found = candidates(
        corpora.bases[asked.corpus], corpora.models.text_embedder(), asked.text, asked.language,
        query_vector=asked.vector, sight=asked.sight,
    )[:_CANDIDATES]  # fmt: skip
    codes = asked_codes(asked.text)
    features = np.stack([describe(c, codes) for c in found])
    answers = np.array([any(relevances([c.document], asked.answers)) for c in found])
    return features, answers


if __name__ == "__main__":
    main()
