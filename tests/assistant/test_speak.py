"""The speaker says sentences in order, drops them at a stop, and never loses the text."""

import wave
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from assistant.errors import ConfigurationError, ModelError
from assistant.models.deterministic import DeterministicTextToSpeech
from assistant.models.protocols import TextToSpeech, Waveform
from assistant.settings import Settings
from assistant.stages.speak import PAUSE_S, Speaker, save_speech
from assistant.types import SpeechChunk


class Voice:
    """Says English as one sample per letter, and fails where it is told to."""

    languages = frozenset({"en"})

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.said: list[str] = []
        self.gate = Event()
        self.gate.set()
        self.speaking = Event()

    def speak(self, sentences: Sequence[str], language: str) -> list[Waveform]:
        assert language == "en"
        self.speaking.set()
        assert self.gate.wait(30)
        if self.failing and self.failing in sentences[0]:
            raise ModelError("the voice broke")
        self.said += sentences
        return [Waveform(np.full(len(s), 0.5, np.float32), 8000) for s in sentences]


def speaker(voice: TextToSpeech, language: str = "en") -> tuple[Speaker, list[SpeechChunk], Event]:
    heard: list[SpeechChunk] = []
    stop = Event()
    return Speaker(lambda: voice, language, heard.append, stop), heard, stop


def test_sentences_come_in_order_with_their_written_text():
    voice = Voice()
    mouth, heard, _ = speaker(voice)
    sentences = ["E-42 means this [1].", "Open **Settings > Internet** [2].", "Wait."]
    for sentence in sentences:
        mouth.say(sentence)
    assert mouth.finish() == heard
    assert [chunk.index for chunk in heard] == [0, 1, 2]
    assert [chunk.text for chunk in heard] == sentences
    assert voice.said == ["E 42 means this.", "Open Settings, then Internet.", "Wait."]
    assert mouth.notices == []


def test_say_returns_before_the_sentence_is_spoken():
    voice = Voice()
    voice.gate.clear()
    mouth, heard, _ = speaker(voice)
    mouth.say("First.")
    mouth.say("Second.")
    assert heard == []
    voice.gate.set()
    assert len(mouth.finish()) == 2


def test_what_cannot_be_said_is_left_out():
    mouth, heard, _ = speaker(Voice())
    mouth.say("---")
    mouth.say("🎉")
    mouth.say("Done.")
    assert [(chunk.index, chunk.text) for chunk in mouth.finish()] == [(0, "Done.")]
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("fr", "No voice for French is installed, so this answer is text only."),
        ("xx", "No voice for `xx` is installed, so this answer is text only."),
        ("zh", "没有安装中文语音，因此这个回答只有文字。"),
    ],
)
def test_a_language_without_a_voice_is_not_spoken_and_says_why(language: str, reason: str):
    mouth, heard, _ = speaker(Voice(), language)
    assert mouth.reason == reason
    mouth.say("Bonjour.")
    mouth.say("Encore.")
    assert mouth.finish() == heard == []
    assert mouth.notices == [reason]


def test_a_language_with_a_voice_has_no_reason():
    assert speaker(DeterministicTextToSpeech(Settings()), "zh")[0].reason == ""


def test_a_failed_sentence_becomes_a_notice_and_the_rest_is_spoken():
    mouth, heard, _ = speaker(Voice(failing="two"))
    for sentence in ("One.", "Number two.", "Again two.", "Three."):
        mouth.say(sentence)
    mouth.finish()
    assert [(chunk.index, chunk.text) for chunk in heard] == [(0, "One."), (1, "Three.")]
    assert mouth.notices == ["The answer could not be spoken: the voice broke"]


def test_a_voice_that_cannot_start_is_tried_once():
    starts: list[int] = []

    def missing() -> TextToSpeech:
        starts.append(1)
        raise ConfigurationError("the weights are absent")

    mouth = Speaker(missing, "zh", lambda chunk: None, Event())
    mouth.say("一。")
    mouth.say("二。")
    assert mouth.finish() == []
    assert mouth.notices == ["朗读失败: the weights are absent"]
    assert len(starts) == 1


def test_stop_drops_the_queue_at_once():
    voice = Voice()
    voice.gate.clear()
    mouth, heard, stop = speaker(voice)
    for _ in range(5):
        mouth.say("Something long.")
    assert voice.speaking.wait(30)
    stop.set()
    assert mouth.finish() == []  # although the voice still hangs in the first sentence
    voice.gate.set()
    assert heard == []


def test_saved_speech_is_16_bit_mono_with_a_pause_between_sentences(tmp_path: Path):
    rate = 8000
    loud = np.full(rate, 2.0, np.float32)  # beyond full scale
    chunks = [SpeechChunk(i, "x", loud, rate) for i in range(2)]
    save_speech(chunks, tmp_path / "reply.wav")
    with wave.open(str(tmp_path / "reply.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    pause = round(PAUSE_S * rate)
    assert len(pcm) == 2 * rate + pause
    assert (pcm[rate : rate + pause] == 0).all()
    assert (pcm[:rate] == 32767).all()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    chunk = SpeechChunk(0, "x", np.zeros(10, np.float32), 8000)
    with pytest.raises(ConfigurationError, match=r"nowhere/reply\.wav"):
        save_speech([chunk], tmp_path / "nowhere" / "reply.wav")
