"""The real ears and eyes: words, boxes and labels of known recordings and pictures."""

import re
from pathlib import Path
from threading import Event

import gradio
import numpy as np
import pytest
from hibari import Hibari
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from assistant.intake import read_turn
from assistant.models.efficientnet_tagger import EfficientNetTagger
from assistant.models.faster_whisper_stt import FasterWhisper
from assistant.models.lazy import Models
from assistant.models.pocket_tts import PocketSpeech
from assistant.models.protocols import Waveform
from assistant.models.rapidocr_reader import RapidOcrReader
from assistant.settings import Settings
from assistant.stages.perceive import perceive
from tests.assistant.media_files import tone, write_wav

pytestmark = pytest.mark.weights

SAMPLES = Path("assistant/samples")
PHOTOS = Path(gradio.__file__).parent / "media_assets" / "images"
QUESTION = "My router shows this error and the internet light is red. What should I do?"


@pytest.fixture(scope="module")
def whisper() -> FasterWhisper:
    return FasterWhisper(Settings())


@pytest.fixture(scope="module")
def reader() -> RapidOcrReader:
    return RapidOcrReader(Settings())


@pytest.fixture(scope="module")
def tagger() -> EfficientNetTagger:
    return EfficientNetTagger(Settings())


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def spoken(text: str, path: Path) -> Path:
    Hibari().save(text, str(path))
    return path


# --- hearing


def test_the_sample_question_is_heard(whisper: FasterWhisper) -> None:
    heard = whisper.transcribe([SAMPLES / "question.wav"])[0]
    assert words(heard.text) == words(QUESTION)
    assert heard.language == "en"
    assert heard.confidence > 0.7
    assert [words(s.text) for s in heard.segments] == [words(s + ".") for s in QUESTION.split(". ")]
    times = [t for s in heard.segments for t in (s.start_s, s.end_s) if t is not None]
    assert times == sorted(times)
    assert len(times) == 4


@pytest.mark.parametrize(
    "text",
    [
        "Stop.",
        "What now?",
        "It says E 42.",
        "Which button?",
        "Open the settings and press Reconnect.",
        "Draw a small house next to a green tree under a blue sky.",
    ],
)
def test_short_speech_is_heard_once_and_whole(
    text: str, whisper: FasterWhisper, tmp_path: Path
) -> None:
    heard = whisper.transcribe([spoken(text, tmp_path / "a.wav")])[0]
    assert "".join(words(heard.text)) == "".join(words(text))


def test_a_sentence_that_the_decoder_begins_again_is_heard_once(whisper: FasterWhisper) -> None:
    text = "Press Renew address on the status page."
    (sound,) = PocketSpeech(Settings()).speak([text], "en")
    (heard,) = whisper.transcribe([sound], "en")
    assert words(heard.text) == words(text)


def test_what_a_person_repeats_is_kept(whisper: FasterWhisper) -> None:
    text = "Wait, wait, wait. Open the door, I said, open the door."
    (sound,) = PocketSpeech(Settings()).speak([text], "en")
    (heard,) = whisper.transcribe([sound], "en")
    assert words(heard.text) == words(text)


def test_long_speech_is_heard_to_the_end(whisper: FasterWhisper, tmp_path: Path) -> None:
    numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    text = " ".join(f"This is sentence number {n}, about the red light." for n in numbers)
    heard = whisper.transcribe([spoken(text, tmp_path / "a.wav")])[0]
    assert len(re.findall("red light", heard.text)) == len(numbers)
    assert len(heard.segments) >= 4
    last = heard.segments[-1].end_s
    assert last is not None
    assert last > 15


def test_a_waveform_of_the_voice_is_heard(whisper: FasterWhisper) -> None:
    samples = np.asarray(Hibari()("The Internet light is green."), np.float32)
    heard = whisper.transcribe([Waveform(samples, 24_000)], "en")[0]
    assert words(heard.text) == words("The Internet light is green.")


def test_chinese_is_heard_in_simplified_characters(whisper: FasterWhisper) -> None:
    sound = PocketSpeech(Settings()).speak(["请打开设置，重新输入用户名和密码。"], "zh")[0]
    heard = whisper.transcribe([sound])[0]
    assert heard.language == "zh"
    assert "输入用户名和密码" in heard.text


def nothing() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    notes = rng.choice([262, 294, 330, 392, 440], 18)
    fading = np.exp(-4 * np.arange(5333) / 16_000)
    tune = [sum(tone(1, n * k)[:5333] / k for k in range(1, 5)) * fading * 0.3 for n in notes]
    return {
        "silence": np.zeros(80_000),
        "faint noise": rng.normal(size=80_000) * 1e-3,
        "noise": rng.normal(size=80_000) * 0.2,
        "chord": (tone(5, 220) + tone(5, 277) + tone(5, 330)) * 0.2,
        "tune": np.concatenate(tune),
        "a click": np.eye(1, 16_000, 8000).ravel(),
        "too short": np.zeros(10),
    }


@pytest.mark.parametrize("name", nothing())
def test_nothing_is_invented_where_nobody_speaks(name: str, whisper: FasterWhisper) -> None:
    heard = whisper.transcribe([Waveform(nothing()[name].astype(np.float32), 16_000)])[0]
    assert heard.text == ""
    assert heard.segments == ()
    assert heard.reason


# --- reading


def test_the_sample_screenshot_is_read(reader: RapidOcrReader) -> None:
    image = Image.open(SAMPLES / "screenshot.png").convert("RGB")
    lines = reader.read([image])[0]
    error = next(line for line in lines if "E-42" in line.text)
    assert "PPPoE authentication failed" in error.text
    assert error.confidence > 0.9
    for line in lines:
        assert line.box is not None
        x0, y0, x1, y1 = line.box
        assert 0 <= x0 < x1 <= image.width
        assert 0 <= y0 < y1 <= image.height


def page(lines: dict[tuple[int, int], str], size: tuple[int, int] = (640, 240)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    font = ImageFont.load_default(size=24)
    for place, text in lines.items():
        ImageDraw.Draw(image).text(place, text, fill="black", font=font)
    return image


ROWS = {(330, 22): "second", (20, 20): "first", (20, 120): "third", (330, 118): "fourth"}


def test_lines_come_row_by_row_with_their_boxes(reader: RapidOcrReader) -> None:
    lines = reader.read([page(ROWS)])[0]
    assert [line.text for line in lines] == ["first", "second", "third", "fourth"]
    box = lines[1].box
    assert box is not None
    assert box[0] == pytest.approx(330, abs=12)
    assert box[1] < 40 < box[3]


def test_boxes_of_a_gigantic_picture_are_in_its_own_pixels(reader: RapidOcrReader) -> None:
    large = page(ROWS).resize((6400, 2400))
    lines = reader.read([large])[0]
    assert [line.text for line in lines] == ["first", "second", "third", "fourth"]
    box = lines[1].box
    assert box is not None
    assert box[0] == pytest.approx(3300, abs=120)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (3, 20_000), (20_000, 40), (300, 12)])
def test_odd_sizes_hold_no_text(size: tuple[int, int], reader: RapidOcrReader) -> None:
    assert reader.read([Image.new("RGB", size, "white")]) == [[]]


def test_a_small_snippet_is_read(reader: RapidOcrReader) -> None:
    snippet = page({(6, 4): "Wi-Fi: on"}, (130, 36))
    assert [line.text for line in reader.read([snippet])[0]] == ["Wi-Fi: on"]


# --- seeing


@pytest.mark.parametrize(("name", "label"), [("lion.jpg", "lion"), ("cheetah.jpg", "cheetah")])
def test_known_photographs_are_named(name: str, label: str, tagger: EfficientNetTagger) -> None:
    tags = tagger.tag([Image.open(PHOTOS / name)])[0]
    assert tags[0].label == label
    assert tags[0].probability > 0.5
    probabilities = [tag.probability for tag in tags]
    assert probabilities == sorted(probabilities, reverse=True)


def test_features_of_alike_pictures_are_close(tagger: EfficientNetTagger) -> None:
    names = ["cheetah.jpg", "cheetah1.jpg", "lion.jpg"]
    vectors = tagger.embed_images([Image.open(PHOTOS / name) for name in names])
    assert vectors.shape == (3, 1280)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert tagger.embed_images([]).shape == (0, 1280)
    assert tagger.tag([]) == []


# --- all of it


def test_a_whole_turn_is_perceived() -> None:
    settings = Settings()
    models = Models(settings)
    files = [SAMPLES / "question.wav", SAMPLES / "screenshot.png", PHOTOS / "lion.jpg"]
    turn = read_turn("今天早上开始就这样了。", files, settings=settings)
    percepts = {
        (percept.source, percept.modality): percept
        for percept in perceive(
            turn,
            speech_to_text=models.speech_to_text,
            screen_reader=models.screen_reader,
            image_tagger=models.image_tagger,
            limits=settings.limits,
            stop=Event(),
        )
    }
    assert percepts["typed", "typed"].language == "zh"
    assert percepts["question.wav", "transcript"].language == "en"
    assert "E-42" in percepts["screenshot.png", "ocr"].text
    assert percepts["screenshot.png", "image"].text == "a screenshot"
    assert percepts["lion.jpg", "image"].text == "probably a lion"


def test_smooth_colours_are_not_called_an_object(tmp_path: Path) -> None:
    settings = Settings()
    models = Models(settings)
    grain = np.random.default_rng(1).normal(0, 4, (400, 640, 3))
    ramp = np.linspace(60, 190, 640)[np.newaxis, :, np.newaxis]
    sky = Image.fromarray((ramp + grain).clip(0, 255).astype(np.uint8))
    sky.filter(ImageFilter.GaussianBlur(1)).save(tmp_path / "sky.png")
    write_wav(tmp_path / "silent.wav", np.zeros(32_000))
    files = [tmp_path / "sky.png", tmp_path / "silent.wav"]
    turn = read_turn("", files, settings=settings)
    for percept in perceive(
        turn,
        speech_to_text=models.speech_to_text,
        screen_reader=models.screen_reader,
        image_tagger=models.image_tagger,
        limits=settings.limits,
        stop=Event(),
    ):
        assert not percept.text.startswith("probably")
        assert percept.modality == "image" or percept.text == ""
        assert percept.note
