"""Things are found, counted, placed and named by colour in pictures drawn here."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from assistant.pictures.colours import TYPICAL
from assistant.pictures.segmentation import SIDE_PX, colour_of, crop, pieces, union

GROUNDS = ("white", "#2b3440", "#a9c3a0")
PX = 256


def graded(first: str, second: str) -> Image.Image:
    image = Image.new("RGB", (PX, PX), first)
    shade = Image.linear_gradient("L").resize((PX, PX))
    image.paste(Image.new("RGB", (PX, PX), second), mask=shade)
    return image


def with_floor(wall: str, floor: str) -> Image.Image:
    image = Image.new("RGB", (PX, PX), wall)
    image.paste(floor, (0, 160, PX, PX))
    return image


def discs(image: Image.Image, *middles: tuple[int, int], radius: int = 24, fill: str = "#d01515"):
    pen = ImageDraw.Draw(image)
    for x, y in middles:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    return image


SPOTS = [(60, 60), (190, 60), (60, 190), (190, 190), (125, 125)]


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("count", range(6))
def test_things_are_counted(ground: str, count: int) -> None:
    found = pieces(discs(Image.new("RGB", (PX, PX), ground), *SPOTS[:count]))
    assert len(found) == count


@pytest.mark.parametrize(
    "image",
    [graded("white", "#8a98a4"), graded("#e8f0f8", "#2b3440"), with_floor("#f4f1ea", "#8a98a4")],
    ids=["graded", "strongly graded", "wall and floor"],
)
def test_things_are_counted_on_other_grounds(image: Image.Image) -> None:
    assert len(pieces(image)) == 0
    assert len(pieces(discs(image.copy(), *SPOTS[:4]))) == 4


@pytest.mark.parametrize("size", [(128, 128), (512, 512), (300, 200)])
def test_size_and_blur_do_not_matter(size: tuple[int, int]) -> None:
    image = discs(Image.new("RGB", (PX, PX), "white"), *SPOTS[:3]).resize(size)
    assert len(pieces(image.filter(ImageFilter.GaussianBlur(1)))) == 3


def test_noise_is_no_thing() -> None:
    noise = np.random.default_rng(0).normal(0, 4, (PX, PX, 3))
    image = discs(Image.new("RGB", (PX, PX), "#dfe3e8"), *SPOTS[:2])
    noisy = np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)
    assert len(pieces(Image.fromarray(noisy))) == 2


def test_parts_that_touch_are_one_thing() -> None:
    image = Image.new("RGB", (PX, PX), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((80, 120, 180, 200), fill="#2266cc")
    pen.polygon([(70, 120), (190, 120), (130, 60)], fill="#d01515")
    (house,) = pieces(image)
    left, top, right, bottom = house.box
    assert (left, top) == pytest.approx((70 / PX, 60 / PX), abs=0.02)
    assert (right, bottom) == pytest.approx((191 / PX, 201 / PX), abs=0.02)


def test_small_parts_belong_to_the_large_one_beside_them() -> None:
    image = discs(Image.new("RGB", (PX, PX), "white"), (128, 128), radius=50, fill="#ffd600")
    rays = [(128, 64), (128, 192), (64, 128), (192, 128)]
    assert len(pieces(discs(image, *rays, radius=7, fill="#ffd600"))) == 1


def test_a_small_thing_far_away_is_a_thing() -> None:
    image = discs(Image.new("RGB", (PX, PX), "white"), (80, 80), radius=60)
    assert len(pieces(discs(image, (220, 220), radius=20, fill="#2266cc"))) == 2


def test_light_inside_a_thing_belongs_to_it() -> None:
    image = discs(Image.new("RGB", (PX, PX), "white"), (128, 128), radius=80)
    (ring,) = pieces(discs(image, (128, 128), radius=40, fill="white"))
    assert ring.mask[SIDE_PX // 2, SIDE_PX // 2]


def test_a_thing_behind_a_crack_is_one() -> None:
    image = Image.new("RGB", (PX, PX), "white")
    pen = ImageDraw.Draw(image)
    pen.polygon([(40, 200), (40, 40), (200, 200)], fill="#d01515")
    pen.polygon([(46, 34), (206, 34), (206, 194)], fill="#2266cc")
    assert len(pieces(image)) == 1


@pytest.mark.parametrize("value", [0, 90, 255])
def test_an_empty_picture_shows_nothing(value: int) -> None:
    assert pieces(Image.new("RGB", (PX, PX), (value,) * 3)) == []  # pyright: ignore
    assert pieces(Image.new("RGB", (1, 1), "white")) == []


def test_a_picture_that_is_all_noise_does_no_harm() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (PX, PX, 3), np.uint8)
    assert isinstance(pieces(Image.fromarray(noise)), list)


@settings(deadline=None, max_examples=30)
@given(st.integers(30, 100), st.integers(160, 225), st.integers(40, 215))
def test_boxes_tell_places(first: int, second: int, other: int) -> None:
    image = discs(Image.new("RGB", (PX, PX), "white"), (first, other), radius=20)
    discs(image, (second, other), radius=26, fill="#2266cc")
    blue, red = pieces(image)
    assert colour_of(image, red) == "red"
    assert colour_of(image, blue) == "blue"
    assert red.box[0] == pytest.approx((first - 20) / PX, abs=0.02)
    assert blue.box[2] == pytest.approx((second + 27) / PX, abs=0.02)
    assert red.box[2] < blue.box[0]


@pytest.mark.parametrize("name", TYPICAL)
def test_the_colour_that_prevails_is_named(name: str) -> None:
    ground = "#8a98a4" if name in ("white", "black") else "#fdf3d8"
    image = discs(Image.new("RGB", (PX, PX), ground), (128, 128), radius=70,
                  fill=f"#{TYPICAL[name].split()[0]}")  # fmt: skip
    discs(image, (110, 110), (150, 110), radius=8, fill="black" if name == "white" else "white")
    (thing,) = pieces(image)
    assert colour_of(image, thing) == name


def test_a_crop_shows_one_thing_in_its_middle() -> None:
    image = discs(Image.new("RGB", (PX, PX), "white"), (100, 120), radius=40)
    discs(image, (190, 120), radius=38, fill="#2266cc")
    red, blue = pieces(image)
    square = crop(image, red, [blue])
    assert square.width == square.height == pytest.approx(80 * 1.25, abs=4)
    assert square.getpixel((square.width // 2, square.height // 2)) == (0xD0, 0x15, 0x15)
    pixels = np.asarray(square).reshape(-1, 3).astype(int)
    assert not (pixels[:, 2] > pixels[:, 0] + 60).any()  # nothing of the blue one
    both = crop(image, union([red, blue]))
    assert both.width > 1.8 * square.width


def test_a_crop_at_the_border_goes_on_with_the_background() -> None:
    image = discs(Image.new("RGB", (PX, PX), "#a9c3a0"), (20, 128), radius=40)
    (thing,) = pieces(image)
    square = crop(image, thing)
    assert square.getpixel((1, 1)) == pytest.approx((0xA9, 0xC3, 0xA0), abs=2)
