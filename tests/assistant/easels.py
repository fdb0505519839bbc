"""What paints and looks in tests: painters that show given pictures, and eyes that know shapes."""

from collections.abc import Callable, Mapping, Sequence
from threading import Event

import numpy as np
from PIL import Image, ImageDraw

from assistant.drawing.easel import Easel
from assistant.models.deterministic import DeterministicMatcher, DeterministicSafety
from assistant.models.protocols import ImageGenerator, PictureMatcher, PictureSafety
from assistant.settings import Settings

SHOWN, NOT_SHOWN = 0.1, -0.4  # likeness


def easel(
    generator: ImageGenerator,
    matcher: PictureMatcher | None = None,
    safety: PictureSafety | None = None,
) -> Easel:
    """Return an easel; by default its eyes know nothing and all is safe to it."""
    fixed = Settings()
    return Easel(
        generator, matcher or DeterministicMatcher(fixed), safety or DeterministicSafety(fixed)
    )


def discs(*colours: str, across: bool = True, side: int = 128) -> Image.Image:
    """Return as many discs, beside or below each other, on white."""
    image = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(image)
    radius = side / (3 * max(2, len(colours)))
    for number, colour in enumerate(colours):
        along, middle = (number + 0.5) * side / len(colours), side / 2
        x, y = (along, middle) if across else (middle, along)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return image


class ScriptedPainter:
    """Shows its pictures one after the other, in ten steps each, and keeps the seeds."""

    def __init__(self, *pictures: Image.Image | Exception) -> None:
        self._pictures = list(pictures)
        self.seeds: list[int] = []

    def generate(
        self,
        prompts: Sequence[str],
        *,
        negative_prompt: str = "",
        seed: int,
        stop: Event,
        on_step: Callable[[int, int], None] = lambda step, steps: None,
    ) -> list[Image.Image]:
        self.seeds.append(seed)
        picture = self._pictures.pop(0)
        if isinstance(picture, Exception):
            raise picture
        for step in range(10):
            if stop.is_set():
                return []
            on_step(step + 1, 10)
        return [picture]

    def provenance(self) -> Mapping[str, str]:
        return {"model": "scripted"}


class ColourMatcher:
    """Takes a picture for what has the colour of its middle: `{"apple": "red"}`."""

    def __init__(self, things: Mapping[str, str]) -> None:
        self._things = things

    def match(
        self, images: Sequence[Image.Image], names: Sequence[str], languages: Sequence[str]
    ) -> np.ndarray:
        looks = [self._colour(image) for image in images]
        rows = [[SHOWN if self._things.get(name) == look else NOT_SHOWN for name in names]
                for look in looks]  # fmt: skip
        return np.array(rows, np.float32).reshape(len(images), len(names))

    @staticmethod
    def _colour(image: Image.Image) -> str:
        red, _, blue = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # pyright: ignore
        return "red" if red > blue else "blue"


class ScriptedSafety:
    """Calls its pictures unsafe with given probabilities, one after the other."""

    def __init__(self, *chances: float) -> None:
        self._chances = list(chances)

    def unsafe(self, images: Sequence[Image.Image]) -> np.ndarray:
        return np.array([self._chances.pop(0) for _ in images], np.float32)
