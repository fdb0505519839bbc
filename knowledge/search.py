"""Find the documents that answer a question: by meaning, by words, by what a picture shows.

Each way ranks documents of its own; reciprocal ranks fuse them (Cormack, Clarke and Büttcher,
"Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009).
A small logistic model of how well a document fits then says how likely it is to answer at all.
"""

import json
import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from statistics import mean
from string import ascii_uppercase
from typing import Any

import numpy as np

from knowledge.documents import asked_codes, code_keys, full_text, heading_of
from knowledge.errors import KnowledgeError
from knowledge.media import open_picture
from knowledge.protocols import Entailment, TextEmbedder
from knowledge.sights import Sight, agreement
from knowledge.store import KnowledgeBase
from knowledge.terms import HAN
from knowledge.types import Document, Evidence, Modality, lies_in
from knowledge.words import Asked

FEATURES = (
    "one", "cosine", "across", "cosine across", "ahead", "share", "headed", "missing", "unknown",
    "words", "fused", "look", "same", "code", "code in heading", "other code", "medium",
)  # fmt: skip
READ_FEATURES = ("one", "found", "answers")  # log-odds of the search, and of the reading
READ = 5  # of the best documents, how many are read
ANSWERS = 0.5  # the score from which a document is taken to answer the question
_SUREST = 6.0  # log-odds beyond which nothing is surer
_CANDIDATES = 50  # of each way of searching, and of all together
_COMPARED = 10  # pictures that are looked at feature by feature
_NEAREST = 10  # candidates that one must be ahead of
_FAR = 0.15  # the tenth's cosine, mostly
_FILTERED = 1_000  # sources: Chroma takes no longer filters
_RANK_OFFSET = 60  # as in the paper: the first places do not decide everything


@dataclass
class Candidate:
    """A document with what each way of searching says of it."""

    document: Document
    cosine: float  # to the question, 1 is the closest a right passage can be in its language
    share: float = 0.0  # of the question's words that it holds
    headed: float = 0.0  # of the question's words that its heading holds
    missing: float = 0.0  # of the question's names that it does not hold
    unknown: bool = False  # the question names something that no document holds
    across: bool = False  # it is written in another script than the question
    ahead: float = 0.0  # cosine above the mean of the nearest ones
    coded: float = 0.0  # of the question's codes that it holds
    code_headed: float = 0.0  # of the question's codes that its heading holds
    other_code: bool = False  # it tells of another code of the same family, and of none asked for
    words: float = 0.0  # BM25 against the best document's
    look: float = 0.0  # cosine of its picture to the question's
    same: float = 0.0  # how surely its picture holds the question's
    fused: float = 0.0  # reciprocal ranks, 1 when every way has it first


def search(
    kb: KnowledgeBase,
    embedder: TextEmbedder,
    query: str,
    language: str,
    *,
    query_vector: Sequence[float] | np.ndarray | None = None,
    sight: Sight | None = None,
    k: int = 5,
    modality: Modality | None = None,
    source: str = "",
    entailment: Entailment | None = None,
) -> list[Evidence]:
    """Return up to `k` documents, best first, scored from 0 to 1; from `ANSWERS` on they answer.

    `query_vector` is a unit vector of the embedder's space; without it the query's words are
    embedded. `sight` is a picture's (`knowledge.sights.look`). `source` is a URI, or a folder of
    URIs. Near-identical documents are shown once. `entailment` reads the best few together with
    the query, which tells better whether they answer it.
    """
    found = candidates(
        kb, embedder, query, language,
        query_vector=query_vector, sight=sight, k=k, modality=modality, source=source,
    )  # fmt: skip
    kind = kind_of(language, sight is not None)
    weights = _weights(embedder.name, kind)
    scored = [Evidence(c.document, _logistic(float(describe(c) @ weights)), query) for c in found]
    ranked = _folded(sorted(scored, key=lambda evidence: -evidence.score))
    reading = _reading_weights(embedder.name, kind)
    if entailment and reading is not None and query and ranked:
        ranked = _read(ranked, query, entailment, reading)
    return ranked[:k]


def _read(
    ranked: list[Evidence], query: str, entailment: Entailment, weights: np.ndarray
) -> list[Evidence]:
    """Score the best few again, now that they were read; those after them stay after them."""
    first, rest = ranked[:READ], ranked[READ:]
    answers = entailment.judge([(passage_of(piece.document), query) for piece in first])[:, 0]
    odds = describe_read([piece.score for piece in first], answers) @ weights
    again = [replace(e, score=_logistic(float(x))) for e, x in zip(first, odds, strict=True)]
    least = min(piece.score for piece in again)
    after = [replace(piece, score=min(piece.score, least)) for piece in rest]
    return [*sorted(again, key=lambda piece: -piece.score), *after]


def passage_of(document: Document) -> str:
    """Return a document as the model of entailment reads it: its heading, and its words below."""
    heading = heading_of(document)
    return f"# {heading}\n{document.text}" if heading else document.text


def describe_read(scores: Sequence[float], answers: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return what `READ_FEATURES` name of documents that were read, shape (documents, features)."""
    return np.array(
        [[1.0, _log_odds(a), _log_odds(b)] for a, b in zip(scores, answers, strict=True)]
    )


def _log_odds(probability: float) -> float:
    """Return log-odds, from -_SUREST to _SUREST."""
    odds = math.log(max(probability, 1e-9) / max(1 - probability, 1e-9))
    return min(max(odds, -_SUREST), _SUREST)


def answers(found: Sequence[Evidence]) -> bool:
    """Tell whether any of what was found answers, and is not only the closest there is."""
    return any(evidence.score >= ANSWERS for evidence in found)


def candidates(
    kb: KnowledgeBase,
    embedder: TextEmbedder,
    query: str,
    language: str,
    *,
    query_vector: Sequence[float] | np.ndarray | None = None,
    sight: Sight | None = None,
    k: int = 5,
    modality: Modality | None = None,
    source: str = "",
) -> list[Candidate]:
    """Return what the ways of searching find, in the order of their fused ranks."""
    if query_vector is None:
        query_vector = embedder.embed_queries([query], [language])[0]
    vector = np.asarray(query_vector, dtype=np.float32)
    room = max(k, _CANDIDATES)
    asked = kb.ask(query)
    near = kb.nearest(vector, room, _where(kb, modality, source)) if query else []
    near = [(document, cosine) for document, cosine in near if _fits(document, modality, source)]
    found = {document.id: Candidate(document, cosine) for document, cosine in near}
    words = kb.words.search(asked, room, modality, source)
    alike = kb.lookalikes(sight.vectors, 10 * room if modality or source else room) if sight else {}
    most_alike = sorted(alike, key=lambda identity: -alike[identity])
    missing = [i for i in (*(hit.id for hit in words), *alike) if i not in found]
    for document, own in kb.get(list(dict.fromkeys(missing))):
        if _fits(document, modality, source):
            found[document.id] = Candidate(document, float(own @ vector))
    for hit in words:
        if hit.id in found:
            found[hit.id].words = hit.score / words[0].score
    for identity, cosine in alike.items():
        if identity in found:
            found[identity].look = cosine
    ways = [[d.id for d, _ in near], [hit.id for hit in words], most_alike]
    _fuse(found, [ranking for ranking in ways if ranking])
    best = sorted(found.values(), key=lambda candidate: -candidate.fused)[:room]
    held = kb.words.held([candidate.document.id for candidate in best])
    for candidate in best:
        headed, whole = held.get(candidate.document.id, (frozenset(), frozenset()))
        candidate.share, candidate.missing = asked.share(whole), asked.missing(whole)
        candidate.headed, candidate.unknown = asked.share(headed), asked.unknown
    _look_for_codes(asked, asked_codes(query), best)
    nearest = sorted((candidate.cosine for candidate in best), reverse=True)[:_NEAREST]
    nearest += [_FAR] * (_NEAREST - len(nearest))  # as if others stood beside a few documents
    for candidate in best:
        candidate.across = bool(HAN.search(candidate.document.text)) != bool(HAN.search(query))
        candidate.ahead = candidate.cosine - mean(nearest)
    if sight:
        _compare(kb, best, sight)
    return best


def _look_for_codes(asked: Asked, codes: frozenset[str], found: Sequence[Candidate]) -> None:
    """Tell which candidates hold the codes of a question; one that many hold tells little."""
    for candidate in found if codes else ():
        named = code_keys(full_text(candidate.document))
        candidate.coded = asked.coded(codes & named)
        candidate.code_headed = asked.coded(codes & code_keys(heading_of(candidate.document)))
        rivals = bool(_families(codes) & _families(named))
        candidate.other_code = rivals and not codes & named


def _compare(kb: KnowledgeBase, found: Sequence[Candidate], sight: Sight) -> None:
    """Look at the pictures of the best candidates themselves."""
    pictures = [(c, file) for c in found if (file := kb.picture(c.document)) and file.is_file()]

    def agree(file: Path) -> float:
        try:
            return agreement(sight, open_picture(file))
        except KnowledgeError:  # damaged since it was taken in
            return 0.0

    with ThreadPoolExecutor() as pool:
        chosen = pictures[:_COMPARED]
        for (candidate, _), value in zip(
            chosen, pool.map(agree, [file for _, file in chosen]), strict=True
        ):
            candidate.same = value


def _fuse(found: dict[str, Candidate], rankings: list[list[str]]) -> None:
    """Give each candidate the sum of its reciprocal ranks, 1 for the first place everywhere."""
    for ranking in rankings:
        for rank, identity in enumerate(ranking):
            if identity in found:
                found[identity].fused += (_RANK_OFFSET + 1) / (_RANK_OFFSET + 1 + rank)
    for candidate in found.values():
        candidate.fused /= len(rankings)


def kind_of(language: str, pictured: bool) -> str:
    """Return which weights a question takes: cosines lie lower across languages."""
    if pictured:
        return "picture"
    return "english" if language == "en" else "foreign"


def describe(candidate: Candidate) -> np.ndarray:
    """Return what `FEATURES` name, float64: how well a candidate fits its question."""
    values = {
        "one": 1.0,
        "cosine": candidate.cosine,
        "across": float(candidate.across),
        "cosine across": candidate.cosine * candidate.across,
        "ahead": candidate.ahead,
        "share": candidate.share,
        "headed": candidate.headed,
        "missing": candidate.missing,
        "unknown": float(candidate.unknown),
        "words": candidate.words,
        "fused": candidate.fused,
        "look": candidate.look,
        "same": candidate.same,
        "code": candidate.coded,
        "code in heading": candidate.code_headed,
        "other code": float(candidate.other_code),
        "medium": float(candidate.document.modality != "text"),
    }
    return np.array([values[name] for name in FEATURES])


@cache
def _weights(embedder: str, kind: str) -> np.ndarray:
    """Return the weights fitted for an embedder and a kind of question, or those for any."""
    stored = json.loads(files("knowledge").joinpath("ranking.json").read_text("utf-8"))
    chosen = stored[embedder][kind] if embedder in stored else stored["any"]
    return np.array([chosen[name] for name in FEATURES])


@cache
def _reading_weights(embedder: str, kind: str) -> np.ndarray | None:
    """Return the weights of `READ_FEATURES` for a kind of question; None where none were fitted."""
    stored = json.loads(files("knowledge").joinpath("ranking.json").read_text("utf-8"))
    chosen = stored.get(embedder, {}).get(f"{kind}, read")
    return None if chosen is None else np.array([chosen[name] for name in READ_FEATURES])


def _families(codes: Iterable[str]) -> set[str]:
    """Return the letters of codes: "E42" is of the family "E", a bare "#42" of none."""
    letters = {code[: len(code) - len(code.lstrip(ascii_uppercase))] for code in codes}
    return letters - {""}


def _folded(found: list[Evidence]) -> list[Evidence]:
    """Leave out documents that say what a better one says."""
    shown: set[str] = set()
    kept: list[Evidence] = []
    for evidence in found:
        names = {evidence.document.id, evidence.document.metadata.get("same_as", "")} - {""}
        if not names & shown:
            kept.append(evidence)
        shown |= names
    return kept


def _where(kb: KnowledgeBase, modality: Modality | None, source: str) -> dict[str, Any] | None:
    """Return Chroma's filter of this modality and, where they are few enough, these sources."""
    filters: list[dict[str, Any]] = [{"modality": modality}] if modality else []
    if source and len(uris := kb.words.uris(source)) <= _FILTERED:
        filters.append({"uri": {"$in": uris or [source]}})
    if len(filters) > 1:
        return {"$and": filters}
    return filters[0] if filters else None


def _fits(document: Document, modality: Modality | None, source: str) -> bool:
    return document.modality == (modality or document.modality) and lies_in(document.uri, source)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
