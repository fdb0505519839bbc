"""Speech on a laptop: hibari says English, Kokoro says Chinese; each loads at its first word."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from assistant.errors import AssistantError, ModelError
from assistant.models.protocols import Waveform
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.models.kokoro_tts import Kokoro

SAMPLE_RATE = 24_000  # of both voices
NOISE_SEED = 0  # hibari's breath noise; the same words always give the same samples


class PocketSpeech:
    """Two voices behind one face; a turn in one language never loads the other's."""

    languages = frozenset({"en", "zh"})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._english: Callable[..., np.ndarray] | None = None
        self._chinese: Kokoro | None = None

    def speak(self, sentences: Sequence[str], language: str) -> list[Waveform]:
        """Say each sentence at 24 kHz.

        Raises ModelError when a voice cannot be loaded or fails, ConfigurationError when its
        weights are missing.
        """
        try:
            say = self._chinese_voice() if language == "zh" else self._english_voice()
            return [Waveform(say(sentence), SAMPLE_RATE) for sentence in sentences]
        except AssistantError:
            raise
        except Exception as exc:
            raise ModelError(f"The voice for `{language}` failed: {exc}.") from exc

    def _english_voice(self) -> Callable[[str], np.ndarray]:
        with self._lock:
            if self._english is None:
                from hibari import Hibari

                self._english = Hibari()
            voice = self._english
        return lambda sentence: voice(sentence, seed=NOISE_SEED)

    def _chinese_voice(self) -> Callable[[str], np.ndarray]:
        with self._lock:
            if self._chinese is None:
                from assistant.models.kokoro_tts import Kokoro

                self._chinese = Kokoro(self._settings)
            return self._chinese.say
