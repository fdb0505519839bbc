"""Choose which lines of a screen get a box, and the number that ties each to the answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.claims import extract, name_key
from knowledge.types import Box, Segment

MOST_BOXES = 6
_SAME_REGION = 0.5  # a neighbouring line at least this relevant belongs to the region
_REGION_LINES = 3


@dataclass(frozen=True)
class Mark:
    """A box on the screen."""

    sign: str  # the step's number, "1" for the line in question, "!" where step 1 has its own box
    text: str  # the boxed lines as they were read
    label: str  # as the step names it; empty for the line in question
    box: Box


def choose_marks(
    segments: Sequence[Segment], relevance: Sequence[float], steps: Sequence[str]
) -> list[Mark]:
    """Mark the most relevant line, then each line that a step names as a button or a menu entry.

    `segments` must not be empty; `relevance` is one weight a segment.
    """
    lines = [
        (s.text.strip(), s.box, weight)
        for s, weight in zip(segments, relevance, strict=True)
        if s.box
    ]
    region = _region(lines)
    marks: list[Mark] = []
    for number, step in enumerate(steps, start=1):
        named = _named(step, lines)
        if named and all(named[1] != mark.box for mark in marks):
            label, box, text = named
            marks.append(Mark(str(number), text, label, box))
    boxes = [lines[index][1] for index in region]
    inside = next((mark for mark in marks if mark.box in boxes), None)
    if inside is None:
        sign = "!" if any(mark.sign == "1" for mark in marks) else "1"
        text = "\n".join(lines[index][0] for index in region)
        marks.insert(0, Mark(sign, text, "", _around(boxes)))
    return marks[:MOST_BOXES]


_Line = tuple[str, Box, float]


def _region(lines: Sequence[_Line]) -> list[int]:
    """Return the most relevant line with those right above and below it that are relevant too."""
    weights = [weight for _, _, weight in lines]
    best = max(range(len(lines)), key=weights.__getitem__)
    region = [best]
    for index in sorted(range(len(lines)), key=lambda i: abs(lines[i][1][1] - lines[best][1][1])):
        relevant = weights[index] >= _SAME_REGION * weights[best] > 0
        touches = any(_next_to(lines[index][1], lines[other][1]) for other in region)
        if index != best and relevant and touches and len(region) < _REGION_LINES:
            region.append(index)
    return sorted(region, key=lambda i: lines[i][1][1])


def _next_to(one: Box, other: Box) -> bool:
    """Tell whether two lines stand under each other like lines of one paragraph."""
    height = min(one[3] - one[1], other[3] - other[1])
    gap = max(one[1], other[1]) - min(one[3], other[3])
    return gap < 0.8 * height and abs(one[0] - other[0]) < 1.5 * height


def _named(step: str, lines: Sequence[_Line]) -> tuple[str, Box, str] | None:
    """Return the label a step names, with the box and text of the line that shows it."""
    for label in _labels(step):
        shown = [line for line in lines if _shows(line[0], label)]
        exact = [line for line in shown if label in line[0]]
        if shown:
            text, box, _ = max(exact or shown, key=lambda line: line[2])
            return label, box, text
    return None


def _labels(step: str) -> list[str]:
    """Return the labels of a step, as written: parts of menu paths, buttons, quoted words."""
    labels: list[str] = []
    for item in extract(step):
        if item.form in ("path", "label"):
            labels += [re.sub(r"[*_`]+", "", part).strip() for part in re.split("[>→›]", item.text)]
    return [label for label in labels if name_key(label)]


def _shows(text: str, label: str) -> bool:
    """Tell whether a line is the label itself, give or take an arrow or a mark beside it.

    Single words must agree in case: the menu entry is "Internet", the heading "INTERNET".
    """
    bare = re.sub(r"^\W+|\W+$", "", text)
    if " " in label:
        return name_key(label) in name_key(text)
    return bare == label


def _around(boxes: Sequence[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
