"""Speech in 17 languages with Coqui's XTTS-v2, for machines with a GPU (the extra `coqui`).

XTTS-v2 is published at https://huggingface.co/coqui/XTTS-v2 under a non-commercial licence (CPML).
"""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from assistant.errors import ConfigurationError, ModelError
from assistant.models.protocols import Waveform
from assistant.settings import Settings

if find_spec("TTS") is None:  # the registry turns this into advice; importing it takes seconds
    raise ModuleNotFoundError("coqui-tts is not installed", name="TTS")

MODEL = "tts_models/multilingual/multi-dataset/xtts_v2"
SPEAKER = "Claribel Dervla"  # one of the voices that come with the model
AGREED = "COQUI_TOS_AGREED"  # Coqui's own variable
_NAMES = {"zh": "zh-cn"}  # the model's names where they are not ISO 639-1


class CoquiSpeech:
    """XTTS-v2, or another XTTS model in a local folder, with one of its own voices."""

    languages = frozenset(
        {
            "ar", "cs", "de", "en", "es", "fr", "hi", "hu", "it", "ja", "ko", "nl", "pl", "pt",
            "ru", "tr", "zh",
        }
    )  # fmt: skip

    def __init__(self, settings: Settings, model: str = MODEL, speaker: str = SPEAKER) -> None:
        del settings
        self._model = model
        self._speaker = speaker
        self._lock = Lock()
        self._synthesizer: Any = None

    def speak(self, sentences: Sequence[str], language: str) -> list[Waveform]:
        """Say each sentence. Raises ConfigurationError when the model cannot be loaded and
        ModelError when it fails."""
        with self._lock:  # one sentence at a time: the model keeps state while it generates
            if self._synthesizer is None:
                self._synthesizer = _load(self._model)
            return [self._say(sentence, language) for sentence in sentences]

    def _say(self, sentence: str, language: str) -> Waveform:
        try:
            samples = self._synthesizer.tts(
                sentence, speaker=self._speaker, language=_NAMES.get(language, language)
            )
        except Exception as exc:  # torch, the tokenizers of 17 languages, unknown speakers
            raise ModelError(f"XTTS could not say a sentence in `{language}`: {exc}.") from exc
        rate = self._synthesizer.synthesizer.output_sample_rate
        return Waveform(np.asarray(samples, np.float32), rate)


def _load(model: str) -> Any:
    """Load a model by its name in Coqui's catalogue, or from a folder."""
    folder = Path(model)
    if not folder.is_dir() and os.environ.get(AGREED) != "1":
        raise ConfigurationError(
            f"The voice `{model}` is licensed for non-commercial use only "
            f"(https://coqui.ai/cpml). To agree and download it, set {AGREED}=1."
        )
    import torch
    from TTS.api import TTS  # pyright: ignore[reportMissingImports]

    try:
        if folder.is_dir():
            config = str(folder / "config.json")
            synthesizer = TTS(model_path=model, config_path=config, progress_bar=False)
        else:
            synthesizer = TTS(model, progress_bar=False)
    except Exception as exc:  # downloads, checkpoints and configurations fail in every way there is
        raise ConfigurationError(
            f"The voice `{model}` cannot be loaded: {exc}. Connect to the hub once, or name a "
            "folder that holds it."
        ) from exc
    return synthesizer.to("cuda" if torch.cuda.is_available() else "cpu")
