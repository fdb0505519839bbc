"""Look at a painted picture: which things stand where, in which colours, and what they look like.

What is seen is kept with the picture, so that it is looked at only once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.drawing.drawings import lexicon
from assistant.drawing.png import SIGHT_KEY, note_of
from assistant.drawing.request import Item
from assistant.language import detect_language
from assistant.models.protocols import PictureMatcher
from assistant.pictures.names import without_colour

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

MOST = 6  # things that are looked at closely, the largest; of one kind, two tell enough
_OF_ONE_KIND = 2
_LEAST_SHARE = 0.01  # of a thing, that a colour has, to be noted

Box = tuple[float, float, float, float]  # left, top, right, bottom, from 0 to 1


@dataclass(frozen=True)
class Seen:
    """A thing in a picture."""

    box: Box
    area: float  # share of the picture
    colours: Mapping[str, float]  # shares of the thing
    likeness: tuple[float, ...]  # to each thing asked for, as `PictureMatcher` has it


@dataclass(frozen=True)
class Sight:
    """What was seen in a picture: each thing, the largest first, and all of them as one."""

    things: tuple[Seen, ...]
    whole: Seen | None  # None where nothing is seen
    ground: str  # colour of the background


def look(image: "Image", items: Sequence[Item], matcher: PictureMatcher) -> Sight:
    """Return what an RGB picture shows; its largest things are compared with the items.

    Raises ConfigurationError when the matcher's weights are absent.
    """
    from assistant.pictures.segmentation import crop, ground_colour_of, pieces, shares_of, union

    found = pieces(image)
    close = found[: MOST if len(items) > 1 else _OF_ONE_KIND]
    crops = [crop(image, piece, [other for other in found if other is not piece])
             for piece in close]  # fmt: skip
    if len(found) > 1:
        crops.append(crop(image, union(found)))
    names, languages = zip(*(_name(item.words) for item in items), strict=True)
    likeness = [tuple(map(_rounded, row)) for row in matcher.match(crops, names, languages)]
    likeness[len(close) : len(close)] = [()] * (len(found) - len(close))
    shown = [*found, union(found)] if len(found) > 1 else found
    seen = []
    for piece, like in zip(shown, likeness, strict=True):
        left, top, right, bottom = map(_rounded, piece.box)
        area, colours = _rounded(piece.area / piece.mask.size), _noted(shares_of(image, piece))
        seen.append(Seen((left, top, right, bottom), area, colours, like))
    return Sight(tuple(seen[: len(found)]), seen[-1] if seen else None, ground_colour_of(image))


def as_note(sight: Sight) -> list[object]:
    """Return what was seen as a picture's metadata holds it."""
    return [asdict(sight)]


def sight_of(path: Path) -> Sight | None:
    """Return what was seen in a picture when it was made; None where nobody has looked."""
    note = note_of(path, SIGHT_KEY) if path.is_file() else ""
    if not note:
        return None
    (held,) = json.loads(note)
    things = tuple(map(_seen, held["things"]))
    return Sight(things, _seen(held["whole"]) if held["whole"] else None, held["ground"])


def _seen(held: Mapping) -> Seen:
    left, top, right, bottom = held["box"]
    box = left, top, right, bottom
    return Seen(box, held["area"], held["colours"], tuple(held["likeness"]))


def _name(words: str) -> tuple[str, str]:
    """Return a thing's name and its language; English where there is a drawing of it.

    The matcher knows drawings by their English names best.
    """
    language = detect_language(words)
    found = lexicon().find(words)
    if language != "zh" or not found:
        return words, "zh" if language == "zh" else "en"
    names = found[0].names
    return without_colour(names).get("en", names["en"]), "en"


def _noted(shares: "np.ndarray") -> dict[str, float]:
    from assistant.pictures.colours import NAMES

    return {name: _rounded(share) for name, share in zip(NAMES, shares, strict=True)
            if share >= _LEAST_SHARE}  # fmt: skip


def _rounded(value: float) -> float:
    return round(float(value), 3)
