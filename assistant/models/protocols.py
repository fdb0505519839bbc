"""The smallest interface of each capability; lists in, lists out, so batching needs no second."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from knowledge.protocols import Entailment, TextEmbedder
from knowledge.types import Segment, Tag

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "ChatMessage", "ChatModel", "Entailment", "ImageGenerator", "ImageTagger", "Look",
    "PictureMatcher",
    "PictureSafety", "Recording", "ScreenReader", "SpeechToText", "Tag", "TextEmbedder",
    "TextToSpeech", "Transcription",
    "Waveform",
]  # fmt: skip


@dataclass(frozen=True)
class Waveform:
    """Mono sound: float32 samples in [-1, 1]."""

    samples: np.ndarray
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate


Recording = Path | Waveform


@dataclass(frozen=True)
class Look:
    """What a picture classifier makes of one picture; float32 arrays."""

    tags: list[Tag]  # the likeliest labels, best first
    features: np.ndarray  # (width,) of the whole
    cells: np.ndarray  # (9, width) of each ninth, row by row
    probabilities: np.ndarray  # (classes,)


@dataclass(frozen=True)
class Transcription:
    """What was heard in one recording; empty text comes with a reason."""

    text: str
    language: str  # ISO 639-1; "" when nobody speaks
    confidence: float  # 0 to 1
    segments: tuple[Segment, ...] = ()
    reason: str = ""
    sounds: np.ndarray | None = None  # (windows, width) float32, what the encoder made of each 2 s


@dataclass(frozen=True)
class ChatMessage:
    """One message of a conversation; pictures and sound only reach models that take them."""

    role: Literal["system", "user", "assistant"]
    content: str
    images: tuple[Path, ...] = ()
    audio: tuple[Path, ...] = ()


class SpeechToText(Protocol):
    def transcribe(
        self, recordings: Sequence[Recording], language: str | None = None
    ) -> list[Transcription]:
        """Write down each recording; the language is detected when none is given.

        Raises InputError for an unreadable file, ModelError when the backend fails.
        """
        ...


class TextToSpeech(Protocol):
    @property
    def languages(self) -> frozenset[str]:
        """The ISO 639-1 codes it has a voice for."""
        ...

    def speak(self, sentences: Sequence[str], language: str) -> list[Waveform]:
        """Say each sentence. Raises ModelError when the backend fails."""
        ...


class ScreenReader(Protocol):
    def read(self, images: Sequence["Image"]) -> list[list[Segment]]:
        """Return each picture's text lines in reading order, with box and confidence."""
        ...


class ImageTagger(Protocol):
    def tag(self, images: Sequence["Image"]) -> list[list[Tag]]:
        """Return each picture's most likely labels, best first."""
        ...

    def embed_images(self, images: Sequence["Image"]) -> np.ndarray:
        """Return unit feature vectors, float32, shape (len(images), width)."""
        ...

    def look(self, images: Sequence["Image"]) -> list[Look]:
        """Return all that the classifier makes of each picture, in one pass."""
        ...


class PictureMatcher(Protocol):
    def match(
        self, images: Sequence["Image"], names: Sequence[str], languages: Sequence[str]
    ) -> np.ndarray:
        """Return how much each picture looks like each named thing, shape (images, names).

        A cosine less that of the likeliest things: about 0 for what is shown, below for what is
        not. Languages are ISO 639-1.
        Raises ConfigurationError when the weights are absent.
        """
        ...


class PictureSafety(Protocol):
    def unsafe(self, images: Sequence["Image"]) -> np.ndarray:
        """Return the probability that each picture is sexual, shape (images,).

        Raises ConfigurationError when the weights are absent.
        """
        ...


class ChatModel(Protocol):
    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        stop: Event,
        temperature: float = 0.0,
        stop_at: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the answer piece by piece; ends within a token once `stop` is set.

        Raises ModelError when the backend fails, ConfigurationError when it cannot start.
        """
        ...

    def warm(self, messages: Sequence[ChatMessage]) -> None:
        """Load the model and read a prompt prefix now, so that the next turn starts sooner."""
        ...


class ImageGenerator(Protocol):
    def generate(
        self,
        prompts: Sequence[str],
        *,
        negative_prompt: str = "",
        seed: int,
        stop: Event,
        on_step: Callable[[int, int], None] = lambda step, steps: None,
    ) -> list["Image"]:
        """Paint each prompt; `on_step(step, steps)` reports progress; ends soon after `stop`.

        Raises InputError for a prompt it cannot take, ModelError when the backend fails.
        """
        ...

    def provenance(self) -> Mapping[str, str]:
        """Return what is written into the picture's metadata: model, version, steps."""
        ...
