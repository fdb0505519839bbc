"""The measures mean what they say; the labelled questions are whole and their parts apart."""

import math

import pytest

from knowledge.documents import make_document
from knowledge.evaluation.measures import balanced_accuracy, ndcg, recall
from knowledge.evaluation.questions import load_questions, relevances
from knowledge.types import Document, Locator


def section(page: str, heading: str, **metadata: str) -> Document:
    return make_document("x", "text", page, Locator(heading=heading), metadata)


def test_recall_and_ndcg() -> None:
    assert recall([False, True], 1) == 0
    assert recall([False, True], 5) == 1
    assert ndcg([True, False, False], 1) == 1
    assert ndcg([False, True], 1) == pytest.approx(1 / math.log2(3))
    assert ndcg([True, True], 2) == 1
    assert ndcg([], 2) == 0


def test_balanced_accuracy_is_a_half_for_who_always_answers() -> None:
    assert balanced_accuracy([True] * 4, [True, True, True, False]) == 0.5
    assert balanced_accuracy([True, False], [True, False]) == 1


def test_a_section_counts_once_whatever_shows_it() -> None:
    ranking = [
        section("/manual/a.html", "A > Other"),
        section("/manual/a.html", "A > Right"),
        section("/manual/a.html", "A > Right"),
        section("/manual/pic.png", "A > Right", shown_in="/manual/a.html"),
        section("/manual/b.html", "B"),
        section("/manual/b.html", "B > More"),
    ]
    assert relevances(ranking, ["a.html#Right", "b.html"]) == [False, True, True]
    assert relevances(ranking, []) == [False] * 4


def test_the_parts_are_large_enough_and_share_no_question() -> None:
    dev, test = load_questions("dev"), load_questions("test")
    assert len(dev) + len(test) >= 200
    assert sum(not q.answers for q in [*dev, *test]) >= 40
    assert not {q.text for q in dev} & {q.text for q in test}
    for part in (dev, test):
        assert {q.language for q in part} == {"en", "zh"}
        assert {q.corpus for q in part} == {"router", "pgadmin"}
        assert len({q.id for q in part}) == len(part)
    assert sum(q.form == "spoken" for q in test) >= 10
