"""Draw the steps of an answer as a flowchart: boxes, diamonds for conditions, a green end.

Drawn with Pillow alone: it measures the letters it draws, in the typeface that holds Chinese too,
which the flowchart libraries that need no system package do not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.drawing.fonts import font
from assistant.drawing.pen import BADGE, DENSITY, SMOOTH, Pen
from assistant.drawing.wrap import wrap

if TYPE_CHECKING:
    from PIL.Image import Image

_MARGIN, _GAP, _SIDE_GAP = 44, 40, 66
_BOX, _DIAMOND, _ASIDE = 480, 480, 300  # widths
_TEXT, _LINE, _TITLE, _TITLE_LINE = 20, 29, 27, 38

_PAPER, _INK, _GREY = "#f5f7fa", "#1b2733", "#7b8794"
_CARD, _EDGE, _BLUE = "#ffffff", "#c9d3df", "#1c5ee0"
_AMBER_CARD, _AMBER = "#fff6e0", "#d99a06"
_GREEN = "#1c8a57"

_WORDS = {
    "en": {"yes": "Yes", "no": "No", "end": "Done"},
    "zh": {"yes": "是", "no": "否", "end": "完成"},
}
_IF = re.compile(
    r"^if (?!not\b|so\b|yes\b|no\b)(?P<condition>[^,]{3,90}), (?:then )?(?P<action>.{3,})$", re.I
)
_IF_ZH = re.compile(
    r"^(?:如果|若|要是|假如)(?P<condition>[^，,]{2,40})[，,](?:请|就|则)?(?P<action>.{2,})$"
)
_IF_NOT = re.compile(
    r"^(?:(?:if (?:not|it (?:is|does) not|no)|otherwise)\b,? ?(?:then )?"
    r"|(?:如果(?:没有|不是|不行|否)|否则)[，,]?(?:请)?)(?P<action>.{2,})$",
    re.IGNORECASE,
)
_ASKS = re.compile(r"[?？]\s*$|是否")


@dataclass(frozen=True)
class _Node:
    """A step with the place of its shape, in layout units."""

    number: int
    lines: tuple[str, ...]
    asks: bool
    aside: tuple[str, ...]  # what to do in one of the two cases; empty: no branch
    aside_number: int | None  # where the other case is a step of its own: "If not, …"
    y: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


def draw_diagram(steps: Sequence[str], title: str, language: str) -> "Image":
    """Return the flowchart of `steps`, from top to bottom, about 1140 to 1860 pixels wide."""
    from PIL import Image, ImageDraw

    heading = wrap(title, font(_TITLE), _BOX, most_lines=3)
    nodes = _placed(steps, _MARGIN + len(heading) * _TITLE_LINE + (26 if heading else 0))
    branches = any(node.aside for node in nodes)
    width = 2 * _MARGIN + _BOX + (_SIDE_GAP + _ASIDE if branches else 0)
    end = nodes[-1].bottom + _gap(nodes[-1])
    height = end + 46 + _MARGIN
    image = Image.new(
        "RGB", (round(width * DENSITY * SMOOTH), round(height * DENSITY * SMOOTH)), _PAPER
    )
    pen = Pen(ImageDraw.Draw(image))
    for i, line in enumerate(heading):
        at = (_MARGIN, _MARGIN + (i + 0.5) * _TITLE_LINE)
        pen.text(at, line, _TITLE, _INK, anchor="lm", bold=True)
    words = _WORDS.get(language, _WORDS["en"])
    for node, following in zip(nodes, [*nodes[1:], None], strict=True):
        _connect(pen, node, following.y if following else end, words)
    for node in nodes:
        _draw_node(pen, node)
    centre = _MARGIN + _BOX / 2
    pen.card((centre - 70, end, centre + 70, end + 46), 23, _GREEN, _GREEN)
    pen.text((centre, end + 23), words["end"], _TEXT, "#ffffff", anchor="mm", bold=True)
    return image.reduce(SMOOTH)


def _placed(steps: Sequence[str], top: float) -> list[_Node]:
    nodes: list[_Node] = []
    numbered = iter(enumerate(steps, start=1))
    for number, step in numbered:
        condition, action = _branch(step)
        asks = bool(action) or bool(_ASKS.search(step))
        otherwise = _IF_NOT.match(steps[number]) if asks and number < len(steps) else None
        if otherwise and not action:
            action, aside_number = _capital(otherwise["action"]), next(numbered)[0]
        else:
            aside_number = None
        node = _node(number, condition or step, top, asks=asks, aside=(action, aside_number))
        nodes.append(node)
        top = node.bottom + _gap(node)
    return nodes


def _node(
    number: int, text: str, top: float, *, asks: bool, aside: tuple[str, int | None]
) -> _Node:
    action, aside_number = aside
    letters = font(_TEXT)
    lines = wrap(text, letters, 250 if asks else _BOX - 2 * BADGE - 58)
    badge = 2 * BADGE + 14 if aside_number else 0
    beside = wrap(action, letters, _ASIDE - 44 - badge) if action else []
    height = max(len(lines) * _LINE * 2.2, 96) if asks else len(lines) * _LINE + 34
    height = max(height, len(beside) * _LINE + 34 if beside else 0)
    return _Node(number, tuple(lines), asks, tuple(beside), aside_number, top, height)


def _gap(node: _Node) -> float:
    """Leave room for the line that comes back from a branch."""
    return _GAP + 24 if node.aside else _GAP


def _capital(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:]


def _branch(step: str) -> tuple[str, str]:
    """Split "If the light stays red, call the provider." into a question and an action."""
    for pattern, mark in ((_IF, "?"), (_IF_ZH, "？")):
        match = pattern.match(step.strip())
        if match:
            return _capital(match["condition"]) + mark, _capital(match["action"])
    return "", ""


def _connect(pen: Pen, node: _Node, below: float, words: dict[str, str]) -> None:
    centre = _MARGIN + _BOX / 2
    pen.arrow((centre, node.bottom), (centre, below - 2))
    if not node.aside:
        return
    right = _MARGIN + _BOX
    pen.arrow((right, node.middle), (right + _SIDE_GAP - 2, node.middle))
    beside, down = (words["no"], words["yes"]) if node.aside_number else (words["yes"], words["no"])
    pen.text((right + _SIDE_GAP / 2 - 4, node.middle - 15), beside, 17, _GREY, anchor="mm")
    pen.text((centre - 12, node.bottom + 17), down, 17, _GREY, anchor="rm")
    aside_centre = right + _SIDE_GAP + _ASIDE / 2
    joint = node.bottom + 30
    pen.line([(aside_centre, node.middle), (aside_centre, joint), (centre + 40, joint)])
    pen.arrow((centre + 40, joint), (centre + 2, joint))


def _draw_node(pen: Pen, node: _Node) -> None:
    left, right = _MARGIN, _MARGIN + _BOX
    centre = (left + right) / 2
    if node.asks:
        pen.diamond((left, node.y, right, node.bottom), _AMBER_CARD, _AMBER)
        _write(pen, node.lines, centre, node.middle, "mm")
        pen.badge((left + 62, node.middle - node.height * 0.37), str(node.number), _AMBER)
    else:
        pen.card((left, node.y, right, node.bottom), 14, _CARD, _EDGE)
        pen.badge((left + 22 + BADGE, node.middle), str(node.number), _BLUE)
        _write(pen, node.lines, left + 2 * BADGE + 38, node.middle, "lm")
    if node.aside:
        start = right + _SIDE_GAP
        half = (len(node.aside) * _LINE + 34) / 2
        pen.card((start, node.middle - half, start + _ASIDE, node.middle + half), 14, _CARD, _EDGE)
        indent = 22
        if node.aside_number:
            pen.badge((start + 18 + BADGE, node.middle), str(node.aside_number), _BLUE)
            indent = 2 * BADGE + 32
        _write(pen, node.aside, start + indent, node.middle, "lm")


def _write(pen: Pen, lines: Sequence[str], x: float, middle: float, anchor: str) -> None:
    top = middle - (len(lines) - 1) * _LINE / 2
    for i, line in enumerate(lines):
        pen.text((x, top + i * _LINE), line, _TEXT, _INK, anchor=anchor)
