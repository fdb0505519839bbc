"""Draw what a prompt asks for out of true drawings: what a judge learns from and is tested on."""

import random
from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
from PIL import Image, ImageFilter

from assistant.pictures.assets import Asset, Collection, fit
from assistant.pictures.colours import own_colour, repaint, to_lab
from assistant.pictures.objects import JUDGES_SOURCES, kind_of
from assistant.pictures.prompts import Asked, Prompt

SIDE_PX = 512  # of a picture, before it is made smaller
_GROUNDS = (
    "#ffffff", "#ffffff", "#f4f1ea", "#e8f0f8", "#eaf5ea", "#fdf3d8", "#f6e6ee", "#dfe3e8",
    "#a8c4d8", "#a9c3a0", "#c9b79c", "#8a98a4", "#3d5a50", "#2b3440", "#5b4a63",
)  # fmt: skip
_APART = 20.0  # distance in CIELAB between a thing and its ground
_SEEN = 0.75  # share of a thing that must be so far from its ground
_PX = 256  # longer side of a drawing


class Drawings:
    """The drawings of one collection that the judge has never seen, by object."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._by_object: dict[str, list[Asset]] = {}
        for asset in collection.assets:
            kind = kind_of(asset)
            if kind and asset.source not in JUDGES_SOURCES:
                self._by_object.setdefault(kind.word, []).append(asset)

    def draw(self, prompt: Prompt, seed: int) -> Image.Image | None:
        """Return a right picture of `SIDE_PX`, RGB; None where no drawing can be had so."""
        chance = random.Random(f"{prompt.task} {prompt.things} {prompt.relation} {seed}")
        things: list[Image.Image] = []
        for asked in prompt.things:
            drawing = self._drawing(asked, chance)
            if drawing is None:
                return None
            things += [drawing] * asked.count
        return scene(things, chance, prompt.relation)

    def _drawing(self, asked: Asked, chance: random.Random) -> Image.Image | None:
        """Return some drawing of an object in its colour."""
        assets = self._by_object.get(asked.object, [])
        for asset in chance.sample(assets, len(assets)):
            picture = self._collection.picture(asset)
            if not asked.colour or own_colour(picture) == asked.colour:
                return picture
            if painted := repaint(picture, asked.colour, chance):
                return painted
        return None


def scene(things: Sequence[Image.Image], chance: random.Random, relation: str = "") -> Image.Image:
    """Return one or more drawings (RGBA) on a ground, RGB of `SIDE_PX`, nothing overlapping.

    Two stand in their relation (`prompts.RELATIONS`) where it is given; else all stand in a grid.
    """
    canvas = ground(things, chance)
    cells = _cells(len(things), relation, chance)
    for thing, (x, y, cell) in zip(things, cells, strict=True):
        small = fit(thing.crop(thing.getbbox()), round(cell * chance.uniform(0.7, 0.9)))
        room = (cell - small.width) // 2, (cell - small.height) // 2
        left, top = (place + half + chance.randint(-half // 2, half // 2)
                     for place, half in zip((x, y), room, strict=True))  # fmt: skip
        canvas.paste(small, (left, top), small)
    return canvas


def ground(things: Sequence[Image.Image], chance: random.Random) -> Image.Image:
    """Return a plain, graded or two-coloured ground on which no thing vanishes."""
    shown = np.concatenate([_colours(thing) for thing in things])
    fit_colours = [code for code in _GROUNDS if _stands_out(shown, code)] or ["#a8c4d8"]
    first, second = chance.choices(fit_colours, k=2)
    canvas = Image.new("RGB", (SIDE_PX, SIDE_PX), first)
    kind = chance.random()
    if kind < 0.25:
        shade = Image.linear_gradient("L").resize(canvas.size)
        canvas.paste(Image.new("RGB", canvas.size, second), mask=shade)
    elif kind < 0.4:
        horizon = chance.randrange(SIDE_PX // 2, SIDE_PX * 9 // 10)
        canvas.paste(Image.new("RGB", (SIDE_PX, SIDE_PX - horizon), second), (0, horizon))
    return canvas


def worn(image: Image.Image, chance: random.Random) -> Image.Image:
    """Return a picture at a painter's size or smaller, perhaps blurred, at its old size again."""
    side = chance.choice((64, 96, 128, 128, 256))
    small = image.resize((side, side), Image.Resampling.BOX)
    small = small.filter(ImageFilter.GaussianBlur(chance.choice((0, 0, 0.5, 1.0))))
    return small.resize(image.size, Image.Resampling.BICUBIC)


def _cells(count: int, relation: str, chance: random.Random) -> list[tuple[int, int, int]]:
    """Return left, top and side of each thing's square, in pixels."""
    if count == 1:
        side = chance.randrange(SIDE_PX * 45 // 100, SIDE_PX)
        return [(chance.randint(0, SIDE_PX - side), chance.randint(0, SIDE_PX - side), side)]
    columns = ceil(sqrt(count))
    step = SIDE_PX // columns
    if count > 2:
        return [(step * (n % columns), step * (n // columns), step) for n in range(count)]
    across = [chance.randint(step // 4, step * 3 // 4) for _ in range(2)]
    beside = relation.endswith(" of") or (not relation and chance.random() < 0.6)
    spots = [(0, across[0]), (step, across[1])] if beside else [(across[0], 0), (across[1], step)]
    if relation in ("right of", "below"):
        spots.reverse()
    return [(*spot, step) for spot in spots]


def _colours(thing: Image.Image) -> np.ndarray:
    """Return CIELAB values of what a drawing shows, shape (n, 3)."""
    pixels = np.asarray(thing.resize((_PX // 8, _PX // 8), Image.Resampling.BOX))
    return to_lab(pixels[..., :3])[pixels[..., 3] > 200]


def _stands_out(shown: np.ndarray, code: str) -> bool:
    colour = np.array([[[int(code[i : i + 2], 16) for i in (1, 3, 5)]]], np.uint8)
    return float((np.linalg.norm(shown - to_lab(colour)[0], axis=1) > _APART).mean()) > _SEEN
