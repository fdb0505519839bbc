"""Is a picture that shows something else than its caption found out?

Pictures of the test prompts of `assistant.pictures.prompts`, rendered right and as small as our
painter's, each with its caption and with one in which an object, a colour, the number or the place
was exchanged. Their drawings are those that the alignment has learnt from, all but the unseen
objects'. Beside the check stands the alignment's cosine of picture and caption alone, which calls a
caption wrong below a threshold chosen on the development prompts. Where a painter is set up, the
same is done with what it paints, as far as the benchmark's judge calls it right.
"""

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event

import numpy as np
from PIL import Image

from assistant.benchmarks.painter_ways import NATIVE_PX
from assistant.checks.painted import asked_of, claims_about
from assistant.checks.sight import look
from assistant.drawing.prompt import prompt_of
from assistant.fusion.alignment import Alignment
from assistant.fusion.train_judge import judge_of
from assistant.models.aligned_matcher import AlignedMatcher
from assistant.models.lazy import Models
from assistant.models.pocket_painter import painter_of
from assistant.models.protocols import ImageTagger, Look, Tag
from assistant.pictures.assets import collect
from assistant.pictures.colours import NAMES
from assistant.pictures.judge import is_right
from assistant.pictures.objects import kinds
from assistant.pictures.prompts import COUNTS, Part, Prompt, Task, prompts, say
from assistant.pictures.scenes import split_of
from assistant.pictures.truth import Drawings
from assistant.settings import Settings
from assistant.types import ClaimVerdict

SWAPPED: dict[Task, str] = {  # what is exchanged in a caption of each task
    "single object": "object", "two objects": "object", "unseen object": "unseen object",
    "colour": "colour", "binding": "colours of two", "count": "count", "position": "position",
}  # fmt: skip
RENDERED, PAINTED = "rendered", "painted"
_PAINTED = 4  # prompts of a task that are painted
_OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
Row = dict[str, object]


@dataclass(frozen=True)
class Case:
    """A picture with a caption."""

    pictures: str  # `RENDERED` or `PAINTED`
    kind: str  # of `SWAPPED`
    prompt: Prompt  # the caption
    swapped: bool
    image: Image.Image


@dataclass(frozen=True)
class Outcome:
    """What became of a case."""

    case: Case
    verdict: ClaimVerdict  # the worst of the check's claims
    cosine: float  # of the alignment alone


def measure(settings: Settings) -> tuple[Row, dict[str, list[Row]]]:
    """Return the headline figures on the test prompts, and the tables behind them.

    Raises ConfigurationError without the encoders' weights or the packages of pictures.
    """
    models = Models(settings)
    drawings = Drawings(collect(settings))
    print("Choosing the alignment's threshold…", file=sys.stderr)
    dev = list(outcomes(rendered(drawings, "dev"), models, settings))
    threshold = best_threshold(dev)
    print("Looking at rendered pictures…", file=sys.stderr)
    found = list(outcomes(rendered(drawings, "test"), models, settings))
    if painter_of(settings):
        print("Painting and looking…", file=sys.stderr)
        found += outcomes(painted(settings, models), models, settings)
    return headline(found, threshold), {"pictures": rows(found, threshold)}


def rendered(drawings: Drawings, part: Part) -> Iterator[Case]:
    """Yield right pictures of a part's prompts, each with its caption and a swapped one."""
    for prompt in _by_turns(prompts(part)):
        if image := drawings.draw(prompt, 0):
            small = image.resize((NATIVE_PX, NATIVE_PX), Image.Resampling.BOX)
            yield from _both(RENDERED, prompt, small)


def painted(settings: Settings, models: Models) -> Iterator[Case]:
    """Yield painted pictures of some test prompts, those that the judge calls right."""
    judge, generator = judge_of(settings), models.image_generator()
    left = dict.fromkeys(SWAPPED, _PAINTED)
    for prompt in _by_turns(prompts("test")):
        left[prompt.task] -= 1
        if left[prompt.task] >= 0:
            (image,) = generator.generate([prompt_of(prompt.text)], seed=0, stop=Event())
            if is_right(prompt, judge.see(image)):
                yield from _both(PAINTED, prompt, image)


def swap(prompt: Prompt) -> Prompt:
    """Return a caption that is wrong in what its task is about."""
    chance = random.Random(f"swap {prompt.task} {prompt.things} {prompt.relation}")
    things, relation = list(prompt.things), prompt.relation
    place = chance.randrange(len(things))
    thing = things[place]
    match SWAPPED[prompt.task]:
        case "object" | "unseen object":
            asked = {each.object for each in things}
            known = [word for word, kind in kinds().items()
                     if split_of(kind.as_asset) == "train" and word not in asked]  # fmt: skip
            things[place] = replace(thing, object=chance.choice(known))
        case "colour":
            others = [name for name in NAMES if name != thing.colour]
            things[place] = replace(thing, colour=chance.choice(others))
        case "colours of two":
            first, second = things
            things = [replace(first, colour=second.colour), replace(second, colour=first.colour)]
        case "count":
            others = [count for count in COUNTS if count != thing.count]
            things[place] = replace(thing, count=chance.choice(others))
        case _:
            relation = _OPPOSITE[relation]
    text = say(tuple(things), relation, prompt.language)
    return replace(prompt, text=text, things=tuple(things), relation=relation)


def outcomes(cases: Iterable[Case], models: Models, settings: Settings) -> Iterator[Outcome]:
    """Yield what the check and the alignment alone make of cases."""
    tagger = _Remembering(models.image_tagger())
    matcher = AlignedMatcher(settings, lambda: tagger, models.text_embedder)
    alignment = Alignment(tagger, models.text_embedder())
    worst: tuple[ClaimVerdict, ...] = ("contradicted", "unverified", "supported")
    for case in cases:
        asked = asked_of(case.prompt.text)
        sight = look(case.image, asked.request.items, matcher)
        verdicts = {claim.verdict for claim in claims_about(asked, sight)}
        (shown,) = alignment.images([case.image])
        (said,) = alignment.texts([case.prompt.text], [case.prompt.language])
        yield Outcome(case, next(v for v in worst if v in verdicts), float(shown @ said))


class _Remembering:
    """An image tagger that looks once at a picture, however many captions it has."""

    def __init__(self, tagger: ImageTagger) -> None:
        self._tagger = tagger
        self._seen: dict[bytes, Look] = {}

    def look(self, images: Sequence[Image.Image]) -> list[Look]:
        for image in images:
            if image.tobytes() not in self._seen:
                (self._seen[image.tobytes()],) = self._tagger.look([image])
        return [self._seen[image.tobytes()] for image in images]

    def tag(self, images: Sequence[Image.Image]) -> list[list[Tag]]:
        return [look.tags for look in self.look(images)]

    def embed_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        return self._tagger.embed_images(images)


def best_threshold(found: Sequence[Outcome]) -> float:
    """Return the cosine below which captions are called wrong with the most right calls."""
    return max(
        (outcome.cosine for outcome in found), key=lambda least: _rate(_by_cosine(found, least))
    )


def headline(found: Sequence[Outcome], threshold: float) -> Row:
    """Return the check's accuracy on rendered pictures by kind, which is to beat the alignment's.

    A case that the check leaves open counts as a caption that was not called wrong.
    """
    figures: Row = {}
    for pictures, kind in _groups(found):
        if pictures == RENDERED:
            some = [o for o in found if (o.case.pictures, o.case.kind) == (pictures, kind)]
            value, alone = _rate(_by_check(some)), _rate(_by_cosine(some, threshold))
            name = f"pictures_{kind.replace(' ', '_')}"
            figures[name] = {"value": value, "target": f"> {alone}", "holds": value > alone}
    return figures


def rows(found: Sequence[Outcome], threshold: float) -> list[Row]:
    """Return accuracy by kind of exchange, what was left open, and false alarms."""
    table: list[Row] = []
    for pictures, kind in _groups(found):
        some = [o for o in found if (o.case.pictures, o.case.kind) == (pictures, kind)]
        right = [o for o in some if not o.case.swapped]
        wrong = [o for o in some if o.case.swapped]
        table.append({
            "pictures": pictures, "exchanged": kind, "captions": len(some),
            "check": _rate(_by_check(some)),
            "alignment alone": _rate(_by_cosine(some, threshold)),
            "wrong ones called wrong": _rate([o.verdict == "contradicted" for o in wrong]),
            "wrong ones called right": _rate([o.verdict == "supported" for o in wrong]),
            "right ones called wrong": _rate([o.verdict == "contradicted" for o in right]),
            "right ones called right": _rate([o.verdict == "supported" for o in right]),
        })  # fmt: skip
    return table


def _both(pictures: str, prompt: Prompt, image: Image.Image) -> Iterator[Case]:
    kind = SWAPPED[prompt.task]
    yield Case(pictures, kind, prompt, False, image)
    yield Case(pictures, kind, swap(prompt), True, image)


def _by_turns(asked: Sequence[Prompt]) -> list[Prompt]:
    """Return every prompt once, in English and Chinese by turns."""
    return [prompt for place, prompt in enumerate(asked) if place % 4 in (0, 3)]


def _groups(found: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Return the kinds of pictures with what was exchanged, in the order of the outcomes."""
    return list(dict.fromkeys((o.case.pictures, o.case.kind) for o in found))


def _by_check(found: Sequence[Outcome]) -> list[bool]:
    return [(outcome.verdict == "contradicted") == outcome.case.swapped for outcome in found]


def _by_cosine(found: Sequence[Outcome], least: float) -> list[bool]:
    return [(outcome.cosine < least) == outcome.case.swapped for outcome in found]


def _rate(right: Sequence[bool]) -> float:
    return round(float(np.mean(right)), 3)
