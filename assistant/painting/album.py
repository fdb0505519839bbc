"""The pictures that the painter learns from: single things, coloured ones, several, and pairs.

Everything random comes from a seed and the number of a picture, so an album is drawn side by side
by several processes and is the same each time. Pixels are kept in one file, mapped into memory.
"""

import itertools
import json
import random
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

from assistant.painting.wishes import Place
from assistant.pictures.assets import Asset, Collection
from assistant.pictures.colours import NAMES, own_colour, repaint
from assistant.pictures.names import without_colour
from assistant.pictures.objects import is_judges
from assistant.pictures.prompts import colour_part, count_part, is_of_unseen, pair_part
from assistant.pictures.scenes import PEOPLE, split_of

SIDE_PX = 128
SOURCES = ("fluent-emoji-flat", "fluent-emoji")  # one hand drew both
KINDS = {"plain": 0.5, "painted": 0.2, "several": 0.12, "beside": 0.12, "and": 0.06}  # shares
MOST = 5  # of one thing
_GROUNDS = ("#f4f1ea", "#e8f0f8", "#eaf5ea", "#fdf3d8", "#f6e6ee", "#dfe3e8")
_WHITE = 0.6  # share of pictures on white
_VERSION = 2  # of what is drawn: another album is drawn anew
_SHELF = 250  # pictures that one process draws at a time
_AS_IT_IS = 0.4  # share of things among others that keep their own colours


@dataclass(frozen=True)
class Drawn:
    """A thing in a picture: which drawing, how often, in which colour and place."""

    asset: str
    colour: str = ""  # that it has; "": several
    painted: bool = False  # whether that is not its own
    count: int = 1
    place: Place = ""


@dataclass(frozen=True)
class Album:
    """Pictures, (n, SIDE_PX, SIDE_PX, 3) of uint8, and what each shows."""

    pictures: np.ndarray
    shown: tuple[tuple[Drawn, ...], ...]


def album(
    collection: Collection, folder: Path, *, count: int, seed: int, varied: bool, workers: int
) -> Album:
    """Return an album, drawing it the first time; `folder` keeps it.

    A varied one has things of all sizes, on all grounds; else they stand where they stand on white.
    """
    drawings = zlib.crc32(json.dumps([varied, *(a.id for a in collection.assets)]).encode())
    path = folder / f"album-{_VERSION}-{seed}-{count}-{drawings:08x}.npy"
    told = path.with_suffix(".json")
    if not told.exists():
        jobs = range(0, count, _SHELF)
        partial_path = path.with_suffix(".part")
        shape = (count, SIDE_PX, SIDE_PX, 3)
        held = np.lib.format.open_memmap(partial_path, "w+", np.uint8, shape)
        shown: list[list[dict]] = []
        draw = partial(_shelf, collection, varied, seed)
        with ProcessPoolExecutor(workers) as pool:
            for start, (pictures, rows) in zip(jobs, pool.map(draw, jobs), strict=True):
                held[start : start + _SHELF] = pictures[: count - start]
                shown += [[asdict(drawn) for drawn in row] for row in rows[: count - start]]
        held.flush()
        partial_path.replace(path)
        told.with_suffix(".new").write_text(json.dumps(shown), "utf-8")
        told.with_suffix(".new").replace(told)
    rows = json.loads(told.read_text("utf-8"))
    return Album(
        np.load(path, mmap_mode="r"), tuple(tuple(Drawn(**d) for d in row) for row in rows)
    )


def _shelf(
    collection: Collection, varied: bool, seed: int, start: int
) -> tuple[np.ndarray, list[tuple[Drawn, ...]]]:
    illustrator = Illustrator(collection, varied=varied)
    made = [illustrator.illustration(f"{seed} {start + place}") for place in range(_SHELF)]
    return np.stack([np.asarray(picture) for picture, _ in made]), [shown for _, shown in made]


class Illustrator:
    """Draws pictures of what training may show."""

    def __init__(self, collection: Collection, *, varied: bool) -> None:
        """Take the drawings, but those of held-back objects, of the judge and of people."""
        self._collection, self._varied = collection, varied
        self._assets = {
            asset.id: asset for asset in collection.assets
            if split_of(asset) == "train" and not is_judges(asset) and not is_of_unseen(asset)
            and not PEOPLE.search(asset.group)
        }  # fmt: skip
        self._ids = sorted(self._assets)
        self._paintable: dict[str, list[Asset]] = {}
        for asset in self._assets.values():
            if without_colour(asset.names):
                self._paintable.setdefault(asset.head, []).append(asset)
        self._heads = sorted(self._paintable)
        self._picture = lru_cache(maxsize=256)(self._read)

    def illustration(self, seed: str) -> tuple[Image.Image, tuple[Drawn, ...]]:
        """Return a picture, RGB of SIDE_PX squared, and what it shows."""
        chances = (random.Random(f"{seed} {attempt}") for attempt in itertools.count())
        some = ((self._some(chance), chance) for chance in chances)
        shown, chance = next(found for found in some if self._is_taught(found[0]))
        return self._draw(shown, chance), shown

    def _some(self, chance: random.Random) -> tuple[Drawn, ...]:
        (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
        if kind == "plain":
            return (self._plain(chance.choice(self._ids)),)
        heads = chance.sample(self._heads, 2 if kind in ("beside", "and") else 1)
        assets = [chance.choice(self._paintable[head]) for head in heads]
        as_it_is = 0 if kind == "painted" else _AS_IT_IS
        shown = [
            self._plain(asset.id) if chance.random() < as_it_is else self._painted(asset, chance)
            for asset in assets
        ]
        if kind == "several":
            shown = [replace(shown[0], count=chance.randint(2, MOST))]
        if kind == "beside":
            places = chance.choice((("left", "right"), ("above", "below")))
            shown = [replace(d, place=p) for d, p in zip(shown, places, strict=True)]
        return tuple(shown)

    def _is_taught(self, shown: Sequence[Drawn]) -> bool:
        """Tell whether no colour, count or pair is one that the benchmark holds back."""
        assets = [self._assets[drawn.asset] for drawn in shown]
        return (
            all(not d.colour or colour_part(a, d.colour) == "train"
                for d, a in zip(shown, assets, strict=True))
            and all(count_part(a, d.count) == "train" for d, a in zip(shown, assets, strict=True))
            and (len(assets) == 1 or pair_part(assets[0], assets[1]) == "train")
        )  # fmt: skip

    def _plain(self, asset_id: str) -> Drawn:
        picture = self._picture(asset_id, "")
        assert picture is not None
        return Drawn(asset_id, own_colour(picture))

    def _painted(self, asset: Asset, chance: random.Random) -> Drawn:
        """Return an asset in some colour that suits it and is not its own, or as it is."""
        plain = self._plain(asset.id)
        for colour in chance.sample(NAMES, len(NAMES)):
            taught = colour != plain.colour and colour_part(asset, colour) == "train"
            if taught and self._picture(asset.id, colour):
                return Drawn(asset.id, colour, painted=True)
        return plain

    def _read(self, asset_id: str, colour: str) -> Image.Image | None:
        asset = self._assets[asset_id]
        picture = self._collection.picture(asset)
        picture.thumbnail((SIDE_PX, SIDE_PX))
        if not colour or own_colour(picture) == colour:
            return picture
        return repaint(picture, colour, random.Random(f"{asset_id} {colour}"))

    def _draw(self, shown: Sequence[Drawn], chance: random.Random) -> Image.Image:
        white = not self._varied or chance.random() < _WHITE
        ground = "#ffffff" if white else chance.choice(_GROUNDS)
        canvas = Image.new("RGB", (SIDE_PX, SIDE_PX), ground)
        for drawn, boxes in zip(shown, _boxes(shown, chance, self._varied), strict=True):
            picture = self._picture(drawn.asset, drawn.colour)
            assert picture is not None  # `_some` has tried it
            for x, y, side in boxes:
                small = picture.resize((side, side), Image.Resampling.LANCZOS)
                canvas.paste(small, (x - side // 2, y - side // 2), small)
        return canvas


def _boxes(
    shown: Sequence[Drawn], chance: random.Random, varied: bool
) -> list[list[tuple[int, int, int]]]:
    """Return middle and side, in pixels, of each thing's copies."""
    half, jitter = SIDE_PX // 2, SIDE_PX // 32 if varied else 0
    if len(shown) == 1 and shown[0].count == 1:
        side = SIDE_PX * (chance.randint(70, 94) if varied else 94) // 100
        return [[(half, half, side)]]
    if len(shown) == 1:
        spots, side = _GRIDS[shown[0].count], SIDE_PX * (44 if shown[0].count < 5 else 31) // 100
        return [[(round(half + x * SIDE_PX) + chance.randint(-jitter, jitter),
                  round(half + y * SIDE_PX) + chance.randint(-jitter, jitter), side)
                 for x, y in spots]]  # fmt: skip
    side = SIDE_PX * (chance.randint(42, 48) if varied else 48) // 100
    along, across = SIDE_PX // 4, chance.randint(-jitter, jitter)
    unplaced = varied and not shown[0].place
    upright = shown[0].place == "above" or (unplaced and chance.random() < 0.2)
    if upright:
        return [[(half + across, half - along, side)], [(half - across, half + along, side)]]
    return [[(half - along, half + across, side)], [(half + along, half - across, side)]]


_GRIDS = {  # middles of several copies, as shares of the side from the middle
    2: ((-0.24, 0), (0.24, 0)),
    3: ((0, -0.24), (-0.24, 0.24), (0.24, 0.24)),
    4: ((-0.24, -0.24), (0.24, -0.24), (-0.24, 0.24), (0.24, 0.24)),
    5: ((-0.33, -0.2), (0, -0.2), (0.33, -0.2), (-0.17, 0.2), (0.17, 0.2)),
}
