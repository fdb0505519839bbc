"""Name the colours of pictures with the eleven basic colour terms, and give things other colours.

The terms are those of Berlin and Kay, "Basic Color Terms", 1969; a pixel has the name of the
nearest of some typical colours in CIELAB, where distances are as people see them.
"""

import colorsys
import random
from functools import cache

import cv2
import numpy as np
from PIL import Image

from assistant.pictures.names import COLOURS

TYPICAL = {  # what people call by each term, in several lightnesses
    "red": "e01010 b01010 ff3b30 c62828 8b0000 d63c30 f44336",
    "orange": "ff8c00 f57c00 ffa500 ff9d3c e87d2e ff6d00",
    "yellow": "ffeb3b ffd600 fff176 f2c811 fdd835 ffc83d e6d200",
    "green": "2e7d32 4caf50 8bc34a 00c853 1b5e20 6b8e23 a5d66f 00897b 90ee90 86d72f",
    "blue": "1565c0 2196f3 0d2b8a 64b5f6 03a9f4 10106e 87ceeb 4b69ff 00bcd4 26477f",
    "purple": "7b1fa2 9c27b0 512da8 b39ddb 800080 673ab7 ba68c8 8d65c5 4a148c",
    "pink": "ffc0cb ff69b4 f48fb1 ec407a f8bbd0 ff8fc8 f92f80",
    "brown": "6d4c41 8b4513 5d3a1a a0673a 4e342e b5835a 7d4533 3e2010",
    "grey": "9e9e9e 757575 bdbdbd 5a5a5a 8a9299 b0b5ba",
    "black": "000000 1a1a1a 262830 1c1410 101020",
    "white": "ffffff f5f5f5 ececec fbf6ec eef3f8",
}
NAMES = tuple(COLOURS)
SIDE_PX = 48  # colours need no more
CELLS = 3  # a side, as the classifier's
MEASURES = len(NAMES) + 1  # a cell's shares of the colours, and how much of it is foreground
_BEHIND = 14.0  # distance in CIELAB up to which a pixel belongs to the background
_HUE = 40.0  # degrees around a body's hue that are repainted with it
_NEUTRAL = ("grey", "black", "white")
_BODY = 0.5  # share of a thing that has one colour, so that the thing is said to have it
_CONTRAST = {"black": 0.35, "white": 0.3}  # of the shading that is left; elsewhere:
_CONTRAST_ELSEWHERE = 0.75


@cache
def _typical() -> tuple[np.ndarray, np.ndarray]:
    """Return typical colours in CIELAB, (n, 3), and the place of each one's name, (n,)."""
    names, colours = [], []
    for place, name in enumerate(NAMES):
        for code in TYPICAL[name].split():
            names.append(place)
            colours.append([int(code[i : i + 2], 16) for i in (0, 2, 4)])
    return to_lab(np.array([colours], np.uint8))[0], np.array(names)


def to_lab(pixels: np.ndarray) -> np.ndarray:
    """Return CIELAB values, float32, of sRGB pixels (height, width, 3), uint8."""
    return cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def name_pixels(lab: np.ndarray) -> np.ndarray:
    """Return the place in `NAMES` of every pixel's colour; `lab` has shape (..., 3)."""
    colours, names = _typical()
    flat = lab.reshape(-1, 3)
    distances = (flat**2).sum(1)[:, None] - 2 * flat @ colours.T + (colours**2).sum(1)
    return names[distances.argmin(axis=1)].reshape(lab.shape[:-1])


def colour_shares(image: Image.Image) -> np.ndarray:
    """Return how much of what an RGBA picture shows has each colour; float32, (11,), sum 1."""
    pixels = np.asarray(image.resize((64, 64), Image.Resampling.BOX))
    shown = pixels[..., 3] > 128
    named = name_pixels(to_lab(pixels[..., :3]))[shown]
    return np.bincount(named, minlength=len(NAMES)) / max(1, len(named))


def own_colour(image: Image.Image) -> str:
    """Return the one colour that an RGBA picture of a thing has; "" where it has several."""
    shares = colour_shares(image)
    return NAMES[int(shares.argmax())] if shares.max() >= _BODY else ""


def describe_colours(image: Image.Image) -> np.ndarray:
    """Return the colours of a picture's middle square; float32, shape (1 + 9, MEASURES).

    The first row is of the whole, the others of each ninth: the shares of the foreground's colours,
    and how much is foreground. What differs from the corners and from a blend of them is
    foreground; where nothing does, everything is.
    """
    side = min(image.size) * 260 / 292  # what the classifier sees
    left, top = (image.width - side) / 2, (image.height - side) / 2
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    white.alpha_composite(image.convert("RGBA"))
    pixels = white.convert("RGB").resize(
        (SIDE_PX, SIDE_PX), Image.Resampling.BOX, box=(left, top, left + side, top + side)
    )
    lab = to_lab(np.asarray(pixels))
    front = _foreground(lab)
    named = np.eye(len(NAMES), dtype=np.float32)[name_pixels(lab)] * front[..., None]
    step = SIDE_PX // CELLS
    held = np.concatenate([named, front[..., None]], axis=-1)
    cells = held.reshape(CELLS, step, CELLS, step, MEASURES).mean(axis=(1, 3)).reshape(-1, MEASURES)
    rows = np.concatenate([cells.mean(axis=0, keepdims=True), cells])
    rows[:, :-1] /= np.maximum(rows[:, -1:], 0.02)
    return rows.astype(np.float32)


def _foreground(lab: np.ndarray) -> np.ndarray:
    """Return 1 where a pixel differs from the background, else 0; float32, (height, width)."""
    corners = [lab[:4, :4], lab[:4, -4:], lab[-4:, :4], lab[-4:, -4:]]
    colours = np.array([np.median(corner.reshape(-1, 3), axis=0) for corner in corners])
    down, right = np.meshgrid(*(np.linspace(0, 1, n) for n in lab.shape[:2]), indexing="ij")
    weights = np.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right),
                        down * right], axis=-1)  # fmt: skip
    corners_everywhere = np.broadcast_to(colours, (*lab.shape[:2], 4, 3))
    behind = np.concatenate([(weights @ colours)[..., None, :], corners_everywhere], axis=-2)
    far = np.linalg.norm(lab[..., None, :] - behind, axis=-1).min(axis=-1) > _BEHIND
    return (far if far.mean() > 0.02 else np.ones_like(far)).astype(np.float32)


def repaint(image: Image.Image, colour: str, chance: random.Random) -> Image.Image | None:
    """Return a thing (RGBA) whose body has another colour; None where that does not convince.

    The hue that prevails is exchanged in CIELAB and the shading kept, so that outlines, eyes and
    highlights stay as they are.
    """
    was = own_colour(image)
    if not was:
        return None
    pixels = np.array(image)
    lab = to_lab(pixels[..., :3])
    body = _body(lab, pixels[..., 3] > 128, NAMES.index(was))
    sure = (body > 0.5) & (pixels[..., 3] > 128)
    if not sure.any():
        return None
    target = to_lab(np.array([[_shade(colour, chance)]], np.uint8))[0, 0]
    mean_l = float(lab[..., 0][sure].mean())
    contrast = _CONTRAST.get(colour, _CONTRAST_ELSEWHERE)
    painted = np.empty_like(lab)
    painted[..., 0] = np.clip(target[0] + contrast * (lab[..., 0] - mean_l), 0, 100)
    strength = np.ones(lab.shape[:2], np.float32)
    if was not in _NEUTRAL:
        chroma = np.hypot(lab[..., 1], lab[..., 2])
        strength = np.clip(chroma / chroma[sure].mean(), 0.6, 1.15)
    painted[..., 1:] = target[1:] * strength[..., None]
    mixed = lab + (painted - lab) * body[..., None]
    rgb = np.clip(cv2.cvtColor(mixed, cv2.COLOR_LAB2RGB), 0, 1)
    pixels[..., :3] = np.round(rgb * 255).astype(np.uint8)
    new = Image.fromarray(pixels)
    return new if own_colour(new) == colour else None


def _body(lab: np.ndarray, shown: np.ndarray, was: int) -> np.ndarray:
    """Return how much each pixel belongs to the part that has the prevailing colour, 0 to 1."""
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    if NAMES[was] in _NEUTRAL:
        if NAMES[was] == "black":
            return np.clip((40 - lightness) / 10, 0, 1)
        dark = np.clip((lightness - 25) / 12, 0, 1)  # outlines stay
        return np.clip((24 - chroma) / 10, 0, 1) * dark
    some = (slice(None, None, 4), slice(None, None, 4))
    own = lab[some][shown[some] & (name_pixels(lab[some]) == was)]
    mean = np.arctan2(own[:, 2].mean(), own[:, 1].mean())
    hue = np.arctan2(lab[..., 2], lab[..., 1])
    away = np.abs(np.degrees(np.angle(np.exp(1j * (hue - mean)))))
    return np.clip((_HUE - away) / 15, 0, 1) * np.clip((chroma - 6) / 8, 0, 1)


def _shade(colour: str, chance: random.Random) -> tuple[int, int, int]:
    """Return some typical colour of a name, a little lighter or darker."""
    code = chance.choice(TYPICAL[colour].split()[:5])
    hue, lightness, saturation = colorsys.rgb_to_hls(
        *(int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    )
    lightness = min(1.0, max(0.0, lightness + chance.uniform(-0.03, 0.03)))
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)
