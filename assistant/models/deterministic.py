"""Backends that follow fixed rules, so that whole turns run without weights and always alike.

The voice hides its words in the samples and the recogniser finds them there, so speech survives
the way out and back; any other sound is taken for one fixed sentence.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from assistant.models.protocols import ChatMessage, Look, Recording, Tag, Transcription, Waveform
from assistant.settings import Settings
from knowledge.types import Segment

HEARD = "My router shows this error and the internet light is red. What should I do?"
LINES = ("Kestrel R7", "Error E-42", "PPPoE authentication failed", "Reconnect")
RATE = 16_000
_LEVELS = 512  # a byte b becomes the sample (b + 1) / 512, which 16-bit sound keeps exactly


class DeterministicChat:
    """Repeats the first piece of evidence, or greets when there is none."""

    def __init__(self, settings: Settings) -> None:
        del settings

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        stop: Event,
        temperature: float = 0.0,
        stop_at: Sequence[str] = (),
    ) -> Iterator[str]:
        del temperature, stop_at
        found = re.search(r"^\[1\] (.+)$", messages[-1].content, re.MULTILINE)
        answer = f"{found.group(1)} [1]" if found else "Hello. How can I help?"
        for word in re.findall(r"\S+\s*", answer)[:max_tokens]:
            if stop.is_set():
                return
            yield word

    def warm(self, messages: Sequence[ChatMessage]) -> None:
        del messages


class DeterministicTextToSpeech:
    """Says English and Chinese as samples that carry the words."""

    languages = frozenset({"en", "zh"})

    def __init__(self, settings: Settings) -> None:
        del settings

    def speak(self, sentences: Sequence[str], language: str) -> list[Waveform]:
        del language
        return [Waveform(_hide(sentence), RATE) for sentence in sentences]


class DeterministicSpeechToText:
    """Finds the words of `DeterministicTextToSpeech`, silence, or one fixed sentence."""

    def __init__(self, settings: Settings, model: str = "") -> None:
        del model
        self._limits = settings.limits

    def transcribe(
        self, recordings: Sequence[Recording], language: str | None = None
    ) -> list[Transcription]:
        return [self._transcribe(recording, language) for recording in recordings]

    def _transcribe(self, recording: Recording, language: str | None) -> Transcription:
        if not isinstance(recording, Waveform):
            from assistant.media import decode_audio

            recording = decode_audio(recording, self._limits)
        samples = recording.samples
        if not len(samples) or np.abs(samples).max() < 0.01:
            return Transcription("", "", 0.0, reason="Nobody speaks in this recording.")
        text = _find(samples) or HEARD
        spoken = language or ("zh" if re.search(r"[\u4e00-\u9fff]", text) else "en")
        segment = Segment(text, start_s=0.0, end_s=recording.duration_s)
        return Transcription(text, spoken, 0.9, (segment,))


def _hide(sentence: str) -> np.ndarray:
    data = np.frombuffer(sentence.encode(), np.uint8).astype(np.float32)
    marked = np.concatenate([[-0.5], (data + 1) / _LEVELS, [-0.5]])
    return np.pad(marked, (0, RATE // 10)).astype(np.float32)


def _find(samples: np.ndarray) -> str:
    marks = np.flatnonzero(np.abs(samples + 0.5) < 1e-3)
    if len(marks) < 2:
        return ""
    sentences = []
    for start, end in zip(marks[::2], marks[1::2], strict=False):
        levels = samples[start + 1 : end] * _LEVELS - 1
        if np.abs(levels - np.rint(levels)).max(initial=0.0) > 0.05:
            return ""  # a real recording that happens to pass through the mark
        sentences.append(np.rint(levels).clip(0, 255).astype(np.uint8))
    return " ".join(data.tobytes().decode(errors="replace") for data in sentences)


class DeterministicReader:
    """Reads the same lines from every picture that is not blank."""

    def __init__(self, settings: Settings) -> None:
        del settings

    def read(self, images: Sequence[Image.Image]) -> list[list[Segment]]:
        return [self._read(image) for image in images]

    def _read(self, image: Image.Image) -> list[Segment]:
        if _is_blank(image):
            return []
        width, height = image.size
        row = height / (len(LINES) + 1)
        return [
            Segment(
                line,
                box=(width // 10, round(row * (i + 0.5)), width // 2, round(row * (i + 1))),
                confidence=0.9,
            )
            for i, line in enumerate(LINES)
        ]


class DeterministicTagger:
    """Calls a picture by the name of its mean colour."""

    def __init__(self, settings: Settings) -> None:
        del settings

    def tag(self, images: Sequence[Image.Image]) -> list[list[Tag]]:
        return [[] if _is_blank(image) else [Tag(_colour(image), 0.9)] for image in images]

    def look(self, images: Sequence[Image.Image]) -> list[Look]:
        looks = []
        for image, tags in zip(images, self.tag(images), strict=True):
            pixels = np.asarray(image.convert("RGB").resize((6, 6)), np.float32) / 255
            cells = pixels.reshape(3, 2, 3, 2, 3).transpose(0, 2, 1, 3, 4).reshape(9, 12)
            looks.append(Look(tags, cells.mean(axis=0), cells, np.ones(1, np.float32)))
        return looks

    def embed_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        thumbnails = [
            np.asarray(image.convert("RGB").resize((8, 8)), np.float32).ravel() + 1
            for image in images
        ]
        return _unit(np.stack(thumbnails))


def _is_blank(image: Image.Image) -> bool:
    low, high = image.convert("L").getextrema()
    return float(high) - float(low) < 8  # pyright: ignore[reportArgumentType]


def _colour(image: Image.Image) -> str:
    mean = np.asarray(image.convert("RGB").resize((1, 1)), np.float32)[0, 0]
    names = ("red", "green", "blue", "yellow", "black", "white", "gray")
    return min(names, key=lambda name: float(np.sum((mean - ImageColor.getrgb(name)[:3]) ** 2)))


class DeterministicEmbedder:
    """Hashes words and character pairs into a vector, so that shared words mean closeness."""

    name = "deterministic-1"
    dimension = 256

    def __init__(self, settings: Settings) -> None:
        del settings

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(np.stack([self._count(text) for text in texts]))

    def embed_queries(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        del languages
        return self.embed(texts)

    def _count(self, text: str) -> np.ndarray:
        counts = np.full(self.dimension, 1e-3, np.float32)
        lower = text.lower()
        for piece in re.findall(r"[\w-]+", lower) + re.findall(r"[\u4e00-\u9fff]{2}", lower):
            counts[hashlib.sha256(piece.encode()).digest()[0]] += 1
        return counts


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class DeterministicPainter:
    """Paints a disc in the first colour that the prompt names."""

    def __init__(self, settings: Settings, model: str = "") -> None:
        del settings, model

    def generate(
        self,
        prompts: Sequence[str],
        *,
        negative_prompt: str = "",
        seed: int,
        stop: Event,
        on_step: Callable[[int, int], None] = lambda step, steps: None,
    ) -> list[Image.Image]:
        del negative_prompt, seed
        pictures = []
        for step, prompt in enumerate(prompts, start=1):
            if stop.is_set():
                break
            named = [word for word in re.findall(r"[a-z]+", prompt.lower()) if word in _COLOURS]
            picture = Image.new("RGB", (256, 256), "white")
            ImageDraw.Draw(picture).ellipse((48, 48, 208, 208), fill=(named or ["gray"])[0])
            pictures.append(picture)
            on_step(step, len(prompts))
        return pictures

    def provenance(self) -> Mapping[str, str]:
        return {"model": "deterministic"}


class DeterministicMatcher:
    """Knows no thing, so what a picture looks like stays open."""

    def __init__(self, settings: Settings) -> None:
        del settings

    def match(
        self, images: Sequence[Image.Image], names: Sequence[str], languages: Sequence[str]
    ) -> np.ndarray:
        del languages
        return np.full((len(images), len(names)), -0.1, np.float32)


class DeterministicSafety:
    """Finds every picture safe."""

    def __init__(self, settings: Settings) -> None:
        del settings

    def unsafe(self, images: Sequence[Image.Image]) -> np.ndarray:
        return np.zeros(len(images), np.float32)


_COLOURS = frozenset(ImageColor.colormap)
