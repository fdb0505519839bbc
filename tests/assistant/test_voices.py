"""The voices without weights: English comes with its package, the others say what they need."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ConfigurationError, ModelError
from assistant.models.pocket_tts import PocketSpeech
from assistant.models.registry import load
from assistant.settings import Settings


def test_english_needs_no_weights_and_sounds_the_same_each_time(tmp_path: Path):
    voice = PocketSpeech(Settings(cache_dir=tmp_path))
    short, long = voice.speak(["Wait.", "Wait until the Internet light is green."], "en")
    assert short.sample_rate == long.sample_rate == 24_000
    assert 0 < short.duration_s < long.duration_s < 10
    assert 0.05 < np.abs(long.samples).max() <= 1.0
    (again,) = PocketSpeech(Settings(cache_dir=tmp_path)).speak(["Wait."], "en")
    assert np.array_equal(short.samples, again.samples)


def test_chinese_without_weights_names_the_command(tmp_path: Path):
    voice = PocketSpeech(Settings(cache_dir=tmp_path))
    with pytest.raises(ConfigurationError, match="samesense models fetch"):
        voice.speak(["请等待。"], "zh")


def test_a_voice_that_cannot_be_loaded_is_a_model_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken() -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr("hibari.Hibari", broken)
    with pytest.raises(ModelError, match="`en` failed: no memory") as caught:
        PocketSpeech(Settings(cache_dir=tmp_path)).speak(["Wait."], "en")
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.skipif(find_spec("TTS") is not None, reason="coqui-tts is installed here")
def test_xtts_without_its_extra_names_it():
    with pytest.raises(ConfigurationError, match=r"pip install 'samesense\[coqui\]'"):
        load("text_to_speech", "coqui", Settings())
