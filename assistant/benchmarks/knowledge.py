"""The knowledge base: does it find what answers, say when nothing does, and grow well?"""

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby

from assistant.benchmarks import new_manuals, retrieval_scale
from assistant.benchmarks.retrieval_quality import (
    Corpora,
    Outcome,
    Way,
    dense,
    fused_by,
    judge,
    lexical,
    looking,
    summary,
)
from assistant.settings import Settings

LASTS = "about 25 minutes, the first time 5 more"
_BETTER_BY = 0.05  # nDCG of the fused search over the better of dense and lexical
Row = dict[str, object]


def run(settings: Settings) -> dict:
    """Return the headline figures on the test part, and the tables behind them."""
    corpora = Corpora(settings)
    print("Asking the labelled questions…", file=sys.stderr)
    quality, headline = _quality(corpora)
    pictures, found = _pictures(corpora)
    unfitted = new_manuals.measure(corpora.models)
    scale = retrieval_scale.run(settings)
    headline |= {"screenshot_page_recall_1": _at_least(found, 0.95)} | _scale_headline(scale)
    tables = {"test questions": quality, "test screenshots": pictures,
              "manuals that nothing was fitted on": unfitted, "scale": scale}  # fmt: skip
    return {"headline": headline, "tables": tables}


def _quality(corpora: Corpora) -> tuple[list[Row], Row]:
    """Return the rows of every way of searching, and the headline they give."""
    asked = corpora.asked("test")
    ways: dict[str, Way] = {"dense": dense, "lexical": lexical, "fused": fused_by(corpora.models)}
    outcomes = {name: judge(corpora, asked, way) for name, way in ways.items()}
    rows: list[Row] = []
    for name, all_of_them in outcomes.items():
        for group, some in _groups(all_of_them):
            rows.append({"way": name, **summary(group, some)})
    whole = {str(row["way"]): row for row in rows if row["questions"] == "all"}
    gain = _number(whole["fused"], "nDCG@10") - max(
        _number(whole[name], "nDCG@10") for name in ("dense", "lexical")
    )
    headline: Row = {
        "recall_5": _at_least(_number(whole["fused"], "recall@5"), 0.95),
        "ndcg_10_gain": _at_least(gain, _BETTER_BY),
        "no_answer_balanced_accuracy": _at_least(_number(whole["fused"], "balanced accuracy"), 0.9),
    }
    return rows, headline


def _pictures(corpora: Corpora) -> tuple[list[Row], float]:
    """Return how often a changed screenshot finds its page, by each way."""
    asked = corpora.asked_pictures("test")
    ways: dict[str, Way] = {
        "what is written in it": lexical,
        "what it shows": looking,
        "fused": fused_by(corpora.models),
    }
    rows: list[Row] = []
    for name, way in ways.items():
        row = summary("screenshots", judge(corpora, asked, way))
        rows.append({"way": name} | {k: row[k] for k in ("answerable", "recall@1", "recall@5")})
    return rows, _number(rows[-1], "recall@1")


def _groups(outcomes: Sequence[Outcome]) -> Iterable[tuple[str, list[Outcome]]]:
    """Yield all outcomes, then those of each manual, language and form of question."""
    yield "all", list(outcomes)
    for field in ("corpus", "language", "form"):
        ordered = sorted(outcomes, key=lambda o: getattr(o.asked, field))
        for value, some in groupby(ordered, key=lambda o: getattr(o.asked, field)):
            yield value, list(some)


def _scale_headline(rows: Sequence[dict[str, float]]) -> Row:
    small, large = rows[0], rows[-1]
    growth = large["query p50 ms"] / small["query p50 ms"]
    p95 = large["query p95 ms"]
    return {
        "query_p95_ms_at_100000": {"value": p95, "target": "< 60", "holds": p95 < 60},
        "query_growth_1000_to_100000": {
            "value": round(growth, 2), "target": "< 2", "holds": growth < 2
        },
        "documents_per_s": _at_least(min(row["documents/s"] for row in rows), 150),
    }  # fmt: skip


def _at_least(value: float, target: float) -> Row:
    return {"value": round(value, 3), "target": f"≥ {target}", "holds": round(value, 3) >= target}


def _number(row: Row, column: str) -> float:
    value = row[column]
    assert isinstance(value, float)
    return value
