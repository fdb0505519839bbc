"""Names and negations in speech, however a recogniser writes them; repeated text is doubted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.checks.sounds import alike, near
from assistant.checks.speech import check_speech
from assistant.models.faster_whisper_stt import begins_again
from assistant.models.protocols import Transcription


def lost(words: str, heard: str) -> list[str]:
    """Return what of the words was not heard."""
    claims = check_speech(words, Transcription(heard, "", 0.9))
    return [claim.text for claim in claims if claim.verdict != "supported"]


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        ("Don't press it.", "Do not press it."),
        ("You cannot undo it.", "you can't undo it"),
        ("It won't start.", "It will not start."),
        ("Run it without soap.", "Run it without soap."),
        ("Go to Menu > Care > Descale.", "Go to menu, then care, then to scale."),
        ("The Kestrel is on.", "The Castrol is on."),
        ("“E-42 PPPoE failed” is shown.", "E42 PPPOE failed is shown."),
        ("Press **Log in**.", "press login"),
        ("“Error codes” covers this.", "Ericodes covers this."),
        ("“Guest network” covers it.", "Guess not where covers it."),
        ("请勿关闭电源。", "请误关闭电源"),
        ("访客不应该知道。", "访客部应该知道"),
        ("点击「重新连接」。", "点击虫心连节"),
        ("无线网络打开了。", "五线网络打开了"),  # 无线 denies nothing
        ("这很特别。", "这很特别"),
        ("You know the code.", "You no the code."),
        ("The network is slow.", "The not work is slow."),
        ("分步打开它。", "分不打开它"),
    ],
)
def test_speech_that_is_right_raises_no_alarm(words: str, heard: str) -> None:
    assert lost(words, heard) == []


@pytest.mark.parametrize(
    ("words", "heard", "missing"),
    [
        ("Do not press it.", "Do press it.", ["not press it"]),
        ("Never open the lid.", "Open the lid.", ["never open the"]),
        ("Run it without soap.", "Run it with soap.", ["without soap"]),
        ("There is no need.", "There is a need.", ["no need"]),
        ("You can open it.", "You can't open it.", ["not open it"]),
        ("不要按按钮。", "要按按钮", ["不要按"]),
        ("您无需重启。", "您需要重启", ["无需重"]),
        ("You can now open the lid.", "You can not open the lid.", ["not open the"]),
        ("You may also open it.", "You may not open it.", ["not open it"]),
        ("现在可以再打开它。", "现在可以不打开它。", ["不打开"]),
        ("Press Reconnect.", "Press disconnect.", ["Reconnect"]),
        ("Click **Export list**.", "Click import list.", ["Export list"]),
        ("点击「导出列表」。", "点击倒入列表", ["导出列表"]),
        ("Choose Menu > Care > Descale.", "choose menu then care then defrost",
         ["Menu > Care > Descale"]),
    ],
)  # fmt: skip
def test_a_lost_name_or_negation_is_told(words: str, heard: str, missing: list[str]) -> None:
    assert lost(words, heard) == missing


def test_a_negation_among_unheard_words_is_unverified() -> None:
    (claim,) = check_speech("Do not press it.", Transcription("hello", "en", 0.9))
    assert claim.verdict == "unverified"


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz'", max_size=12))
def test_every_word_sounds_like_itself(word: str) -> None:
    assert alike(word, word)
    assert near(word, word)


@pytest.mark.parametrize(
    ("text", "doubted"),
    [
        ("Draw a house under a blue sky. Draw a house", True),
        ("Press OK on the page. Press OK on the page. Press", True),
        ("Stop. Stop.", True),
        ("打开设置。打开设置", True),
        ("What I need is what I", False),
        ("Draw a small house next to a green tree.", False),
        ("It is red, that is it.", False),
        ("Stop.", False),
        ("", False),
    ],
)
def test_text_that_ends_as_it_began_is_doubted(text: str, doubted: bool) -> None:
    assert begins_again(text) is doubted
