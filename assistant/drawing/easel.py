"""Paint a picture, look at it, and paint once more where it is not what was asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from assistant.checks.painted import asked_of, claims_about, faults
from assistant.checks.sight import Sight, look
from assistant.errors import ModelError
from assistant.models.protocols import ImageGenerator, PictureMatcher, PictureSafety
from assistant.types import Claim

if TYPE_CHECKING:
    from PIL.Image import Image

NEGATIVE_PROMPT = "blurry, distorted, watermark, signature, misspelled text"
UNSAFE = 0.5  # probability from which a picture is not shown; see `models.open_nsfw`
_ATTEMPTS = 2
_PAINTED = 0.9  # share of an attempt's time that painting takes


@dataclass(frozen=True)
class Easel:
    """What paints, what looks at the picture, and what says whether it may be shown."""

    generator: ImageGenerator
    matcher: PictureMatcher
    safety: PictureSafety
    weak: bool = False  # paints so roughly that what cannot be told to be right counts as wrong


@dataclass(frozen=True)
class Painted:
    """A picture that may be shown, and what was seen in it."""

    image: "Image"
    seed: int
    sight: Sight
    claims: tuple[Claim, ...]
    passes: bool  # the check

    @property
    def wrong(self) -> tuple[str, ...]:
        """What was asked for and is not there, as the claims say it."""
        return tuple(c.text for c in self.claims if c.verdict == "contradicted")


def paint(
    prompt: str,
    easel: Easel,
    *,
    seed: int,
    stop: Event,
    on_progress: Callable[[float], None] = lambda fraction: None,
) -> Painted | None:
    """Return a picture of what a prompt asks for, the better of two where the first does not pass.

    None where neither may be shown. Progress is a fraction from 0 to 1. Raises ModelError when
    there is no picture yet and the painter fails, or `stop` is set, and ConfigurationError where
    something cannot start.
    """
    made: list[Painted] = []
    for attempt in range(_ATTEMPTS):
        start = attempt / _ATTEMPTS

        def report(fraction: float, start: float = start) -> None:
            on_progress(start + fraction / _ATTEMPTS)

        try:
            painted = _attempt(prompt, easel, seed=seed + attempt, stop=stop, on_progress=report)
        except ModelError:
            if stop.is_set() or not made:
                raise
            break
        made += [painted] if painted else []
        if painted and painted.passes:
            break
    return min(made, key=lambda one: (not one.passes, *faults(one.claims)), default=None)


def _attempt(
    prompt: str, easel: Easel, *, seed: int, stop: Event, on_progress: Callable[[float], None]
) -> Painted | None:
    """Paint once; None where the picture may not be shown."""
    pictures = easel.generator.generate(
        [prompt],
        negative_prompt=NEGATIVE_PROMPT,
        seed=seed,
        stop=stop,
        on_step=lambda step, steps: on_progress(_PAINTED * step / steps),
    )
    _go_on(prompt, stop)
    (image,) = pictures
    (unsafe,) = easel.safety.unsafe([image])
    _go_on(prompt, stop)
    if unsafe >= UNSAFE:
        return None
    asked = asked_of(prompt)
    sight = look(image, asked.request.items, easel.matcher)
    _go_on(prompt, stop)
    on_progress(1.0)
    claims = tuple(claims_about(asked, sight))
    bad = ("contradicted", "unverified") if easel.weak else ("contradicted",)
    return Painted(image, seed, sight, claims, not any(c.verdict in bad for c in claims))


def _go_on(prompt: str, stop: Event) -> None:
    """Raise ModelError once the turn was cancelled."""
    if stop.is_set():
        raise ModelError(f"Drawing `{prompt}` was stopped before the picture was done.")
