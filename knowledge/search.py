"""Find the documents that answer a question: by meaning, and by the codes and names in it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

import numpy as np

from knowledge.documents import asked_codes, code_keys, full_text, identifiers
from knowledge.protocols import TextEmbedder
from knowledge.store import KnowledgeBase
from knowledge.types import Document, Evidence, Modality

ANSWERS = 0.5  # the score from which a document is taken to answer the question
_CANDIDATES = 24  # nearest documents that are looked at more closely
_RARE = 8  # a name that more documents hold tells nothing apart

# In cosine. Measured on tests/knowledge/questions.tsv.
_ABOUT = 0.3  # the heading names the code asked for
_MENTIONS = 0.15  # the text names it, or a rare name of the question
_OTHER = -0.3  # another code of its family is named: E-24 where E-42 was asked for
_MEDIA = -0.05  # a passage says the same as a picture or a recording, in fewer words


@dataclass(frozen=True)
class Calibration:
    """How an embedder's cosines become scores that mean the same for every question."""

    even: float  # the cosine at which a document answers as often as not
    width: float  # of the logistic curve, in cosine
    foreign: float  # the cosine of a perfect match when the question is not English
    foreign_even: float  # `even` there: across languages, right passages come less close


# Measured on tests/knowledge/questions.tsv.
_CALIBRATIONS = {
    "use-multilingual-v3+all-minilm-l6-v2": Calibration(
        even=0.28, width=0.06, foreign=0.5**0.5, foreign_even=0.25
    ),
}
_UNMEASURED = Calibration(even=0.3, width=0.06, foreign=1.0, foreign_even=0.3)


def search(
    kb: KnowledgeBase,
    embedder: TextEmbedder,
    query: str,
    language: str,
    *,
    query_vector: Sequence[float] | np.ndarray | None = None,
    k: int = 5,
    modality: Modality | None = None,
) -> list[Evidence]:
    """Return up to `k` documents, best first, scored from 0 to 1; from `ANSWERS` on they answer.

    `query_vector` is a unit vector of the embedder's space; without it the query's words are
    embedded. A document that names a code the query asks for beats one that names a near miss.
    """
    vector = query_vector
    if vector is None:
        vector = embedder.embed_queries([query], [language])[0]
    hits = kb.search(vector, max(k, _CANDIDATES), _where(modality))
    codes = asked_codes(query)
    if codes:
        hits += kb.search(vector, _CANDIDATES, _where(modality, codes=codes))
    named: set[str] = set()
    for name in sorted(identifiers(query))[:_CANDIDATES]:
        holders = kb.search(vector, _RARE + 1, _where(modality, identifiers={name}))
        if len(holders) <= _RARE:
            hits += holders
            named.update(document.id for document, _ in holders)
    calibration = _CALIBRATIONS.get(embedder.name, _UNMEASURED)
    scale, even = 1.0, calibration.even
    if language != "en":
        scale, even = calibration.foreign, calibration.foreign_even
    found: dict[str, Evidence] = {}
    for document, cosine in hits:
        bonus = _bonus(document, codes) + _MENTIONS * (document.id in named)
        score = _logistic((cosine / scale + bonus - even) / calibration.width)
        found[document.id] = Evidence(document, score, query)
    return sorted(found.values(), key=lambda evidence: -evidence.score)[:k]


def _where(modality: Modality | None, **holding: Iterable[str]) -> dict[str, Any] | None:
    """Return Chroma's filter: of this modality, and holding one of these codes or identifiers."""
    named: list[dict[str, Any]] = [
        {field: {"$contains": value}} for field, values in holding.items() for value in values
    ]
    filters: list[dict[str, Any]] = [{"modality": modality}] if modality else []
    if named:
        filters.append({"$or": named} if len(named) > 1 else named[0])
    if len(filters) > 1:
        return {"$and": filters}
    return filters[0] if filters else None


def _bonus(document: Document, codes: frozenset[str]) -> float:
    """Return what a document's codes and kind are worth, in cosine."""
    bonus = 0.0 if document.modality == "text" else _MEDIA
    if not codes:
        return bonus
    named = code_keys(full_text(document))
    if codes & code_keys(document.locator.heading or ""):
        return bonus + _ABOUT
    if codes & named:
        return bonus + _MENTIONS
    return bonus + (_OTHER if _families(codes) & _families(named) else 0.0)


def _families(codes: Iterable[str]) -> set[str]:
    """Return the letters of codes: "E42" is of the family "E", a bare "#42" of none."""
    letters = {code[: len(code) - len(code.lstrip(ascii_uppercase))] for code in codes}
    return letters - {""}


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
