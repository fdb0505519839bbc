"""Measure what can be said of a picture without a model: is it sharp, blank, dark, drawn?"""

import math

import numpy as np
from PIL.Image import Image

__all__ = ["is_blank", "is_dark", "looks_drawn", "sharpness"]

_SHARP = 100.0  # variance of the Laplacian at which a picture counts as half sharp
_WORKING_SIDE_PX = 1024  # measures are taken at this size, so that they mean the same everywhere


def sharpness(image: Image) -> float:
    """Return how sharp a picture is, 0 to 1: the variance of its Laplacian v as v / (v + 100).

    Source of the measure: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy",
    2000; 100 is the usual border between blurred and sharp.
    """
    import cv2

    variance = float(cv2.Laplacian(_working_copy(image, "L"), cv2.CV_64F).var())
    return variance / (variance + _SHARP)


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


def _working_copy(image: Image, mode: str) -> np.ndarray:
    factor = math.ceil(max(image.size) / _WORKING_SIDE_PX)
    return np.asarray(image.reduce(factor).convert(mode))
