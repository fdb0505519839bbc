"""Which backends exist: a dict from capability and name to a class that is imported when used."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from assistant.errors import ConfigurationError
from assistant.settings import Settings

Capability = Literal[
    "chat", "speech_to_text", "text_to_speech", "screen_reader", "image_tagger", "text_embedder",
    "image_generator", "picture_matcher", "picture_safety", "entailment",
]  # fmt: skip


@dataclass(frozen=True)
class BackendSpec:
    """Where a backend lives, the weights it reads and the extra that installs it."""

    module: str
    attribute: str
    extra: str = ""  # the extra of pyproject.toml; empty: installed by default
    weights: tuple[str, ...] = ()  # names in the catalogue of `weights.py`
    needs: "tuple[Capability, ...]" = ()  # others, handed over as functions that load them


_HERE = "assistant.models"
_FIXED = f"{_HERE}.deterministic"

BACKENDS: dict[Capability, dict[str, BackendSpec]] = {
    "chat": {
        "llamacpp": BackendSpec(
            f"{_HERE}.llamacpp_chat", "LlamaCppChat", weights=("qwen2.5-coder-1.5b-instruct",)
        ),
        "transformers": BackendSpec(f"{_HERE}.transformers_chat", "TransformersChat", "studio"),
        "openai": BackendSpec(f"{_HERE}.openai_chat", "OpenAIChat"),
        "deterministic": BackendSpec(_FIXED, "DeterministicChat"),
    },
    "speech_to_text": {
        "faster-whisper": BackendSpec(
            f"{_HERE}.faster_whisper_stt", "FasterWhisper", weights=("whisper-base",)
        ),
        "deterministic": BackendSpec(_FIXED, "DeterministicSpeechToText"),
    },
    "text_to_speech": {
        "pocket": BackendSpec(f"{_HERE}.pocket_tts", "PocketSpeech", weights=("kokoro-82m",)),
        "coqui": BackendSpec(f"{_HERE}.coqui_tts", "CoquiSpeech", "coqui"),
        "deterministic": BackendSpec(_FIXED, "DeterministicTextToSpeech"),
    },
    "screen_reader": {
        "rapidocr": BackendSpec(f"{_HERE}.rapidocr_reader", "RapidOcrReader"),
        "deterministic": BackendSpec(_FIXED, "DeterministicReader"),
    },
    "image_tagger": {
        "efficientnet": BackendSpec(
            f"{_HERE}.efficientnet_tagger", "EfficientNetTagger", weights=("efficientnet-lite2",)
        ),
        "deterministic": BackendSpec(_FIXED, "DeterministicTagger"),
    },
    "text_embedder": {
        "use-minilm": BackendSpec(
            f"{_HERE}.use_minilm_embedder",
            "UseMiniLmEmbedder",
            weights=("use-multilingual", "all-minilm-l6-v2"),
        ),
        "deterministic": BackendSpec(_FIXED, "DeterministicEmbedder"),
    },
    "image_generator": {
        "pocket": BackendSpec(f"{_HERE}.pocket_painter", "PocketPainter", needs=("text_embedder",)),
        "diffusers": BackendSpec(f"{_HERE}.diffusers_painter", "DiffusersPainter"),
        "deterministic": BackendSpec(_FIXED, "DeterministicPainter"),
    },
    "picture_matcher": {
        "aligned": BackendSpec(
            f"{_HERE}.aligned_matcher", "AlignedMatcher", needs=("image_tagger", "text_embedder")
        ),
        "deterministic": BackendSpec(_FIXED, "DeterministicMatcher"),
    },
    "picture_safety": {
        "open-nsfw": BackendSpec(f"{_HERE}.open_nsfw", "OpenNsfw", weights=("open-nsfw",)),
        "deterministic": BackendSpec(_FIXED, "DeterministicSafety"),
    },
    "entailment": {
        "pocket": BackendSpec(f"{_HERE}.pocket_entailment", "PocketEntailment"),
    },
}


def spec(capability: Capability, name: str) -> BackendSpec:
    """Return the spec of a backend. Raises ConfigurationError that lists the choices."""
    try:
        return BACKENDS[capability][name]
    except KeyError as exc:
        choices = ", ".join(BACKENDS[capability])
        raise ConfigurationError(
            f"No {capability} backend is called `{name}`. Choose one of: {choices}."
        ) from exc


def load(capability: Capability, name: str, settings: Settings, **options: object) -> Any:
    """Import a backend and build it as `cls(settings, **options)`; it loads its model at first use.

    Raises ConfigurationError when the extra that holds its library is not installed.
    """
    chosen = spec(capability, name)
    try:
        module = import_module(chosen.module)
    except ModuleNotFoundError as exc:
        extra = f"[{chosen.extra}]" if chosen.extra else ""
        raise ConfigurationError(
            f"The {capability} backend `{name}` needs `{exc.name}`, which is not installed. "
            f"Run: pip install 'samesense{extra}'"
        ) from exc
    return getattr(module, chosen.attribute)(settings, **options)
