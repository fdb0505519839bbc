"""Find the things in a picture: what stands before a plain, graded or two-coloured background.

Pixels that are as the picture's border and connected with it are background. What is left falls
into connected components; small ones belong to the large one beside them, as the rays of a sun do.
Things that touch are one, and what is cut off by the border is found as far as it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from PIL import Image

from assistant.pictures.colours import NAMES, name_pixels, to_lab

SIDE_PX = 128  # things are looked for at this size
_BEHIND = 12.0  # distance in CIELAB up to which a pixel is as the background
_RING_PX = 3  # width of the border that tells the background's colours
_RING_SHARE = 0.12  # of the border that a colour has, to be one of the background's
_RING_COLOURS = 3
_LEAST = 0.002  # share of the picture that a thing covers; below, it is noise
_SPECK = 0.02  # of the largest thing's size: below, a piece that stands alone is noise
_SMALL = 0.2  # of the largest thing's size: below, a piece belongs to the thing beside it
_NEAR_PX = 8  # how far such a piece may be away from it
_INSIDE = 0.8  # share of a piece's box inside another's, so that they are one thing
_CRACK_PX = 4  # between pieces whose boxes overlap, so that they are one thing
_MARGIN = 0.25  # of a thing's longer side, around it in its crop


@dataclass(frozen=True)
class Piece:
    """A thing that was found; `mask` is true on it, bool, shape (SIDE_PX, SIDE_PX)."""

    mask: np.ndarray

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Its left, top, right and bottom, from 0 to 1."""
        rows, columns = np.nonzero(self.mask.any(axis=1))[0], np.nonzero(self.mask.any(axis=0))[0]
        ends = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
        left, top, right, bottom = (float(end) / SIDE_PX for end in ends)
        return left, top, right, bottom

    @property
    def area(self) -> int:
        """How many pixels it covers."""
        return int(self.mask.sum())


def pieces(image: Image.Image) -> list[Piece]:
    """Return the things that an RGB picture shows, the largest first; none in an empty one."""
    lab = _small_lab(image)
    front = (~_background(lab)).astype(np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    front = cv2.morphologyEx(front, cv2.MORPH_CLOSE, cross)
    count, labels = cv2.connectedComponents(front, connectivity=8)
    masks = [labels == label for label in range(1, count)]
    found = [Piece(mask) for mask in masks if mask.sum() >= _LEAST * SIDE_PX**2]
    return _joined(sorted(found, key=lambda piece: -piece.area))


def union(parts: Sequence[Piece]) -> Piece:
    """Return several pieces, at least one, as one."""
    return Piece(np.any([piece.mask for piece in parts], axis=0))


def colour_of(image: Image.Image, piece: Piece) -> str:
    """Return the name of the colour that prevails on a piece, in `colours.NAMES`."""
    return NAMES[int(shares_of(image, piece).argmax())]


def shares_of(image: Image.Image, piece: Piece) -> np.ndarray:
    """Return how much of a piece has each colour of `colours.NAMES`, shape (11,), sum 1."""
    inner = cv2.erode(piece.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    seen = inner if inner.sum() > 0.3 * piece.area else piece.mask  # edges are mixed colours
    named = name_pixels(_small_lab(image)[seen])
    return np.bincount(named, minlength=len(NAMES)) / len(named)


def ground_colour_of(image: Image.Image) -> str:
    """Return the name of the colour that a picture's border has, in `colours.NAMES`."""
    ground = np.array([[_ground_colour(image)]], np.uint8)
    return NAMES[int(name_pixels(to_lab(ground))[0, 0])]


def crop(image: Image.Image, piece: Piece, others: Sequence[Piece] = ()) -> Image.Image:
    """Return the square around a piece in full size, the `others` in it painted over.

    An eighth of its longer side is left on every side; beyond the picture its background goes on.
    """
    ground = _ground_colour(image)
    clean = image.convert("RGB")
    for other in others:
        mask = other.mask & ~piece.mask
        grown = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        over = Image.fromarray(grown & ~piece.mask).resize(image.size)
        clean.paste(ground, mask=over)
    left, top, right, bottom = piece.box
    longest = max((right - left) * image.width, (bottom - top) * image.height)
    side = max(1, round(longest * (1 + _MARGIN)))
    x, y = (left + right) / 2 * image.width, (top + bottom) / 2 * image.height
    square = Image.new("RGB", (side, side), ground)
    square.paste(clean, (round(side / 2 - x), round(side / 2 - y)))
    return square


def _small_lab(image: Image.Image) -> np.ndarray:
    """Return CIELAB values, float32, shape (SIDE_PX, SIDE_PX, 3)."""
    small = image.convert("RGB").resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
    return to_lab(np.asarray(small))


def _ring(values: np.ndarray) -> np.ndarray:
    """Return the values along the border, shape (n, channels)."""
    width = _RING_PX
    sides = values[:width], values[-width:], values[width:-width, :width]
    rest = values[width:-width, -width:]
    return np.concatenate([part.reshape(-1, values.shape[-1]) for part in (*sides, rest)])


def _ground_colour(image: Image.Image) -> tuple[int, int, int]:
    """Return the median colour of a picture's border."""
    small = image.convert("RGB").resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
    red, green, blue = np.median(_ring(np.asarray(small)), axis=0).round().astype(int).tolist()
    return red, green, blue


def _background(lab: np.ndarray) -> np.ndarray:
    """Return where the background is, bool, shape (SIDE_PX, SIDE_PX)."""
    behind = [_blend(lab), *_ring_colours(lab)]
    near = np.min([np.linalg.norm(lab - colours, axis=-1) for colours in behind], axis=0) < _BEHIND
    _, labels = cv2.connectedComponents(near.astype(np.uint8), connectivity=4)
    at_border = np.unique(_ring(labels[..., None]))
    return np.isin(labels, at_border[at_border > 0])


def _blend(lab: np.ndarray) -> np.ndarray:
    """Return what a ground that is graded from corner to corner has at every pixel."""
    width = _RING_PX
    corners = lab[:width, :width], lab[:width, -width:], lab[-width:, :width], lab[-width:, -width:]
    colours = np.array([np.median(corner.reshape(-1, 3), axis=0) for corner in corners], np.float32)
    right = np.linspace(0, 1, lab.shape[1], dtype=np.float32)[:, None]
    top, bottom = (first + (last - first) * right for first, last in (colours[:2], colours[2:]))
    return top + (bottom - top) * np.linspace(0, 1, lab.shape[0], dtype=np.float32)[:, None, None]


def _ring_colours(lab: np.ndarray) -> list[np.ndarray]:
    """Return the colours that much of the border has."""
    left = ring = _ring(lab)[::4]
    found: list[np.ndarray] = []
    while len(found) < _RING_COLOURS and len(left):
        close = np.linalg.norm(left[:, None] - left[None], axis=-1) < _BEHIND
        most = close[close.sum(axis=1).argmax()]
        if most.sum() < _RING_SHARE * len(ring):
            break
        found.append(np.median(left[most], axis=0))
        left = left[~most]
    return found


def _joined(parts: Sequence[Piece]) -> list[Piece]:
    """Return pieces, given by falling size, with those joined that are parts of one thing."""
    things: list[Piece] = []
    for piece in parts:
        host = next((n for n, thing in enumerate(things) if _belongs(piece, thing)), None)
        small = bool(things) and piece.area < _SMALL * things[0].area
        if host is None and small:
            gap, nearest = min((_gap(piece, thing), n) for n, thing in enumerate(things))
            if gap <= _NEAR_PX:
                host = nearest
            elif piece.area < _SPECK * things[0].area:
                continue
        if host is None:
            things.append(piece)
        else:
            things[host] = union([things[host], piece])
    return things


def _belongs(piece: Piece, thing: Piece) -> bool:
    """Tell whether most of a piece's box lies in a larger one's, or a crack alone parts the two."""
    (left, top, right, bottom), (x0, y0, x1, y1) = piece.box, thing.box
    width, height = min(right, x1) - max(left, x0), min(bottom, y1) - max(top, y0)
    if width <= 0 or height <= 0:
        return False
    inside = width * height >= _INSIDE * (right - left) * (bottom - top)
    return inside or _gap(piece, thing) <= _CRACK_PX


def _gap(piece: Piece, thing: Piece) -> float:
    """Return the pixels between two pieces."""
    away = cv2.distanceTransform((~thing.mask).astype(np.uint8), cv2.DIST_L2, 3)
    return float(away[piece.mask].min())
