"""The painter's benchmark: what it asks for, and what a painter must not have learnt."""

from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.claims import HAN
from assistant.data_sets import LANGUAGES
from assistant.drawing.prompt import prompt_of
from assistant.pictures.assets import Asset
from assistant.pictures.colours import NAMES
from assistant.pictures.objects import Kind, is_judges, kind_of, kinds
from assistant.pictures.prompts import (
    COUNTS,
    PROMPTS,
    RELATIONS,
    TASKS,
    Asked,
    Part,
    Prompt,
    Task,
    colour_part,
    count_part,
    pair_part,
    prompts,
)
from assistant.pictures.scenes import is_held_back, split_of

PARTS: tuple[Part, ...] = ("dev", "test")
WORDS = st.sampled_from(sorted(kinds()))


def kind(asked: Asked) -> Kind:
    return kinds()[asked.object]


def drawing(name: str, source: str = "noto", chinese: str = "") -> Asset:
    return Asset(f"{source}/{name}", {"en": name, "zh": chinese or name}, {}, source, "CC0", "")


@pytest.mark.parametrize("part", PARTS)
def test_every_task_is_asked_in_both_languages_with_the_same_meaning(part: Part) -> None:
    asked = prompts(part)
    meant = {
        language: Counter((p.task, p.things, p.relation) for p in asked if p.language == language)
        for language in LANGUAGES
    }
    assert meant["en"] == meant["zh"]
    assert set(meant["en"].values()) == {1}
    sizes = Counter(prompt.task for prompt in asked if prompt.language == "en")
    assert set(sizes) == set(TASKS) == set(get_args(Task))
    assert all(5 <= size <= PROMPTS[part] for size in sizes.values()), sizes


def test_prompts_are_told_apart_by_their_words() -> None:
    texts = [prompt.text for part in PARTS for prompt in prompts(part)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    "prompt", [p for part in PARTS for p in prompts(part)], ids=lambda p: p.text
)
def test_a_prompt_says_what_it_means(prompt: Prompt) -> None:
    for asked in prompt.things:
        word = kind(asked).plural if asked.count > 1 else asked.object
        assert (word if prompt.language == "en" else kind(asked).chinese) in prompt.text
        if prompt.language == "en":
            assert asked.colour in prompt.text
    assert bool(HAN.search(prompt.text)) is (prompt.language == "zh")
    kept = prompt_of(prompt.text)  # a painter gets what is left of a request; one is one anyway
    assert kept.removeprefix("一个") == prompt.text.removeprefix("一个")
    assert bool(prompt.relation) is (prompt.task == "position")


@pytest.mark.parametrize(
    ("things", "relation", "english", "chinese"),
    [
        ((Asked("airplane"),), "", "an airplane", "一架飞机"),
        ((Asked("fish", count=2),), "", "two fish", "两条鱼"),
        ((Asked("strawberry", count=4),), "", "four strawberries", "四颗草莓"),
        ((Asked("pear", "orange"),), "", "an orange pear", "一个橙色的梨"),
    ],
)
def test_words(things: tuple[Asked, ...], relation: str, english: str, chinese: str) -> None:
    found = {
        prompt.language: prompt.text for part in PARTS for prompt in prompts(part)
        if (prompt.things, prompt.relation) == (things, relation)
    }  # fmt: skip
    assert found == {"en": english, "zh": chinese}


def test_positions_are_said_from_the_first_thing_to_the_second() -> None:
    asked = [prompt for prompt in prompts("test") if prompt.task == "position"]
    assert {prompt.relation for prompt in asked} == set(RELATIONS)
    for prompt in asked:
        first, second = (
            kind(asked).chinese if prompt.language == "zh" else asked.object
            for asked in prompt.things
        )
        if prompt.language == "en":
            assert prompt.text.index(first) < prompt.text.index(prompt.relation.split()[0])
            assert prompt.text.endswith(second)
        else:
            assert prompt.text.startswith(second)
            assert prompt.text.endswith(first)


# What is held back


@pytest.mark.parametrize("part", PARTS)
def test_what_is_asked_was_held_back_from_training(part: Part) -> None:
    for prompt in prompts(part):
        assets = [kind(asked).as_asset for asked in prompt.things]
        splits = {split_of(asset) for asset in assets}
        assert splits == ({part} if prompt.task == "unseen object" else {"train"})
        if prompt.task == "colour":
            assert colour_part(assets[0], prompt.things[0].colour) == part
        if prompt.task == "count":
            assert count_part(assets[0], prompt.things[0].count) == part
        if len(assets) == 2:
            assert pair_part(*assets) == part


def test_no_two_tasks_and_parts_share_a_pair() -> None:
    pairs = Counter(
        frozenset(asked.object for asked in prompt.things)
        for part in PARTS for prompt in prompts(part)
        if len(prompt.things) == 2 and prompt.language == "en"
    )  # fmt: skip
    assert set(pairs.values()) == {1}


def test_development_and_test_ask_for_other_single_objects() -> None:
    single = {
        part: {p.things for p in prompts(part) if p.task == "single object"} for part in PARTS
    }
    assert not single["dev"] & single["test"]


def test_asked_colours_are_not_those_that_a_thing_has_anyway() -> None:
    for part in PARTS:
        for prompt in prompts(part):
            if prompt.task == "colour":
                assert prompt.things[0].colour not in kind(prompt.things[0]).colours


def test_bound_colours_differ_and_were_taught_alone() -> None:
    for prompt in prompts("test"):
        if prompt.task == "binding":
            first, second = prompt.things
            assert first.colour != second.colour
            for asked in prompt.things:
                assert colour_part(kind(asked).as_asset, asked.colour) == "train"


@given(WORDS, st.sampled_from(NAMES))
def test_every_rule_for_scenes_holds_for_the_benchmark_too(word: str, colour: str) -> None:
    asset = kinds()[word].as_asset
    if is_held_back(asset, colour):
        assert colour_part(asset, colour) == "test"


@given(WORDS, WORDS)
def test_the_order_of_a_pair_does_not_matter(first: str, second: str) -> None:
    one, other = kinds()[first].as_asset, kinds()[second].as_asset
    assert pair_part(one, other) == pair_part(other, one)


@given(WORDS, WORDS, st.sampled_from(NAMES), st.sampled_from(COUNTS))
def test_all_drawings_of_a_kind_follow_one_rule(
    word: str, other: str, colour: str, count: int
) -> None:
    """`automobile` and `old car` are cars: none may teach what is held back of the others."""
    whole, beside = kinds()[word].as_asset, kinds()[other].as_asset
    for name in kinds()[word].drawings:
        asset = drawing(name)
        assert count_part(asset, count) == count_part(whole, count)
        assert pair_part(asset, beside) == pair_part(whole, beside)
        if not is_held_back(asset, colour):
            assert colour_part(asset, colour) == colour_part(whole, colour)


def test_most_is_left_to_learn() -> None:
    known = [k.as_asset for k in kinds().values() if split_of(k.as_asset) == "train"]
    assert len(known) == 40
    pairs = [pair_part(*pair) for pair in combinations(known, 2)]
    colours = [colour_part(asset, colour) for asset in known for colour in NAMES]
    counts = [count_part(asset, count) for asset in known for count in (1, *COUNTS)]
    for parts, least in ((pairs, 0.8), (colours, 0.8), (counts, 0.7)):
        assert parts.count("train") / len(parts) > least
        assert set(parts) == {"train", "dev", "test"}


# Which drawings are whose


def test_drawings_show_kinds_whatever_their_colour() -> None:
    red = replace(drawing("red apple", chinese="红苹果"))
    assert kind_of(red) is kinds()["apple"]
    assert kind_of(drawing("candied apples")) is None
    assert kind_of(drawing("automobile")) is kinds()["car"]


@pytest.mark.parametrize(
    ("name", "source", "judges"),
    [
        ("red apple", "noto", True), ("apple", "openclipart", True),
        ("red apple", "fluent-emoji", True), ("apple", "fluent-emoji-flat", False),
        ("zebra", "noto", False),
    ],
)  # fmt: skip
def test_the_judge_has_its_drawings_alone(name: str, source: str, judges: bool) -> None:
    assert is_judges(drawing(name, source)) is judges


def test_no_drawing_shows_two_kinds() -> None:
    names = Counter(name for k in kinds().values() for name in k.drawings)
    assert set(names.values()) == {1}
    assert all(k.chinese and k.measure and k.plural for k in kinds().values())
