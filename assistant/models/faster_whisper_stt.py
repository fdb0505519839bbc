"""Write down speech with Whisper through faster-whisper and CTranslate2.

Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022. The
published decoder always encodes 30 s. Here a window is as long as the speech in it, but at least
8 s (shorter ones make the decoder repeat itself), which is 3 to 5 times quicker and as accurate.
Whatever looks wrong is decoded once more the published way.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any
from zlib import compress

import numpy as np

from assistant.errors import ConfigurationError, ModelError
from assistant.language import LANGUAGES
from assistant.models.protocols import Recording, Transcription, Waveform
from assistant.sentences import split_sentences
from assistant.settings import Settings
from assistant.weights import weights_folder
from knowledge.types import Segment

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

RATE = 16_000
FULL_WINDOW_S = 30.0  # what Whisper was trained on
SHORTEST_WINDOW_S = 8.0
LONGEST_WINDOW_S = 15.0  # of speech in one window, so that its place in the recording is known
MARGIN_S = 1.0  # silence after the speech, which tells the decoder that it has ended
TOKENS_PER_S = 8  # speech has about 5
UNLIKELY = -1.0  # mean log-probability of a token, as in the paper
HOPELESS = -1.5
NO_SPEECH = 0.6
REPETITIVE = 2.4  # ratio of compression, as in the paper
SILENT = 0.003  # peak level
SOUND_S = 2.0  # of the encoder's output go into one vector of `Transcription.sounds`
_FRAMES_PER_S = 50  # of the encoder's output

_THRICE = re.compile(r"(\w.{1,40}?)[\s,.!?，。！？]*(?:\1[\s,.!?，。！？]*){2,}", re.IGNORECASE)
_WORD = re.compile(r"[一-鿿]|[^\W_一-鿿]+(?:['’]\w+)?")
_BEGUN_AGAIN = 3  # words; fewer at both ends of a text may well be meant


@dataclass(frozen=True)
class _Heard:
    """What the decoder made of one window."""

    text: str
    log_probability: float  # mean of a token
    no_speech: float
    cut_off: bool

    @property
    def repeats(self) -> bool:
        data = self.text.encode()
        return len(data) / len(compress(data)) > REPETITIVE

    @property
    def doubtful(self) -> bool:
        return (
            self.log_probability < UNLIKELY
            or self.cut_off
            or self.repeats
            or bool(_THRICE.search(self.text))
            or begins_again(self.text)
        )

    @property
    def invented(self) -> bool:
        # People repeat themselves too, but not until they are cut off.
        silent = self.no_speech > NO_SPEECH and self.log_probability < UNLIKELY
        looped = self.repeats and self.cut_off
        return silent or looped or self.log_probability < HOPELESS


def begins_again(text: str) -> bool:
    """Tell whether a text ends as it began: said twice, or once and then begun again.

    "Press OK now. Press OK" and "Yes. Yes." do; people say such things too, so this is no proof.
    """
    words = [word.lower() for word in _WORD.findall(text)]
    return any(
        words[:length] == words[-length:]
        for length in range(1, len(words))
        if length >= _BEGUN_AGAIN or 2 * length >= len(words)
    )


class FasterWhisper:
    """Transcribes recordings; loads its weights when somebody first speaks in one."""

    def __init__(self, settings: Settings, model: str = "base") -> None:
        """Take `base`, which the catalogue of weights holds, or a name on faster-whisper's hub."""
        self._settings = settings
        self._name = model
        self._lock = Lock()
        self._model: WhisperModel | None = None

    def transcribe(
        self, recordings: Sequence[Recording], language: str | None = None
    ) -> list[Transcription]:
        """Write down each recording; Chinese comes in simplified characters.

        Without `language` (ISO 639-1) it is detected. A segment is a sentence; its times are
        shared out by length within a window of at most 15 s. Raises InputError for an unreadable
        file, ConfigurationError without weights, ModelError when the backend fails.
        """
        return [self._transcribe(self._samples(recording), language) for recording in recordings]

    def _samples(self, recording: Recording) -> np.ndarray:
        from assistant.media import decode_audio, resample

        if isinstance(recording, Waveform):
            return resample(recording, RATE).samples
        return decode_audio(recording, self._settings.limits).samples

    def _transcribe(self, samples: np.ndarray, language: str | None) -> Transcription:
        windows = _speech_windows(samples)
        if not windows:
            quiet = len(samples) == 0 or float(np.abs(samples).max()) < SILENT
            what = "it is silent" if quiet else "there is only noise or music"
            return Transcription("", "", 0.0, reason=f"Nobody speaks in this recording: {what}.")
        try:
            return self._write_down(samples, windows, language)
        except (RuntimeError, ValueError) as exc:  # what CTranslate2 raises
            raise ModelError(
                f"Speech recognition with Whisper `{self._name}` failed ({exc}). Try again; if it "
                "stays, run: samesense doctor"
            ) from exc

    def _write_down(
        self, samples: np.ndarray, windows: Sequence[tuple[int, int]], language: str | None
    ) -> Transcription:
        segments: list[Segment] = []
        sounds: list[np.ndarray] = []
        for start, end in windows:
            heard, language, encoded = self._decode(samples[start:end], language)
            sounds.append(_sounds(encoded, (end - start) / RATE))
            if heard.text and not heard.invented:
                segments += _sentences(heard, start / RATE, end / RATE)
        if not segments:
            reason = "The recording holds no words that can be understood."
            return Transcription("", "", 0.0, reason=reason)
        joint = "" if language in ("zh", "ja", "th") else " "
        text = joint.join(segment.text for segment in segments)
        lengths = [len(segment.text) for segment in segments]
        confidence = float(np.average([s.confidence for s in segments], weights=lengths))
        return Transcription(
            text, language or "", confidence, tuple(segments), sounds=np.concatenate(sounds)
        )

    def _decode(self, samples: np.ndarray, language: str | None) -> tuple[_Heard, str, Any]:
        """Decode one window quickly and, where the result looks wrong, once more thoroughly.

        Return what was heard, the language, and what the encoder made of the sound.
        """
        model = self._loaded()
        window_s = max(SHORTEST_WINDOW_S, len(samples) / RATE + MARGIN_S)
        encoded = _encode(model, samples, window_s)
        language = language or _language(model, encoded)
        heard = _generate(model, encoded, language, len(samples), 1 if language == "en" else 5)
        if heard.doubtful:
            encoded = _encode(model, samples, FULL_WINDOW_S)
            heard = _generate(model, encoded, language, len(samples), 5)
        return heard, language, encoded

    def _loaded(self) -> "WhisperModel":
        with self._lock:
            if self._model is None:
                self._model = self._load()
            return self._model

    def _load(self) -> "WhisperModel":
        from faster_whisper import WhisperModel

        known = self._name == "base"
        source = str(weights_folder(self._settings, "whisper-base")) if known else self._name
        try:
            return WhisperModel(
                source,
                device="cpu" if known else "auto",
                compute_type="int8",
                cpu_threads=self._settings.threads,
            )
        except Exception as exc:  # hub, network, file and CUDA errors have no common base
            raise ConfigurationError(
                f"Whisper `{self._name}` cannot be loaded ({exc}). Connect to the model hub once, "
                "or use the pocket profile, whose weights come with: samesense models fetch"
            ) from exc


def _speech_windows(samples: np.ndarray) -> list[tuple[int, int]]:
    """Return where somebody speaks, as windows of samples that end in pauses."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    if len(samples) == 0:
        return []
    options = VadOptions(
        max_speech_duration_s=LONGEST_WINDOW_S, min_silence_duration_ms=300, speech_pad_ms=400
    )
    windows: list[tuple[int, int]] = []
    for speech in get_speech_timestamps(samples, options):
        start, end = speech["start"], speech["end"]
        if windows and end - windows[-1][0] <= LONGEST_WINDOW_S * RATE:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows


def _encode(model: "WhisperModel", samples: np.ndarray, window_s: float) -> Any:
    padded = np.pad(samples, (0, max(0, round(window_s * RATE) - len(samples))))
    features = model.feature_extractor(padded, padding=0)
    return model.encode(features[:, : features.shape[1] // 2 * 2])  # the encoder halves it


def _sounds(encoded: Any, speech_s: float) -> np.ndarray:
    """Return a unit vector of each `SOUND_S` of the speech, without the silence behind it."""
    from ctranslate2 import Device

    frames = np.asarray(encoded.to_device(Device.cpu))[0, : max(1, round(speech_s * _FRAMES_PER_S))]
    parts = np.array_split(frames, math.ceil(speech_s / SOUND_S))
    vectors = np.stack([part.mean(axis=0) for part in parts])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _language(model: "WhisperModel", encoded: Any) -> str:
    """Return the likeliest language that is also told apart in text."""
    ranked = (token[2:-2] for token, _ in model.model.detect_language(encoded)[0])
    return next(language for language in ranked if language in LANGUAGES)


def _generate(
    model: "WhisperModel", encoded: Any, language: str, samples: int, beam_size: int
) -> _Heard:
    from faster_whisper.tokenizer import Tokenizer

    tokenizer = Tokenizer(model.hf_tokenizer, True, task="transcribe", language=language)
    prompt = model.get_prompt(tokenizer, [], without_timestamps=True)
    longest = 10 + math.ceil(samples / RATE * TOKENS_PER_S)
    result = model.model.generate(
        encoded,
        [prompt],
        beam_size=beam_size,
        max_length=len(prompt) + longest,
        return_scores=True,
        return_no_speech_prob=True,
    )[0]
    tokens = result.sequences_ids[0]
    text = tokenizer.decode(tokens).strip()
    return _Heard(
        _simplified(text) if language == "zh" else text,
        # The score leaves the end of the text out of its length.
        result.scores[0] * len(tokens) / (len(tokens) + 1),
        result.no_speech_prob,
        cut_off=len(tokens) >= longest,
    )


def _sentences(heard: _Heard, start_s: float, end_s: float) -> list[Segment]:
    """Cut a window into sentences and share out its time by their length."""
    sentences = split_sentences(heard.text)
    second = (end_s - start_s) / sum(map(len, sentences))
    segments = []
    for sentence in sentences:
        end_s = start_s + len(sentence) * second
        confidence = min(1.0, math.exp(heard.log_probability))
        segments.append(
            Segment(sentence, round(start_s, 2), round(end_s, 2), confidence=confidence)
        )
        start_s = end_s
    return segments


def _simplified(text: str) -> str:
    """Turn traditional into simplified characters; Whisper mixes them."""
    return _converter().convert(text)


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
