"""Places for the things of a picture: a row or grid for each kind, beside or above each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SIDE = 512  # of the picture, in pixels
_EDGE = 26  # left free around the picture
_GAP = 22  # left free between things
_LARGEST = 380  # side of the only thing of a picture
_LEAST = 0.6  # of the room it has is what a thing fills, however small it is beside others

Area = tuple[float, float, float, float]  # x0, y0, x1, y1


@dataclass(frozen=True)
class Group:
    """Several of one thing: how many, and the size they have in its drawing."""

    count: int
    width: float
    height: float
    bulk: float  # its size beside other things, 0 to 1


def place(groups: Sequence[Group], relation: str) -> list[list[Area]]:
    """Return the box of each thing of each group, in pixels.

    `relation` says where the first of two groups is: "left of", "right of", "above", "below", or
    "" where nothing is said. Boxes never overlap.
    """
    whole = (_EDGE, _EDGE, SIDE - _EDGE, SIDE - _EDGE)
    if len(groups) == 1:
        areas = [whole]
    elif relation in ("above", "below"):
        areas = _split(whole, groups, down=True, swapped=relation == "below")
    elif len(groups) == 2:
        areas = _split(whole, groups, down=False, swapped=relation == "right of")
    else:
        return _all_in_one(groups, whole)
    cells = [_cells(area, group) for area, group in zip(areas, groups, strict=True)]
    return _filled(cells, groups)


def _split(whole: Area, groups: Sequence[Group], *, down: bool, swapped: bool) -> list[Area]:
    """Part the picture between two groups, more for the one that needs more."""
    need = [math.sqrt(group.count) * (0.5 + 0.5 * group.bulk) for group in groups]
    order = [1, 0] if swapped else [0, 1]
    x0, y0, x1, y1 = whole
    length = (y1 - y0 if down else x1 - x0) - _GAP
    first = length * min(0.68, max(0.32, need[order[0]] / sum(need)))
    areas: list[Area] = [whole, whole]
    if down:
        areas[order[0]] = (x0, y0, x1, y0 + first)
        areas[order[1]] = (x0, y0 + first + _GAP, x1, y1)
    else:
        areas[order[0]] = (x0, y0, x0 + first, y1)
        areas[order[1]] = (x0 + first + _GAP, y0, x1, y1)
    return areas


def _cells(area: Area, group: Group) -> list[Area]:
    """Return the cells of the grid in which a group's things become largest; rows are centred."""
    x0, y0, x1, y1 = area
    best = max(range(1, group.count + 1), key=lambda n: (_side(area, group, n), n))
    rows = math.ceil(group.count / best)
    width, height = (x1 - x0) / best, (y1 - y0) / rows
    scale = _side(area, group, best)
    width = min(width, scale * group.width + _GAP)
    height = min(height, scale * group.height + _GAP)
    middle_x, top = (x0 + x1) / 2, (y0 + y1 - rows * height) / 2
    cells = []
    for number in range(group.count):
        row, column = divmod(number, best)
        here = min(best, group.count - row * best)
        left = middle_x + (column - here / 2) * width
        cells.append((left, top + row * height, left + width, top + (row + 1) * height))
    return cells


def _side(area: Area, group: Group, columns: int) -> float:
    """Return how much a group's drawing is enlarged in a grid; a little less for ragged rows."""
    rows = math.ceil(group.count / columns)
    across = (area[2] - area[0]) / columns - _GAP
    down = (area[3] - area[1]) / rows - _GAP
    ragged = 0.93 if group.count % columns else 1.0
    return ragged * min(across / group.width, down / group.height)


def _all_in_one(groups: Sequence[Group], whole: Area) -> list[list[Area]]:
    """Put the things of three and more kinds into one grid, one after the other."""
    total = sum(group.count for group in groups)
    cells = _cells(whole, Group(total, 1.0, 1.0, 1.0))
    parts = []
    for group in groups:
        parts.append(cells[: group.count])
        cells = cells[group.count :]
    return _filled(parts, groups)


def _filled(parts: Sequence[Sequence[Area]], groups: Sequence[Group]) -> list[list[Area]]:
    """Fit each group's things into their cells, all of a group alike, sized as the things are."""
    fits = [_fit(cells[0], group) for cells, group in zip(parts, groups, strict=True)]
    unit = min(fit / group.bulk for fit, group in zip(fits, groups, strict=True))
    boxes = []
    for cells, group, fit in zip(parts, groups, fits, strict=True):
        side = min(fit, max(unit * group.bulk, _LEAST * fit), _LARGEST)
        scale = side / max(group.width, group.height)
        boxes.append([_centred(cell, group.width * scale, group.height * scale) for cell in cells])
    return boxes


def _fit(cell: Area, group: Group) -> float:
    """Return the longer side of a group's drawing where it fills a cell but for the gap."""
    x0, y0, x1, y1 = cell
    scale = min((x1 - x0 - _GAP) / group.width, (y1 - y0 - _GAP) / group.height)
    return scale * max(group.width, group.height)


def _centred(cell: Area, width: float, height: float) -> Area:
    x, y = (cell[0] + cell[2]) / 2, (cell[1] + cell[3]) / 2
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
