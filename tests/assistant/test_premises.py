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
    "# E-60 更新失败\n原因：固件文件损坏。\n"
    "# Safety\nNever open the housing.\nNever use the router near water.\n"
    "# Devices\nThe router supports up to 32 devices."
)


def asked(question: str, manual: str = MANUAL) -> Grounds:
    return Grounds({"r7": manual, "typed": question})


def premise(question: str, answer: str) -> Claim | None:
    claims = check_sentence(answer, asked(question))
    return next((c for c in claims if c.kind == "premise"), None)


@pytest.mark.parametrize(
    ("question", "answer", "verdict"),
    [
        ("E-42 means overheating, right?", "E-42 indicates overheating.", "unverified"),
        ("E-42 means overheating, right?", "Yes, that's right.", "unverified"),
        (
            "My router shows E-42, so the antenna is broken?",
            "The router shows E-42, indicating that the antenna is broken.",
            "unverified",
        ),
        (
            "Since E-42 means the router is too hot, how do I cool it?",
            "Since E-42 means the router is too hot, cool it down.",
            "unverified",
        ),
        ("E-60 表示中了病毒，对吧？", "E-60 表示中了病毒。", "unverified"),
        ("E-60 是天线坏了引起的吗？", "E-60 是天线坏了引起的。", "unverified"),
        ("E-60 表示中了病毒，对吧？", "对。", "unverified"),
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


@pytest.mark.parametrize(
    "answer",
    [
        "The error you reported, E-42, means overheating.",
        "The problem you described with E-42 is caused by overheating.",
        "Like you said, E-42 means overheating.",
        "What you said is right: E-42 means overheating.",
        "You said it right: E-42 means overheating.",
        "You said that E-42 means overheating and that is right.",
        "You are right that E-42 means overheating.",
        "That is what it means.",
        "Yes, as mentioned in your question, E-42 means overheating.",
        "No problem, E-42 means overheating.",
        "There is no doubt that E-42 means overheating.",
        "The internet does not work because E-42 means overheating.",
        "E-42 does not mean a broken plug, it means overheating.",
        "E-42 means overheating, so press **Reconnect** and wait 60 seconds.",
        "E-42 means overheating, type the password again.",
        "E-42 means that the router is overheating and PPPoE authentication failed.",
        "E-42 means that PPPoE authentication failed and the router is overheating.",
        "Yes, E-42 is overheating.",
        "E-42 is an overheating fault.",
        "E-42 occurs when the router is overheating.",
        "E-42 shows that it is overheating.",
    ],
)
def test_a_wrong_meaning_is_found_however_it_is_put(answer: str) -> None:
    grounds = asked("My router shows E-42. E-42 means overheating, right?")
    assert faults(check_sentence(answer, grounds))
    assert "did not accept" in corrected(answer, grounds)


@pytest.mark.parametrize(
    "answer",
    [
        "正如您说的，E-60 表示中了病毒。",
        "您说得很对，E-60 表示中了病毒。",
        "您提到 E-60 表示中了病毒，这是对的。",
        "您说得对，就是这样。",
        "正如您提到的，E-60 表示中了病毒。",
        "您的问题是由于中了病毒，E-60 就是这样。",
        "没错，E-60 表示中了病毒。",
        "不用担心，E-60 表示中了病毒。",
        "E-60 就是中了病毒。",
        "E-60 是中了病毒的意思。",
    ],
)
def test_a_wrong_meaning_is_found_however_it_is_put_in_chinese(answer: str) -> None:
    grounds = asked("路由器显示 E-60。E-60 表示中了病毒，对吧？")
    assert faults(check_sentence(answer, grounds))
    assert "固件文件损坏" in corrected(answer, grounds)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("E-42 means overheating, right?", "It is not true that E-42 means overheating."),
        ("E-42 means overheating, right?", "The manual does not say that E-42 means overheating."),
        ("E-42 means overheating, right?", "You asked whether E-42 means overheating."),
        ("E-42 means overheating, right?", "E-42 is no sign of overheating."),
        ("E-60 表示中了病毒，对吧？", "E-60 并不表示中了病毒。"),
        ("E-60 表示中了病毒，对吧？", "E-60 不太可能表示中了病毒。"),
        ("E-60 表示中了病毒，对吧？", "手册没有说 E-60 表示中了病毒。"),
        ("E-60 表示中了病毒，对吧？", "您刚才问 E-60 是不是表示中了病毒。"),
        ("My tablet shows E-42. Why?", "Your tablet shows E-42."),
        ("E-42 is on my display. What now?", "E-42 is on your display."),
        ("It means a lot to me. Thanks!", "I know it means a lot to you."),
        ("客服代表怎么说？使用说明书在哪？", "请看使用说明书，或者联系客服代表。"),
    ],
)
def test_what_is_denied_reported_or_no_meaning_is_no_premise(question: str, answer: str) -> None:
    assert premise(question, answer) is None


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Is it safe to open the housing?", "Yes."),
        ("Is it safe to open the housing?", "Yes, it is."),
        ("Can I open the housing?", "Yes, you can."),
        ("I can use it near water, right?", "Absolutely."),
        ("I can use the router near water, right?", "Of course."),
        ("I can use the router near water, right?", "You are absolutely right."),
        ("Is using the router near water fine?", "As for your question, using the router near"
         " water is fine."),
    ],
)  # fmt: skip
def test_a_yes_does_not_allow_what_the_manual_forbids(question: str, answer: str) -> None:
    assert faults(check_sentence(answer, asked(question)))


def test_a_yes_to_what_is_forbidden_gives_way_to_the_prohibition() -> None:
    assert "Never open the housing" in corrected("Yes.", asked("Can I open the housing?"))


def test_the_manual_is_quoted_and_not_the_user_s_screen() -> None:
    told = "E-42 means overheating, right?"
    screen = {"ocr": "# E-42 Login\nE-42 shown", "typed": told}
    assert "Login" not in corrected("E-42 means overheating.", Grounds(screen | {"r7": MANUAL}))
    nothing = Grounds(screen | {"r7": "# Lights\nRed: cut."})
    assert faults(check_sentence("E-42 means overheating.", nothing))
    assert corrected("E-42 means overheating.", nothing) == ""


@pytest.mark.parametrize(
    "answer", ["是这样的。", "当然。", "可以。", "可以的。", "没问题。", "嗯。"]
)
def test_a_chinese_yes_says_what_was_asked(answer: str) -> None:
    assert premise("E-60 表示中了病毒，对吧？", answer)
    assert premise("E-60 表示更新失败，对吧？", answer) is None
    manual = "# 安全\n严禁打开外壳。\n请勿在水边使用路由器。"
    for question in ("我可以打开外壳吗？", "能在水边使用路由器吗？"):
        assert faults(check_sentence(answer, asked(question, manual)))


@pytest.mark.parametrize("question", ["Is it dangerous to open the housing?", "打开外壳危险吗？"])
def test_a_yes_to_a_danger_is_right(question: str) -> None:
    manual = MANUAL + "\n# 安全\n严禁打开外壳。"
    assert not faults(check_sentence("Yes.", asked(question, manual)))
    assert not faults(check_sentence("是的。", asked(question, manual)))


def test_a_yes_allows_what_the_manual_tells() -> None:
    assert not faults(check_sentence("Yes, you can.", asked("Can I type the password again?")))
    assert not faults(check_sentence("Sure.", asked("Should I press **Reconnect**?")))


def test_a_number_that_is_only_reported_is_the_user_s() -> None:
    grounds = asked("Do I hold the pinhole for 30 seconds?")
    assert not faults(check_sentence("You asked about 30 seconds for the pinhole.", grounds))


def test_what_follows_a_report_is_no_part_of_it() -> None:
    answer = "You wrote that your router shows E-42, which means overheating."
    assert faults(check_sentence(answer, asked("E-42 means overheating, right?")))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("I have 30 seconds for the pinhole, right?", "You have 30 seconds for the pinhole."),
        ("My router supports up to 64 devices, right?", "Your router supports up to 64 devices."),
        (
            "It resets after I hold the pinhole for 30 seconds?",
            "Your router resets after you hold the pinhole for 30 seconds.",
        ),
    ],
)
def test_a_number_of_the_manual_is_not_the_user_s_own(question: str, answer: str) -> None:
    assert faults(check_sentence(answer, asked(question)))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("E-50 means overheating?", "Yes, E-50 means overheating."),
        ("E-42 means my login was refused, right?", "E-42 means your login was refused."),
        ("E-60 表示文件坏了，对吧？", "E-60 表示文件坏了。"),
    ],
)
def test_a_right_premise_in_other_words_is_not_denied(question: str, answer: str) -> None:
    claim = premise(question, answer)
    assert claim is None or claim.verdict == "unverified"
    assert "something else" not in corrected(answer, asked(question))
    assert "不是这样" not in corrected(answer, asked(question))


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
