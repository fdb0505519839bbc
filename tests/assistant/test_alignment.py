"""Pictures and texts in one space, at toy size: what must hold whatever has been learnt."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from assistant.checkpoints import resume, save
from assistant.data_sets import LANGUAGES, Language
from assistant.errors import ConfigurationError
from assistant.fusion import train_alignment
from assistant.fusion.alignment import (
    CLASSES,
    FEATURES,
    LIKELIEST,
    NAMED,
    PARTS,
    WIDTH,
    WORDS,
    Alignment,
    AlignmentNetwork,
    Captions,
    Sights,
    load,
    see,
    write,
)
from assistant.fusion.alignment_data import Gallery, Wording, join, squeezed, texts_of
from assistant.fusion.evaluate_alignment import (
    BASELINES,
    SWAPS,
    Result,
    development,
    headline,
    recall,
    tell,
)
from assistant.fusion.train_alignment import Course
from assistant.models.protocols import Look, Tag
from assistant.pictures.assets import (
    SIDE_PX,
    Asset,
    Collection,
    Dropped,
    collect,
    fingerprint,
    render,
)
from assistant.pictures.colours import (
    MEASURES,
    NAMES,
    describe_colours,
    own_colour,
    repaint,
)
from assistant.pictures.names import (
    COLOURS,
    clean_title,
    head_of,
    is_unsuitable,
    is_variant,
    without_colour,
)
from assistant.pictures.packages import Package, bring
from assistant.pictures.phrases import Phrase, phrases_of
from assistant.pictures.scenes import Scene, Studio, Thing, is_held_back, split_of
from assistant.settings import Settings, load_settings

SHAPES = {
    "ball": '<circle cx="50" cy="50" r="45" fill="#d01515"/>',
    "box": '<rect x="8" y="8" width="84" height="84" fill="#2266cc"/>',
    "kite": '<path d="M50 2L90 50L50 98L10 50z" fill="#2e7d32"/>',
    "bar": '<rect x="2" y="35" width="96" height="30" fill="#7b1fa2"/>',
}
CHINESE = {"ball": "球", "box": "盒子", "kite": "风筝", "bar": "横杆"}


def svg(body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{body}</svg>'


def asset(name: str, group: str = "Objects") -> Asset:
    return Asset(
        f"toy/{name}", {"en": name, "zh": CHINESE.get(name, name)}, {"en": ("toy",)}, "toy", "CC0",
        group,
    )  # fmt: skip


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    folder = tmp_path_factory.mktemp("assets")
    for name, body in SHAPES.items():
        render(svg(body)).save(folder / f"toy--{name}.png")
    return Collection(tuple(asset(name) for name in SHAPES), {}, folder)


class ToyTagger:
    """Sees a picture's pixels, coarsely."""

    labels: tuple[str, ...] = ()

    def look(self, images: Sequence[Image.Image]) -> list[Look]:
        looks = []
        for image in images:
            pixels = np.asarray(image.convert("RGB").resize((60, 60)), np.float32) / 128 - 1
            cells = pixels.reshape(3, 20, 3, 20, 3).transpose(0, 2, 1, 3, 4).reshape(9, -1)
            cells = np.pad(cells, ((0, 0), (0, FEATURES - cells.shape[1])))
            odds = np.full(CLASSES, 1 / CLASSES, np.float32)
            looks.append(Look([], cells.mean(axis=0), cells, odds))
        return looks

    def tag(self, images: Sequence[Image.Image]) -> list[list[Tag]]:
        raise NotImplementedError

    def embed_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        raise NotImplementedError


class ToyEmbedder:
    """Gives each text a vector of its own."""

    name = "toy"
    dimension = WORDS

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        rows = [np.random.default_rng(sum(map(ord, text))).normal(size=WORDS) for text in texts]
        return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)

    def embed_queries(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        del languages
        return self.embed(texts)


def network(seed: int = 0) -> AlignmentNetwork:
    """Return a small network in which no part is idle."""
    torch.manual_seed(seed)
    model = AlignmentNetwork(hidden=32)
    for tensor in (*model.buffers(), model.seen.weight, model.said.weight):
        torch.nn.init.normal_(tensor, std=0.05)
    return model.eval()


# Captions, names and what is left out


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("a red car and a green cup", [("car", ("red",)), ("cup", ("green",))]),
        ("a photo of the gray-coloured house", [("house", ("grey",))]),
        ("An orange", [("orange", ("orange",))]),
        ("redwood forest", [("redwood forest", ())]),
        ("一个红色的汽车和一个绿色的杯子", [("汽车", ("red",)), ("杯子", ("green",))]),
        ("一件和服", [("和服", ())]),
        ("粉红色的猪", [("猪", ("pink",))]),
        ("?!", [("?!", ())]),
        ("", [("", ())]),
    ],
)
def test_a_text_is_cut_into_things_with_their_colours(text: str, phrases: list) -> None:
    assert phrases_of(text) == tuple(Phrase(*phrase) for phrase in phrases)


@given(
    things=st.lists(
        st.tuples(st.sampled_from(sorted(SHAPES)), st.sampled_from(NAMES)), min_size=1, max_size=2
    ),
    language=st.sampled_from(["en", "zh"]),
)
def test_a_caption_says_what_is_drawn(things: list[tuple[str, str]], language) -> None:
    scene = Scene(tuple(Thing(asset(name), colour) for name, colour in things), "seed")
    spoken = [name if language == "en" else CHINESE[name] for name, _ in things]
    said = phrases_of(scene.caption(language))
    assert [phrase.words for phrase in said] == spoken
    assert [phrase.colours for phrase in said] == [(colour,) for _, colour in things]


@given(st.sampled_from(NAMES))
def test_the_article_suits_the_colour(colour: str) -> None:
    caption = Scene((Thing(asset("ball"), colour),), "seed").caption("en")
    assert caption == f"{'an' if colour == 'orange' else 'a'} {colour} ball"


def test_a_plural_has_no_article() -> None:
    assert Scene((Thing(asset("grapes"), "blue"),), "").caption("en") == "blue grapes"
    assert Scene((Thing(asset("bus"), "blue"),), "").caption("en") == "a blue bus"


def test_things_lose_their_own_colour_when_they_are_painted() -> None:
    names: dict[Language, str] = {"en": "red apple", "zh": "红苹果"}
    assert without_colour(names) == {"en": "apple", "zh": "苹果"}
    assert without_colour({"en": "leafy green"}) == {}
    apple = replace(asset("apple"), names=names)
    assert Scene((Thing(apple, "blue"),), "").caption("zh") == "一个蓝色的苹果"
    assert Scene((Thing(apple),), "").caption("en") == "a red apple"


@given(st.sampled_from(["apple", "car", "tree"]), st.sampled_from(["", "big ", "candied ", "red "]))
def test_kinds_of_an_object_go_into_one_part(name: str, kind: str) -> None:
    assert split_of(asset(kind + name)) == split_of(asset(name))


@pytest.mark.parametrize(
    ("name", "head"),
    [("bowl with spoon", "bowl"), ("candied apples", "appl"), ("glass of milk", "glass")],
)
def test_the_head_is_the_thing_itself(name: str, head: str) -> None:
    assert head_of(name) == head


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Ice Cream Cone (B and W)", "ice cream cone"),
        ("stapler_01", "stapler"),
        ("Stara Ksiega - Old Book", "old book"),
        ("Clipart by Somebody - old book", ""),
        ("Part of the Flat Icon Collection (Wed Aug 25 2004)", ""),
        ("Gatto", ""),
        ("untitled", ""),
    ],
)
def test_titles_that_say_nothing_are_left_out(title: str, name: str) -> None:
    known = {"ice", "cream", "cone", "stapler", "old", "book", "flat", "untitled"}
    assert clean_title(title, known) == name


def test_what_is_unsuitable_or_a_variant_is_left_out() -> None:
    assert is_unsuitable("water", "hand_gun")
    assert not is_unsuitable("water pistachio", "begun")
    assert is_variant("waving hand: light skin tone")
    assert is_variant("man: red hair")
    assert not is_variant("hairdryer")


# Pictures


def test_a_drawing_is_fitted_onto_a_transparent_square() -> None:
    drawn = render('<svg xmlns="http://www.w3.org/2000/svg" width="4cm" height="1cm">'
                   '<rect width="100%" height="100%" fill="#fff"/>'
                   '<rect x="40" y="10" width="20" height="10" fill="red"/></svg>')  # fmt: skip
    assert drawn.size == (SIDE_PX, SIDE_PX)
    assert drawn.getpixel((2, 2)) == (0, 0, 0, 0)  # the page is gone
    assert drawn.getpixel((SIDE_PX // 2, SIDE_PX // 2)) == (255, 0, 0, 255)


@pytest.mark.parametrize(
    ("drawing", "reason"),
    [
        (svg(""), "blank"),
        (svg('<rect width="100" height="100" fill="white"/>'), "blank"),
        (svg('<circle cx="50" cy="50" r="40" fill="#ffffff"/>'), "blank"),
        ("<svg", "cannot be drawn"),
    ],
)
def test_what_shows_nothing_is_dropped(drawing: str, reason: str) -> None:
    with pytest.raises(Dropped, match=reason):
        render(drawing)


def test_pictures_that_look_the_same_have_nearly_the_same_print() -> None:
    ball = fingerprint(render(svg(SHAPES["ball"])))
    again = fingerprint(render(svg('<circle cx="50" cy="50" r="44" fill="#d11616"/>')))
    assert (ball != again).sum() < 5
    assert (ball != fingerprint(render(svg(SHAPES["kite"])))).sum() > 5


@pytest.mark.parametrize("colour", NAMES)
def test_a_painted_thing_has_its_new_colour_and_keeps_its_outline(colour: str) -> None:
    drawn = render(svg(f'{SHAPES["ball"]}<circle cx="50" cy="50" r="9" fill="#0f0f0f"/>'))
    painted = repaint(drawn, colour, random.Random(1))
    assert painted is not None
    assert own_colour(painted) == colour
    middle = SIDE_PX // 2
    assert painted.getpixel((middle, middle)) == drawn.getpixel((middle, middle))
    assert painted.getchannel("A").tobytes() == drawn.getchannel("A").tobytes()


def test_a_thing_of_many_colours_is_not_painted() -> None:
    stripes = "".join(
        f'<rect x="{25 * place}" width="25" height="100" fill="{colour}"/>'
        for place, colour in enumerate(("#d01515", "#2266cc", "#2e7d32", "#ffd600"))
    )
    assert repaint(render(svg(f'<circle r="1" fill="red"/>{stripes}')), "pink",
                   random.Random(0)) is None  # fmt: skip


def drawn(colour: str, size: tuple[int, int] = (200, 200), ground: str = "white") -> Image.Image:
    image = Image.new("RGB", size, ground)
    box = (size[0] * 0.3, size[1] * 0.3, size[0] * 0.7, size[1] * 0.7)
    ImageDraw.Draw(image).ellipse(box, fill=colour)
    return image


@pytest.mark.parametrize("ground", ["white", "#dfe3e8", "#2b3440"])
def test_the_colour_of_what_is_in_front_is_named(ground: str) -> None:
    measured = describe_colours(drawn("#d01515", ground=ground))
    assert measured.shape == (PARTS, MEASURES)
    assert NAMES[int(measured[0, :-1].argmax())] == "red"
    assert measured[0, NAMES.index("red")] > 0.9


ODD = {
    "blank": Image.new("RGB", (100, 100), "white"),
    "tiny": Image.new("RGB", (1, 1), "red"),
    "huge": drawn("red", (6000, 40)),
    "transparent": Image.new("RGBA", (50, 50)),
    "half transparent": render(svg(SHAPES["ball"])),
    "grey": drawn("red").convert("L"),
    "palette": drawn("red").convert("P"),
}


@pytest.mark.parametrize("name", ODD)
def test_any_picture_gets_a_unit_vector(name: str, tmp_path: Path) -> None:
    write(network(), tmp_path / "a.safetensors", {})
    align = Alignment(ToyTagger(), ToyEmbedder(), tmp_path / "a.safetensors")
    (vector,) = align.images([ODD[name]])
    assert vector.shape == (WIDTH,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-4)


def test_hidden_pixels_of_a_transparent_picture_do_not_count() -> None:
    clear, red = Image.new("RGBA", (60, 60)), Image.new("RGBA", (60, 60), (255, 0, 0, 0))
    one, other = see([clear], ToyTagger()), see([red], ToyTagger())
    for field in fields(Sights):
        assert torch.equal(getattr(one, field.name), getattr(other, field.name))


def test_nothing_gets_no_vector_and_each_text_one(tmp_path: Path) -> None:
    write(network(), tmp_path / "a.safetensors", {"text_embedder": "toy"})
    align = Alignment(ToyTagger(), ToyEmbedder(), tmp_path / "a.safetensors")
    assert align.images([]).shape == align.texts([], []).shape == (0, WIDTH)
    vectors = align.texts(["a red car and a cup", "", "一只猫"], ["en", "en", "zh"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-4)
    assert align.encoders == {"text_embedder": "toy"}


def test_a_text_alone_has_the_same_vector_as_among_longer_ones(tmp_path: Path) -> None:
    write(network(), tmp_path / "a.safetensors", {})
    align = Alignment(ToyTagger(), ToyEmbedder(), tmp_path / "a.safetensors")
    among = align.texts(["a red ball", "a cup, a car and a box"], ["en", "en"])[0]
    assert align.texts(["a red ball"], ["en"])[0] == pytest.approx(among, abs=1e-5)


# The network


def some_sights(seed: int = 0) -> Sights:
    chance = torch.Generator().manual_seed(seed)
    odds = torch.rand(2, LIKELIEST, generator=chance)
    return Sights(
        torch.rand(2, PARTS, FEATURES, generator=chance),
        torch.rand(2, PARTS, MEASURES, generator=chance),
        torch.randint(CLASSES, (2, LIKELIEST), generator=chance),
        odds / odds.sum(dim=1, keepdim=True),
    )


@torch.inference_mode()
def test_golden_numbers() -> None:
    """The same seed gives the same numbers: a change of the architecture shows."""
    model = network()
    sights = model.squeezed(some_sights())
    assert model.pictures(sights)[0, :4].tolist() == pytest.approx(GOLDEN_PICTURE, abs=1e-3)
    words = torch.linspace(-1, 1, 2 * WORDS).reshape(1, 2, WORDS)
    captions = Captions(words, torch.ones(1, 2, len(NAMES)), torch.ones(1, 2))
    assert model.texts(captions)[0, :4].tolist() == pytest.approx(GOLDEN_TEXT, abs=1e-3)


GOLDEN_PICTURE = [0.0539, 0.0827, 0.0516, 0.0191]
GOLDEN_TEXT = [0.0542, 0.041, 0.043, 0.0039]


@torch.inference_mode()
def test_where_the_learnt_vector_is_left_out_only_labels_count() -> None:
    model = network()
    sights = model.squeezed(some_sights())
    vectors = model.pictures(sights, torch.tensor([True, False]))[:, :NAMED]
    alone = vectors / vectors.norm(dim=1, keepdim=True)
    assert torch.allclose(alone[0], model.conse(sights)[0], atol=1e-5)
    assert not torch.allclose(alone[1], model.conse(sights)[1], atol=1e-2)


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = network(1)
    write(written, tmp_path / "a.safetensors", {})
    for name, tensor in load(tmp_path / "a.safetensors").state_dict().items():
        assert torch.allclose(written.state_dict()[name], tensor, atol=1e-2)


# Training


@pytest.fixture(scope="module")
def lesson(collection: Collection) -> Gallery:
    """Every toy in some colours, and pairs of them."""
    studio, tagger = Studio(collection), ToyTagger()
    scenes = [
        Scene((Thing(toy, colour),), f"{toy.id} {colour}")
        for toy in collection.assets
        for colour in ("red", "blue", "yellow", "black")
    ]
    scenes += [
        Scene((Thing(one, "red"), Thing(other, "blue")), f"{one.id} {other.id}")
        for one in collection.assets
        for other in collection.assets
        if one is not other
    ]
    return Gallery(tuple(scenes), see([studio.draw(scene) for scene in scenes], tagger))


@pytest.fixture
def words(collection: Collection, tmp_path: Path) -> Wording:
    wording = Wording(ToyEmbedder(), tmp_path / "phrases.npz")
    wording.learn(
        (text, language)
        for toy in collection.assets
        for language in ("en", "zh")
        for text in texts_of(toy, language)
    )
    return wording


def test_training_learns_a_handful_by_heart(lesson: Gallery, words: Wording) -> None:
    model = network()
    lesson = squeezed(lesson, model)
    course = Course(model, lesson, words, seed=0, epochs=200, rate=1e-2)
    losses = [course.epoch(number) for number in range(200)]
    assert losses[-1] < 0.8 * losses[0]
    found = development(model, {"plain": lesson, "pair": lesson[range(16, 28)]}, words)
    for language in ("en", "zh"):
        assert found[f"find the picture {language}"] > 0.8
        assert found[f"wrong colour {language}"] > 0.8
        assert found[f"wrong object {language}"] > 0.8


def test_a_killed_training_goes_on_as_if_nothing_had_happened(
    lesson: Gallery, words: Wording, tmp_path: Path
) -> None:
    lesson = squeezed(lesson, network())
    whole = Course(network(), lesson, words, seed=1)
    whole.epoch(0)
    save(tmp_path / "kept.pt", whole.parts, 1)
    whole.epoch(1)
    again = Course(network(seed=5), lesson, words, seed=1)
    assert resume(tmp_path / "kept.pt", again.parts) == 1
    again.epoch(1)
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], tensor), name


def test_phrases_are_embedded_once(words: Wording, collection: Collection) -> None:
    class Refusing(ToyEmbedder):
        def embed_queries(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
            raise AssertionError(f"embedded again: {texts} {languages}")

    path = words._path
    kept = Wording(Refusing(), path)
    texts = [(text, "en") for toy in collection.assets for text in texts_of(toy, "en")]
    kept.learn(texts)  # pyright: ignore[reportArgumentType]
    captions = kept.captions([("a red ball and a blue kite", "en")])
    assert captions.there.tolist() == [[1, 1]]


# Scenes and measures


def test_scenes_are_the_same_for_the_same_seed(collection: Collection) -> None:
    ball, box = collection.assets[:2]
    one, two = (Studio(collection).scene([ball, box], "s") for _ in range(2))
    assert one == two
    assert one is not None
    assert Studio(collection).draw(one).tobytes() == Studio(collection).draw(one).tobytes()
    assert one.things[0].colour != one.things[1].colour
    assert Studio(collection).scene([ball, box], "t") != one


def test_scenes_keep_the_colours_that_are_held_back(collection: Collection) -> None:
    studio = Studio(collection)
    for number in range(30):
        for known in (True, False):
            scene = studio.scene(collection.assets[:1], f"s{number}", known=known)
            for thing in scene.things if scene else ():
                assert is_held_back(thing.asset, thing.colour) is not known


def test_people_are_never_painted(collection: Collection) -> None:
    person = replace(collection.assets[0], group="People & Body")
    assert Studio(collection).scene([person], "s") is None


def test_both_things_of_a_scene_are_seen(collection: Collection) -> None:
    for number in range(20):
        scene = Scene(
            (Thing(collection.assets[0], "red"), Thing(collection.assets[1], "blue")), str(number)
        )
        shares = describe_colours(Studio(collection).draw(scene))[0]
        assert shares[NAMES.index("red")] > 0.2
        assert shares[NAMES.index("blue")] > 0.2


def test_measures_count_what_is_right(lesson: Gallery) -> None:
    def perfect(sights: Sights, told) -> torch.Tensor:
        rows = [int((lesson.sights.parts.flatten(1) == part.flatten()).all(dim=1).nonzero()[0])
                for part in sights.parts]  # fmt: skip
        own = [lesson.scenes[row] for row in rows]
        return torch.tensor([[float(s.caption(code) == text) for text, code in told] for s in own])

    def ignorant(sights: Sights, told) -> torch.Tensor:
        return torch.zeros(len(sights.parts), len(told))

    assert recall(lesson, perfect, "en") == (1.0, 28)
    assert recall(lesson, ignorant, "en")[0] < 0.2
    for task in ("wrong colour", "wrong object"):
        assert tell(lesson, perfect, "zh", SWAPS[task])[0] == 1
        assert tell(lesson, ignorant, "zh", SWAPS[task])[0] == 0.5


def test_the_headline_says_whether_targets_hold() -> None:
    accuracies = {"find the picture": 0.4, "wrong colour": 0.9, "wrong object": 0.81}
    found = [
        Result(way, task, "pair", language, 100, accuracy if way == "alignment" else 0.5)
        for way in ("alignment", *BASELINES)
        for task, accuracy in accuracies.items()
        for language in LANGUAGES
    ]
    found.append(Result("alignment", "wrong object", "unpaired", "en", 100, 1.0))
    assert {name: row["holds"] for name, row in headline(found).items()} == {  # pyright: ignore
        "text_to_image_recall_1_en": False, "text_to_image_recall_1_zh": False,
        "caption_with_wrong_colour": True, "caption_with_wrong_object": False,
        "caption_with_wrong_word": True,
    }  # fmt: skip


def test_galleries_are_joined_in_order(lesson: Gallery) -> None:
    both = join([lesson[[3]], lesson[[1, 2]]])
    assert both.scenes == (lesson.scenes[3], lesson.scenes[1], lesson.scenes[2])
    assert torch.equal(both.sights.parts[2], lesson.sights.parts[2].float())


# The sources


def client(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


PACKAGE = Package("@toys/shapes", "1.0.0", ("icons.json",))


@pytest.fixture
def cache(tmp_path: Path) -> Settings:
    return load_settings({}, cache_dir=tmp_path / "cache")


def test_a_package_is_fetched_once(
    cache: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client(
        tmp_path / "bin", "npm",
        'test "$3" = "@toys/shapes@1.0.0" || exit 1\nmkdir package\n'
        'echo "{}" > package/icons.json\n'
        "tar czf shapes.tgz package",
    )  # fmt: skip
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    folder = bring(cache, PACKAGE)
    assert json.loads((folder / "icons.json").read_text()) == {}
    assert not (folder / "package").exists()
    client(tmp_path / "bin", "npm", "exit 1")
    assert bring(cache, PACKAGE) == folder


def test_a_failed_fetch_leaves_nothing_and_says_what_to_do(
    cache: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client(tmp_path / "bin", "npm", "echo 'no such package' >&2\nexit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(ConfigurationError, match="no such package"):
        bring(cache, PACKAGE)
    (tmp_path / "bin" / "npm").unlink()
    with pytest.raises(ConfigurationError, match=re.escape("Install npm")):
        bring(cache, PACKAGE)
    assert list((cache.cache_dir / "pictures").iterdir()) == []


def test_pictures_are_collected_once_and_dropped_ones_counted(
    cache: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Toy packages in the cache stand for the real ones."""
    toy_packages(cache.cache_dir / "pictures")
    monkeypatch.setenv("PATH", "")
    collection = collect(cache)
    names = {one.id: dict(one.names) for one in collection.assets}
    assert names == {
        "fluent-emoji/red-apple": {"en": "red apple", "zh": "红苹果"},
        "openclipart/food/cup": {"en": "tea cup"},
    }
    assert collection.dropped["fluent-emoji"] == {
        "variant of another one": 1, "looks like another one": 1, "letter or sign": 1
    }  # fmt: skip
    assert collection.dropped["openclipart"] == {
        "flag": 1, "unsuitable": 1, "title says nothing": 1, "licence not stated": 1
    }  # fmt: skip
    assert collection.picture(collection.assets[0]).size == (SIDE_PX, SIDE_PX)
    again = collect(cache)
    assert again.assets == collection.assets


APPLE, HAND, SIGN, ROSE = "\U0001f34e", "\U0001f44b\U0001f3fb", "\U0001f170", "\U0001f339"


def toy_packages(root: Path) -> None:
    body = SHAPES["ball"]
    icons = {"red-apple": body, "waving-hand-light": body, "a-button": body, "rose": body}
    chars = {"1f34e": "red-apple", "1f44b-1f3fb": "waving-hand-light", "1f170": "a-button",
             "1f339": "rose"}  # fmt: skip
    sets = {
        "icons.json": {"height": 100, "icons": {name: {"body": b} for name, b in icons.items()}},
        "chars.json": chars,
        "metadata.json": {"categories": {"Symbols": ["a-button"], "Food & Drink": ["red-apple"]}},
    }
    empty = {"icons.json": {"height": 100, "icons": {}}, "chars.json": {},
             "metadata.json": {"categories": {}}}  # fmt: skip
    put(root / "fluent-emoji-1.2.7", {"icons.json": sets["icons.json"]})
    put(root / "fluent-emoji-flat-1.2.6", {**sets, "icons.json": empty["icons.json"]})
    put(root / "noto-1.2.9", empty)
    for language, name in (("en", "red apple"), ("zh", "红苹果")):
        rows = {APPLE: {"default": ["fruit"], "tts": [name]}, SIGN: {"tts": ["A button"]},
                ROSE: {"tts": ["rose"]}}  # fmt: skip
        told = {"annotations": {"annotations": rows}}
        put(
            root / "cldr-annotations-full-48.2.0",
            {f"annotations/{language}/annotations.json": told},
        )
    words = root / "wamerican-2020.12.07-2/usr/share/dict"
    words.mkdir(parents=True)
    (words / "american-english").write_text("tea\ncup\ngun\n")
    clips = root / "openclipart-svg-1_0.18+dfsg-19/usr/share/openclipart/svg"
    clip(clips / "food/cup.svg", "Tea Cup", SHAPES["kite"])
    clip(clips / "food/cup2.svg", "tazza", SHAPES["kite"])
    clip(clips / "food/cup3.svg", "Tea Cup", SHAPES["bar"], licence="")
    clip(clips / "tools/gun.svg", "Gun", SHAPES["bar"])
    clip(clips / "signs_and_symbols/flags/one.svg", "tea cup", SHAPES["box"])


def put(folder: Path, files: dict) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def clip(path: Path, title: str, body: str, licence: str = "cc/PublicDomain") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    told = f'<dc:title>{title}</dc:title><rdf:li>tea</rdf:li><cc:license rdf:resource="{licence}"/>'
    work = f'<cc:Work xmlns:cc="c" xmlns:dc="d" xmlns:rdf="r">{told}</cc:Work>'
    path.write_text(svg(f"<metadata>{work}</metadata>{body}"), "utf-8")


def test_training_starts_from_a_digest_of_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = train_alignment._digest()
    real = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes",
        lambda path: real(path) + (b"#" if path.name == "scenes.py" else b""),
    )  # fmt: skip
    assert train_alignment._digest() != before


def test_every_colour_has_a_chinese_name() -> None:
    assert tuple(COLOURS) == NAMES
    for name, chinese in COLOURS.items():
        assert phrases_of(f"一个{chinese}色的球") == (Phrase("球", (name,)),)
