"""The trained alignment on pictures that the test draws."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from assistant.fusion.alignment import WEIGHTS, WIDTH, Alignment
from assistant.models.efficientnet_tagger import WEIGHTS as TAGGER
from assistant.models.lazy import Models
from assistant.settings import load_settings

pytestmark = pytest.mark.weights

MODELS = Models(load_settings())
ALIGN = Alignment(MODELS.image_tagger(), MODELS.text_embedder())


def apple(colour: str, ground: str = "white") -> Image.Image:
    """Draw an apple with stem and leaf."""
    image = Image.new("RGB", (320, 320), ground)
    pen = ImageDraw.Draw(image)
    pen.ellipse((60, 90, 190, 270), fill=colour)
    pen.ellipse((130, 90, 260, 270), fill=colour)
    pen.line((160, 105, 172, 55), fill="#5d3a1a", width=9)
    pen.ellipse((172, 50, 225, 78), fill="#4caf50")
    return image


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Put two pictures beside each other on a square."""
    image = Image.new("RGB", (640, 640), "white")
    image.paste(left, (20, 160))
    image.paste(right, (300, 160))
    return image


def best(image: Image.Image, captions: list[str], language: str) -> str:
    scores = ALIGN.texts(captions, [language] * len(captions)) @ ALIGN.images([image])[0]
    return captions[int(scores.argmax())]


PAINTS = {"red": "#d01515", "green": "#3fa33f", "blue": "#2266cc", "yellow": "#f2c811"}


@pytest.mark.parametrize("colour", PAINTS)
@pytest.mark.parametrize("ground", ["white", "#dfe3e8"])
def test_an_apple_has_its_colour(colour: str, ground: str) -> None:
    captions = [f"a {name} apple" for name in PAINTS]
    assert best(apple(PAINTS[colour], ground), captions, "en") == f"a {colour} apple"


@pytest.mark.parametrize(("colour", "chinese"), [("red", "红"), ("green", "绿")])
def test_an_apple_has_its_colour_in_chinese(colour: str, chinese: str) -> None:
    captions = ["一个红色的苹果", "一个绿色的苹果"]
    assert best(apple(PAINTS[colour]), captions, "zh") == f"一个{chinese}色的苹果"


def test_an_apple_is_not_another_thing() -> None:
    captions = ["a red apple", "a red car", "a red book", "a red envelope", "a red umbrella"]
    assert best(apple(PAINTS["red"]), captions, "en") == "a red apple"
    chinese = ["红色的苹果", "红色的汽车", "红色的书", "红色的雨伞"]
    assert best(apple(PAINTS["red"]), chinese, "zh") == "红色的苹果"


def test_two_apples_have_their_colours() -> None:
    both = beside(apple(PAINTS["red"]), apple(PAINTS["blue"]))
    captions = ["a red apple and a blue apple", "a red apple and a yellow apple",
                "a green apple and a blue apple"]  # fmt: skip
    assert best(both, captions, "en") == captions[0]


def test_both_languages_name_the_same_place() -> None:
    english = ALIGN.texts(["a dog", "a blue car", "a house"], ["en"] * 3)
    chinese = ALIGN.texts(["一只狗", "一辆蓝色的汽车", "一座房子"], ["zh"] * 3)
    assert (english @ chinese.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_the_shipped_weights_are_small_and_name_their_encoders() -> None:
    assert WEIGHTS.stat().st_size < 10_000_000
    assert ALIGN.encoders == {"image_tagger": TAGGER, "text_embedder": MODELS.text_embedder().name}


def test_vectors_have_unit_length() -> None:
    vectors = ALIGN.images([apple("red"), Image.new("L", (3, 2000))])
    assert vectors.shape == (2, WIDTH)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(2), abs=1e-3)
