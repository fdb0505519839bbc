"""The judge at toy size learns shapes, names them and holds pictures against prompts."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from assistant.fusion.train_judge import fit, is_something_else, lessons, looks, render
from assistant.models.protocols import Look, Tag
from assistant.pictures.assets import Asset, Collection
from assistant.pictures.judge import (
    MOST,
    OTHER,
    Judge,
    Seen,
    Sight,
    is_right,
    read,
    relations,
    write,
)
from assistant.pictures.objects import kinds
from assistant.pictures.prompts import RELATIONS, Asked, Prompt, Task
from assistant.pictures.scenes import split_of
from assistant.pictures.segmentation import pieces
from assistant.pictures.truth import SIDE_PX, Drawings, scene, worn
from assistant.settings import Settings, load_settings

SHAPES = {"apple": "ellipse", "book": "rectangle", "star": "polygon"}
BOX = (0.1, 0.1, 0.3, 0.3)


def shape(word: str, colour: str = "#d01515") -> Image.Image:
    """Return a drawing on a transparent square: a disc, an upright bar or a triangle."""
    image = Image.new("RGBA", (256, 256))
    pen = ImageDraw.Draw(image)
    if word == "apple":
        pen.ellipse((16, 16, 240, 240), fill=colour)
    elif word == "book":
        pen.rectangle((90, 8, 166, 248), fill=colour)
    else:
        pen.polygon([(128, 8), (248, 240), (8, 240)], fill=colour)
    return image


class ToyTagger:
    """Sees the outline of what stands in the middle, coarsely."""

    def look(self, images: Sequence[Image.Image]) -> list[Look]:
        looks = []
        for image in images:
            pixels = np.asarray(image.convert("RGB").resize((24, 24)), np.float32)
            away = np.abs(pixels - pixels[0, 0]).sum(axis=-1) > 40
            features = np.append(away.reshape(-1), 1).astype(np.float32)
            looks.append(Look([], features, np.zeros((9, 1)), np.zeros(1)))
        return looks

    def tag(self, images: Sequence[Image.Image]) -> list[list[Tag]]:
        raise NotImplementedError

    def embed_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        raise NotImplementedError


def asset(name: str, source: str) -> Asset:
    return Asset(f"{source}/{name}", {"en": name}, {}, source, "CC0", "")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """Each shape in a source of the judge's and in one that it must not see."""
    folder = tmp_path_factory.mktemp("assets")
    assets = [asset(word, source) for word in SHAPES for source in ("noto", "fluent-emoji-flat")]
    for each in assets:
        shape(each.names["en"]).save(folder / f"{each.id.replace('/', '--')}.png")
    return Collection(tuple(assets), {}, folder)


@pytest.fixture(scope="module")
def judge(collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    cache = load_settings({}, cache_dir=tmp_path_factory.mktemp("cache"))
    weights = fit(*looks(cache, collection, ToyTagger(), lessons(collection)))
    return Judge(weights, ToyTagger())


def picture(*things: tuple[str, str, tuple[int, int]], side: int = 110) -> Image.Image:
    image = Image.new("RGB", (SIDE_PX, SIDE_PX), "white")
    for word, colour, corner in things:
        small = shape(word, colour).resize((side, side))
        image.paste(small, corner, small)
    return image


def prompt(task: Task, *things: Asked, relation: str = "") -> Prompt:
    return Prompt(task, "en", "", things, relation)


RED, BLUE = "#d01515", "#2266cc"


# What is learnt


def test_objects_are_named_in_new_colours_and_places(judge: Judge) -> None:
    for word in SHAPES:
        sight = judge.see(picture((word, BLUE, (300, 90))))
        (thing,) = sight.things
        assert (thing.object, thing.colour) == (word, "blue")
        assert sight.whole == thing


def test_an_empty_picture_shows_nothing(judge: Judge) -> None:
    sight = judge.see(Image.new("RGB", (64, 64), "white"))
    assert sight == Sight(())
    assert not is_right(prompt("single object", Asked("apple")), sight)


def test_of_very_many_things_some_are_looked_at(judge: Judge) -> None:
    many = picture(*(("apple", RED, (x, y)) for x in range(4, 500, 84) for y in range(4, 500, 84)),
                   side=60)  # fmt: skip
    assert len(judge.see(many).things) == MOST


def test_prompts_are_judged_from_pixels(judge: Judge) -> None:
    image = picture(("apple", RED, (30, 200)), ("book", BLUE, (330, 210)))
    sight = judge.see(image)
    apple, book = Asked("apple", "red"), Asked("book", "blue")
    assert is_right(prompt("single object", Asked("apple")), sight)
    assert not is_right(prompt("single object", Asked("star")), sight)
    assert is_right(prompt("binding", apple, book), sight)
    assert not is_right(prompt("binding", Asked("apple", "blue"), Asked("book", "red")), sight)
    assert is_right(prompt("position", apple, book, relation="left of"), sight)
    assert not is_right(prompt("position", apple, book, relation="right of"), sight)
    assert is_right(prompt("position", book, apple, relation="right of"), sight)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_counts_are_exact(judge: Judge, count: int) -> None:
    corners = [(30, 30), (300, 30), (30, 300), (300, 300)][:count]
    sight = judge.see(picture(*(("star", RED, corner) for corner in corners), side=150))
    for asked in (1, 2, 3, 4):
        assert is_right(prompt("count", Asked("star", count=asked)), sight) is (asked == count)


def test_the_judge_learns_from_its_own_drawings_alone(collection: Collection) -> None:
    learnt = {lesson.asset.source for lesson in lessons(collection)}
    assert learnt == {"noto"}


def test_something_else_is_what_no_painter_sees() -> None:
    names = ("zebra", "ladder", "wolf", "kettle", "spoon", "igloo", "apple", "dog", "red dog")
    strange = [asset(name, "noto") for name in names if is_something_else(asset(name, "noto"))]
    assert strange  # some of these names fall to "dev" or "test"
    assert all(split_of(each) != "train" for each in strange)
    assert not {each.names["en"] for each in strange} & {"apple", "dog", "red dog"}


def test_looks_are_kept_on_disk(collection: Collection, tmp_path: Path) -> None:
    cache = load_settings({}, cache_dir=tmp_path)
    wanted = lessons(collection)[:5]
    first, objects = looks(cache, collection, ToyTagger(), wanted)

    class Blind(ToyTagger):
        def look(self, images: Sequence[Image.Image]) -> list[Look]:
            raise AssertionError("looked again")

    again, _ = looks(cache, collection, Blind(), wanted)
    assert np.array_equal(first, again)
    assert objects == [lesson.object for lesson in wanted]


def test_lessons_are_rendered_the_same_each_time(collection: Collection) -> None:
    for lesson in lessons(collection)[:4]:
        one, two = render(collection, lesson), render(collection, lesson)
        assert one.size == two.size
        assert one.tobytes() == two.tobytes()


def test_rare_objects_count_as_much() -> None:
    rng = np.random.default_rng(0)
    features = np.abs(rng.normal(size=(110, 8))).astype(np.float32)
    features[:100, 0] += 3
    features[100:, 1] += 3
    weights = fit(features, ["pear"] * 100 + [OTHER] * 10)
    named = weights.probabilities(features).argmax(axis=1)
    assert (named[100:] == weights.classes.index(OTHER)).mean() > 0.8


def test_weights_survive_the_disk(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    features = np.abs(rng.normal(size=(60, 1280))).astype(np.float32)
    weights = fit(features, ["pear", "apple", OTHER] * 20)
    write(weights, tmp_path / "judge.npz")
    kept = read(tmp_path / "judge.npz")
    assert kept.classes == weights.classes
    assert np.allclose(kept.probabilities(features), weights.probabilities(features), atol=0.02)
    assert (tmp_path / "judge.npz").stat().st_size < 1_000_000
    assert list(tmp_path.iterdir()) == [tmp_path / "judge.npz"]


# What counts as right


def seen(word: str, colour: str = "red", box: tuple[float, float, float, float] = BOX) -> Seen:
    return Seen(word, 1.0, colour, box)


def at(x: float, y: float) -> Seen:
    return seen("apple", box=(x - 0.1, y - 0.1, x + 0.1, y + 0.1))


@pytest.mark.parametrize(
    ("x", "y", "held"),
    [
        (0.2, 0.5, {"left of"}), (0.8, 0.5, {"right of"}), (0.5, 0.2, {"above"}),
        (0.5, 0.8, {"below"}), (0.2, 0.2, {"left of", "above"}), (0.52, 0.5, set()),
        (0.2, 0.55, {"left of"}),
    ],
)  # fmt: skip
def test_relations_are_those_of_the_boxes(x: float, y: float, held: set[str]) -> None:
    assert relations(at(x, y), at(0.5, 0.5)) == held


@given(*(st.floats(0.1, 0.9) for _ in range(4)))
def test_relations_are_mirrored(x: float, y: float, x1: float, y1: float) -> None:
    back = ("right of", "left of", "below", "above")
    turned: dict[str, str] = dict(zip(RELATIONS, back, strict=True))
    one, other = at(x, y), at(x1, y1)
    assert {turned[name] for name in relations(one, other)} == relations(other, one)


def test_drawings_of_several_parts_are_right_as_a_whole() -> None:
    sight = Sight((seen(OTHER), seen(OTHER)), seen("rose"))
    assert is_right(prompt("single object", Asked("rose")), sight)
    assert is_right(prompt("colour", Asked("rose", "red")), sight)
    assert not is_right(prompt("colour", Asked("rose", "blue")), sight)
    assert not is_right(prompt("count", Asked("rose", count=2)), sight)
    objects = Sight((seen("star"), seen(OTHER)), seen("rose"))
    assert not is_right(prompt("single object", Asked("rose")), objects)


def test_two_objects_are_two_things() -> None:
    twice = prompt("two objects", Asked("star"), Asked("rose"))
    assert not is_right(twice, Sight((seen("star"),), seen("rose")))
    assert is_right(twice, Sight((seen("rose"), seen(OTHER), seen("star")), seen(OTHER)))


# True drawings


def test_true_drawings_are_those_the_judge_does_not_know(
    judge: Judge, collection: Collection
) -> None:
    drawings = Drawings(collection)
    asked = [
        prompt("single object", Asked("apple")), prompt("colour", Asked("star", "blue")),
        prompt("count", Asked("book", count=3)),
        prompt("position", Asked("apple"), Asked("book"), relation="above"),
        prompt("binding", Asked("apple", "green"), Asked("star", "purple")),
    ]  # fmt: skip
    right = []
    for each in asked:
        for seed in range(3):
            image = drawings.draw(each, seed)
            assert image is not None
            assert image.size == (SIDE_PX, SIDE_PX)
            right.append(is_right(each, judge.see(image)))
    assert np.mean(right) > 0.8
    only = Collection(tuple(a for a in collection.assets if a.source == "noto"), {},
                      collection.folder)  # fmt: skip
    assert Drawings(only).draw(asked[0], 0) is None


@pytest.mark.parametrize("relation", RELATIONS)
def test_scenes_place_two_things_as_asked(relation: str) -> None:
    for seed in range(8):
        image = scene([shape("apple", RED), shape("star", BLUE)], random.Random(seed), relation)
        found = pieces(image)
        assert len(found) == 2
        pixels = np.asarray(image.resize((128, 128))).astype(int)
        red, blue = sorted(found, key=lambda p: pixels[p.mask][:, 2].mean())
        assert relation in relations(seen("apple", box=red.box), seen("star", box=blue.box))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_scenes_hold_all_things(count: int) -> None:
    for seed in range(4):
        assert len(pieces(scene([shape("star")] * count, random.Random(seed)))) == count


@pytest.mark.parametrize("colour", ["white", "black", "#8a98a4", "#fdf3d8"])
def test_nothing_vanishes_on_its_ground(colour: str) -> None:
    for seed in range(8):
        image = scene([shape("apple", colour)], random.Random(seed))
        assert len(pieces(image)) == 1


def test_worn_pictures_keep_their_size_and_thing() -> None:
    image = scene([shape("apple")], random.Random(1))
    assert worn(image, random.Random(2)).size == image.size
    assert len(pieces(worn(image, random.Random(2)))) == 1


@pytest.mark.weights
def test_the_real_classifier_tells_drawings_apart(settings: Settings, tmp_path: Path) -> None:
    from assistant.models.efficientnet_tagger import EfficientNetTagger

    tagger = EfficientNetTagger(settings)
    chance = random.Random(0)
    words = list(SHAPES) * 4
    images = [scene([shape(word, chance.choice((RED, BLUE)))], chance) for word in words]
    weights = fit(np.stack([look.features for look in tagger.look(images)]), words)
    judge = Judge(weights, tagger)
    right = [
        judge.see(scene([shape(word, "#2e7d32")], random.Random(word))).things[0].object == word
        for word in SHAPES
    ]
    assert sum(right) >= 2
    assert set(SHAPES) <= set(kinds())
