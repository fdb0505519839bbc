"""Keep what models made of the last texts, which a turn asks for again."""

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np

_REMEMBERED = 2_000  # rows that are kept
Asked = TypeVar("Asked", bound=Hashable)


@lru_cache(maxsize=4)
def remembering(
    compute: Callable[[Sequence[Asked]], np.ndarray],
) -> Callable[[Sequence[Asked]], np.ndarray]:
    """Return a function that gives a row for each thing asked, as `compute` does, and keeps it."""
    known: dict[Asked, np.ndarray] = {}

    def remembered(asked: Sequence[Asked]) -> np.ndarray:
        rows = {one: row for one in asked if (row := known.get(one)) is not None}
        if new := [one for one in dict.fromkeys(asked) if one not in rows]:
            rows |= dict(zip(new, compute(new), strict=True))
        if len(known) > _REMEMBERED:  # turns at once may do so: what is needed is in `rows`
            known.clear()
        known.update(rows)
        return np.stack([rows[one] for one in asked])

    return remembered
