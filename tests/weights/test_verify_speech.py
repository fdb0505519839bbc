"""The spoken answer, said by a real voice and heard by a real recogniser, keeps its items."""

import numpy as np
import pytest

from assistant.checks.speech import check_speech
from assistant.models.protocols import SpeechToText, TextToSpeech, Transcription, Waveform
from assistant.models.registry import load
from assistant.settings import load_settings
from assistant.stages.speak import say_again
from assistant.types import SpeechChunk

pytestmark = pytest.mark.weights

ANSWER = (
    "E-42 means that the PPPoE authentication failed.",
    "Open 192.168.7.1 and press Reconnect.",
    "Then wait 60 seconds until the light is green.",
)
CHANGED = (
    "E-24 means that the PPPoE authentication failed.",
    "Open 192.168.1.1 and press Reconnect.",
    "Then wait 90 seconds until the light is green.",
)


@pytest.fixture(scope="module")
def voice() -> TextToSpeech:
    return load("text_to_speech", "pocket", load_settings())


@pytest.fixture(scope="module")
def recogniser() -> SpeechToText:
    return load("speech_to_text", "faster-whisper", load_settings(), model="base")


def listen(
    voice: TextToSpeech, recogniser: SpeechToText, sentences: tuple[str, ...], language: str
) -> Transcription:
    spoken = voice.speak(sentences, language)
    pause = np.zeros(spoken[0].sample_rate // 4, dtype=np.float32)
    samples = np.concatenate([part for said in spoken for part in (said.samples, pause)])
    return recogniser.transcribe([Waveform(samples, spoken[0].sample_rate)], language)[0]


def test_what_was_said_is_heard(voice: TextToSpeech, recogniser: SpeechToText) -> None:
    heard = listen(voice, recogniser, ANSWER, "en")
    verdicts = {claim.text: claim.verdict for claim in check_speech(" ".join(ANSWER), heard)}
    assert set(verdicts) == {"E-42", "PPPoE", "192.168.7.1", "Reconnect", "60 seconds"}
    assert set(verdicts.values()) == {"supported"}, heard.text


@pytest.mark.parametrize("changed", range(3))
def test_another_number_said_is_caught(
    changed: int, voice: TextToSpeech, recogniser: SpeechToText
) -> None:
    said = (*ANSWER[:changed], CHANGED[changed], *ANSWER[changed + 1 :])
    heard = listen(voice, recogniser, said, "en")
    wrong = [c for c in check_speech(" ".join(ANSWER), heard) if c.verdict == "contradicted"]
    assert [claim.text for claim in wrong] == [["E-42", "192.168.7.1", "60 seconds"][changed]]


def test_chinese_speech_keeps_its_numbers(voice: TextToSpeech, recogniser: SpeechToText) -> None:
    sentences = ("请等待六十秒。", "然后检查互联网灯是否变绿。")
    heard = listen(voice, recogniser, sentences, "zh")
    assert {c.verdict for c in check_speech("请等待60秒。", heard)} == {"supported"}, heard.text
    assert {c.verdict for c in check_speech("请等待90秒。", heard)} == {"contradicted"}


@pytest.mark.parametrize(
    ("words", "changed", "missing"),
    [
        ("Do not press the reset button now.", "Do press the reset button now.", "not press"),
        ("Click **Export list** to keep a copy.", "Click Import list to keep a copy.", "Export"),
        ("访客不应该知道管理员密码。", "访客应该知道管理员密码。", "不应"),
    ],
)
def test_a_lost_negation_or_name_is_caught(
    words: str, changed: str, missing: str, voice: TextToSpeech, recogniser: SpeechToText
) -> None:
    language = "en" if words.isascii() else "zh"
    right = check_speech(words, listen(voice, recogniser, (words,), language))
    assert {claim.verdict for claim in right} == {"supported"}
    wrong = check_speech(words, listen(voice, recogniser, (changed,), language))
    (lost,) = [claim for claim in wrong if claim.verdict != "supported"]
    assert lost.text.startswith(missing)


@pytest.mark.parametrize(
    ("words", "item"),
    [
        ("The order number is KX-2093.", "KX-2093"),
        ("Wait 60 seconds before you press it.", "60 seconds"),
        ("Open 192.168.7.1 in a browser.", "192.168.7.1"),
    ],
)
def test_what_is_spelled_out_is_understood(
    words: str, item: str, voice: TextToSpeech, recogniser: SpeechToText
) -> None:
    chunk = SpeechChunk(0, words, np.zeros(0, np.float32), 24_000)
    again = say_again(chunk, [item], voice, "en")
    (heard,) = recogniser.transcribe([Waveform(again.samples, again.sample_rate)], "en")
    assert {claim.verdict for claim in check_speech(words, heard)} == {"supported"}, heard.text
