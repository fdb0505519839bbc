"""Find the evidence for a turn, or what is closest where nothing answers it."""

from collections.abc import Callable

from assistant.types import FusedState
from knowledge.protocols import Entailment, TextEmbedder
from knowledge.search import ANSWERS, search
from knowledge.store import KnowledgeBase
from knowledge.types import Evidence

_CLOSE = 0.2  # the score from which what does not answer is worth a mention
RELATED = 10  # documents that tell what some words are about


def retrieve(
    fused: FusedState,
    *,
    knowledge: KnowledgeBase,
    embedder: Callable[[], TextEmbedder],
    entailment: Callable[[], Entailment | None],
    k: int = 4,
) -> tuple[Evidence, ...]:
    """Return up to `k` pieces that answer, best first; where none does, the closest one, if any.

    The fused query vector finds them by meaning, the query's words by the codes they name; the
    best are read together with the query.
    Raises KnowledgeError when the store cannot be read.
    """
    found = search(
        knowledge, embedder(), fused.query, fused.language,
        query_vector=fused.query_vector, k=k, entailment=entailment(),
    )  # fmt: skip
    answering = tuple(evidence for evidence in found if evidence.score >= ANSWERS)
    return answering or tuple(evidence for evidence in found[:1] if evidence.score >= _CLOSE)


def related(
    words: str,
    language: str,
    *,
    knowledge: Callable[[], KnowledgeBase],
    embedder: Callable[[], TextEmbedder],
) -> list[str]:
    """Return the ids of the documents nearest to some words, best first, answers or not.

    Raises KnowledgeError when the store cannot be read.
    """
    found = search(knowledge(), embedder(), words, language, k=RELATED)
    return [evidence.document.id for evidence in found]
