"""Measure what can be said of a picture by its pixels: its faults, its colours, is it drawn?"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from assistant.types import PictureFault, View
from knowledge.looks import is_blank, is_blurred, is_dark, looks_drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TINY_PX = 48  # shorter side; at 20 px, 1 photograph of 14 was still named rightly, at 45 px half
_FAINT = 48  # levels between the darkest and the brightest hundredth
_BLANK = 6  # levels between them that a camera's noise alone may span
_HELD_BACK = 0.5  # per cent of the levels at each end that stretching gives up
_CELLS, _CELL_PX = 8, 32  # a side, into which a picture is cut
_EVEN = 12  # deviation of the levels in a cell below which it holds nothing
_PALETTE = 8  # colours
_NEAR = 10  # levels by which pixels of one area differ at most
_DRAWN = 0.2  # share of the picture beside its paper that a palette's colours cover: photographs
# that were tried have at most 0.18, screens at least 0.3
_WORKING_SIDE_PX = 1024
_MOSTLY = 0.15  # share from which a colour is worth naming
_STANDS_OUT = (0.03, 0.85)  # shares of a picture that a thing before a background takes


def view_of(image: Image.Image, *, again: bool = False) -> View:
    """Return what the pixels of an RGB picture tell."""
    fault = fault_of(image)
    if fault in ("blank", "dark", "faint"):  # colours are not to be trusted there
        return View(fault=fault, again=again)
    return View(
        drawn=fault != "blurred" and is_drawn(image),
        fault=fault,
        colours=_mostly(colour_shares(image)),
        middle=_mostly(middle_shares(image)),
        again=again,
    )


def fault_of(image: Image.Image) -> PictureFault:
    """Return what makes it hard to see anything in a picture; "" where nothing does."""
    low, high = np.percentile(np.asarray(image.convert("L")), (1, 99))
    if is_blank(image) and high - low < _BLANK:  # more than that is a picture in the dark or fog
        return "blank"
    if min(image.size) < _TINY_PX:
        return "tiny"
    if is_dark(image):
        return "dark"
    if (high - low < _FAINT or is_even(image)) and not looks_drawn(image):
        return "faint"
    return "blurred" if is_blurred(image) else ""


def is_even(image: Image.Image) -> bool:
    """Tell whether a picture holds nothing to name even at full contrast: a wall, an even sky."""
    side = _CELLS * _CELL_PX
    levels = np.asarray(stretched(image.resize((side, side), Image.Resampling.BOX)).convert("L"))
    cells = levels.reshape(_CELLS, _CELL_PX, _CELLS, _CELL_PX).astype(np.float32)
    return float(cells.std(axis=(1, 3)).max()) < _EVEN


def is_drawn(image: Image.Image) -> bool:
    """Tell a screenshot or a flat drawing from a photograph, on white paper and in JPEG too.

    Its pixels are like their neighbours, and a few colours cover what is not paper.
    """
    if not looks_drawn(image):
        return False
    pixels = np.asarray(_middle(image, _WORKING_SIDE_PX)).astype(np.int32)
    codes, counts = np.unique(pixels @ (65536, 256, 1), return_counts=True)
    colours = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    paper = colours[counts.argmax()]
    beside = np.abs(colours - paper).max(axis=1) > _NEAR
    rest = counts[beside]
    return not len(rest) or bool(np.sort(rest)[-_PALETTE:].sum() / rest.sum() > _DRAWN)


def colour_shares(image: Image.Image) -> dict[str, float]:
    """Return how much of a picture each basic colour term covers."""
    from assistant.pictures import colours

    shares = colours.colour_shares(image.convert("RGBA"))
    return dict(zip(colours.NAMES, shares.tolist(), strict=True))


def middle_shares(image: Image.Image) -> dict[str, float]:
    """Return the colours of what stands out from the background; nothing where nothing does."""
    from assistant.pictures import colours

    whole = colours.describe_colours(image)[0]
    if not _STANDS_OUT[0] < whole[-1] < _STANDS_OUT[1]:
        return {}
    return dict(zip(colours.NAMES, whole[:-1].tolist(), strict=True))


def stretched(image: Image.Image) -> Image.Image:
    """Return a picture whose levels reach from black to white."""
    levels: NDArray[np.float32] = np.asarray(image, np.float32)
    low, high = np.percentile(levels, (_HELD_BACK, 100 - _HELD_BACK))
    scaled = (levels - low) * (255 / max(1.0, high - low))
    return Image.fromarray(scaled.round().clip(0, 255).astype(np.uint8))


def parts_of(image: Image.Image) -> list[Image.Image]:
    """Return a picture as a closer look takes it: its middle, all of it, its four corners."""
    small = image.copy()
    small.thumbnail((_WORKING_SIDE_PX, _WORKING_SIDE_PX))
    width, height = small.size
    longer = max(width, height)
    side = round(min(width, height) * 0.75)
    corners = [
        small.crop((x, y, x + side, y + side))
        for y in (0, height - side)
        for x in (0, width - side)
    ]
    return [small, ImageOps.pad(small, (longer, longer), color="gray"), *corners]


def _middle(image: Image.Image, most_px: int) -> Image.Image:
    """Return the middle square, not scaled."""
    side = min(*image.size, most_px)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def _mostly(shares: Mapping[str, float]) -> tuple[str, ...]:
    named = sorted(((share, name) for name, share in shares.items() if share >= _MOSTLY))
    return tuple(name for _, name in reversed(named))[:3]
