"""Judge pictures against prompts: which objects they show, in which colours, how many and where.

A linear softmax on the classifier's features names each thing that stands in the picture; it was
trained on drawings that no painter learns from (`assistant.fusion.train_judge`). Colours, counts
and places come from the pixels. What counts as right follows Ghosh et al., "GenEval", 2023.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
from PIL import Image

from assistant.models.protocols import ImageTagger
from assistant.pictures.prompts import Asked, Prompt
from assistant.pictures.segmentation import Piece, colour_of, crop, pieces, union

OTHER = ""  # what is none of the objects
MOST = 12  # things of a picture that are looked at, the largest
_SLACK = 0.1  # of both things' sizes, by which their middles differ at least
_LEANING = 0.5  # share of the distance that lies in a direction, so that it counts


@dataclass(frozen=True)
class Weights:
    """A linear softmax over objects: float32 `matrix` (features, classes) and `bias` (classes,)."""

    classes: tuple[str, ...]  # the objects' words, and `OTHER`
    mean: np.ndarray  # (features,) that is taken away from unit features
    matrix: np.ndarray
    bias: np.ndarray

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Return each class's probability; features (n, width) of a classifier's looks."""
        scores = standard(features, self.mean) @ self.matrix + self.bias
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Seen:
    """A thing in a picture."""

    object: str  # a `Kind`'s word; `OTHER`: none of them
    sureness: float  # probability of the object
    colour: str
    box: tuple[float, float, float, float]  # left, top, right, bottom, from 0 to 1


@dataclass(frozen=True)
class Sight:
    """Everything seen in a picture: each thing, and all things as if they were one."""

    things: tuple[Seen, ...]
    whole: Seen | None = None  # None where nothing is seen


class Judge:
    """Sees what pictures show."""

    def __init__(self, weights: Weights, tagger: ImageTagger) -> None:
        self._weights, self._tagger = weights, tagger

    def see(self, image: Image.Image) -> Sight:
        """Return what an RGB picture shows. Raises ConfigurationError without the tagger's weights.

        Of many things the `MOST` largest are looked at.
        """
        found = pieces(image)[:MOST]
        if not found:
            return Sight(())
        if len(found) == 1:
            only = self._name(image, found, [crop(image, found[0])])[0]
            return Sight((only,), only)
        crops = [crop(image, piece, [other for other in found if other is not piece])
                 for piece in found]  # fmt: skip
        shown = [*found, union(found)]
        seen = self._name(image, shown, [*crops, whole(image, found)])
        return Sight(tuple(seen[:-1]), seen[-1])

    def _name(
        self, image: Image.Image, shown: Sequence[Piece], crops: Sequence[Image.Image]
    ) -> list[Seen]:
        features = np.stack([look.features for look in self._tagger.look(crops)])
        chances = self._weights.probabilities(features)
        return [
            Seen(
                self._weights.classes[int(row.argmax())], float(row.max()),
                colour_of(image, piece), piece.box,
            )
            for piece, row in zip(shown, chances, strict=True)
        ]  # fmt: skip


def is_right(prompt: Prompt, sight: Sight) -> bool:
    """Tell whether what was seen is what a prompt asks for.

    One object, in its colour: some thing is it, or all things together are where none of them is an
    object by itself (a drawing of several parts). A count: exactly so many things are it. Two
    objects: some thing is the one, another the other, each in its colour and in their relation,
    where one is asked. Other things do no harm.
    """
    if prompt.task == "count":
        asked = prompt.things[0]
        return sum(thing.object == asked.object for thing in sight.things) == asked.count
    if len(prompt.things) == 1:
        parts = all(thing.object == OTHER for thing in sight.things)
        together = (sight.whole,) if sight.whole and parts else ()
        return any(_fits(thing, prompt.things[0]) for thing in (*sight.things, *together))
    first, second = prompt.things
    return any(
        _fits(one, first) and _fits(other, second)
        and (not prompt.relation or prompt.relation in relations(one, other))
        for one in sight.things for other in sight.things if one is not other
    )  # fmt: skip


def relations(one: Seen, other: Seen) -> set[str]:
    """Return where the first thing is seen from the second: none, one or two of the relations.

    As GenEval does: a tenth of both sizes is taken off the distance of the middles, and a direction
    counts that has more than half of what is left.
    """
    offsets = []
    for axis in (0, 1):
        sizes = [thing.box[axis + 2] - thing.box[axis] for thing in (one, other)]
        middles = [(thing.box[axis + 2] + thing.box[axis]) / 2 for thing in (one, other)]
        away = middles[0] - middles[1]
        offsets.append(np.sign(away) * max(0.0, abs(away) - _SLACK * sum(sizes)))
    length = float(np.hypot(*offsets))
    if not length:
        return set()
    right, down = (offset / length for offset in offsets)
    held = {"left of": -right, "right of": right, "above": -down, "below": down}
    return {name for name, leaning in held.items() if leaning > _LEANING}


def standard(features: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return features (n, width) as the softmax takes them: of length 1, about a mean, spread."""
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    return (unit - mean) * sqrt(features.shape[1])


def write(weights: Weights, path: Path) -> None:
    """Write weights in half precision; the file appears when it is complete."""
    with path.with_suffix(".new").open("wb") as file:
        np.savez_compressed(
            file, classes=np.array(weights.classes), mean=weights.mean.astype(np.float16),
            matrix=weights.matrix.astype(np.float16), bias=weights.bias.astype(np.float16),
        )  # fmt: skip
    path.with_suffix(".new").replace(path)


def read(path: Path) -> Weights:
    """Return weights that `write` wrote."""
    with np.load(path) as held:
        mean, matrix, bias = (held[name].astype(np.float32) for name in ("mean", "matrix", "bias"))
        return Weights(tuple(held["classes"].tolist()), mean, matrix, bias)


def _fits(thing: Seen, asked: Asked) -> bool:
    return thing.object == asked.object and asked.colour in ("", thing.colour)


def whole(image: Image.Image, found: Sequence[Piece]) -> Image.Image:
    """Return the crop of all that stands in a picture; the picture itself where nothing does."""
    return crop(image, union(found)) if found else image
