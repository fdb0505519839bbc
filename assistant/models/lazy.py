"""The models of a profile, each loaded when it is first used."""

from threading import Lock
from typing import cast

from assistant.models.protocols import (
    ChatModel,
    Entailment,
    ImageGenerator,
    ImageTagger,
    PictureMatcher,
    PictureSafety,
    ScreenReader,
    SpeechToText,
    TextEmbedder,
    TextToSpeech,
)
from assistant.models.registry import Capability, load, spec
from assistant.profiles import profile
from assistant.settings import Settings


class Models:
    """Hands out each model of the settings' profile; a capability nobody asks for costs nothing."""

    def __init__(self, settings: Settings) -> None:
        self.profile = profile(settings.profile)
        self._settings = settings
        self._locks: dict[Capability, Lock] = {
            capability: Lock() for capability in self.profile.choices
        }
        self._loaded: dict[Capability, object] = {}

    def chat(self) -> ChatModel:
        return cast(ChatModel, self._get("chat"))

    def speech_to_text(self) -> SpeechToText:
        return cast(SpeechToText, self._get("speech_to_text"))

    def text_to_speech(self) -> TextToSpeech:
        return cast(TextToSpeech, self._get("text_to_speech"))

    def screen_reader(self) -> ScreenReader:
        return cast(ScreenReader, self._get("screen_reader"))

    def image_tagger(self) -> ImageTagger:
        return cast(ImageTagger, self._get("image_tagger"))

    def text_embedder(self) -> TextEmbedder:
        return cast(TextEmbedder, self._get("text_embedder"))

    def image_generator(self) -> ImageGenerator:
        return cast(ImageGenerator, self._get("image_generator"))

    def picture_matcher(self) -> PictureMatcher:
        return cast(PictureMatcher, self._get("picture_matcher"))

    def picture_safety(self) -> PictureSafety:
        return cast(PictureSafety, self._get("picture_safety"))

    def entailment(self) -> Entailment | None:
        """Return the model of entailment; None in a profile that has none."""
        if "entailment" not in self.profile.choices:
            return None
        return cast(Entailment, self._get("entailment"))

    def _get(self, capability: Capability) -> object:
        with self._locks[capability]:
            if capability not in self._loaded:
                choice = self.profile.choices[capability]
                needed = {
                    name: getattr(self, name) for name in spec(capability, choice.backend).needs
                }
                self._loaded[capability] = load(
                    capability, choice.backend, self._settings, **choice.options, **needed
                )
            return self._loaded[capability]
