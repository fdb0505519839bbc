"""The benchmark of whole turns: what counts as false, what is planted, what a mark is."""

import pytest

from assistant.benchmarks.verify_turns import (
    Outcome,
    Question,
    false_parts,
    planted,
    questions,
    told,
)
from assistant.fusion.situations import Product, Situation
from assistant.types import Claim, Plan, Reply, Verdict, Verification

SITUATION = Situation(
    "kettle-k2", Product("Kettle K3", "device"), "K-2",
    {"en": "K-2: limescale", "zh": "K-2：水垢"},
    {"en": "Choose Menu > Care, press **Descale** and wait twenty minutes.",
     "zh": "选择“菜单 > 保养”，按“除垢”，等待20分钟。"},
    {"en": ["K-2"], "zh": ["K-2"]}, {"en": "It shows K-2.", "zh": "显示K-2。"},
    {"en": "It beeps.", "zh": "在响。"}, {"en": "Broken.", "zh": "坏了。"},
    {"en": "It shows K-2.", "zh": "显示K-2。"},
)  # fmt: skip
ANSWERED = Question(SITUATION, "en", answered=True)
UNANSWERED = Question(SITUATION, "en", answered=False)


def outcome(
    question: Question, text: str, verdict: Verdict = "consistent", claims: tuple[Claim, ...] = ()
) -> Outcome:
    reply = Reply(
        "t", "t", "en", text, (), None, (), Verification(verdict, claims), Plan(()), {}, (), (), {},
        (), {},
    )  # fmt: skip
    return Outcome(question, text, reply)


def test_what_a_text_tells_is_its_figures_codes_and_marked_names() -> None:
    text = "K-2 means limescale. [1]\n1. Open *Menu > Care*.\n2. Wait 20 minutes. See step 3."
    assert told(text) == ["K-2", "20", "Menu > Care"]
    assert told("等待“除垢”，20 分钟") == ["20", "除垢"]


@pytest.mark.parametrize(
    ("text", "false"),
    [
        ("K-2: press **Descale**, wait 20 minutes.", []),  # the passage spells the number
        ("K-2: press **Rinse**, wait 30 minutes.", ["30", "Rinse"]),
        ("K-9 is shown.", ["K-9"]),
        ("Wait 2 minutes.", ["2"]),  # not because of the 20
    ],
)
def test_what_the_passage_does_not_hold_is_false(text: str, false: list[str]) -> None:
    assert false_parts(text, ANSWERED) == false


def test_a_remedy_without_a_passage_is_false_as_a_whole() -> None:
    remedy = "1. Press the button."
    assert false_parts(remedy, UNANSWERED) == [remedy]
    assert false_parts("I do not know what K-2 is.", UNANSWERED) == []


def test_what_is_marked_or_owned_up_to_is_not_unmarked() -> None:
    text = "K-2: wait 30 minutes."
    assert outcome(ANSWERED, text).unmarked == ["30"]
    claim = Claim("30 minutes", "number", "unverified", 0.0, "", "")
    assert outcome(ANSWERED, text, claims=(claim,)).unmarked == []
    of_something_left_out = Claim("wait 30 hours", "number", "contradicted", 0.0, "", "")
    assert outcome(ANSWERED, text, claims=(of_something_left_out,)).unmarked == ["30"]
    assert outcome(ANSWERED, text, "insufficient").unmarked == []
    assert outcome(ANSWERED, text, "inconsistent").unmarked == ["30"]
    assert outcome(ANSWERED, text).false_before == ["30"]


def test_a_planted_change_is_false() -> None:
    text = "K-2: press **Descale**, wait 20 minutes."
    changed = planted(text, ANSWERED)
    assert changed is not None
    new_text, new = changed
    assert new in new_text
    assert new_text != text
    assert false_parts(new_text, ANSWERED)
    assert planted("Nothing to change here.", ANSWERED) is None


def test_a_third_of_the_questions_has_no_answer() -> None:
    asked = questions("dev", count=12, unanswered=4)
    assert [question.answered for question in asked] == [True] * 8 + [False] * 4
    assert {question.language for question in asked} == {"en", "zh"}
    assert len({question.situation.id for question in asked}) == 12
