"""Fit the weights that score search candidates.

They are fitted on the development questions, and on the training situations asked of manuals that
lack a third of what is asked: a passage on another fault of the same device is no answer.

Run: python -m assistant.benchmarks.fit_ranking
"""

import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

import knowledge
from assistant.benchmarks.retrieval_quality import Asked, Corpora
from assistant.benchmarks.verify_turns import passage_document
from assistant.data_sets import LANGUAGES, Language, Split
from assistant.fusion.situations import read_domains
from assistant.settings import load_settings
from knowledge.documents import full_text
from knowledge.evaluation.questions import relevances
from knowledge.protocols import TextEmbedder
from knowledge.search import FEATURES, Candidate, candidates, describe, kind_of
from knowledge.store import KnowledgeBase

_CANDIDATES = 30  # of each question
_ROUNDS, _QUESTIONS = 40, 15  # knowledge bases of situations, and what each is asked
_HELD = 2 / 3  # of the situations whose passage a knowledge base holds
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
    for kind, example in situation_examples("train", corpora.models.text_embedder()):
        examples.setdefault(kind, []).append(example)
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


def situation_examples(
    split: Split, embedder: TextEmbedder, rounds: int = _ROUNDS
) -> Iterator[tuple[str, Example]]:
    """Yield the kind and the example of precise questions about invented devices.

    Every round fills a knowledge base with two thirds of the passages of some domains, in either
    language or in both.
    """
    domains = read_domains(split)
    for number in range(rounds):
        chance = random.Random(number)
        some = chance.sample(domains, chance.randint(1, len(domains)))
        tongues: Sequence[Language] = chance.choice([LANGUAGES[:1], LANGUAGES[1:], LANGUAGES])
        situations = [situation for domain in some for situation in domain.situations]
        asked = chance.sample(situations, min(_QUESTIONS, len(situations)))
        held = {
            situation.id: passage_document(situation, chance.choice(tongues))
            for situation in situations
            if chance.random() < _HELD
        }
        with tempfile.TemporaryDirectory() as folder:
            base = KnowledgeBase.open(Path(folder), "manuals", embedder)
            documents = list(held.values())
            base.add(documents, embedder.embed([full_text(document) for document in documents]))
            for situation in asked:
                language = chance.choice(LANGUAGES)
                found = candidates(base, embedder, situation.precise[language], language)
                right = held.get(situation.id)
                answers = [right is not None and c.document.id == right.id for c in found]
                yield kind_of(language, False), _described(found, answers)


def _described(found: Sequence[Candidate], answers: Sequence[bool]) -> Example:
    features = np.stack([describe(candidate) for candidate in found[:_CANDIDATES]])
    return features, np.array(answers[:_CANDIDATES])


def _example(corpora: Corpora, asked: Asked) -> Example:
    found = candidates(
        corpora.bases[asked.corpus], corpora.models.text_embedder(), asked.text, asked.language,
        query_vector=asked.vector, sight=asked.sight,
    )  # fmt: skip
    return _described(found, [any(relevances([c.document], asked.answers)) for c in found])


if __name__ == "__main__":
    main()
