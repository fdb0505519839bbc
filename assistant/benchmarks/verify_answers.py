"""Answers against evidence: are planted changes told from faithful paraphrases?

Each sentence stands twice, faithful and with one planted change, on manuals in its own language and
in the other. The weights were fitted on the training devices, all else was chosen on the
development devices; the figures are those of the test devices.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.benchmarks.answer_pairs import KINDS, LANGUAGES, Pair, Split, read_pairs
from assistant.benchmarks.fit_support import grounds_of
from assistant.checks.grounds import Grounds
from assistant.checks.instructions import check_text
from assistant.checks.mend import faults
from assistant.checks.remembering import remembering
from assistant.checks.support import clauses_of_text, log_odds, weigh, weights_for
from assistant.models.lazy import Models
from assistant.sentences import split_sentences
from assistant.settings import Settings

FALSE_ALARMS = 0.05  # of faithful sentences, at which planted changes are counted
RECALL = 0.9
Row = dict[str, object]
Score = Callable[[str, Grounds], float]  # higher: more likely changed


@dataclass(frozen=True)
class Scored:
    """What each way makes of a pair."""

    pair: Pair
    scores: dict[str, float]
    held_back: bool  # by the limits that are in use
    marked: bool  # by them, at least
    seconds: float  # that the check took


def measure(settings: Settings, split: Split = "test") -> tuple[dict, dict]:
    """Return the headline figures and the tables behind them.

    Raises ConfigurationError without the sentence encoders' weights.
    """
    scored = score_pairs(settings, split)
    planted = np.array([one.pair.planted for one in scored])
    rows = [_row(way, np.array([one.scores[way] for one in scored]), planted) for way in WAYS]
    recall, auroc = rows[0]["recall at 5 % false alarms"], rows[0]["AUROC"]
    seconds = sorted(one.seconds for one in scored)
    slow = round(seconds[int(0.95 * len(seconds))] * 1000, 1)
    headline = {
        "answers_planted_changes_caught": _figure(recall, f"≥ {RECALL}", recall >= RECALL),
        "answers_auroc": _figure(auroc, "—", None),
        "answers_check_ms_p95": _figure(slow, "≤ 30", slow <= 30),
    }
    tables = {
        "answers against evidence": rows,
        "planted changes caught, by kind": _by_kind(scored),
        "answers as they are let out": [_let_out(scored)],
    }
    return headline, tables


def score_pairs(settings: Settings, split: Split) -> list[Scored]:
    """Return what every way makes of the pairs of a part of the data."""
    models = Models(settings)
    embed, entailment = remembering(models.text_embedder().embed), models.entailment()
    assert entailment is not None
    pairs = list(read_pairs(split))
    print(f"{len(pairs)} answers…", file=sys.stderr)
    scored = []
    for pair, grounds in zip(pairs, grounds_of(pairs, models), strict=True):
        scores = {name: way(pair.text, grounds) for name, way in WAYS.items()}
        embed([pair.text])  # its citation needs this vector anyway
        begin = time.perf_counter()
        claims = check_text(pair.text, Grounds(pair.sources, embed, entailment.judge))
        seconds = time.perf_counter() - begin
        doubted = any(claim.verdict != "supported" for claim in claims)
        scored.append(Scored(pair, scores, bool(faults(claims)), doubted, seconds))
    return scored


def _checked(text: str, grounds: Grounds) -> float:
    return log_odds(weigh(text, grounds), weights_for(grounds))


def _checked_by_words(text: str, grounds: Grounds) -> float:
    return _checked(text, Grounds(grounds.sources))


def _items_alone(text: str, grounds: Grounds) -> float:
    return float(any(f.claim.verdict != "supported" for f in weigh(text, grounds).findings))


def _not_borne_out(text: str, grounds: Grounds) -> float:
    return -min((reading.supported for _, reading in weigh(text, grounds).readings), default=0.0)


def _unlike_in_meaning(text: str, grounds: Grounds) -> float:
    assert grounds.embed is not None
    passages = [s for source in grounds.sources.values() for s in split_sentences(source)]
    cosines = grounds.embed(split_sentences(text)) @ grounds.embed(passages).T
    return -float(cosines.max(axis=1).min())


def _unlike_in_words(text: str, grounds: Grounds) -> float:
    told = clauses_of_text(text)
    best = [max(grounds.shared(c, other)[0] for other in grounds.clauses) for c in told]
    return -min(best, default=0.0)


WAYS: dict[str, Score] = {
    "checked": _checked,
    "checked by words alone": _checked_by_words,
    "model of entailment alone": _not_borne_out,
    "numbers, codes and names alone": _items_alone,
    "embedding similarity": _unlike_in_meaning,
    "lexical overlap": _unlike_in_words,
}


def _row(way: str, scores: np.ndarray, planted: np.ndarray) -> dict:
    return {
        "way": way, "answers": len(scores), "AUROC": auroc(scores, planted),
        "recall at 5 % false alarms": recall_at(scores, planted),
    }  # fmt: skip


def auroc(scores: np.ndarray, planted: np.ndarray) -> float:
    """Return how often a changed answer has the higher score of a pair; equal ones count half."""
    changed, faithful = scores[planted][:, None], scores[~planted]
    return round(float((changed > faithful).mean() + (changed == faithful).mean() / 2), 3)


def recall_at(scores: np.ndarray, planted: np.ndarray) -> float:
    """Return which share of changed answers scores above all but 5 % of the faithful ones."""
    return round(float((scores[planted] > _limit(scores, planted)).mean()), 3)


def _limit(scores: np.ndarray, planted: np.ndarray) -> float:
    return float(np.quantile(scores[~planted], 1 - FALSE_ALARMS, method="higher"))


def _by_kind(scored: Sequence[Scored]) -> list[Row]:
    planted = np.array([one.pair.planted for one in scored])
    limit = _limit(np.array([one.scores["checked"] for one in scored]), planted)
    rows: list[Row] = []
    for kind in KINDS:
        row: Row = {"kind": kind}
        for language in LANGUAGES:
            for evidence in LANGUAGES:
                some = [
                    one.scores["checked"] > limit for one in scored
                    if one.pair.planted and (one.pair.kind, one.pair.language, one.pair.evidence)
                    == (kind, language, evidence)
                ]  # fmt: skip
                row[f"{language} on {evidence}"] = f"{sum(some)} of {len(some)}"
        rows.append(row)
    return rows


def _let_out(scored: Sequence[Scored]) -> Row:
    row: Row = {}
    for name, planted in (("faithful answers", False), ("planted changes", True)):
        some = [one for one in scored if one.pair.planted == planted]
        row[f"{name} held back"] = round(sum(one.held_back for one in some) / len(some), 3)
        row[f"{name} held back or marked"] = round(sum(one.marked for one in some) / len(some), 3)
    return row


def _figure(value: float, target: str, holds: bool | None) -> Row:
    return {"value": value, "target": target, "holds": holds}
