"""The planner on the real encoder and the held-back messages."""

from pathlib import Path

import pytest

from assistant.fusion.evaluate_routes import TARGET, run
from assistant.fusion.train_routes import train
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


def test_training_again_gives_a_head_that_fits(settings: Settings, tmp_path: Path) -> None:
    assert train(settings, tmp_path / "routes.safetensors") < 0.1
