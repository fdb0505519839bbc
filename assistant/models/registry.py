"""Which backends exist: a dict from capability and name to a class that is imported when used."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from assistant.errors import ConfigurationError
from assistant.settings import Settings

Capability = Literal[
    "chat", "speech_to_text", "text_to_speech", "screen_reader", "image_tagger", "text_embedder",
    "image_generator",
]  # fmt: skip


@dataclass(frozen=True)
class BackendSpec:
    """Where a backend lives, the weights it reads and the extra that installs it."""

    module: str
    attribute: str
    extra: str = ""  # the extra of pyproject.toml; empty: installed by default
    weights: tuple[str, ...] = ()  # names in the catalogue of `weights.py`


BACKENDS: dict[Capability, dict[str, BackendSpec]] = {
    "chat": {
        "llamacpp": BackendSpec(
            "assistant.models.llamacpp_chat", "LlamaCppChat", weights=("qwen2.5-coder-1.5b-instruct",)
        ),
        "transformers": BackendSpec("assistant.models.transformers_chat", "TransformersChat", "studio"),
        "openai": BackendSpec("assistant.models.openai_chat", "OpenAIChat"),
        "deterministic": BackendSpec("assistant.models.deterministic", "DeterministicChat"),
    },
    "speech_to_text": {
        "faster-whisper": BackendSpec(
            "assistant.models.faster_whisper_stt", "FasterWhisper", weights=("whisper-base",)
        ),
        "deterministic": BackendSpec("assistant.models.deterministic", "DeterministicSpeechToText"),
    },
    "text_to_speech": {
        "pocket": BackendSpec("assistant.models.pocket_tts", "PocketSpeech", weights=("kokoro-82m",)),
        "coqui": BackendSpec("assistant.models.coqui_tts", "CoquiSpeech", "coqui"),
        "deterministic": BackendSpec("assistant.models.deterministic", "DeterministicTextToSpeech"),
    },
    "screen_reader": {
        "rapidocr": BackendSpec("assistant.models.rapidocr_reader", "RapidOcrReader"),
        "deterministic": BackendSpec("assistant.models.deterministic", "DeterministicReader"),
    },
    "image_tagger": {
        "efficientnet": BackendSpec(
            "assistant.models.efficientnet_tagger", "EfficientNetTagger", weights=("efficientnet-lite2",)
        ),
        "deterministic": BackendSpec("assistant.models.deterministic", "DeterministicTagger"),
    },
    "text_embedder": {
        "use-minilm": BackendSpec(
            "assistant.models.use_minilm_embedder", "UseMiniLmEmbedder",
            weights=("use-multilingual", "all-minilm-l6-v2"),
        ),
        "deterministic": BackendSpec("assistant.models.deterministic", "DeterministicEmbedder"),
    },
    "image_generator": {
        "diffusers": BackendSpec("assistant.models.diffusers_painter", "DiffusersPainter"),
        "deterministic": BackendSpec("assistant.models.deterministic", "DeterministicPainter"),
    },
}  # fmt: skip


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
