"""What users take for granted bears nothing out: meanings, causes and numbers need evidence."""

import pytest

from assistant.checks.grounds import Grounds
from assistant.checks.mend import corrected, faults
from assistant.checks.premises import premises
from assistant.stages.verify import check_sentence, check_talk, sources_of
from assistant.types import Claim, Exchange, Percept

MANUAL = (
    "# Faults\n# E-42 PPPoE authentication failed\n"
    "Cause: the provider did not accept the user name or password.\n"
    "1. Type the password again.\n2. Press **Reconnect** and wait 60 seconds.\n"
    "# E-50 Radio stopped\nCause: the radio is too hot.\n1. Free the air slots.\n"
    "# Factory reset\nDanger: a factory reset erases all settings.\n"
    "1. Hold the pinhole for 10 seconds.\n"
    "# Lights\nRed: the line is cut. The light is green when all is well.\n"
    "# E-60 更新失败\n原因：固件文件损坏。"
)


def asked(question: str, manual: str = MANUAL) -> Grounds:
    return Grounds({"r7": manual, "typed": question})


def premise(question: str, answer: str) -> Claim | None:
    claims = check_sentence(answer, asked(question))
    return next((c for c in claims if c.kind == "premise"), None)


@pytest.mark.parametrize(
    ("question", "answer", "verdict"),
    [
        ("E-42 means overheating, right?", "E-42 indicates overheating.", "contradicted"),
        ("E-42 means overheating, right?", "Yes, that's right.", "contradicted"),
        (
            "My router shows E-42, so the antenna is broken?",
            "The router shows E-42, indicating that the antenna is broken.",
            "contradicted",
        ),
        (
            "Since E-42 means the router is too hot, how do I cool it?",
            "Since E-42 means the router is too hot, cool it down.",
            "contradicted",
        ),
        ("E-60 表示中了病毒，对吧？", "E-60 表示中了病毒。", "contradicted"),
        ("E-60 是天线坏了引起的吗？", "E-60 是天线坏了引起的。", "contradicted"),
        ("E-60 表示中了病毒，对吧？", "对。", "contradicted"),
        ("E-31 means a loose plug, right?", "E-31 means a loose plug.", "unverified"),
        ("A red light means old firmware?", "A red light means old firmware.", "unverified"),
        (
            "A factory reset does not erase my settings, correct?",
            "A factory reset does not erase your settings.",
            "contradicted",
        ),
    ],
)
def test_a_wrong_premise_is_not_borne_out_by_who_asks(
    question: str, answer: str, verdict: str
) -> None:
    claim = premise(question, answer)
    assert claim
    assert claim.verdict == verdict
    assert faults([claim])


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("E-42 means the user name was refused?", "E-42 means the user name was not accepted."),
        ("E-42 means PPPoE failed?", "E-42 indicates that PPPoE authentication failed."),
        ("E-50 means it is too hot, right?", "Yes."),
        ("E-60 表示更新失败，对吧？", "E-60 表示更新失败。"),
        ("E-60 是不是固件文件损坏？", "是的，E-60 是因为固件文件损坏。"),
        ("E-42 means overheating, right?", "No, E-42 does not mean overheating."),
        ("E-42 means overheating, right?", "You wrote that E-42 means overheating."),
        ("E-42 表示过热，对吧？", "您提到 E-42 表示过热。"),
        ("The light is red since today. Why?", "The light is red."),
        ("My router shows E-42.", "Your router shows E-42."),
    ],
)
def test_a_right_premise_and_the_user_s_own_case_are_left_alone(question: str, answer: str) -> None:
    assert premise(question, answer) is None
    assert not faults(check_sentence(answer, asked(question)))


def test_a_number_of_the_manual_is_not_proved_by_the_user() -> None:
    wrong = "Hold the pinhole for 30 seconds."
    grounds = asked("I have to hold the pinhole for 30 seconds, right?")
    (claim,) = [c for c in check_sentence(wrong, grounds) if c.kind == "number"]
    assert (claim.verdict, claim.against) == ("contradicted", "r7")
    assert "10 seconds" in corrected(wrong, grounds)
    nowhere = "Restart it every 45 minutes."
    (claim,) = [
        c for c in check_sentence(nowhere, asked("Restart every 45 minutes?")) if c.kind == "number"
    ]
    assert (claim.verdict, claim.against) == ("unverified", "typed")
    assert not faults([claim])  # goes out, marked


def test_a_number_of_the_user_s_own_is_theirs_to_tell() -> None:
    grounds = asked("I have 12 devices. What is wrong?")
    (claim,) = check_sentence("You have 12 devices.", grounds)
    assert (claim.verdict, claim.against) == ("supported", "typed")


def test_evidence_is_named_before_the_user_s_words() -> None:
    (claim,) = check_sentence("E-42 shows.", asked("E-42 shows."))
    assert claim.against == "r7"


def test_a_wrong_premise_gives_way_to_what_the_manual_says() -> None:
    english = corrected("E-42 means overheating.", asked("E-42 means overheating?"))
    assert "E-42 PPPoE authentication failed" in english
    chinese = corrected("E-60 表示中了病毒。", asked("E-60 表示中了病毒？"))
    assert "E-60 更新失败" in chinese
    assert "病毒" not in chinese


def test_a_meaning_that_only_the_manual_of_another_code_tells_is_none() -> None:
    claim = premise("E-42 means the radio is too hot?", "E-42 means the radio is too hot.")
    assert claim
    assert "PPPoE" in claim.detail


def test_talk_confirms_no_meaning_that_nothing_tells() -> None:
    grounds = Grounds({"typed": "E-77 means a virus, right?"})
    assert check_talk("E-77 means a virus.", grounds, coded=True)
    assert not check_talk("You wrote that E-77 means a virus.", grounds, coded=True)
    feelings = Grounds({"typed": "I am sad because of work."})
    assert not check_talk("It is sad because of work.", feelings, coded=False)


def test_what_an_earlier_turn_claimed_is_no_evidence_either() -> None:
    history = [Exchange("t", "E-42 means overheating, right?", "", "en")]
    sources = sources_of([], [Percept("typed", "typed", "And now?", 1.0)], history)
    assert premises("E-42 means overheating.", Grounds({"r7": MANUAL} | sources))


def test_what_the_screen_shows_is_perceived() -> None:
    grounds = Grounds({"r7": "# Lights\nRed: cut.", "ocr": "E-77 Filter full", "typed": "E-77?"})
    assert not premises("E-77 means that the filter is full.", grounds)
