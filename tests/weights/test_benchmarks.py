"""The knowledge benchmark at toy size: it takes in, asks and counts what it says it does."""

import random
from pathlib import Path

import pytest
from PIL import Image

from assistant.benchmarks import new_manuals
from assistant.benchmarks.retrieval_quality import changed
from assistant.benchmarks.retrieval_scale import measure
from assistant.models.lazy import Models
from assistant.settings import load_settings

pytestmark = pytest.mark.weights


def test_the_scale_is_measured_on_as_many_documents_as_it_says(tmp_path: Path) -> None:
    (tmp_path / "manual").mkdir()
    row = measure(60, tmp_path, tmp_path / "manual", queries=5)
    assert 60 <= row["documents"] <= 70
    assert 0 < row["query p50 ms"] <= row["query p95 ms"]
    assert row["documents/s"] > 0


def test_a_changed_screenshot_is_smaller_and_the_same_for_the_same_seed() -> None:
    picture = Image.effect_noise((400, 300), 80).convert("RGB")
    first, again = (changed(picture, random.Random(4)) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert first.size != picture.size


def test_a_manual_that_lacks_the_answer_is_believed_less_often() -> None:
    for row in new_manuals.measure(Models(load_settings()), "dev"):
        answered, right, mistaken = (float(str(value)) for value in list(row.values())[2:])
        assert mistaken < right <= answered
