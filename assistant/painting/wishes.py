"""Say in numbers what a picture should show: each thing's colour, count and place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assistant.pictures.colours import NAMES

WORDS = 896  # width of the frozen vector of a thing's name
MOST_THINGS = 3  # kinds of things in a picture
COUNTS = 6  # of one kind; more count as the last
Place = Literal["", "left", "right", "above", "below"]  # of one of two things
PLACES: tuple[Place, ...] = ("left", "right", "above", "below")
MEASURES = len(NAMES) + COUNTS + len(PLACES)


@dataclass(frozen=True)
class Wish:
    """One kind of thing that a picture should show."""

    words: str  # its name
    colour: str = ""  # one of `NAMES`, or as it is
    count: int = 1
    place: Place = ""


def measures_of(wishes: Sequence[Wish]) -> np.ndarray:
    """Return colour, count and place of each thing; float32, (MOST_THINGS, MEASURES)."""
    rows = np.zeros((MOST_THINGS, MEASURES), np.float32)
    for row, wish in zip(rows, wishes, strict=False):
        if wish.colour:
            row[NAMES.index(wish.colour)] = 1
        row[len(NAMES) + min(max(wish.count, 1), COUNTS) - 1] = 1
        if wish.place:
            row[len(NAMES) + COUNTS + PLACES.index(wish.place)] = 1
    return rows
