"""The painter's benchmark at toy size: its ways, what is counted as right, its tables and sheet."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image, ImageDraw

from assistant.bench_command import SUITES
from assistant.benchmarks import painter as bench
from assistant.benchmarks.painter_ways import (
    COLUMNS,
    NATIVE_PX,
    Drawn,
    composer,
    contact_sheet,
    draw_all,
    painter,
    true_drawings,
)
from assistant.errors import ModelError
from assistant.models import pocket_painter
from assistant.models.pocket_painter import painter_of
from assistant.models.protocols import ImageTagger, Look
from assistant.pictures.assets import Asset, Collection
from assistant.pictures.judge import OTHER, Judge, Weights
from assistant.pictures.prompts import Asked, Prompt
from assistant.pictures.segmentation import SIDE_PX, pieces, union
from assistant.pictures.truth import Drawings, scene
from assistant.settings import load_settings

RED, BLUE = (208, 21, 21), (34, 102, 204)
ASKED = (
    Prompt("single object", "en", "an apple", (Asked("apple"),)),
    Prompt("single object", "zh", "一个苹果", (Asked("apple"),)),
    Prompt("colour", "en", "a blue apple", (Asked("apple", "blue"),)),
    Prompt("count", "en", "two apples", (Asked("apple", count=2),)),
)


class Outlines:
    """A classifier whose first feature tells round things, whose second tells the others."""

    def look(self, images: Sequence[Image.Image]) -> list[Look]:
        return [Look([], self._features(image), np.zeros((9, 2)), np.zeros(1)) for image in images]

    def _features(self, image: Image.Image) -> np.ndarray:
        piece = union(pieces(image))
        left, top, right, bottom = piece.box
        is_round = piece.area / SIDE_PX**2 < 0.88 * (right - left) * (bottom - top)
        return np.array([float(is_round), float(not is_round)], np.float32)


JUDGE = Judge(
    Weights((OTHER, "apple"), np.zeros(2, np.float32),
            np.array([[-5, 5], [5, -5]], np.float32), np.zeros(2, np.float32)),
    cast(ImageTagger, Outlines()),
)  # fmt: skip


def disc(colour: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGBA", (256, 256))
    ImageDraw.Draw(image).ellipse((20, 20, 236, 236), fill=colour)
    return image


def always_two_red(prompt: Prompt, seed: int) -> Image.Image | None:
    """Draw two red discs whatever is asked; blue it cannot."""
    if prompt.task == "colour":
        return None
    return scene([disc(RED), disc(RED)], random.Random(seed))


@pytest.fixture
def made(tmp_path: Path) -> list[Drawn]:
    return draw_all("toy", always_two_red, ASKED, (0, 1), tmp_path)[0]


def test_every_prompt_is_drawn_with_every_seed(made: list[Drawn], tmp_path: Path) -> None:
    assert [(d.prompt, d.seed) for d in made] == [(p, s) for p in ASKED for s in (0, 1)]
    assert [d.path is None for d in made] == [False] * 4 + [True] * 2 + [False] * 2
    assert len(list(tmp_path.iterdir())) == 6
    assert all(d.seconds >= 0 for d in made)


def test_the_tables_tell_what_was_right(made: list[Drawn]) -> None:
    truth = [Drawn(bench.TRUE_SMALL, d.prompt, d.seed, d.path, 0) for d in made if d.path]
    found = bench.judged([*made, *truth], JUDGE)
    rows = {(row["way"], row["task"], row["language"]): row for row in bench.right_pictures(found)}
    single = rows["toy", "single object", "zh"]
    assert (single["pictures"], single["not drawn"], single["right"]) == (2, 0, 1.0)
    assert single["judge: true drawings right"] == 1.0
    refused = rows["toy", "colour", "en"]
    assert (refused["not drawn"], refused["right"]) == (2, 0.0)
    assert refused["judge: true drawings right"] is None
    assert rows["toy", "count", "en"]["right"] == 1.0


def test_the_headline_says_whether_targets_hold(made: list[Drawn]) -> None:
    truth = [Drawn(bench.TRUE_SMALL, d.prompt, d.seed, d.path, 0) for d in made if d.path]
    large = [Drawn(bench.TRUE, d.prompt, d.seed, d.path, 0) for d in made if d.path]
    headline = bench.headline(bench.judged([*made, *truth, *large], JUDGE))
    assert {name: cast(dict, row)["holds"] for name, row in headline.items()} == {
        "toy_single_object": True, "toy_colour": False, "toy_count": True,
        "judge_single_object": None, "judge_count": None,
    }  # fmt: skip


def test_a_wrong_number_and_a_wrong_colour_are_wrong(tmp_path: Path) -> None:
    def one_red(prompt: Prompt, seed: int) -> Image.Image:
        return scene([disc(RED)], random.Random(seed))

    made, _ = draw_all("one", one_red, ASKED, (0,), tmp_path)
    right = {o.drawn.prompt.text: o.right for o in bench.judged(made, JUDGE)}
    assert right == {"an apple": True, "一个苹果": True, "a blue apple": False, "two apples": False}


def test_the_contact_sheet_shows_first_pictures(made: list[Drawn], tmp_path: Path) -> None:
    sheet = contact_sheet({"toy": made, "again": made}, ASKED)
    first = made[0].path
    assert first is not None
    with Image.open(first) as image:
        tile = np.asarray(image.resize((160, 160))).astype(int)
    shown = np.asarray(sheet).astype(int)
    places = [(44 + row * 168, column * 168) for row in (0, 1) for column in range(4)]
    alike = [np.abs(shown[y : y + 160, x : x + 160] - tile).mean() < 1 for y, x in places]
    assert alike[0]
    assert alike[4]
    assert not alike[2]  # what could not be drawn is a dash
    assert shown[:44, :160].min() < 100  # the prompt is written above


def test_the_sheet_shows_each_task_in_both_languages() -> None:
    sheet = bench.on_sheet()
    for language, band in (("en", sheet[:COLUMNS]), ("zh", sheet[COLUMNS:])):
        assert [p.task for p in band] == list(bench.TASKS)
        assert {p.language for p in band} == {language}


def test_true_drawings_are_of_the_painters_size(tmp_path: Path) -> None:
    asset = Asset(
        "fluent-emoji-flat/red-apple", {"en": "red apple"}, {}, "fluent-emoji-flat", "MIT", ""
    )
    disc(RED).save(tmp_path / "fluent-emoji-flat--red-apple.png")
    drawings = Drawings(Collection((asset,), {}, tmp_path))
    image = true_drawings(drawings, NATIVE_PX)(ASKED[2], 0)
    assert image is not None
    assert image.size == (NATIVE_PX, NATIVE_PX)
    book = Prompt("single object", "en", "a book", (Asked("book"),))
    made = bench.draw_truth(drawings, (*ASKED, book), tmp_path)
    for some in made.values():
        assert {drawn.prompt for drawn in some} == set(ASKED) - {ASKED[1]}
        assert all(outcome.right for outcome in bench.judged(some, JUDGE))
    rows = bench.judge_alone(JUDGE, drawings, Collection((asset, strange(tmp_path)), {}, tmp_path))
    assert [(row["pictures"], row["named right"]) for row in rows] == [(2, 1.0), (1, 1.0)]


def strange(folder: Path) -> Asset:
    """Return a square, which no painter may have seen."""
    names = ("flower pot", "castle gate", "zebra", "igloo", "lantern", "ladle", "ticket")
    assets = [
        Asset("fluent-emoji-flat/square", {"en": name}, {}, "fluent-emoji-flat", "MIT", "")
        for name in names
    ]
    Image.new("RGBA", (256, 256), (*BLUE, 255)).save(folder / "fluent-emoji-flat--square.png")
    return next(asset for asset in assets if bench.is_something_else(asset))


# The ways


def test_the_suite_is_registered() -> None:
    assert SUITES["painter"] == bench.__name__
    assert bench.LASTS


def test_without_a_painter_its_rows_are_absent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = load_settings({})
    assert painter_of(settings)
    monkeypatch.setattr(pocket_painter, "WEIGHTS", tmp_path / "absent")
    assert not painter_of(settings)
    assert list(bench.ways_of(settings)) == ["composer"]
    assert "SAMESENSE_PAINTER" in capsys.readouterr().err
    assert painter_of(load_settings({}, painter="a/folder"))
    assert painter_of(load_settings({}, profile="studio"))


def test_the_composer_draws_prompts_and_refuses_unknown_things() -> None:
    image = composer()(Prompt("count", "en", "two red apples", (Asked("apple", "red", 2),)), 0)
    assert image is not None
    assert image.mode == "RGB"
    unknown = Prompt("single object", "en", "a flurbl quaxotron", (Asked("apple"),))
    assert composer()(unknown, 0) is None


def test_the_painter_paints_what_is_asked() -> None:
    way = painter(load_settings({}, profile="deterministic"))
    image = way(ASKED[2], 0)
    assert image is not None
    assert bench.is_right(ASKED[2], JUDGE.see(image))


def test_what_a_way_cannot_do_is_counted_but_a_fault_is_not_hidden(tmp_path: Path) -> None:
    def broken(prompt: Prompt, seed: int) -> Image.Image:
        raise ModelError("out of memory")

    with pytest.raises(ModelError):
        draw_all("broken", broken, ASKED, (0,), tmp_path)
