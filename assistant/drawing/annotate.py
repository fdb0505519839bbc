"""Draw numbered boxes on a screenshot so that they are seen on any background."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.drawing.fonts import font
from assistant.drawing.marks import Mark
from knowledge.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE_PX = 2400  # larger pictures are shrunk: a reply is looked at, not printed
SHORTEST_SIDE_PX = 480  # smaller ones are enlarged, so that the numbers can be read
_SMOOTH = 4  # PIL draws without smoothing; overlays are drawn this much larger

_QUESTION = (214, 31, 60)  # the line the question is about
_STEP = (28, 94, 224)  # what a step names
_WHITE = (255, 255, 255)
_SHADE = (0, 0, 0, 100)


@dataclass(frozen=True)
class _Pen:
    """Sizes in pixels of the finished picture."""

    line: float
    halo: float
    radius: float  # of the badge


def draw_marks(image: "Image", marks: Sequence[Mark], texts: Sequence[Box]) -> "Image":
    """Return `image` with every mark on it; badges keep off the `texts`, boxes in image pixels."""
    image, scale = _fitted(image)
    pen = _pen(image.size)
    texts = [_scaled(box, scale) for box in texts]
    taken = list(texts)
    for mark in marks:
        frame = _framed(_scaled(mark.box, scale), pen, image.size)
        badge = _badge_place(frame, taken, pen, image.size)
        taken += [_disc(badge, pen), frame]
        _overlay(image, frame, badge, mark, pen)
    return image


def _fitted(image: "Image") -> tuple["Image", float]:
    from PIL import Image

    longest, shortest = max(image.size), min(image.size)
    enlarging = max(1.0, min(SHORTEST_SIDE_PX / shortest, LONGEST_SIDE_PX / longest))
    scale = min(enlarging, LONGEST_SIDE_PX / longest)
    if scale == 1.0:
        return image.copy(), scale
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    return image.resize(size, Image.Resampling.LANCZOS), scale


def _pen(size: tuple[int, int]) -> _Pen:
    unit = max(size) / 1000
    line = max(3.0, 2.4 * unit)
    return _Pen(line, halo=max(1.2, 0.45 * line), radius=max(14.0, 14.0 * unit))


def _scaled(box: Box, scale: float) -> Box:
    x0, y0, x1, y1 = (round(value * scale) for value in box)
    return (x0, y0, x1, y1)


def _framed(box: Box, pen: _Pen, size: tuple[int, int]) -> Box:
    """Return the frame's centre line: just off the line as it was read, inside the picture."""
    off = round(0.7 * pen.line)
    edge = round(pen.line / 2 + pen.halo)
    return (
        max(box[0] - off, edge),
        max(box[1] - off, edge),
        min(box[2] + off, size[0] - 1 - edge),
        min(box[3] + off, size[1] - 1 - edge),
    )


def _badge_place(
    frame: Box, taken: Sequence[Box], pen: _Pen, size: tuple[int, int]
) -> tuple[float, float]:
    """Return the centre of the badge: beside the frame where it hides the least."""
    x0, y0, x1, y1 = frame
    reach = pen.radius + pen.halo
    middle, top, bottom = (y0 + y1) / 2, y0 - reach, y1 + reach
    places = [
        (x0 - reach, middle),
        (x1 + reach, middle),
        (x0 + reach, top),
        (x1 - reach, top),
        (x0 + reach, bottom),
        (x1 - reach, bottom),
    ]
    inside = [
        (
            min(max(x, reach), size[0] - 1 - reach),
            min(max(y, reach), size[1] - 1 - reach),
        )
        for x, y in places
    ]
    hidden = [sum(_overlap(_disc(place, pen), box) for box in [*taken, frame]) for place in inside]
    return inside[hidden.index(min(hidden))]


def _disc(centre: tuple[float, float], pen: _Pen) -> Box:
    reach = pen.radius + pen.halo
    x, y = centre
    return (round(x - reach), round(y - reach), round(x + reach), round(y + reach))


def _overlap(one: Box, other: Box) -> int:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0) * max(height, 0)


def _overlay(image: "Image", frame: Box, badge: tuple[float, float], mark: Mark, pen: _Pen) -> None:
    """Draw one frame and its badge, smoothly, into `image`."""
    from PIL import Image, ImageDraw

    margin = round(pen.line + 2 * pen.halo + 2)
    disc = _disc(badge, pen)
    left, top = min(frame[0], disc[0]) - margin, min(frame[1], disc[1]) - margin
    right, bottom = max(frame[2], disc[2]) + margin, max(frame[3], disc[3]) + margin
    size = (right - left, bottom - top)
    layer = Image.new("RGBA", (size[0] * _SMOOTH, size[1] * _SMOOTH), (*_WHITE, 0))
    draw = ImageDraw.Draw(layer)
    colour = _STEP if mark.label else _QUESTION
    corners = [
        (value - offset) * _SMOOTH for value, offset in zip(frame, [left, top] * 2, strict=True)
    ]
    half = pen.line / 2
    for spread, ink in ((pen.halo + 1, _SHADE), (pen.halo, _WHITE), (0, colour)):
        out = (half + spread) * _SMOOTH
        draw.rounded_rectangle(
            (corners[0] - out, corners[1] - out, corners[2] + out, corners[3] + out),
            radius=2.5 * pen.line * _SMOOTH,
            outline=ink,
            width=round(2 * out),
        )
    centre = ((badge[0] - left) * _SMOOTH, (badge[1] - top) * _SMOOTH)
    for spread, ink in ((1, _SHADE), (0, _WHITE), (-pen.halo, colour)):
        draw.circle(centre, (pen.radius + pen.halo + spread) * _SMOOTH, fill=ink)
    letters = font(round(1.25 * pen.radius * _SMOOTH))
    draw.text(
        centre, mark.sign, _WHITE, letters, anchor="mm", stroke_width=round(0.03 * letters.size)
    )
    smooth = layer.resize(size, Image.Resampling.LANCZOS)
    image.paste(smooth, (left, top), smooth)
