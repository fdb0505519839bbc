"""The figures of a page: pictures whose parts belong together, and the captions beside them."""

import re
from collections.abc import Sequence

from knowledge.layout import Paragraph, Sheet
from knowledge.markup import CAPTION
from knowledge.types import PAGE_DPI, Box

_SMALLEST_PX = PAGE_DPI // 4  # of a side: bullets, rules and logos in running text are smaller
_TOUCHING_PX = 4  # parts of one picture, cut into tiles or strips, are as near as this
_WHOLE_SHARE = 0.8  # of the page: a scan or a background rather than a figure
_BELOW_PX, _ABOVE_PX = PAGE_DPI * 2 // 3, PAGE_DPI // 2  # how far captions stand away
_CAPTION_CHARS = 200  # of a line that merely stands near


def figures_of(sheet: Sheet) -> list[Box]:
    """Return the boxes of a page's figures from top to bottom, its background left out."""
    boxes = [box for box in sheet.pictures if not _is_whole(box, sheet)]
    return [
        box
        for box in _merged(boxes, sheet)
        if min(box[2] - box[0], box[3] - box[1]) >= _SMALLEST_PX and not _is_whole(box, sheet)
    ]


def covered_share(sheet: Sheet) -> float:
    """Return how much of a page its pictures cover, 0 to 1."""
    area = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in _merged(sheet.pictures, sheet))
    return min(area / max(sheet.width * sheet.height, 1), 1.0)


def caption_of(figure: Box, paragraphs: Sequence[Paragraph]) -> str:
    """Return the caption below or above a figure, or the line that is nearest to it."""
    near: list[tuple[bool, int, str]] = []
    for paragraph in paragraphs:
        x0, y0, x1, y1 = paragraph.box
        if x1 <= figure[0] or x0 >= figure[2]:
            continue
        below, above = y0 - figure[3], figure[1] - y1
        text = paragraph.text
        if -_TOUCHING_PX <= below <= _BELOW_PX:
            near.append((not CAPTION.match(text), below, text))
        elif -_TOUCHING_PX <= above <= _ABOVE_PX:
            nearest = text if CAPTION.match(text) else _last_sentence(text)
            near.append((not CAPTION.match(text), above, nearest))
    if not near:
        return ""
    plain, _, text = min(near)
    return text[:_CAPTION_CHARS] if plain else text


def _last_sentence(text: str) -> str:
    return re.split(r"\n|(?<=[.!?])\s+|(?<=[。！？])(?=.)", text)[-1]


def _is_whole(box: Box, sheet: Sheet) -> bool:
    area = (box[2] - box[0]) * (box[3] - box[1])
    return area >= _WHOLE_SHARE * sheet.width * sheet.height


def _merged(boxes: Sequence[Box], sheet: Sheet) -> list[Box]:
    """Return the boxes around pictures that touch or overlap, however many tiles there are."""
    if len(boxes) < 2:
        return list(boxes)
    import cv2
    import numpy as np

    scale = min(1.0, 2000 / max(sheet.width, sheet.height))  # a poster needs no finer raster
    reach = _TOUCHING_PX // 2
    raster = np.zeros((round(sheet.height * scale) + 1, round(sheet.width * scale) + 1), np.uint8)
    for x0, y0, x1, y1 in boxes:
        top, bottom = (round(side * scale) for side in (max(y0 - reach, 0), y1 + reach))
        left, right = (round(side * scale) for side in (max(x0 - reach, 0), x1 + reach))
        raster[top : bottom + 1, left : right + 1] = 1
    _, labels = cv2.connectedComponents(raster)
    groups: dict[int, list[Box]] = {}
    for box in boxes:
        label = int(labels[round(box[1] * scale), round(box[0] * scale)])
        groups.setdefault(label, []).append(box)
    merged = [_around(group) for group in groups.values()]
    return sorted(merged, key=lambda box: (box[1], box[0]))


def _around(boxes: Sequence[Box]) -> Box:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
