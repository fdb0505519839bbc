"""Fit the weights that score search candidates, and those of the best ones once they were read.

They are fitted on the development questions, and on the training situations asked of manuals that
lack a third of what is asked: a passage on another fault of the same device is no answer.

Run: python -m assistant.benchmarks.fit_ranking
"""

import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from knowledge.protocols import Entailment, TextEmbedder
from knowledge.search import (
    FEATURES,
    READ,
    READ_FEATURES,
    Candidate,
    candidates,
    describe,
    describe_read,
    kind_of,
    passage_of,
)
from knowledge.store import KnowledgeBase

_CANDIDATES = 30  # of each question
_ROUNDS, _QUESTIONS = 40, 15  # knowledge bases of situations, and what each is asked
_SHOWN = 0.25  # of the questions, those that are vague and come with a line of a screen
_HELD = 2 / 3  # of the situations whose passage a knowledge base holds
_DECAY = 0.02  # pulls weights to zero: there are few questions
_STEPS = 200
Example = tuple[np.ndarray, np.ndarray]  # features, which candidates answer


@dataclass(frozen=True)
class Question:
    """A question, what the search finds for it, and what of that answers it."""

    kind: str  # whose weights it takes
    text: str
    found: Sequence[Candidate]
    answers: Sequence[bool]

    def described(self) -> Example:
        """Return what the search knows of each candidate."""
        return np.stack([describe(candidate) for candidate in self.found]), np.array(self.answers)

    def read(self, weights: np.ndarray, entailment: Entailment) -> Example:
        """Return what is known of the candidates that are best by some weights, once read."""
        features, answers = self.described()
        odds = features @ weights
        best = np.argsort(-odds)[:READ]
        pairs = [(passage_of(self.found[i].document), self.text) for i in best]
        scores = 1 / (1 + np.exp(-odds[best]))
        return describe_read(scores.tolist(), entailment.judge(pairs)[:, 0]), answers[best]


def main() -> None:
    """Fit, and write the weights where the search reads them."""
    corpora = Corpora(load_settings())
    models = corpora.models
    entailment = models.entailment()
    assert entailment is not None
    asked = [*corpora.asked("dev"), *corpora.asked_pictures("dev")]
    questions = [_question(corpora, one) for one in asked]
    questions += situation_questions("train", models.text_embedder())
    kinds: dict[str, list[Question]] = {}
    for question in questions:
        kinds.setdefault(question.kind, []).append(question)
    path = Path(knowledge.__file__).with_name("ranking.json")
    stored = json.loads(path.read_text("utf-8"))
    own = stored[models.text_embedder().name] = {}
    for kind, some in kinds.items():
        weights = fit([question.described() for question in some]).round(3)
        own[kind] = dict(zip(FEATURES, weights.tolist(), strict=True))
        if kind != kind_of("", True):  # what pictures show is not read
            reading = fit([q.read(weights, entailment) for q in some if q.found]).round(3)
            own[f"{kind}, read"] = dict(zip(READ_FEATURES, reading.tolist(), strict=True))
    path.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")
    print(json.dumps(own, indent=2))


def fit(examples: Sequence[Example]) -> np.ndarray:
    """Return logistic weights, shape (features,), from each question's candidates.

    An example is a question's features, shape (candidates, features), and whether each candidate
    answers it. Every question counts the same: half for its right candidates against the others
    (the softmax of learning to rank, Cao et al. 2007), half for whether its best one answers.
    """
    weights = torch.zeros(examples[0][0].shape[1], requires_grad=True, dtype=torch.float64)
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


def situation_questions(
    split: Split, embedder: TextEmbedder, rounds: int = _ROUNDS
) -> Iterator[Question]:
    """Yield precise questions about invented devices, or vague ones with a line of the screen.

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
                text = situation.precise[language]
                if chance.random() < _SHOWN:
                    text = f"{situation.vague[language]} {situation.screen[language][0]}"
                found = candidates(base, embedder, text, language)[:_CANDIDATES]
                right = held.get(situation.id)
                answers = [right is not None and c.document.id == right.id for c in found]
                yield Question(kind_of(language, False), text, found, answers)


def _question(corpora: Corpora, asked: Asked) -> Question:
    found = candidates(
        corpora.bases[asked.corpus], corpora.models.text_embedder(), asked.text, asked.language,
        query_vector=asked.vector, sight=asked.sight,
    )[:_CANDIDATES]  # fmt: skip
    answers = [any(relevances([c.document], asked.answers)) for c in found]
    return Question(kind_of(asked.language, asked.sight is not None), asked.text, found, answers)


if __name__ == "__main__":
    main()
