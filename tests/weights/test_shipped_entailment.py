"""The shipped model of entailment: what a manual bears out, and what it answers."""

import numpy as np
import pytest

from assistant.benchmarks.answer_pairs import read_pairs
from assistant.benchmarks.fit_support import grounds_of
from assistant.benchmarks.verify_answers import auroc
from assistant.checks.grounds import Grounds
from assistant.checks.instructions import check_text
from assistant.checks.support import weigh
from assistant.models.lazy import Models
from assistant.settings import load_settings
from knowledge.protocols import Entailment

MANUAL = (
    "# Error codes > E-60 Update failed\nThe firmware could not be installed because the file was "
    "damaged. The old version goes on running. Try again later over the cable; do not switch the "
    "router off while it updates."
)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(load_settings())


@pytest.fixture(scope="module")
def entailment(models: Models) -> Entailment:
    found = models.entailment()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("E-60 means that an update went wrong.", "E-60 means that the router has a virus."),
        ("The old version keeps working.", "All your settings are erased."),
        ("更新时请不要关闭路由器。", "请把路由器放进冰箱。"),
    ],
)
def test_what_the_manual_says_is_likelier_than_what_is_made_up(
    entailment: Entailment, right: str, wrong: str
) -> None:
    told, made_up = entailment.judge([(MANUAL, right), (MANUAL, wrong)])[:, 0]
    assert told > made_up + 0.2, (told, made_up)


@pytest.mark.parametrize(
    ("answered", "other"),
    [
        ("what does E-60 mean?", "how much does the router cost?"),
        ("E-60 是什么意思？", "路由器保修多久？"),
        ("the update did not work, what now", "where do I change the wifi password"),
    ],
)
def test_a_question_that_the_manual_answers_is_told_from_one_that_it_does_not(
    entailment: Entailment, answered: str, other: str
) -> None:
    yes, no = entailment.judge([(MANUAL, answered), (MANUAL, other)])[:, 0]
    assert yes > no + 0.2, (yes, no)


def test_a_text_reads_the_same_alone_and_beside_others(entailment: Entailment) -> None:
    pairs = [(MANUAL, "E-60 means that an update went wrong."), ("# Box\nRed.", "Is it red?")]
    alone = np.vstack([entailment.judge([pair]) for pair in pairs])
    np.testing.assert_allclose(entailment.judge(pairs), alone, atol=0.1)


def test_a_statement_without_number_or_command_has_a_mark_of_its_own(models: Models) -> None:
    embedder, entailment = models.text_embedder(), models.entailment()
    assert entailment is not None
    grounds = Grounds({"e-60": MANUAL}, embedder.embed, entailment.judge)
    (claim,) = [c for c in check_text("旧版本仍在运行。", grounds) if c.kind == "statement"]
    assert (claim.verdict, claim.against) == ("supported", "e-60")
    claims = check_text("The update makes the router faster.", grounds)
    assert claims
    assert "supported" not in {claim.verdict for claim in claims}


def test_planted_changes_are_told_from_paraphrases(models: Models) -> None:
    every = list(read_pairs("dev"))
    pairs = [pair for i, pair in enumerate(every) if i // 2 % 6 == 0]  # with their twins
    scores = np.array([
        -min(reading.supported for _, reading in weigh(pair.text, grounds).readings)
        for pair, grounds in zip(pairs, grounds_of(pairs, models), strict=True)
    ])  # fmt: skip
    assert auroc(scores, np.array([pair.planted for pair in pairs])) >= 0.6
