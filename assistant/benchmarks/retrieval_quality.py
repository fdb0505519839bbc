"""How well questions in words, sound and pictures find their section, and how well none is found.

Labelled questions about the sample manual and about a real one (`knowledge/evaluation`). Whatever
was chosen or fitted was chosen on the development part; the figures are of the test part.
"""

import io
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import numpy as np

from assistant.benchmarks.manual import fetch_manual
from assistant.language import detect_language
from assistant.library import Library
from assistant.models.lazy import Models
from assistant.settings import Settings
from knowledge.evaluation.measures import balanced_accuracy, ndcg, recall
from knowledge.evaluation.questions import (
    LabelledQuestion,
    Split,
    load_questions,
    relevances,
)
from knowledge.media import open_picture
from knowledge.search import ANSWERS, search
from knowledge.sights import Sight, look
from knowledge.store import KnowledgeBase
from knowledge.types import Document

PICTURES = 100  # of the real manual's screenshots, cropped, rescaled and recompressed
_OWN_FIGURES = 5  # of the sample manual's
_FOREIGN_PICTURES = 30  # asked of the manual that does not show them
_DEPTH = 50  # documents of a ranking that are looked at


@dataclass(frozen=True)
class Asked:
    """A question as it reaches the search, with the vectors of its words and of its picture."""

    id: str
    corpus: str
    language: str
    form: str  # "typed", "spoken" or "picture"
    text: str
    answers: tuple[str, ...]
    vector: np.ndarray
    sight: Sight | None = None


@dataclass(frozen=True)
class Outcome:
    """What one way of searching made of one question."""

    asked: Asked
    recall_1: float
    recall_5: float
    ndcg_10: float
    answered: bool | None  # None for a way that cannot tell


Way = Callable[[KnowledgeBase, Asked], tuple[Sequence[Document], bool | None]]


class Corpora:
    """Both manuals, taken in once and kept, with the models that search them."""

    def __init__(self, settings: Settings) -> None:
        folder = settings.cache_dir / "benchmarks" / "knowledge"
        self.models = Models(settings)
        self.library = Library(replace(settings, data_dir=folder, chroma_url=""), self.models)
        print("Taking in both manuals (the first time takes some minutes)…", file=sys.stderr)
        self.library.fill_samples("router")
        self.manual = fetch_manual(settings.cache_dir)
        self.library.add("pgadmin", self.manual)
        self.bases = {name: self.library.create(name) for name in ("router", "pgadmin")}

    def asked(self, split: Split) -> list[Asked]:
        """Return the labelled questions of one part, spoken ones as they were heard."""
        questions = load_questions(split)
        texts = [q.text if q.form == "typed" else self._heard(q) for q in questions]
        languages = [detect_language(text) for text in texts]
        vectors = self.models.text_embedder().embed_queries(texts, languages)
        return [
            Asked(q.id, q.corpus, language, q.form, text, q.answers, vector)
            for q, text, language, vector in zip(questions, texts, languages, vectors, strict=True)
        ]

    def asked_pictures(self, split: Split) -> list[Asked]:
        """Return half of the chosen screenshots, changed as a person's would be.

        Some are asked of the other manual, which does not show them.
        """
        chosen = {"pgadmin": 2 * PICTURES, "router": 2 * _OWN_FIGURES}
        asked: list[Asked] = []
        for corpus, count in chosen.items():
            base = self.bases[corpus]
            shown = [d for d in base.documents() if d.metadata.get("shown_in")]
            some = random.Random(0).sample(sorted(shown, key=lambda d: d.id), count)
            half = some[: count // 2] if split == "dev" else some[count // 2 :]
            own = [self._asked_picture(corpus, d, base.resolve(d.uri)) for d in half]
            other = "router" if corpus == "pgadmin" else "pgadmin"
            foreign = own[:_FOREIGN_PICTURES]
            asked += [*own, *(replace(a, corpus=other, answers=()) for a in foreign)]
        return asked

    def _heard(self, question: LabelledQuestion) -> str:
        spoken = self.models.text_to_speech().speak([question.text], question.language)
        return self.models.speech_to_text().transcribe(spoken)[0].text

    def _asked_picture(self, corpus: str, document: Document, file: Path) -> Asked:
        picture = changed(open_picture(file), random.Random(document.id))
        lines = self.models.screen_reader().read([picture])[0]
        text = " ".join(line.text for line in lines)
        language = detect_language(text)
        page = Path(document.metadata["shown_in"]).name
        return Asked(
            file.name, corpus, language, "picture", text, (page,),
            self.models.text_embedder().embed_queries([text], [language])[0],
            look(picture, self.models.image_tagger()),
        )  # fmt: skip


def changed(picture, chance: random.Random):
    """Return a picture cropped to 60–90 % of its area, scaled by 0.6–1.3, saved as a poor JPEG."""
    from PIL import Image

    side = chance.uniform(0.6, 0.9) ** 0.5
    width, height = int(picture.width * side), int(picture.height * side)
    left = chance.randint(0, picture.width - width)
    top = chance.randint(0, picture.height - height)
    scale = chance.uniform(0.6, 1.3)
    cropped = picture.crop((left, top, left + width, top + height))
    scaled = cropped.resize((max(1, int(width * scale)), max(1, int(height * scale))))
    saved = io.BytesIO()
    scaled.save(saved, "JPEG", quality=chance.randint(35, 70))
    return Image.open(saved).convert("RGB")


def dense(base: KnowledgeBase, asked: Asked) -> tuple[Sequence[Document], None]:
    """Rank by the vectors alone."""
    return [document for document, _ in base.nearest(asked.vector, _DEPTH)], None


def lexical(base: KnowledgeBase, asked: Asked) -> tuple[Sequence[Document], None]:
    """Rank by BM25 alone."""
    order = [hit.id for hit in base.words.search(base.ask(asked.text), _DEPTH)]
    found = {document.id: document for document, _ in base.get(order)}
    return [found[identity] for identity in order], None


def looking(base: KnowledgeBase, asked: Asked) -> tuple[Sequence[Document], None]:
    """Rank by what the picture shows alone."""
    near = base.lookalikes(asked.sight.vectors, _DEPTH) if asked.sight else {}
    order = sorted(near, key=lambda identity: -near[identity])
    found = {document.id: document for document, _ in base.get(order)}
    return [found[identity] for identity in order], None


def fused_by(models: Models) -> Way:
    """Return the search as the assistant runs it."""

    def fused(base: KnowledgeBase, asked: Asked) -> tuple[Sequence[Document], bool]:
        found = search(
            base, models.text_embedder(), asked.text, asked.language,
            query_vector=asked.vector, sight=asked.sight, k=_DEPTH, entailment=models.entailment(),
        )  # fmt: skip
        return [e.document for e in found], bool(found) and found[0].score >= ANSWERS

    return fused


def judge(corpora: Corpora, asked: Iterable[Asked], way: Way) -> list[Outcome]:
    """Run one way of searching on every question."""
    outcomes = []
    for question in asked:
        documents, answered = way(corpora.bases[question.corpus], question)
        if question.answers:
            found = relevances(documents, question.answers)
            figures = recall(found, 1), recall(found, 5), ndcg(found, len(question.answers))
        else:
            figures = 0.0, 0.0, 0.0
        outcomes.append(Outcome(question, *figures, answered))
    return outcomes


def summary(name: str, outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return one row of figures: of the answerable questions, and of telling them from others."""
    hits = [o for o in outcomes if o.asked.answers]
    row: dict[str, object] = {
        "questions": name,
        "answerable": len(hits),
        "recall@1": round(mean(o.recall_1 for o in hits), 3),
        "recall@5": round(mean(o.recall_5 for o in hits), 3),
        "nDCG@10": round(mean(o.ndcg_10 for o in hits), 3),
    }
    others = [o for o in outcomes if not o.asked.answers]
    row["no answer"] = len(others)
    if others and all(o.answered is not None for o in outcomes):
        answered = [bool(o.answered) for o in outcomes]
        there = [bool(o.asked.answers) for o in outcomes]
        row["answered"] = round(mean(bool(o.answered) for o in hits), 3)
        row["refused"] = round(mean(not o.answered for o in others), 3)
        row["balanced accuracy"] = round(balanced_accuracy(answered, there), 3)
    else:
        row |= {"answered": "", "refused": "", "balanced accuracy": ""}
    return row
