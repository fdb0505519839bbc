"""Painted pictures under real eyes: what they look like, and whether they may be shown."""

import numpy as np
import pytest
from PIL import Image

from assistant.checks.painted import asked_of, claims_about
from assistant.checks.sight import look
from assistant.drawing.compose import compose
from assistant.drawing.easel import UNSAFE
from assistant.drawing.request import parse
from assistant.models.lazy import Models
from assistant.settings import Settings

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(Settings())


@pytest.mark.parametrize(
    ("shown", "asked", "verdict"),
    [
        ("a red apple", "a red apple", "supported"),
        ("a red apple", "一个红苹果", "supported"),
        ("a red apple", "a red airplane", "contradicted"),
        ("a red apple", "一架红飞机", "contradicted"),
        ("a banana left of a cat", "a banana left of a cat", "supported"),
        ("a banana left of a cat", "a cat left of a banana", "contradicted"),
        ("a banana left of a cat", "猫左边有一根香蕉", "supported"),
        ("three green turtles", "three green turtles", "supported"),
        ("three green turtles", "two green turtles", "contradicted"),
        ("three green turtles", "三只蓝色的乌龟", "contradicted"),
    ],
)
def test_small_pictures_are_compared_with_words(
    shown: str, asked: str, verdict: str, models: Models
) -> None:
    image = compose(parse(shown)).picture.resize((128, 128), Image.Resampling.BOX)
    meant = asked_of(asked)
    sight = look(image, meant.request.items, models.picture_matcher())
    verdicts = {claim.verdict for claim in claims_about(meant, sight)}
    worst = next(v for v in ("contradicted", "unverified", "supported") if v in verdicts)
    assert worst == verdict


def test_drawings_are_safe_and_probabilities_are(models: Models) -> None:
    pictures = [compose(parse(prompt)).picture for prompt in ("a red apple", "a pink pig", "a man")]
    noise = np.random.default_rng(0).integers(0, 256, (64, 300, 3), np.uint8)
    chances = models.picture_safety().unsafe([*pictures, Image.fromarray(noise)])
    assert chances.shape == (4,)
    assert ((chances >= 0) & (chances < UNSAFE)).all()
    assert models.picture_safety().unsafe([]).shape == (0,)


def test_the_same_scores_as_the_reference(models: Models) -> None:
    """Of a picture that any machine draws alike, to four places."""
    rows = np.arange(256)
    levels = np.stack(np.broadcast_arrays(rows[:, None], rows[None], 128), axis=-1)
    image = Image.fromarray(levels.astype(np.uint8))
    assert models.picture_safety().unsafe([image])[0] == pytest.approx(REFERENCE, abs=1e-3)


REFERENCE = 0.00349  # of the package that carries the weights
