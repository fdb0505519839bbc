"""Draw pictures of one or two things, each in a colour, with captions in English and Chinese.

Picture and captions come from the same structure, and everything random from a seed.
"""

import random
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PIL import Image

from assistant.data_sets import LANGUAGES, Language, Split
from assistant.pictures.assets import Asset, Collection
from assistant.pictures.colours import NAMES, colour_shares, own_colour, repaint
from assistant.pictures.names import COLOURS, without_colour

SIDE_PX = 292  # of a scene: the classifier sees the middle 260
_SEEN_PX = 260
_DEV, _TEST = 8, 12  # percent of the objects that are held back
_UNPAIRED = 10  # percent of a known object's colours that training never shows
_PALE = ("#ffffff", "#ffffff", "#f4f1ea", "#e8f0f8", "#eaf5ea", "#fdf3d8", "#f6e6ee", "#dfe3e8")
_MIDDLE = ("#8a98a4", "#c9b79c", "#a8c4d8", "#a9c3a0", "#d0a8a8")
_DEEP = ("#2b3440", "#3d5a50", "#5b4a63")


PEOPLE = re.compile(r"People|people|Smileys")  # groups that are never painted
_BOX_PX = 128  # side of a thing among several, before it is scaled


@dataclass(frozen=True)
class Thing:
    """An asset in a scene."""

    asset: Asset
    colour: str = ""  # what it is painted in; "": as it is

    @property
    def names(self) -> Mapping[Language, str]:
        """What it is called, without its own colour where it is painted."""
        return without_colour(self.asset.names) if self.colour else self.asset.names


@dataclass(frozen=True)
class Scene:
    """One or two things on a background; the seed settles their places and the rest."""

    things: tuple[Thing, ...]
    seed: str

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages in which every thing has a name."""
        return tuple(
            language for language in LANGUAGES
            if all(language in thing.names for thing in self.things)
        )  # fmt: skip

    def caption(self, language: Language) -> str:
        """Return what it shows: `a red car and a green cup`, `一个红色的汽车和一个绿色的杯子`."""
        phrases = [_phrase(thing.names[language], thing.colour, language) for thing in self.things]
        return (" and " if language == "en" else "和").join(phrases)


def _phrase(name: str, colour: str, language: Language) -> str:
    if language == "zh":
        return f"一个{COLOURS[colour]}色的{name}" if colour else f"一个{name}"
    words = f"{colour} {name}".strip()
    if re.search(
        r"(?<!s)(?<!u)s$", name.split(" with ", maxsplit=1)[0].split(" of ", maxsplit=1)[0]
    ):
        return words  # a plural
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def split_of(asset: Asset) -> Split:
    """Return the part an asset belongs to: everything with the same head goes into one."""
    place = zlib.crc32(f"object {asset.head}".encode()) % 100
    return "test" if place < _TEST else "dev" if place < _TEST + _DEV else "train"


def is_held_back(asset: Asset, colour: str) -> bool:
    """Tell whether training never shows this object in this colour."""
    return zlib.crc32(f"{asset.head} {colour}".encode()) % 100 < _UNPAIRED


class Studio:
    """Draws scenes of a collection's pictures."""

    def __init__(self, collection: Collection) -> None:
        self._assets = {asset.id: asset for asset in collection.assets}
        self._collection = collection
        self._paint = lru_cache(maxsize=64)(self._paint_once)

    def scene(
        self, assets: Sequence[Asset], seed: str, *, known: bool | None = None
    ) -> Scene | None:
        """Return a scene of these assets in random colours; None where one cannot be painted.

        `known` says whether the colours must be ones that training shows (True) or never shows
        (False) on these objects.
        """
        if any(PEOPLE.search(a.group) or not without_colour(a.names) for a in assets):
            return None
        chance = random.Random(f"colours {seed}")
        colours = chance.sample(NAMES, len(assets))
        things = tuple(Thing(a, c) for a, c in zip(assets, colours, strict=True))
        if known is not None and any(is_held_back(t.asset, t.colour) is known for t in things):
            return None
        scene = Scene(things, seed)
        return scene if all(self._painted(scene)) else None

    def draw(self, scene: Scene) -> Image.Image:
        """Return a scene as an RGB picture of `SIDE_PX` squared."""
        chance = random.Random(f"places {scene.seed}")
        pictures = [picture for picture in self._painted(scene) if picture]
        canvas = _background(chance, pictures)
        for picture, (x, y, side) in zip(pictures, _places(len(pictures), chance), strict=True):
            small = picture.resize((side, side), Image.Resampling.LANCZOS)
            canvas.paste(small, (x - side // 2, y - side // 2), small)
        return canvas

    def _painted(self, scene: Scene) -> list[Image.Image | None]:
        """Return each thing as it is painted; None where that does not convince."""
        side = SIDE_PX if len(scene.things) == 1 else _BOX_PX
        return [self._paint(t.asset.id, t.colour, scene.seed, side) for t in scene.things]

    def _paint_once(self, asset_id: str, colour: str, seed: str, side: int) -> Image.Image | None:
        picture = self._collection.picture(self._assets[asset_id])
        picture.thumbnail((side, side))
        if not colour or own_colour(picture) == colour:
            return picture
        return repaint(picture, colour, random.Random(f"{asset_id} {seed}"))


def with_colour(scene: Scene, place: int, colour: str) -> Scene:
    """Return a scene in which one thing has another colour."""
    things = list(scene.things)
    things[place] = replace(things[place], colour=colour)
    return replace(scene, things=tuple(things))


def with_asset(scene: Scene, place: int, asset: Asset) -> Scene:
    """Return a scene in which one thing is another one, in the same colour."""
    things = list(scene.things)
    things[place] = replace(things[place], asset=asset)
    return replace(scene, things=tuple(things))


def with_exchanged_colours(scene: Scene) -> Scene:
    """Return a scene of two things in which each has the other's colour."""
    first, second = scene.things
    things = replace(first, colour=second.colour), replace(second, colour=first.colour)
    return replace(scene, things=things)


def _places(count: int, chance: random.Random) -> list[tuple[int, int, int]]:
    """Return middle and side of each thing in pixels: one near the middle, or two apart."""
    middle = SIDE_PX // 2
    if count == 1:
        side = chance.randrange(_SEEN_PX * 6 // 10, _SEEN_PX * 96 // 100)
        room = (_SEEN_PX - side) // 2
        return [(middle + chance.randint(-room, room), middle + chance.randint(-room, room), side)]
    sides = [chance.randrange(_SEEN_PX * 38 // 100, _SEEN_PX // 2) for _ in range(count)]
    along = (-_SEEN_PX // 4, _SEEN_PX // 4)
    across = [chance.randint(-_SEEN_PX // 5, _SEEN_PX // 5) for _ in range(count)]
    spots = list(zip(along, across, strict=True))
    if chance.random() < 0.4:
        spots = [(y, x) for x, y in spots]
    return [(middle + x, middle + y, side) for (x, y), side in zip(spots, sides, strict=True)]


def _background(chance: random.Random, things: Sequence[Image.Image]) -> Image.Image:
    """Return a plain, graded or two-coloured ground on which no thing vanishes."""
    shares = np.sum([colour_shares(thing) for thing in things], axis=0)
    white, black = (shares[NAMES.index(name)] > 0.3 for name in ("white", "black"))
    grounds = _MIDDLE if white and black else _DEEP + _MIDDLE if white else _PALE
    if not white and not black and chance.random() < 0.3:
        grounds = _DEEP + _MIDDLE
    first, second = chance.choices(grounds, k=2)
    canvas = Image.new("RGB", (SIDE_PX, SIDE_PX), first)
    kind = chance.random()
    if kind < 0.2:  # graded
        shade = Image.linear_gradient("L").resize(canvas.size)
        canvas.paste(Image.new("RGB", canvas.size, second), mask=shade)
    elif kind < 0.35:  # a wall and a floor
        horizon = chance.randrange(SIDE_PX // 2, SIDE_PX * 9 // 10)
        canvas.paste(Image.new("RGB", (SIDE_PX, SIDE_PX - horizon), second), (0, horizon))
    return canvas
