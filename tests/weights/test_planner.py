"""The planner on the real encoder and the held-back messages."""

from pathlib import Path

import numpy as np
import pytest

from assistant.fusion.evaluate_routes import TARGET, run
from assistant.fusion.routes import OUTPUTS, RouteHead
from assistant.fusion.routes_data import read
from assistant.fusion.train_routes import train
from assistant.models.lazy import Models
from assistant.settings import Settings, load_settings

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def result() -> dict:
    return run(load_settings())


def test_the_held_back_messages_are_planned_right(result: dict) -> None:
    figures = {name: row["value"] for name, row in result["headline"].items() if row["target"]}
    assert min(figures.values()) >= TARGET, figures


def test_both_languages_hold(result: dict) -> None:
    rows = result["tables"]["held-back messages"]
    assert {row["language"] for row in rows} == {"en", "zh"}
    assert all(row["exact set of steps"] >= 0.85 for row in rows), rows


def test_training_again_gives_the_shipped_head(settings: Settings, tmp_path: Path) -> None:
    loss = train(settings, tmp_path / "routes.safetensors")
    texts = [example.message for example in read("dev")]
    shipped = RouteHead().predict(texts)
    assert loss < 0.1
    assert np.abs(RouteHead(tmp_path / "routes.safetensors").predict(texts) - shipped).mean() < 0.02


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("Draw fifteen pears", "en"), ("Draw 9 boats", "en"), ("Draw a pentagon", "en"),
        ("Draw no clouds", "en"), ("画九只鸭子", "zh"), ("画一个五边形", "zh"),
        ("画一个黄色的梨和两个苹果，梨在右边", "zh"),
    ],
)  # fmt: skip
def test_a_number_or_a_shape_to_draw_is_drawn(
    message: str, language: str, settings: Settings
) -> None:
    head = RouteHead()
    vectors = head.vectors([message], language, Models(settings).text_embedder())
    (routes,) = head.predict([message], vectors)
    assert routes[OUTPUTS.index("draw")] > 0.5
