"""Each spoken sentence is heard by itself in the background; what fails is said again, or shown."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest

from assistant.errors import ModelError
from assistant.intake import read_turn
from assistant.listening import Hearing, Listener, listen, said_again
from assistant.models.deterministic import DeterministicSpeechToText, DeterministicTextToSpeech
from assistant.models.protocols import Recording, SpeechToText, Transcription, Waveform
from assistant.models.registry import BACKENDS, BackendSpec
from assistant.session import Assistant
from assistant.settings import Limits, Settings
from assistant.types import Claim, Reply, SpeechChunk

EARS = DeterministicSpeechToText(Settings())
VOICE = DeterministicTextToSpeech(Settings())


def chunk(index: int, text: str, said: str = "") -> SpeechChunk:
    """Return a sentence whose sound says `said`."""
    (sound,) = VOICE.speak([said or text], "en")
    return SpeechChunk(index, text, sound.samples, sound.sample_rate)


class SlowEars:
    """Hears nothing until it may."""

    def __init__(self) -> None:
        self.may = Event()
        self.failing = False

    def transcribe(
        self, recordings: Sequence[Recording], language: str | None = None
    ) -> list[Transcription]:
        assert self.may.wait(30)
        if self.failing:
            raise ModelError("the ears hurt")
        return EARS.transcribe(recordings, language)


class DroppingVoice(DeterministicTextToSpeech):
    """Never says "not", however it is asked."""

    def speak(self, sentences: Sequence[str], language: str) -> list[Waveform]:
        return super().speak([sentence.replace(" not", "") for sentence in sentences], language)


def listener(ears: SpeechToText) -> tuple[Listener, Event]:
    stop = Event()
    return Listener(lambda: ears, "en", stop), stop


def test_a_number_of_one_sentence_does_not_stand_for_that_of_another() -> None:
    hears, _ = listener(EARS)
    hears.hear(chunk(0, "Wait 60 seconds.", said="Wait 16 seconds."))
    hears.hear(chunk(1, "Then wait 60 seconds more."))
    first, second = hears.finish()
    assert first.misheard == ["60 seconds"]
    assert second.misheard == []


def test_hearing_keeps_nobody_waiting_and_stops_at_once() -> None:
    ears = SlowEars()
    hears, stop = listener(ears)
    for index in range(3):
        hears.hear(chunk(index, "Wait 60 seconds."))
    stop.set()
    assert hears.finish() == []  # although the first is still being heard
    ears.may.set()


def test_ears_that_fail_cost_the_check_and_say_so_once() -> None:
    ears = SlowEars()
    ears.failing = True
    ears.may.set()
    hears, _ = listener(ears)
    said = [chunk(0, "Wait 60 seconds."), chunk(1, "Press Reconnect.")]
    for one in said:
        hears.hear(one)
    assert hears.finish() == [Hearing(one) for one in said]
    assert hears.notices == ["The speech could not be checked: the ears hurt"]


def test_what_was_heard_once_needs_no_second_proof() -> None:
    text = "Press Reconnect, then wait 60 seconds."
    first = listen(chunk(0, text, said="Press Reconnect, then wait 16 seconds."), EARS, "en")
    second = listen(chunk(0, text, said="Press Record, then wait six zero seconds."), EARS, "en")
    assert (first.misheard, second.misheard) == (["60 seconds"], ["Reconnect"])
    both = said_again(first, second)
    assert both.misheard == []
    assert both.chunk == second.chunk
    (mended,) = [claim for claim in both.claims if claim.text == "60 seconds"]
    assert "said again" in mended.detail


def test_of_words_said_twice_the_lost_one_stays_lost() -> None:
    text = "Do not open it when hot and do not open it when wet."
    lost = listen(chunk(0, text, said=text.replace("and do not", "and do")), EARS, "en")
    assert lost.misheard == ["not open it"]
    assert said_again(lost, lost).misheard == ["not open it"]
    whole = listen(chunk(0, text), EARS, "en")
    assert said_again(lost, whole).misheard == []


def test_an_unforeseen_failure_of_the_ears_is_a_notice_too() -> None:
    class BrokenEars:
        def transcribe(
            self, recordings: Sequence[Recording], language: str | None = None
        ) -> list[Transcription]:
            raise RuntimeError("out of memory")

    hears, _ = listener(BrokenEars())
    hears.hear(chunk(0, "Wait 60 seconds."))
    assert hears.finish() == []
    assert hears.notices == ["The speech could not be checked: out of memory"]


def test_time_for_saying_again_is_limited(
    chat_says: deque[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    voice = BackendSpec(__name__, "DroppingVoice")
    monkeypatch.setitem(BACKENDS["text_to_speech"], "deterministic", voice)
    chat_says.append("Do not worry.")
    settings = Settings(profile="deterministic", data_dir=tmp_path, limits=Limits(repair_s=0.0))
    events = list(Assistant(settings).stream(read_turn("Hello!", [], settings=settings)))
    said = [event.text for event in events if isinstance(event, SpeechChunk)]
    assert said.count("Do not worry.") == 1
    reply = events[-1]
    assert isinstance(reply, Reply)
    assert any("go by the text: not worry" in notice for notice in reply.notices)


def test_what_fails_twice_is_flagged(
    chat_says: deque[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    voice = BackendSpec(__name__, "DroppingVoice")
    monkeypatch.setitem(BACKENDS["text_to_speech"], "deterministic", voice)
    chat_says.append("Do not worry.")
    settings = Settings(profile="deterministic", data_dir=tmp_path)
    events = list(Assistant(settings).stream(read_turn("Hello!", [], settings=settings)))
    reply = events[-1]
    assert isinstance(reply, Reply)
    said = [event.text for event in events if isinstance(event, SpeechChunk)]
    assert said.count("Do not worry.") == 2
    assert reply.verification.verdict == "inconsistent"
    (claim,) = [c for c in reply.verification.claims if c.verdict == "contradicted"]
    assert isinstance(claim, Claim)
    assert (claim.kind, claim.text) == ("speech", "not worry")
    assert "said again" in claim.detail
    assert any("go by the text: not worry" in notice for notice in reply.notices)


@pytest.fixture
def chat_says(monkeypatch: pytest.MonkeyPatch) -> deque[str]:
    """What the chat model will answer, in this order."""
    from tests.fakes import ScriptedChat

    scripted = BackendSpec("tests.fakes", "ScriptedChat")
    monkeypatch.setitem(BACKENDS["chat"], "deterministic", scripted)
    ScriptedChat.answers.clear()
    return ScriptedChat.answers
