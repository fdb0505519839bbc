"""The planner's examples: enough of them, and nothing on both sides of the split."""

import json
from dataclasses import asdict

import pytest

from assistant.fusion.routes_data import DATA, SPLITS, Split, generate, read


def test_there_are_enough_examples_in_both_languages() -> None:
    examples = [example for split in SPLITS for example in read(split)]
    assert len(examples) >= 1000
    for language in ("en", "zh"):
        assert sum(e.language == language for e in examples) >= 0.4 * len(examples)
    assert sum(e.family.startswith("hand-test") for e in read("test")) >= 120


def test_no_template_is_on_both_sides() -> None:
    families = [
        {name for example in read(split) for name in example.family.split("|")} for split in SPLITS
    ]
    assert len(set.union(*families)) == sum(map(len, families))


def test_no_message_is_on_both_sides() -> None:
    messages = [{example.message.lower() for example in read(split)} for split in SPLITS]
    assert not messages[2] & (messages[0] | messages[1])


@pytest.mark.parametrize("split", SPLITS)
def test_the_committed_examples_are_what_the_generator_writes(split: Split) -> None:
    lines = (DATA / f"routes-{split}.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        json.loads(json.dumps(asdict(example))) for example in generate(split)
    ]


def test_every_example_wants_something() -> None:
    for split in SPLITS:
        for example in read(split):
            assert example.steps
            assert min(step.priority for step in example.steps) == 1
