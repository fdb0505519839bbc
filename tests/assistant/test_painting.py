"""The painter at toy size: network, pipeline, album, lessons, training."""

import random
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from assistant.checkpoints import resume, save
from assistant.errors import ConfigurationError
from assistant.fusion.alignment_data import Wording
from assistant.models.pocket_painter import PocketPainter
from assistant.painting.album import SIDE_PX, Album, Drawn, Illustrator, album
from assistant.painting.lessons import asked, told
from assistant.painting.network import PictureTransformer, Wished
from assistant.painting.pipeline import STEPS, PicturePipeline, new_scheduler
from assistant.painting.train_painter import Course, Size, write
from assistant.painting.wishes import COUNTS, MEASURES, MOST_THINGS, WORDS, Wish, measures_of
from assistant.painting.wishing import wishes_of
from assistant.pictures.assets import Asset, Collection
from assistant.pictures.colours import own_colour
from assistant.pictures.objects import kinds
from assistant.pictures.prompts import is_of_unseen
from assistant.pictures.scenes import split_of
from assistant.settings import Settings

TOY = Size(8, 32, 2, 2, ("toys",), pictures=20, batch=8, steps=200, rate=4e-3, side=32)
SHAPES = {"ball": "球", "box": "盒子", "kite": "风筝", "star": "星"}


class ToyEmbedder:
    """Gives every text a direction of its own, the same one in both languages."""

    name, dimension = "toy", WORDS

    def embed(self, texts: list[str]) -> np.ndarray:
        return np.stack([self._vector(text) for text in texts])

    def embed_queries(self, texts: list[str], languages: list[str]) -> np.ndarray:
        del languages
        return self.embed(texts)

    @staticmethod
    def _vector(text: str) -> np.ndarray:
        english = next((en for en, zh in SHAPES.items() if zh in text), text)
        vector = np.random.default_rng(list(english.encode())).normal(size=WORDS)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    folder = tmp_path_factory.mktemp("toys")
    assets = []
    for place, (name, chinese) in enumerate(SHAPES.items()):
        image = Image.new("RGBA", (256, 256))
        pen = ImageDraw.Draw(image)
        if place % 2:
            pen.rectangle((30, 60, 226, 196), fill="#2196f3")
        else:
            pen.ellipse((20, 20, 236, 236), fill="#e01010")
        asset = Asset(f"toys/{name}", {"en": name, "zh": chinese}, {}, "toys", "MIT", "Objects")
        image.save(folder / f"toys--{name}.png")
        assets.append(asset)
    return Collection(tuple(assets), {}, folder)


@pytest.fixture
def words(toys: Collection, tmp_path: Path) -> Wording:
    wording = Wording(ToyEmbedder(), tmp_path / "words.npz")  # pyright: ignore[reportArgumentType]
    wording.learn((name, code) for toy in toys.assets for code, name in toy.names.items())
    return wording


def some_wish(count: int = 2) -> Wished:
    chance = torch.Generator().manual_seed(0)
    return Wished(
        torch.randn(count, MOST_THINGS, WORDS, generator=chance),
        torch.rand(count, MOST_THINGS, MEASURES, generator=chance),
        torch.tensor([[1.0, 1.0, 0.0]] * count),
    )


def some_network(seed: int = 0) -> PictureTransformer:
    torch.manual_seed(seed)
    network = TOY.network()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return network.eval()


# What is asked for


def test_colour_count_and_place_have_numbers_of_their_own() -> None:
    rows = measures_of([Wish("cat", "red", 3, "left"), Wish("dog")])
    assert rows.shape == (MOST_THINGS, MEASURES)
    assert rows[0].sum() == 3
    assert rows[1].sum() == 1
    assert not rows[2].any()
    many = measures_of([Wish("cat", count=COUNTS)]), measures_of([Wish("cat", count=40)])
    assert (many[0] == many[1]).all()


# The network and the pipeline


@torch.inference_mode()
def test_pictures_come_out_as_large_as_they_went_in() -> None:
    noisy = torch.randn(2, 3, TOY.side, TOY.side)
    painted = some_network()(noisy, torch.tensor([0.2, 0.9]), some_wish())
    assert painted.shape == noisy.shape
    assert torch.isfinite(painted).all()


@torch.inference_mode()
def test_what_is_not_there_does_not_count() -> None:
    network, wish = some_network(), some_wish()
    noisy, noise = torch.randn(2, 3, TOY.side, TOY.side), torch.tensor([0.5, 0.5])
    other = Wished(wish.words.clone(), wish.measures.clone(), wish.there)
    other.words[:, 2] = 7.0
    assert torch.allclose(network(noisy, noise, wish), network(noisy, noise, other))
    other.words[:, 0] = 7.0
    assert not torch.allclose(network(noisy, noise, wish), network(noisy, noise, other))


@torch.inference_mode()
def test_golden_numbers() -> None:
    """The same seed gives the same numbers: a change of the architecture shows."""
    values = torch.linspace(-1, 1, 3 * TOY.side**2).reshape(1, 3, TOY.side, TOY.side)
    painted = some_network()(values, torch.tensor([0.5]), some_wish(1))
    assert painted[0, 0, 0, :4].tolist() == pytest.approx(GOLDEN, abs=1e-3)


GOLDEN = [-0.4734, -0.6576, -1.5697, 0.1563]


def test_a_saved_pipeline_paints_the_same_picture_for_the_same_seed(tmp_path: Path) -> None:
    write(some_network(), tmp_path / "painter")
    pictures = []
    for _ in range(2):
        pipeline = PicturePipeline.from_pretrained(tmp_path / "painter", dtype=torch.float32)
        assert isinstance(pipeline, PicturePipeline)
        pipeline.encoder = lambda prompts: some_wish(len(prompts))
        seen: list[tuple[int, tuple[int, ...]]] = []

        def after(_: object, step: int, __: object, tensors: dict, seen: list = seen) -> dict:
            seen.append((step, tuple(tensors["clean"].shape)))
            return tensors

        generators = [torch.Generator().manual_seed(seed) for seed in (1, 2)]
        made = pipeline(["a", "b"], negative_prompt=["c", "d"], num_inference_steps=3,
                        generator=generators, callback_on_step_end=after)  # fmt: skip
        pictures.append([np.asarray(picture) for picture in made.images])
        assert seen == [(step, (2, 3, TOY.side, TOY.side)) for step in range(3)]
    assert (pictures[0][0] == pictures[1][0]).all()
    assert (pictures[0][0] != pictures[0][1]).any()


# The album and its words


def test_an_album_is_drawn_once_and_is_the_same_each_time(toys: Collection, tmp_path: Path) -> None:
    one = album(toys, tmp_path, count=6, seed=0, varied=True, workers=1)
    kept = (tmp_path / "one.npy", one.pictures.copy())
    again = album(toys, tmp_path, count=6, seed=0, varied=True, workers=1)
    assert again.shown == one.shown
    assert (again.pictures == kept[1]).all()
    other = album(toys, tmp_path, count=6, seed=1, varied=True, workers=1)
    assert (other.pictures != one.pictures).any()


@pytest.mark.parametrize("varied", [True, False])
def test_pictures_show_what_is_told_of_them(varied: bool, toys: Collection) -> None:
    illustrator = Illustrator(toys, varied=varied)
    kinds, grounds = set(), set()
    for number in range(60):
        picture, shown = illustrator.illustration(f"look {number}")
        assert picture.size == (SIDE_PX, SIDE_PX)
        kinds.add((len(shown), shown[0].count > 1, bool(shown[0].place), shown[0].painted))
        if len(shown) == 1 and shown[0].colour:
            ground = picture.getpixel((0, 0))
            grounds.add(ground)
            thing = picture.convert("RGBA")
            pixels = np.array(thing)
            pixels[(pixels[..., :3] == ground).all(axis=-1), 3] = 0
            assert own_colour(Image.fromarray(pixels)) == shown[0].colour
    assert {kind[:3] for kind in kinds} >= {(1, False, False), (1, True, False), (2, False, True)}
    assert any(kind[3] for kind in kinds)
    assert (len(grounds) > 1) == varied


def test_words_say_the_colour_that_a_thing_was_painted(toys: Collection, words: Wording) -> None:
    assets = {asset.id: asset for asset in toys.assets}
    shown = (Drawn("toys/ball", "blue", True, 3),)
    languages = set()
    for number in range(30):
        wishes, language = told(shown, assets, random.Random(number))
        languages.add(language)
        assert wishes == (Wish("球" if language == "zh" else "ball", "blue", 3),)
        wish = asked([(wishes, language)], words)
        assert wish.there.tolist() == [[1, 0, 0]]
        assert wish.words[0, 0].norm() == pytest.approx(1, abs=1e-3)
    assert languages == {"en", "zh"}


# Training


def toy_album() -> Album:
    """Two things that differ in all that counts: a dark one and a light one."""
    pictures = np.stack([np.full((TOY.side, TOY.side, 3), level, np.uint8) for level in (30, 225)])
    return Album(pictures, ((Drawn("toys/ball"),), (Drawn("toys/box"),)))


def test_training_learns_a_handful_by_heart(toys: Collection, words: Wording) -> None:
    assets = {asset.id: asset for asset in toys.assets}
    course = Course(TOY, toy_album(), assets, words, seed=0)
    losses = [course.step() for _ in range(TOY.steps)]
    assert np.mean(losses[-10:]) < 0.3 * np.mean(losses[:3])
    pipeline = PicturePipeline(course.network, new_scheduler())
    wish = asked([((Wish("ball"),), "en"), ((Wish("盒子"),), "zh")], words)
    dark, light = pipeline.paint(wish, steps=8, guidance=1.0).images
    assert np.asarray(dark).mean() + 60 < np.asarray(light).mean()


def test_a_killed_training_goes_on_as_if_nothing_had_happened(
    toys: Collection, words: Wording, tmp_path: Path
) -> None:
    assets = {asset.id: asset for asset in toys.assets}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several add up in an order that differs
    whole = Course(TOY, toy_album(), assets, words, seed=1)
    whole.step()
    save(tmp_path / "kept.pt", whole.parts, whole.steps)
    whole.step()
    again = Course(TOY, toy_album(), assets, words, seed=1)
    again.steps = resume(tmp_path / "kept.pt", again.parts)
    assert again.steps == 1
    again.step()
    torch.set_num_threads(threads)
    for own, other in zip(whole.mean.parameters(), again.mean.parameters(), strict=True):
        assert torch.equal(own, other)
    assert whole.samples(2).tobytes() == again.samples(2).tobytes()


# From a prompt to a picture


@pytest.mark.parametrize(
    ("prompt", "wishes"),
    [
        ("a red apple", (Wish("apple", "red"),)),
        ("three cats", (Wish("cat", count=3),)),
        ("a banana left of a cup", (Wish("banana", place="left"), Wish("cup", place="right"))),
        ("杯子左边有一根香蕉", (Wish("香蕉", place="left"), Wish("杯子", place="right"))),
        ("a red green apple", (Wish("apple", "red"),)),
        ("?!", (Wish("?!"),)),
    ],
)
def test_prompts_are_read_thing_by_thing(prompt: str, wishes: tuple[Wish, ...]) -> None:
    assert wishes_of(prompt) == wishes


def test_the_backend_paints_from_its_own_folder(tmp_path: Path) -> None:
    write(some_network(), tmp_path / "painter")
    painter = PocketPainter(
        Settings(data_dir=tmp_path, cache_dir=tmp_path),
        ToyEmbedder,  # pyright: ignore[reportArgumentType]
        tmp_path / "painter",
    )
    steps: list[tuple[int, int]] = []
    prompts = ["a red apple", "三只猫", "a fox in the snow, a hat and a scarf, a sled"]
    one, *_ = painter.generate(
        prompts, negative_prompt="blurry", seed=3, stop=Event(),
        on_step=lambda step, of: steps.append((step, of)),
    )  # fmt: skip
    assert one.size == (TOY.side, TOY.side)
    assert steps == [(step + 1, STEPS) for step in range(STEPS)]
    again, *_ = painter.generate(prompts[:1], seed=3, stop=Event())
    assert np.abs(np.asarray(one, int) - np.asarray(again, int)).max() <= 1
    assert painter.provenance()["model"] == "painter"
    stop = Event()
    stop.set()
    assert painter.generate(prompts, seed=3, stop=stop) == []


def test_without_weights_the_backend_says_what_to_do(tmp_path: Path) -> None:
    painter = PocketPainter(
        Settings(data_dir=tmp_path, cache_dir=tmp_path),
        ToyEmbedder,  # pyright: ignore[reportArgumentType]
        tmp_path / "absent",
    )
    with pytest.raises(ConfigurationError, match="SAMESENSE_PAINTER"):
        painter.generate(["a red apple"], seed=0, stop=Event())


def test_what_names_an_unseen_object_is_not_learnt() -> None:
    unseen = next(k for k in kinds().values() if split_of(k.as_asset) == "test")
    rose = Asset("a/rose", {"en": "rose"}, {"en": ("plant", unseen.word)}, "toys", "MIT", "Nature")
    face = Asset("a/face", {"en": f"{unseen.word} face"}, {}, "toys", "MIT", "Nature")
    assert is_of_unseen(rose)
    assert is_of_unseen(face)
    assert not is_of_unseen(Asset("a/x", {"en": "zeppelin"}, {"en": ("air",)}, "toys", "MIT", ""))


@pytest.mark.parametrize("damage", ["empty", "half", "garbage"])
def test_damaged_weights_are_an_error_that_says_so(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "painter"
    if damage == "empty":
        folder.mkdir()
    else:
        write(some_network(), folder)
        (weights,) = (folder / "transformer").glob("*.safetensors")
        weights.write_bytes(b"no weights" if damage == "garbage" else weights.read_bytes()[:5000])
    painter = PocketPainter(
        Settings(data_dir=tmp_path, cache_dir=tmp_path),
        ToyEmbedder,  # pyright: ignore[reportArgumentType]
        folder,
    )
    with pytest.raises(ConfigurationError, match="painter"):
        painter.generate(["a red apple"], seed=0, stop=Event())
