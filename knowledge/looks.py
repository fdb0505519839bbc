"""Measure what can be said of a picture without a model: is it sharp, blank, dark, drawn?

Two files of one picture, scaled and compressed anew, also hash alike.
"""

import math
from collections.abc import Iterator

import numpy as np
from PIL.Image import Image, Resampling

__all__ = ["difference_hash", "is_blank", "is_blurred", "is_dark", "looks_drawn", "sharpness"]

_SHARP = 100.0  # variance of the Laplacian at which a picture counts as half sharp
_WORKING_SIDE_PX = 1024  # measures are taken at this size, so that they mean the same everywhere
_TILE_PX = 64
_CONTRAST = 64.0  # variance of the levels below which a tile shows nothing
_LEGIBLE = 0.05  # variance of the Laplacian by that of the levels


def sharpness(image: Image) -> float:
    """Return how sharp a picture is, 0 to 1: the variance of its Laplacian v as v / (v + 100).

    Source of the measure: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy",
    2000; 100 is the usual border between blurred and sharp.
    """
    import cv2

    variance = float(cv2.Laplacian(_working_copy(image, "L"), cv2.CV_64F).var())
    return variance / (variance + _SHARP)


def is_blurred(image: Image) -> bool:
    """Tell whether nothing in a picture is sharp enough to read: not even its sharpest tile.

    Blur takes from the Laplacian's variance far more than from that of the levels, so their ratio
    tells blur from low contrast. Screens and photographs tried have 0.7 to 8; screens lose their
    last lines to the reader at 0.07, and photographs are smears at 0.05.
    """
    import cv2

    levels = _working_copy(image, "L")
    edges = cv2.Laplacian(levels, cv2.CV_64F)
    ratios = [
        float(edges[tile].var()) / contrast
        for tile in _tiles(*levels.shape)
        if (contrast := float(levels[tile].var())) > _CONTRAST
    ]
    return bool(ratios) and max(ratios) < _LEGIBLE


def is_blank(image: Image) -> bool:
    """Tell whether a picture holds nothing: nearly every pixel is nearly its median colour."""
    pixels = _working_copy(image, "RGB").astype(np.int16)
    differs = np.abs(pixels - np.median(pixels, axis=(0, 1))).max(axis=2) > 16
    return float(differs.mean()) < 5e-5


def is_dark(image: Image) -> bool:
    """Tell whether a picture is too dark to see much: all but 1 % of it is nearly black."""
    return float(np.percentile(_working_copy(image, "L"), 99)) < 40


def looks_drawn(image: Image) -> bool:
    """Tell a screenshot or drawing from a photograph: most neighbouring pixels are the same.

    A camera's noise makes neighbours differ; drawn areas are flat, mostly even after JPEG. At 0.4
    of flat neighbourhoods the photographs tried (at most 0.2) and the screens (at least 0.6) part.
    """
    width, height = image.size
    side = min(width, height, _WORKING_SIDE_PX)
    left, top = (width - side) // 2, (height - side) // 2
    middle = image.crop((left, top, left + side, top + side))  # not scaled: that blurs noise away
    pixels = np.asarray(middle)
    flat = (pixels[:-1, :-1] == pixels[1:, :-1]) & (pixels[:-1, :-1] == pixels[:-1, 1:])
    return side > 1 and float(flat.all(axis=2).mean()) > 0.4


def difference_hash(image: Image) -> str:
    """Return 64 bits in hex of where a picture grows brighter to the right, on a grid of 8 × 8.

    Source: dHash, Krawetz, "Kind of Like That", 2013. A step of 2 levels is asked for: flat areas
    would hash their noise. Copies at half the size and JPEG quality 30 differ in at most 4 bits;
    other pictures in 8 and more, but pages of one program sometimes in fewer.
    """
    grid = np.asarray(image.convert("L").resize((9, 8), Resampling.LANCZOS), dtype=np.int16)
    bits = np.packbits(grid[:, 1:] - grid[:, :-1] > 2)
    return bits.tobytes().hex()


def _tiles(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Yield the whole tiles of a picture; one that is smaller than a tile is one."""
    for top in range(0, max(1, height - _TILE_PX + 1), _TILE_PX):
        for left in range(0, max(1, width - _TILE_PX + 1), _TILE_PX):
            yield slice(top, top + _TILE_PX), slice(left, left + _TILE_PX)


def _working_copy(image: Image, mode: str) -> np.ndarray:
    factor = math.ceil(max(image.size) / _WORKING_SIDE_PX)
    return np.asarray(image.reduce(factor).convert(mode))
