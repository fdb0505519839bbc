"""Photographs whose content is known, whole and spoilt: what descriptions are measured on.

They come from GCompris, a collection of games to learn with, out of Debian's package of it (GPL-3
or later; its photographs are under free licences). The package is fetched and nothing of it is
shipped; what each photograph shows stands in `data/verify/photographs.tsv`, written before anything
was tuned. All photographs of one thing are in the same part.
"""

import csv
import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from assistant.pictures.packages import Package, bring
from assistant.settings import Settings

PACKAGE = Package("gcompris-qt-data", "3.1-2")
TRUTH = Path(__file__).parent / "data" / "verify" / "photographs.tsv"
_COMPRESSED, _FOLDER = 1, 2  # flags of an entry in a bundle


@dataclass(frozen=True)
class Photograph:
    """A photograph and all that may rightly be said of it."""

    thing: str
    path: str  # bundle and name in it
    labels: frozenset[str]  # of the classifier; empty where none is right
    kinds: frozenset[str]
    image: Image.Image


def photographs(settings: Settings, part: str) -> list[Photograph]:
    """Return the photographs of a part, `dev` or `test`.

    Raises ConfigurationError when the package cannot be had.
    """
    folder = bring(settings, PACKAGE) / "usr/share/gcompris-qt/rcc"
    with TRUTH.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["part"] == part]
    return [_photograph(row, folder) for row in rows]


def _photograph(row: Mapping[str, str], folder: Path) -> Photograph:
    bundle = row["bundle"]
    files = _bundle(folder / f"{bundle}.rcc")
    data = files[f"gcompris/src/activities/{bundle}/resource/{row['picture']}"]
    return Photograph(
        row["thing"],
        f"{bundle}/{row['picture']}",
        frozenset(filter(None, row["labels"].split(";"))),
        frozenset(filter(None, row["kinds"].split(";"))),
        Image.open(io.BytesIO(data)).convert("RGB"),
    )


@cache
def _bundle(path: Path) -> dict[str, bytes]:
    """Return the pictures in a bundle of Qt's resource format by their names."""
    data = path.read_bytes()
    version, tree, contents, names = struct.unpack(">4I", data[4:20])
    size = 22 if version >= 2 else 14  # later versions keep the time of each file

    def walk(entry: int, folder: str) -> Iterator[tuple[str, bytes]]:
        at = tree + entry * size
        name, flags, first, second = struct.unpack(">IHII", data[at : at + 14])
        (length,) = struct.unpack(">H", data[names + name : names + name + 2])
        start = names + name + 6
        path = folder + data[start : start + 2 * length].decode("utf-16-be") if entry else ""
        if flags & _FOLDER:
            for child in range(second, second + first):
                yield from walk(child, f"{path}/" if path else "")
        elif path.endswith(".webp"):
            (length,) = struct.unpack(">I", data[contents + second : contents + second + 4])
            held = data[contents + second + 4 : contents + second + 4 + length]
            yield path, zlib.decompress(held[4:]) if flags & _COMPRESSED else held

    return dict(walk(0, ""))


def _darker(share: float, image: Image.Image) -> Image.Image:
    """Take light away: what is left carries the camera's noise."""
    levels = np.asarray(image, np.float32) * share
    return _picture(levels + np.random.default_rng(0).normal(0, 1.5, levels.shape))


def _blurred(share: float, image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(share * max(image.size)))


def _fainter(share: float, image: Image.Image) -> Image.Image:
    levels = 140 + share * (np.asarray(image, np.float32) - 128)
    return _picture(levels + np.random.default_rng(0).normal(0, 1, levels.shape))


def _noisier(spread: float, image: Image.Image) -> Image.Image:
    levels = np.asarray(image, np.float32)
    return _picture(levels + np.random.default_rng(0).normal(0, spread, levels.shape))


def _compressed(quality: float, image: Image.Image) -> Image.Image:
    saved = io.BytesIO()
    image.save(saved, "JPEG", quality=int(quality))
    return Image.open(saved).convert("RGB")


def _smaller(side_px: float, image: Image.Image) -> Image.Image:
    small = image.copy()
    small.thumbnail((side_px, side_px))
    return small


_WAYS: dict[str, tuple[Callable[[float, Image.Image], Image.Image], Sequence[float]]] = {
    "dark": (_darker, (0.25, 0.1, 0.04)),
    "blurred": (_blurred, (0.004, 0.012, 0.03)),
    "low contrast": (_fainter, (0.3, 0.12, 0.05)),
    "noise": (_noisier, (20, 50, 100)),
    "JPEG": (_compressed, (20, 8, 2)),
    "small": (_smaller, (128, 64, 28)),
}
WAYS = tuple(_WAYS)
STRENGTHS = 3


def spoil(image: Image.Image, way: str, strength: int) -> Image.Image:
    """Return a picture spoilt in one of `WAYS`; strength 0 is mild, `STRENGTHS` - 1 severe."""
    how, amounts = _WAYS[way]
    return how(amounts[strength], image)


def _picture(levels: np.ndarray) -> Image.Image:
    return Image.fromarray(levels.round().clip(0, 255).astype(np.uint8))
