"""The benchmark of picture checks: captions that are wrong in one thing, and the figures."""

import pytest
from PIL import Image

from assistant.benchmarks.verify_pictures import (
    RENDERED,
    SWAPPED,
    Case,
    Outcome,
    best_threshold,
    headline,
    rows,
    swap,
)
from assistant.pictures.prompts import Prompt, prompts
from assistant.types import ClaimVerdict

PROMPTS = [*prompts("dev"), *prompts("test")]
IMAGE = Image.new("RGB", (1, 1))


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.text)
def test_a_swapped_caption_is_wrong_in_what_its_task_is_about(prompt: Prompt) -> None:
    wrong = swap(prompt)
    assert wrong.text != prompt.text
    assert swap(prompt) == wrong
    differ = {
        name
        for one, other in zip(prompt.things, wrong.things, strict=True)
        for name in ("object", "colour", "count")
        if getattr(one, name) != getattr(other, name)
    }
    if prompt.relation != wrong.relation:
        differ.add("position")
    expected = {"unseen object": "object", "colours of two": "colour"}
    kind = SWAPPED[prompt.task]
    assert differ == {expected.get(kind, kind)}


def outcome(verdict: ClaimVerdict, cosine: float, swapped: bool) -> Outcome:
    return Outcome(Case(RENDERED, "count", PROMPTS[0], swapped, IMAGE), verdict, cosine)


def test_what_is_left_open_counts_as_not_called_wrong() -> None:
    found = [
        outcome("supported", 0.9, False), outcome("unverified", 0.8, False),
        outcome("contradicted", 0.85, True), outcome("unverified", 0.2, True),
    ]  # fmt: skip
    threshold = best_threshold(found)
    assert threshold in (0.8, 0.9)
    assert headline(found, threshold) == {
        "pictures_count": {"value": 0.75, "target": "> 0.75", "holds": False}
    }
    (row,) = rows(found, threshold)
    assert (row["right ones called right"], row["wrong ones called right"]) == (0.5, 0.0)
    assert (row["right ones called wrong"], row["wrong ones called wrong"]) == (0.0, 0.5)
