"""Small pictures of what a library holds: thumbnails, pages and the waves of sound."""

from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge.media import mono_samples, open_picture, open_recording
from knowledge.pages import Pdf, page_image

if TYPE_CHECKING:
    from PIL.Image import Image

THUMBNAIL_PX = 320
_WAVE_PX = (480, 96)
_WAVE_COLOUR = (46, 139, 134, 255)  # stands on light and on dark paper
_JPEG = 82


def thumbnail(path: Path) -> bytes:
    """Return a small JPEG of a picture. Raises KnowledgeError when it is unreadable."""
    image = open_picture(path)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    return _jpeg(image)


def page_thumbnail(path: Path) -> bytes:
    """Return a small JPEG of a PDF's first page. Raises KnowledgeError when it is unreadable."""
    image = page_image(path, 1)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    return _jpeg(image)


def page_picture(path: Path, page: int) -> bytes:
    """Return a page of a PDF as JPEG. Raises KnowledgeError when it is unreadable."""
    return _jpeg(page_image(path, page))


@lru_cache(maxsize=512)
def page_size(path: Path, page: int, changed_ns: int) -> tuple[int, int]:
    """Return a page's width and height as `Locator.box` measures it. Raises KnowledgeError."""
    del changed_ns  # the file's: a changed one is measured anew
    with Pdf.open(path) as pdf:
        sheet = pdf.sheet(page)
        return max(1, sheet.width), max(1, sheet.height)


def waveform(path: Path) -> bytes:
    """Return a PNG of how loud a recording is over its length. Raises KnowledgeError."""
    from PIL import Image, ImageDraw

    width, height = _WAVE_PX
    image = Image.new("RGBA", _WAVE_PX, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for x, peak in enumerate(_peaks(path, width // 4)):
        half = max(1, round(peak * (height - 4) / 2))
        draw.rectangle((4 * x, height // 2 - half, 4 * x + 2, height // 2 + half), _WAVE_COLOUR)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _peaks(path: Path, count: int) -> np.ndarray:
    """Return the loudest level, 0 to 1, of each of `count` equal stretches."""
    blocks: list[float] = []
    with open_recording(path) as container:
        for piece in mono_samples(container) if container.streams.audio else ():
            blocks.append(float(np.abs(piece).max(initial=0.0)))
    if not blocks:
        return np.zeros(count)
    edges = np.linspace(0, len(blocks), count + 1).astype(int)
    levels = [max(blocks[a : max(a + 1, b)]) for a, b in pairwise(edges)]
    loudest = max(levels)
    return np.asarray(levels) / (loudest or 1.0)


def _jpeg(image: "Image") -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=_JPEG)
    return out.getvalue()
