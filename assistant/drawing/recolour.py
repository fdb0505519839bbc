"""Give a drawing another colour: exchange the paints of its body in the SVG, and look whether the
rasterised result convinces.

As `assistant.pictures.colours.repaint` does with pixels, the hue that prevails is exchanged in
CIELAB and its shading kept; outlines, eyes and highlights stay as they are. Where that is too
little of the drawing, the next hue is exchanged too.
"""

import io
import re
from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image, ImageColor

from assistant.pictures.colours import (
    NAMES,
    TYPICAL,
    colour_shares,
    name_pixels,
    own_colour,
    to_lab,
)

_SIDE_PX = 96  # colours need no more
_PAINT = re.compile(r'(?<=(?:fill|roke|olor)=")#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})(?=")')
_LEADS = 0.4  # share from which a colour prevails, if the next one has much less:
_AHEAD = 1.5  # times the next one's share
_SURE = 0.6  # share at which no other shade is tried
_GREY, _DARK = 14.0, 30.0  # chroma below which a paint has no hue; lightness of an outline
_HUE = 40.0  # degrees around a hue that are exchanged with it
_MOST_HUES = 4
_SHADES = 4
_DEPTH = 18.0  # lightness by which the shading differs at most
_FLAT = {"black": 10.0, "white": 8.0}  # deeper shading would get another name
_FIRST = {"black": "262830", "white": "f5f5f5"}  # shades that leave room for shading
_TYPICAL_WITHIN = 16.0  # distance in CIELAB: crimson is next to pink, and nobody's idea of it


def rasterise(svg: str, side_px: int) -> Image.Image:
    """Return an SVG as an RGBA picture `side_px` wide. Needs no fonts: no text is drawn."""
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=svg, width=side_px, dpi=96, skip_system_fonts=True)
    return Image.open(io.BytesIO(png)).convert("RGBA")


def svg_of(body: str, size: tuple[int, int]) -> str:
    """Return a drawing's body as a document of its own."""
    width, height = size
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
    return f"{head}{body}</svg>"


def colour_of(image: Image.Image) -> str:
    """Return the colour a thing (RGBA) is said to have; "" where none prevails.

    It has at least half of the thing, or 0.4 and half as much again as the next one.
    """
    shares = colour_shares(image)
    second, first = np.sort(shares)[-2:]
    if first >= _LEADS and first >= _AHEAD * second:
        return NAMES[int(shares.argmax())]
    return own_colour(image)


def recolour(body: str, size: tuple[int, int], colour: str) -> str | None:
    """Return a drawing's body in a colour, one of the eleven basic terms.

    None where no exchange of paints makes the colour prevail.
    """
    if _is_plainly(rasterise(svg_of(body, size), _SIDE_PX), colour):
        return body
    best, best_share = None, 0.0
    for painted in _painted(body, size, colour):
        image = rasterise(svg_of(painted, size), _SIDE_PX)
        share = float(colour_shares(image)[NAMES.index(colour)])
        if share > best_share and own_colour(image) == colour:
            best, best_share = painted, share
        if best_share >= _SURE:
            break
    return best


def _is_plainly(image: Image.Image, colour: str) -> bool:
    """Tell whether a thing has a colour in a shade that is typical of it."""
    if colour_of(image) != colour:
        return False
    pixels = np.asarray(image)
    shown = to_lab(np.ascontiguousarray(pixels[..., :3]))[pixels[..., 3] > 200]
    own = shown[name_pixels(shown) == NAMES.index(colour)]
    shades = to_lab(
        np.array([[ImageColor.getrgb(f"#{code}") for code in TYPICAL[colour].split()]], np.uint8)
    )[0]
    away = np.linalg.norm(own[:, None] - shades, axis=-1).min(axis=1)
    return float(np.median(away)) < _TYPICAL_WITHIN


def _painted(body: str, size: tuple[int, int], colour: str) -> Iterator[str]:
    """Yield the drawing in several shades, with one hue exchanged, then with two, …"""
    paints = sorted(set(_PAINT.findall(body)))
    if not paints:
        return
    lab = to_lab(np.array([[ImageColor.getrgb(paint) for paint in paints]], np.uint8))[0]
    areas = _areas(rasterise(svg_of(body, size), _SIDE_PX), lab)
    chosen = np.zeros(len(paints), bool)
    shades = [code for code in (_FIRST.get(colour), *TYPICAL[colour].split()[:_SHADES]) if code]
    for group in _hues(lab, areas):
        chosen |= group
        for code in shades:
            new = _exchanged(lab, areas * chosen, code, _FLAT.get(colour, _DEPTH))
            table = {paints[i]: new[i] for i in np.flatnonzero(chosen)}
            yield _PAINT.sub(lambda match, table=table: table.get(match[0], match[0]), body)


def _areas(image: Image.Image, lab: np.ndarray) -> np.ndarray:
    """Return how much of a drawing each paint covers, (paints,)."""
    pixels = np.asarray(image)
    shown = to_lab(np.ascontiguousarray(pixels[..., :3]))[pixels[..., 3] > 200]
    nearest = np.linalg.norm(shown[:, None] - lab, axis=-1).argmin(axis=1)
    return np.bincount(nearest, minlength=len(lab)).astype(np.float32)


def _hues(lab: np.ndarray, areas: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the paints of each hue, (paints,) bool: the hue with the largest paint first.

    Dark paints without a hue are outlines, unless they prevail.
    """
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    hue = np.arctan2(lab[:, 2], lab[:, 1])
    dark = (chroma < _GREY) & (lab[:, 0] < _DARK)
    left = np.ones(len(lab), bool)
    for number in range(_MOST_HUES):
        if number:
            left &= ~dark
        if not left.any():
            return
        lead = int(np.where(left, areas, -1).argmax())
        if dark[lead]:
            group = dark
        elif chroma[lead] < _GREY:
            group = (chroma < _GREY) & ~dark
        else:
            away = np.abs(np.degrees(np.angle(np.exp(1j * (hue - hue[lead])))))
            group = (chroma >= _GREY / 2) & (away < _HUE)
        yield group & left
        left &= ~group


def _exchanged(lab: np.ndarray, areas: np.ndarray, code: str, depth: float) -> list[str]:
    """Return each paint in a new shade, as hexadecimal; the shading stays, `depth` limits it."""
    target = to_lab(np.array([[ImageColor.getrgb(f"#{code}")]], np.uint8))[0, 0]
    weights = areas if areas.any() else np.ones_like(areas)
    lightness = lab[:, 0] - np.average(lab[:, 0], weights=weights)
    used = np.abs(lightness[weights > 0]).max()
    lightness = lightness * min(0.75, depth / max(used, 1.0))
    new = np.empty_like(lab)
    new[:, 0] = np.clip(target[0] + np.clip(lightness, -depth, depth), 2, 99)
    new[:, 1:] = target[1:]
    rgb = np.clip(cv2.cvtColor(new[None], cv2.COLOR_LAB2RGB)[0], 0, 1)
    return ["#" + "".join(f"{round(float(c) * 255):02x}" for c in row) for row in rgb]
