"""Real eyes and ears on a screen recording with speech, on figures and on photographs."""

from pathlib import Path

import gradio
import pytest
from PIL import Image

from assistant.media import decode_audio
from assistant.models.lazy import Models
from assistant.settings import Limits, load_settings
from knowledge.loaders import load
from knowledge.senses import Senses
from knowledge.types import Document, Source
from tests.knowledge.pictures import write_film
from tests.knowledge.senses import Memory

pytestmark = pytest.mark.weights

SAMPLES = Path("assistant/samples")
FIGURES = Path("knowledge/samples/router/figures")
PHOTOS = Path(gradio.__file__).parent / "media_assets" / "images"


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(load_settings())


@pytest.fixture
def senses(models: Models, tmp_path: Path) -> Senses:
    return Senses(
        models.screen_reader,
        models.speech_to_text,
        models.image_tagger,
        Memory(),
        tmp_path / "kept",
    )


def loaded(path: Path, senses: Senses) -> list[Document]:
    return list(load(Source(path, path.name), senses))


def test_a_screen_recording_is_read_and_heard(senses: Senses, tmp_path: Path) -> None:
    shown = [SAMPLES / "screenshot.png", FIGURES / "guest-network.png", FIGURES / "back-panel.png"]
    pictures = [Image.open(path).convert("RGB").resize((1280, 800)) for path in shown]
    question = decode_audio(SAMPLES / "question.wav", Limits()).samples
    film = write_film(tmp_path / "help.mp4", pictures, question)
    moment, *scenes = loaded(film, senses)
    assert moment.modality == "audio"
    assert "the internet light is red" in moment.text
    assert moment.locator.end_s == pytest.approx(len(question) / 16_000, abs=1)
    assert len(scenes) == 3
    for scene, start_s, words in zip(
        scenes, (0, 3, 6), ("E-42", "Guest network", "LAN"), strict=True
    ):
        assert scene.locator.start_s == pytest.approx(start_s, abs=0.6)
        assert words.lower() in scene.text.lower()
    assert "router" in scenes[0].metadata["caption"]


def test_figures_say_all_that_is_written_in_them(senses: Senses) -> None:
    (status,) = loaded(FIGURES / "status-e24.png", senses)
    assert "E-24" in status.text
    assert "Shows:" not in status.text
    assert "Firmware" in status.text  # a short line beside the message


def test_a_photograph_is_found_by_what_it_shows(senses: Senses) -> None:
    (photo,) = loaded(PHOTOS / "cheetah1.jpg", senses)
    assert "Shows: cheetah" in photo.text
