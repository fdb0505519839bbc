"""Scripted stand-ins that a test fills with what they are to say."""

from collections import deque
from collections.abc import Iterator, Sequence
from threading import Event
from typing import ClassVar

from assistant.errors import ConfigurationError
from assistant.models.deterministic import DeterministicTextToSpeech
from assistant.models.protocols import ChatMessage, Recording, Transcription, Waveform
from assistant.settings import Settings


class ScriptedChat:
    """Says what was enqueued, word by word, and keeps the prompts it was given."""

    answers: ClassVar[deque[str]] = deque()
    prompts: ClassVar[list[Sequence[ChatMessage]]] = []

    def __init__(self, settings: Settings) -> None:
        del settings

    @classmethod
    def enqueue(cls, *answers: str) -> None:
        cls.answers.extend(answers)

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        stop: Event,
        temperature: float = 0.0,
        stop_at: Sequence[str] = (),
    ) -> Iterator[str]:
        del max_tokens, temperature, stop_at
        self.prompts.append(messages)
        answer = self.answers.popleft() if self.answers else ""
        for i in range(0, len(answer), 4):
            if stop.is_set():
                return
            yield answer[i : i + 4]

    def warm(self, messages: Sequence[ChatMessage]) -> None:
        del messages


class EndlessChat(ScriptedChat):
    """Never stops talking by itself."""

    stopped: ClassVar[Event] = Event()

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        stop: Event,
        temperature: float = 0.0,
        stop_at: Sequence[str] = (),
    ) -> Iterator[str]:
        del messages, max_tokens, temperature, stop_at
        while not stop.is_set():
            yield "on and "
        self.stopped.set()


class DeafSpeechToText:
    """Cannot listen: its model is absent."""

    def __init__(self, settings: Settings, model: str = "") -> None:
        del settings, model

    def transcribe(
        self, recordings: Sequence[Recording], language: str | None = None
    ) -> list[Transcription]:
        raise ConfigurationError("The weights are absent. Run: samesense models fetch")


class MumblingTextToSpeech(DeterministicTextToSpeech):
    """Says sixteen for sixty, unless it is spelled out."""

    def speak(self, sentences: Sequence[str], language: str) -> list[Waveform]:
        return super().speak([sentence.replace("60", "16") for sentence in sentences], language)
