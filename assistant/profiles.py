"""Profiles: the one dial. Each names a backend, with its options, for every capability."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.errors import ConfigurationError
from assistant.models.registry import BACKENDS, Capability


@dataclass(frozen=True)
class Choice:
    """A backend's name and what it is built with."""

    backend: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """A named set of model choices and what it is for."""

    summary: str
    choices: Mapping[Capability, Choice]

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the catalogue's weight files that the profile reads, each once."""
        names = [
            weight
            for capability, choice in self.choices.items()
            for weight in BACKENDS[capability][choice.backend].weights
        ]
        return tuple(dict.fromkeys(names))


_POCKET: dict[Capability, Choice] = {
    "chat": Choice("llamacpp"),
    "speech_to_text": Choice("faster-whisper", {"model": "base"}),
    "text_to_speech": Choice("pocket"),
    "screen_reader": Choice("rapidocr"),
    "image_tagger": Choice("efficientnet"),
    "text_embedder": Choice("use-minilm"),
    "image_generator": Choice("pocket"),
    "picture_matcher": Choice("aligned"),
    "picture_safety": Choice("open-nsfw"),
    "entailment": Choice("pocket"),
}

_STUDIO: dict[Capability, Choice] = {
    "chat": Choice("transformers", {"model": "Qwen/Qwen2.5-Omni-3B"}),
    "speech_to_text": Choice("faster-whisper", {"model": "large-v3-turbo"}),
    "text_to_speech": Choice("coqui"),
    "image_generator": Choice("diffusers", {"model": "stabilityai/sd-turbo"}),
}
_REMOTE: dict[Capability, Choice] = {"chat": Choice("openai")}

PROFILES: dict[str, Profile] = {
    "pocket": Profile("An ordinary laptop: no GPU, everything offline.", _POCKET),
    "studio": Profile(
        "A GPU, models from a hub.",
        _POCKET | _STUDIO,
    ),
    "remote": Profile(
        "Any OpenAI-compatible server answers; the rest runs here.",
        _POCKET | _REMOTE,
    ),
    "deterministic": Profile(
        "No models: fixed rules in their place, for tests and for trying the page.",
        {
            capability: Choice("deterministic")
            for capability, backends in BACKENDS.items()
            if "deterministic" in backends
        },
    ),
}


def profile(name: str) -> Profile:
    """Return a profile. Raises ConfigurationError that lists the choices."""
    try:
        return PROFILES[name]
    except KeyError as exc:
        raise ConfigurationError(
            f"No profile is called `{name}`. Choose one of: {', '.join(PROFILES)}."
        ) from exc
