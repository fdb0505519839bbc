"""Does the search know what a manual lacks, where the manual is none that it was fitted on?

The passages of the fused model's test domains lie in two knowledge bases, half in each. Every
question is asked of both: one answers it, the other tells of other faults of the same devices.
"""

import tempfile
from pathlib import Path

from assistant.benchmarks.verify_turns import passage_document
from assistant.data_sets import LANGUAGES, Language, Split
from assistant.fusion.situations import Situation, read_domains
from assistant.models.lazy import Models
from knowledge.documents import full_text
from knowledge.search import answers, search
from knowledge.store import KnowledgeBase

Row = dict[str, object]


def measure(models: Models, split: Split = "test") -> list[Row]:
    """Return how often a question gets evidence where there is some and where there is none."""
    situations = [s for domain in read_domains(split) for s in domain.situations]
    return [_row(models, situations, language) for language in LANGUAGES]


def _row(models: Models, situations: list[Situation], language: Language) -> Row:
    documents = [passage_document(situation, language) for situation in situations]
    embedder = models.text_embedder()
    answered = right = mistaken = 0
    with tempfile.TemporaryDirectory() as folder:
        for half in (0, 1):
            base = KnowledgeBase.open(Path(folder), f"half-{half}", embedder)
            held = documents[half::2]
            base.add(held, embedder.embed([full_text(document) for document in held]))
            for situation, document in zip(situations, documents, strict=True):
                found = search(
                    base, embedder, situation.precise[language], language,
                    entailment=models.entailment(),
                )  # fmt: skip
                if document not in held:
                    mistaken += answers(found)
                elif answers(found):
                    answered += 1
                    right += found[0].document.id == document.id
    return {
        "language": language, "questions": len(situations),
        "answered": round(answered / len(situations), 3),
        "by the right passage": round(right / len(situations), 3),
        "answered where nothing answers": round(mistaken / len(situations), 3),
    }  # fmt: skip
