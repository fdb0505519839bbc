"""Draw in layout units; the strokes are drawn larger and shrunk, since PIL does not smooth them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.drawing.fonts import font

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

DENSITY = 2  # finished pixels per layout unit: sharp on dense screens
SMOOTH = 2
_SCALE = DENSITY * SMOOTH
_SHADOW, _ARROW, _WHITE = "#e3e8ee", "#7b8794", "#ffffff"
BADGE = 17  # radius

Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]


class Pen:
    """Draws shapes and words of a chart."""

    def __init__(self, draw: "ImageDraw") -> None:
        self._draw = draw

    def text(
        self, at: Point, text: str, size: int, colour: str, *, anchor: str, bold: bool = False
    ) -> None:
        """Write one line; `anchor` as in Pillow, "mm" for centred."""
        stroke = round(0.022 * size * _SCALE) if bold else 0
        where = (at[0] * _SCALE, at[1] * _SCALE)
        letters = font(size * _SCALE)
        self._draw.text(where, text, colour, letters, anchor, stroke_width=stroke)

    def card(self, box: Rectangle, radius: float, fill: str, edge: str) -> None:
        """Draw a rounded box with a thin shadow under it."""
        x0, y0, x1, y1 = (value * _SCALE for value in box)
        drop, radius = 3 * _SCALE, radius * _SCALE
        self._draw.rounded_rectangle((x0, y0 + drop, x1, y1 + drop), radius, _SHADOW)
        self._draw.rounded_rectangle((x0, y0, x1, y1), radius, fill, edge, round(1.5 * _SCALE))

    def diamond(self, box: Rectangle, fill: str, edge: str) -> None:
        """Draw the sign of a decision."""
        x0, y0, x1, y1 = (value * _SCALE for value in box)
        across, down = (x0 + x1) / 2, (y0 + y1) / 2
        corners = [(across, y0), (x1, down), (across, y1), (x0, down)]
        self._draw.polygon([(x, y + 3 * _SCALE) for x, y in corners], _SHADOW)
        self._draw.polygon(corners, fill)
        self._draw.line([*corners, *corners[:2]], edge, round(1.8 * _SCALE), joint="curve")

    def badge(self, at: Point, sign: str, colour: str) -> None:
        """Draw a number in a disc."""
        self._draw.circle((at[0] * _SCALE, at[1] * _SCALE), BADGE * _SCALE, colour)
        self.text(at, sign, 19, _WHITE, anchor="mm", bold=True)

    def line(self, points: Sequence[Point]) -> None:
        """Draw a connector."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, _ARROW, 2 * _SCALE, joint="curve")

    def arrow(self, start: Point, end: Point) -> None:
        """Draw a connector with a filled head."""
        length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
        dx, dy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
        base = (end[0] - 11 * dx, end[1] - 11 * dy)
        self.line([start, base])
        head = [end, (base[0] - 6 * dy, base[1] + 6 * dx), (base[0] + 6 * dy, base[1] - 6 * dx)]
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in head], _ARROW)
