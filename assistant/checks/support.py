"""Weigh how likely a sentence says something else than the sources it rests on.

The signs are the wrong numbers, codes and names (`check_items`) and what speaks against a clause
(`Beside`). A logistic regression joins them; `assistant.benchmarks.fit_support` fitted it.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.checks.beside import Aligned, Beside
from assistant.checks.evidence import Finding, check_items
from assistant.checks.grounds import Clause, Grounds, read_clauses
from assistant.checks.reading import Reading
from assistant.sentences import split_sentences

ITEM_FEATURES = (
    "number contradicted", "number unverified", "code wrong", "name contradicted",
    "name unverified",
)  # fmt: skip
FEATURES = (
    "bias", *ITEM_FEATURES, "code elsewhere", "not dropped", "denial dropped",
    "nearer to the forbidden", "not added", "nearer to the told", "opposite", "disordered",
    "words new", "words new, translated", "unlike", "unlike, translated", "action new",
    "not borne out",
)  # fmt: skip
WEIGHTS = Path(__file__).with_name("support.json")
_WIDEST = 4.0  # log-odds beyond which nothing is surer
BEFORE = 3  # clauses before a sentence whose order with its own counts


@dataclass(frozen=True)
class Weights:
    """What each sign counts, the log-odds from which what speaks against a text is shown, and the
    probabilities from which a sentence is taken to be borne out, and below which it is doubtful."""

    of: dict[str, float]
    limit: float
    borne_out: float
    doubtful: float


@dataclass(frozen=True)
class Weighed:
    """What a text was found to be."""

    findings: tuple[Finding, ...]
    aligned: tuple[Aligned, ...] = ()  # its clauses, in the order of doing
    signs: dict[str, float] | None = None  # None: there is nothing to lay it beside
    late: tuple[Clause, Clause] | None = None  # what is said first and stands later, and the other
    readings: tuple[tuple[str, Reading], ...] = ()  # of its sentences, in their order


def clauses_of_text(text: str) -> list[Clause]:
    """Return the clauses of a text that say anything, sentence by sentence."""
    return [c for s in split_sentences(text) for c in read_clauses(s) if c.words or c.pairs]


def weigh(text: str, grounds: Grounds, before: Sequence[Clause] = ()) -> Weighed:
    """Return what one sentence or several amount to; `before` are the clauses in front of it."""
    findings = tuple(f for s in split_sentences(text) for f in check_items(s, grounds.sources))
    own = clauses_of_text(text)
    if not grounds.founded or not own:
        return Weighed(findings)
    clauses = [*before[-BEFORE:], *own]
    start = len(clauses) - len(own)
    beside = Beside(clauses, grounds)
    aligned = tuple(beside.align(i) for i in range(start, len(clauses)))
    signs = {"bias": 1.0} | _of_items(findings)
    for one in aligned:
        signs |= {name: max(value, signs.get(name, 0.0)) for name, value in one.signs.items()}
    signs["disordered"], first, second = beside.disorder(start)
    claimed = [f for f in findings if f.claim.kind == "code" and f.claim.verdict == "supported"]
    signs["code elsewhere"] = beside.elsewhere({f.item.value for f in claimed})
    late = (clauses[first], clauses[second]) if signs["disordered"] else None
    read = [(sentence, grounds.read(sentence)) for sentence in split_sentences(text)]
    readings = tuple((sentence, reading) for sentence, reading in read if reading)
    signs |= _of_readings([reading for _, reading in readings])
    return Weighed(findings, aligned, signs, late, readings)


def log_odds(weighed: Weighed, weights: Weights, *, items: bool = True) -> float:
    """Return how likely a text says something else than its sources, its items aside if wished."""
    left_out = () if items else ITEM_FEATURES
    return sum(
        weights.of[name] * value
        for name, value in (weighed.signs or {}).items()
        if name not in left_out
    )


def weights_for(grounds: Grounds) -> Weights:
    """Return the weights for sources that models read, or for words alone."""
    return _weights("models" if grounds.embed and grounds.judge else "words")


def trained_on() -> tuple[str, str]:
    """Return the names of the sentence encoder and the model of entailment of the weights."""
    return _stored()["embedder"], _stored()["entailment"]


@cache
def _stored() -> dict:
    return json.loads(WEIGHTS.read_text("utf-8"))


@cache
def _weights(kind: str) -> Weights:
    stored = _stored()[kind]
    return Weights(stored["weights"], stored["limit"], stored["borne_out"], stored["doubtful"])


def _of_readings(readings: Sequence[Reading]) -> dict[str, float]:
    """Return, 0 to 1, how far the worst sentence is from being borne out."""
    worst = min((max(r.supported, r.brought) for r in readings), default=1.0)
    return {"not borne out": _share(1 - worst)}


def _share(probability: float) -> float:
    """Return log-odds between -`_WIDEST` and `_WIDEST` as 0 to 1."""
    kept = min(max(probability, 1e-6), 1 - 1e-6)
    return min(max(math.log(kept / (1 - kept)) / _WIDEST, -1.0), 1.0) / 2 + 0.5


def _of_items(findings: Sequence[Finding]) -> dict[str, float]:
    def found(kind: str, verdict: str) -> float:
        return float(any((f.claim.kind, f.claim.verdict) == (kind, verdict) for f in findings))

    return {
        "number contradicted": found("number", "contradicted"),
        "number unverified": found("number", "unverified"),
        "code wrong": max(found("code", "contradicted"), found("code", "unverified")),
        "name contradicted": found("name", "contradicted"),
        "name unverified": found("name", "unverified"),
    }
