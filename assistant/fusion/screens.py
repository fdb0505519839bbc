"""Draw the screens of support situations as people would send them, clean and spoilt."""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter

from assistant.data_sets import Language
from assistant.drawing.fonts import font
from assistant.fusion.situations import Domain, Product, Situation, Style
from knowledge.types import Box

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Colour = tuple[int, int, int]

_SIZES: dict[Style, tuple[int, int]] = {
    "dialog": (760, 480), "settings": (760, 460), "terminal": (760, 380), "device": (520, 340)
}  # fmt: skip
_BUTTONS = {
    "en": ("OK", "Cancel", "Details", "Retry", "Close", "Help"),
    "zh": ("确定", "取消", "详细信息", "重试", "关闭", "帮助"),
}
_PALE: tuple[Colour, ...] = ((250, 250, 252), (238, 242, 246), (255, 252, 244), (232, 238, 232))
_DARK: tuple[Colour, ...] = ((18, 20, 26), (30, 34, 42), (8, 24, 16), (40, 30, 46))
_ACCENTS: tuple[Colour, ...] = ((40, 90, 200), (180, 60, 40), (20, 120, 100), (120, 60, 160))


@dataclass(frozen=True)
class Screen:
    """A picture of a screen, and where the lines that matter stand on it."""

    image: Image.Image
    decisive: tuple[Box, ...]


@dataclass(frozen=True)
class _Content:
    """What goes on a screen."""

    name: str  # of the product
    own: list[str]  # the situation's lines
    clutter: list[str]
    buttons: Sequence[str]
    chance: random.Random


@dataclass
class _Pen:
    """A screen being drawn; remembers where the situation's own lines went."""

    size: tuple[int, int]
    paper: Colour
    ink: Colour
    own: frozenset[str]
    decisive: list[Box] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", self.size, self.paper)
        self.draw = ImageDraw.Draw(self.image)

    def write(self, at: tuple[int, int], text: str, px: int, ink: Colour | None = None) -> int:
        """Write one line, as small as it must be to fit; return the y below it."""
        letters = _fitting(text, px, self.size[0] - at[0] - 8)
        self.draw.text(at, text, fill=ink or self.ink, font=letters)
        left, top, right, bottom = self.draw.textbbox(at, text, font=letters)
        if text in self.own:
            self.decisive.append((int(left), int(top), int(right), int(bottom)))
        return int(bottom) + 2

    def panel(self, box: Box, fill: Colour) -> None:
        self.draw.rounded_rectangle(box, radius=6, fill=fill, outline=_mixed(fill, self.ink, 0.3))


def draw_screen(
    domain: Domain, shown: Situation | Product, style: Style, language: Language, seed: str
) -> Screen:
    """Draw what a product shows in a situation, or when nothing is wrong, among its clutter."""
    chance = random.Random(seed)
    own = list(shown.screen[language]) if isinstance(shown, Situation) else []
    product = shown.product if isinstance(shown, Situation) else shown
    clutter = chance.sample(list(domain.clutter[language]), 24)
    dark = chance.random() < (0.8 if style == "terminal" else 0.3)
    paper, ink = chance.choice(_DARK if dark else _PALE), (235, 235, 235) if dark else (25, 25, 30)
    pen = _Pen(_SIZES[style], paper, ink, frozenset(own))
    _PAINTERS[style](pen, _Content(product.name, own, clutter, _BUTTONS[language], chance))
    return Screen(pen.image, tuple(pen.decisive))


def on_desktop(screen: Screen, lines: Sequence[str], seed: str) -> Screen:
    """Return a screen as one window among the many lines of a larger one."""
    chance = random.Random(seed)
    paper, ink = chance.choice([*_PALE, *_DARK]), (128, 128, 128)
    width, height = screen.image.size
    desktop = _Pen(
        (width + 520, height + 260), paper, _mixed(ink, _opposite(paper), 0.7), frozenset()
    )
    left, top = chance.choice((20, 500)), chance.randint(20, 240)
    rest = chance.sample(lines, len(lines))
    for x, y0, y1 in (
        (540 - left, 12, desktop.size[1] - 24),
        (left, 12, top - 24), (left, top + height + 8, desktop.size[1] - 24),
    ):  # fmt: skip
        y = y0
        while y < y1 and rest:
            y = desktop.write((x + 8, y), rest.pop()[:40], chance.randint(13, 16)) + 8
    desktop.image.paste(screen.image, (left, top))
    moved = ((box[0] + left, box[1] + top, box[2] + left, box[3] + top) for box in screen.decisive)
    return Screen(desktop.image, tuple(moved))


def spoil(image: Image.Image, seed: str, strength: float) -> Image.Image:
    """Return a picture blurred, shrunk, darkened, hidden in part and badly compressed.

    `strength` goes from 0, a decent photograph of a screen, to 1, hardly readable.
    """
    chance = random.Random(seed)
    scale = 1 - strength * chance.uniform(0.45, 0.74)
    size = round(image.width * scale), round(image.height * scale)
    worse = image.resize(size).filter(ImageFilter.GaussianBlur(strength * chance.uniform(0.5, 1.5)))
    worse = worse.rotate(chance.uniform(-2.5, 2.5) * strength, expand=True, fillcolor=(90, 90, 90))
    glare = Image.new("L", worse.size, 0)
    x, y = chance.uniform(0, worse.width), chance.uniform(0, worse.height)
    radius = strength * chance.uniform(0.1, 0.45) * worse.width
    disc = (x - radius, y - radius / 2, x + radius, y + radius / 2)
    ImageDraw.Draw(glare).ellipse(disc, fill=round(255 * strength))
    glare = glare.filter(ImageFilter.GaussianBlur(radius / 6 + 1))
    worse.paste((255, 255, 255), mask=glare)
    saved = io.BytesIO()
    worse.save(saved, "JPEG", quality=round(70 - 45 * strength))
    return Image.open(saved).convert("RGB")


def _dialog(pen: _Pen, content: _Content) -> None:
    """Draw a message box over a program's window."""
    chance, own, clutter = content.chance, content.own, content.clutter
    pen.panel((0, 0, pen.size[0], 34), _mixed(pen.paper, chance.choice(_ACCENTS), 0.4))
    pen.write((12, 7), content.name, 17)
    for row, text in enumerate(clutter[:7]):
        pen.write((16 + 380 * (row % 2), 52 + 52 * row), text, chance.randint(13, 17))
    width, lines = chance.randint(430, 520), own or clutter[9:11]
    left, top = chance.randint(60, 200), chance.randint(90, 180)
    height = 96 + 32 * (len(lines) + 1)
    pen.panel((left, top, left + width, top + height), _mixed(pen.paper, (128, 128, 128), 0.15))
    y = pen.write((left + 18, top + 12), chance.choice((content.name, clutter[12])), 15) + 12
    pen.draw.ellipse((left + 18, y, left + 50, y + 32), fill=chance.choice(_ACCENTS))
    for text in lines:
        y = pen.write((left + 64, y), text, chance.randint(16, 20)) + 8
    for place, text in enumerate(chance.sample(content.buttons, 2)):
        x = left + width - 130 * (place + 1)
        pen.panel((x, top + height - 42, x + 112, top + height - 12), pen.paper)
        pen.write((x + 20, top + height - 38), text, 15)


def _settings(pen: _Pen, content: _Content) -> None:
    """Draw a page of settings with a menu at its side."""
    chance, own, clutter = content.chance, content.own, content.clutter
    accent = chance.choice(_ACCENTS)
    pen.panel((0, 0, pen.size[0], 46), accent)
    pen.write((16, 11), content.name, 20, (255, 255, 255))
    for row, text in enumerate(clutter[:4]):
        pen.write((14, 64 + 46 * row), text[:16], 15)
    rows = clutter[6 : 6 + chance.randint(4, 6)]
    place = chance.randint(0, len(rows) - 1)
    y = 62
    for number, text in enumerate(rows):
        if number == place and own:
            height = 14 + 30 * len(own)
            if chance.random() < 0.6:
                pen.panel((224, y, pen.size[0] - 14, y + height), _mixed(pen.paper, accent, 0.2))
            line = y + 6
            for text_own in own:
                line = pen.write((240, line), text_own, chance.randint(15, 19)) + 6
            y += height + 12
        pen.write((240, y), text, chance.randint(14, 17))
        pen.draw.line((232, y + 28, pen.size[0] - 20, y + 28), fill=_mixed(pen.paper, pen.ink, 0.2))
        y += 40


def _terminal(pen: _Pen, content: _Content) -> None:
    """Draw a console whose last lines need not be the ones that matter."""
    chance, clutter = content.chance, content.clutter
    px = chance.randint(14, 17)
    lines = clutter[: chance.randint(7, 10)]
    place = chance.randint(2, len(lines))
    lines[place:place] = content.own
    y = pen.write((10, 8), f"[{content.name}]", px) + 4
    for text in lines:
        y = pen.write((10, y), text, px) + (px // 2)


def _device(pen: _Pen, content: _Content) -> None:
    """Draw a small display with large letters."""
    chance, own, clutter = content.chance, content.own, content.clutter
    pen.write((14, 8), content.name, 16)
    pen.write((pen.size[0] - 190, 8), clutter[0][:18], 14)
    pen.draw.line((8, 36, pen.size[0] - 8, 36), fill=pen.ink)
    y = 52
    for text in [*own, *clutter[1 : chance.randint(2, 5)]] if chance.random() < 0.7 else [
        *clutter[1 : chance.randint(2, 4)], *own
    ]:  # fmt: skip
        y = pen.write((22, y), text, 26 if text in own else 18) + 12
    for place, text in enumerate(clutter[6:8]):
        x = 14 + place * (pen.size[0] // 2)
        pen.panel((x, pen.size[1] - 44, x + 230, pen.size[1] - 10), pen.paper)
        pen.write((x + 12, pen.size[1] - 38), text[:18], 15)


_PAINTERS = {
    "dialog": _dialog, "settings": _settings, "terminal": _terminal, "device": _device
}  # fmt: skip


def _fitting(text: str, px: int, width: int) -> "FreeTypeFont":
    while px > 11 and font(px).getlength(text) > width:
        px -= 1
    return font(px)


def _opposite(paper: Colour) -> Colour:
    return (0, 0, 0) if sum(paper) > 384 else (255, 255, 255)


def _mixed(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def holds(decisive: Sequence[Box], box: Box) -> bool:
    """Tell whether a line that was read lies on one of the decisive ones."""
    middle = (box[1] + box[3]) / 2
    return any(
        top <= middle <= bottom and min(right, box[2]) > max(left, box[0])
        for left, top, right, bottom in decisive
    )
