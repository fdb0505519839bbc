"""The ways of getting a picture that the painter's benchmark compares."""

import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from threading import Event

from PIL import Image, ImageDraw

from assistant.drawing.easel import NEGATIVE_PROMPT
from assistant.drawing.fonts import font
from assistant.drawing.prompt import prompt_of
from assistant.drawing.wrap import wrap
from assistant.errors import InputError
from assistant.models.diffusers_painter import DiffusersPainter
from assistant.models.lazy import Models
from assistant.models.protocols import ImageGenerator
from assistant.pictures.prompts import Prompt
from assistant.pictures.truth import Drawings
from assistant.settings import Settings

Way = Callable[[Prompt, int], Image.Image | None]  # prompt and seed → RGB; None: it cannot
NATIVE_PX = 128  # of the painter's pictures, before they are made larger
COLUMNS = 7  # of a contact sheet
_TILE_PX, _CAPTION_PX, _GAP_PX = 160, 44, 8


@dataclass(frozen=True)
class Drawn:
    """A picture that one way made."""

    way: str
    prompt: Prompt
    seed: int
    path: Path | None  # None: it could not
    seconds: float


@dataclass(frozen=True)
class Cost:
    """What a way's pictures cost."""

    way: str
    seconds: float  # a picture, median
    slowest_s: float
    peak_gb: float  # of the process, up to the last of them


def composer() -> Way:
    """Return the composer, which draws a request always in the same way."""
    from assistant.drawing.compose import compose
    from assistant.drawing.request import parse

    return lambda prompt, seed: _or_none(lambda: compose(parse(prompt_of(prompt.text))).picture)


def painter(settings: Settings) -> Way:
    """Return the painter as `draw` uses it."""
    return _painting(Models(settings).image_generator())


def painter_in(steps: int, settings: Settings) -> Way:
    """Return the painter with another number of steps."""
    generator = Models(settings).image_generator()
    assert isinstance(generator, DiffusersPainter)  # `painter_of` names a pipeline
    generator.steps = steps
    return _painting(generator)


def true_drawings(drawings: Drawings, side_px: int) -> Way:
    """Return right pictures of one size, which tell what the judge takes for wrong."""

    def way(prompt: Prompt, seed: int) -> Image.Image | None:
        image = drawings.draw(prompt, seed)
        return image and image.resize((side_px, side_px), Image.Resampling.BOX)

    return way


def draw_all(
    name: str, way: Way, asked: Sequence[Prompt], seeds: Sequence[int], folder: Path
) -> tuple[list[Drawn], Cost]:
    """Have a way draw prompts with several seeds; what it refuses is noted, not raised.

    The first picture is drawn twice, so that no loading is timed.
    """
    way(asked[0], seeds[0])
    made = []
    for number, (prompt, seed) in enumerate((p, s) for p in asked for s in seeds):
        start = time.perf_counter()
        image = way(prompt, seed)
        seconds = time.perf_counter() - start
        path = folder / f"{name}-{number}.png".replace(" ", "-")
        if image:
            image.save(path)
        made.append(Drawn(name, prompt, seed, path if image else None, seconds))
    times = sorted(drawn.seconds for drawn in made)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return made, Cost(name, times[len(times) // 2], times[-1], peak)


def contact_sheet(made: Mapping[str, Sequence[Drawn]], asked: Sequence[Prompt]) -> Image.Image:
    """Return the first picture of each way for some prompts: ways below each other.

    `COLUMNS` prompts stand side by side, the next ones in a band below.
    """
    step = _TILE_PX + _GAP_PX
    band = _CAPTION_PX + step * len(made)
    sheet = Image.new("RGB", (step * COLUMNS, band * ceil(len(asked) / COLUMNS)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, prompt in enumerate(asked):
        x, y = number % COLUMNS * step, number // COLUMNS * band
        lines = wrap(prompt.text, font(13), _TILE_PX, 2)
        pen.text((x, y + 2), "\n".join(lines), "black", font(13), spacing=2)
        for row, pictures in enumerate(made.values()):
            first = next(drawn for drawn in pictures if drawn.prompt == prompt)
            corner = x, y + _CAPTION_PX + row * step
            if first.path:
                with Image.open(first.path) as image:
                    sheet.paste(image.resize((_TILE_PX, _TILE_PX)), corner)
            else:
                pen.text(corner, "—", "grey", font(24))
    return sheet


def _painting(generator: ImageGenerator) -> Way:
    def way(prompt: Prompt, seed: int) -> Image.Image | None:
        return _or_none(
            lambda: generator.generate(
                [prompt_of(prompt.text)], negative_prompt=NEGATIVE_PROMPT, seed=seed, stop=Event()
            )[0]
        )

    return way


def _or_none(draw: Callable[[], Image.Image]) -> Image.Image | None:
    """Return a picture; None where the request is one that cannot be drawn."""
    try:
        return draw().convert("RGB")
    except InputError:
        return None
