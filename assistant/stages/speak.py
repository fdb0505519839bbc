"""Say an answer sentence by sentence while its text still streams, and save what was said."""

import wave
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np

from assistant.errors import AssistantError, ConfigurationError
from assistant.models.protocols import TextToSpeech
from assistant.spoken import spelled_out, spoken_form
from assistant.types import SpeechChunk

PAUSE_S = 0.25  # silence between two saved sentences
_STOP_CHECK_S = 0.05

_LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


class Speaker:
    """Speaks the sentences of one turn in order, in a thread of its own."""

    def __init__(
        self,
        synthesizer: Callable[[], TextToSpeech],
        language: str,
        emit: Callable[[SpeechChunk], None],
        stop: Event,
    ) -> None:
        self.notices: list[str] = []  # why something was not said, for the user
        self._synthesizer = synthesizer
        self._language = language
        self._emit = emit
        self._stop = stop
        self._worker = ThreadPoolExecutor(1, "speaker")
        self._sentences: list[Future[None]] = []
        self._chunks: list[SpeechChunk] = []
        self._silenced = False  # nothing more can be said in this turn

    @property
    def reason(self) -> str:
        """Why this language is not spoken, as a sentence for the user; empty when it is.

        Raises ConfigurationError when the voices cannot be started.
        """
        if self._language in self._synthesizer().languages:
            return ""
        if self._language == "zh":
            return "没有安装中文语音，因此这个回答只有文字。"
        name = _LANGUAGES.get(self._language, f"`{self._language}`")
        return f"No voice for {name} is installed, so this answer is text only."

    def say(self, sentence: str) -> None:
        """Queue a sentence and return at once."""
        self._sentences.append(self._worker.submit(self._speak, sentence))

    def settle(self) -> None:
        """Wait until all that was queued is said, or `stop` is set."""
        pending = set(self._sentences)
        while pending and not self._stop.is_set():
            _, pending = wait(pending, _STOP_CHECK_S)

    def finish(self) -> list[SpeechChunk]:
        """Wait until all is said, or `stop` is set, and return it in the order of speaking."""
        self.settle()
        self._worker.shutdown(wait=False, cancel_futures=True)
        for sentence in self._sentences:
            if sentence.done() and not sentence.cancelled() and (exc := sentence.exception()):
                self._note_failure(exc)
        return list(self._chunks)

    def _speak(self, sentence: str) -> None:
        """Say one sentence; a failure leaves the text alone and becomes a notice."""
        words = spoken_form(sentence, self._language)
        if self._stop.is_set() or self._silenced or not words:
            return
        try:
            if reason := self.reason:
                self._silenced = True
                self.notices.append(reason)
                return
            (sound,) = self._synthesizer().speak([words], self._language)
        except AssistantError as exc:
            self._silenced = isinstance(exc, ConfigurationError)
            self._note_failure(exc)
            return
        if self._stop.is_set() or not len(sound.samples):
            return
        chunk = SpeechChunk(len(self._chunks), sentence, sound.samples, sound.sample_rate)
        self._chunks.append(chunk)
        self._emit(chunk)

    def _note_failure(self, exc: BaseException) -> None:
        lead = "朗读失败" if self._language == "zh" else "The answer could not be spoken"
        notice = f"{lead}: {exc}"
        if notice not in self.notices:
            self.notices.append(notice)


def say_again(
    chunk: SpeechChunk, misheard: Sequence[str], voice: TextToSpeech, language: str
) -> SpeechChunk:
    """Return a sentence said anew, with what was misheard in it spelled out.

    Raises ModelError when the backend fails.
    """
    words = spoken_form(spelled_out(chunk.text, misheard, language), language)
    (sound,) = voice.speak([words], language)
    return replace(chunk, samples=sound.samples, sample_rate=sound.sample_rate)


def save_speech(chunks: Sequence[SpeechChunk], path: Path) -> None:
    """Write the chunks as one 16-bit mono WAV with a short pause between sentences.

    Raises ConfigurationError when the file cannot be written.
    """
    rate = chunks[0].sample_rate
    pause = np.zeros(round(PAUSE_S * rate), np.float32)
    sound = np.concatenate([part for chunk in chunks for part in (chunk.samples, pause)][:-1])
    pcm = (np.clip(sound, -1.0, 1.0) * 32767).astype("<i2")
    try:
        with path.open("wb") as file, wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(rate)
            writer.writeframes(pcm.tobytes())
    except OSError as exc:
        raise ConfigurationError(
            f"The speech could not be written to `{path}`: {exc.strerror}. "
            "Free some space there or choose another folder."
        ) from exc
