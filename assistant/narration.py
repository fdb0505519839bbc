"""Decide what is said of a picture and how surely, from what was perceived and nothing else.

For people who cannot see the picture a wrong word costs more than a missing one: the certainty is
the calibrated probability's, and a picture that is too bad to tell is refused with advice.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from itertools import pairwise
from typing import Literal

from assistant.types import Percept, Segment

Certainty = Literal["sure", "probable", "possible", "none"]

SCREEN_LINES = 4  # a drawn picture with that much text is a screenshot
SURE, PROBABLE, POSSIBLE = 0.9, 0.6, 0.3  # calibrated probabilities
READ = 0.85  # a reader's confidence below which a line of text is said to be uncertain
_ALSO = 0.2  # of a second label that is worth naming beside the first
_FEW = 6  # lines that may all be meant by a place
_STRIP = 0.15  # of the picture, from the outermost line, where a place holds more
_TELLING = 4  # letters from which a text stands nowhere by chance
_ALIKE = 0.85  # least likeness (difflib's ratio) of one line read twice
_SLIP = 2  # letters in a row that are misread as others
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_PIECE = re.compile(rf"{_NUMBER.pattern}|[^\W\d_]")  # a number, or a letter
_NO = re.compile(r"\b(?:not?|never|non|cannot|without)\b|n['’]t\b|[不没未无非勿别禁否]")
_NOT_DENIED = (
    r"(?<!\bnot)(?<!\bno)(?<!\bnot )(?<!\bno )(?<!n['’]t )(?<!un)(?<!dis)(?<!\bin)"
    r"(?<![不没未无非勿别])"
)
_PEOPLE = frozenset(("person", "baseball player", "bridegroom", "scuba diver"))
_HAZARDS = frozenset((
    "snake", "eastern diamondback rattlesnake", "sidewinder", "Indian cobra",
    "green mamba", "Saharan horned viper", "sea snake", "scorpion", "tarantula",
    "southern black widow", "bear", "brown bear", "American black bear", "polar bear", "big cat",
    "lion", "tiger", "leopard", "crocodile or alligator", "Nile crocodile", "American alligator",
    "great white shark", "tiger shark", "jellyfish", "lionfish", "wild boar", "assault rifle",
    "rifle", "revolver", "cannon", "missile", "cleaver", "hatchet", "chainsaw", "syringe",
    "power drill", "match", "lighter", "candle", "stove", "cliff", "volcano", "geyser",
    "manhole cover", "mousetrap",
))  # fmt: skip
_WARNS = re.compile(
    r"\b(?:danger(?:ous)?|warning|caution|hazard(?:ous)?|poison(?:ous)?|toxic|flammable|explosive"
    r"|corrosive|high voltage|hot surface|keep (?:out|away)|do not (?:enter|touch|cross|drink|open)"
    r"|no (?:entry|smoking)|slippery|wet floor|emergency|biohazard|radiation"
    r"|mind the (?:gap|step))\b"
    r"|危险|警告|当心|小心|高压|有毒|剧毒|易燃|易爆|腐蚀|禁止|严禁|切勿|辐射|触电",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """What a picture is said to show."""

    certainty: Certainty
    label: str = ""  # of the classifier, or a kind; empty: nothing is named
    other: str = ""  # what else it may be, or which of its kind


def statement_of(image: Percept) -> Statement:
    """Return what is said of a look at a photograph; bad light never leaves it sure."""
    tags = image.segments
    if not tags or tags[0].confidence < POSSIBLE:
        return Statement("none")
    first = tags[0]
    label = "person" if first.text in _PEOPLE else first.text
    other = next((t.text for t in tags[1:] if t.confidence >= _other_from(first)), "")
    if other in _PEOPLE:
        other = ""
    if first.confidence < PROBABLE:
        return Statement("possible", label, other)
    spoilt = image.view is not None and image.view.fault != ""
    sure = first.confidence >= SURE and not spoilt and label != "person"
    return Statement("sure" if sure else "probable", label, other)


def _other_from(first: Segment) -> float:
    return _ALSO if first.confidence < PROBABLE else POSSIBLE


def is_refused(image: Percept, lines: Sequence[Segment]) -> bool:
    """Tell whether a picture is too bad to say anything of: neither named nor read with confidence.

    `lines` are those read in it.
    """
    fault = image.view.fault if image.view else ""
    if fault in ("blank", "gone"):
        return True
    if not fault or any(line.confidence >= READ for line in lines):
        return False
    drawn = image.view is not None and image.view.drawn
    return not drawn and statement_of(image).certainty in ("none", "possible")


def hazards_shown(image: Percept) -> list[str]:
    """Return the labels of dangerous things that a picture may show, likeliest first."""
    return [
        tag.text for tag in image.segments
        if tag.text in _HAZARDS and tag.confidence >= _ALSO
    ]  # fmt: skip


def warnings_written(lines: Sequence[Segment]) -> list[Segment]:
    """Return the lines that warn of something."""
    return [line for line in lines if _WARNS.search(line.text)]


def at_place(lines: Sequence[Segment], place: str, size: tuple[int, int]) -> list[Segment]:
    """Return the lines in a third of the picture: `top`, `bottom`, `left`, `right`, `middle`.

    Of many lines, as on a screen, only those at the edge are meant.
    """
    centres = [(line, _centre(line.box, size)) for line in lines if line.box]
    if place == "middle":
        return [line for line, (x, y) in centres if 1 / 3 <= x <= 2 / 3 and 1 / 3 <= y <= 2 / 3]
    axis = 0 if place in ("left", "right") else 1
    away = [
        (line, centre[axis] if place in ("left", "top") else 1 - centre[axis])
        for line, centre in centres
    ]
    inside = [(line, far) for line, far in away if far < 1 / 3]
    if len(inside) > _FEW:
        edge = min(far for _, far in inside) + _STRIP
        inside = [(line, far) for line, far in inside if far <= edge]
    return [line for line, _ in inside]


def _centre(box: Sequence[float], size: tuple[int, int]) -> tuple[float, float]:
    """Return where the middle of a box is, from 0 to 1 across and down the picture."""
    return (box[0] + box[2]) / 2 / size[0], (box[1] + box[3]) / 2 / size[1]


def not_in(lines: Sequence[Segment], others: Sequence[Segment]) -> list[Segment]:
    """Return the lines that say something which other lines of the same picture do not.

    Lines that are only joined or cut otherwise, or have another letter here or there, are the
    same; numbers must be equal, and what is denied is not what is said.
    """
    texts = [line.text.casefold() for line in others]
    return [line for line in lines if not _stands_in(line.text.casefold(), texts)]


def _stands_in(text: str, texts: Sequence[str]) -> bool:
    letters = {_letters(other): other for other in texts}
    said = _letters(text)
    if not said or re.search(_anywhere(text), "\n".join(texts)):
        return True
    if len(said) < _TELLING:
        return False
    near = get_close_matches(said, letters, len(letters), _ALIKE) if letters else []
    return any(_misread(text, letters[other]) for other in near)


def _anywhere(text: str) -> str:
    """Return a pattern of a text's letters and whole numbers, whatever stands between them."""
    pieces = _PIECE.findall(text)
    pattern = re.escape(pieces[0])
    for last, piece in pairwise(pieces):
        apart = last[-1].isdigit() and piece[0].isdigit()
        pattern += (r"[\W_]+" if apart else r"[\W_]*") + re.escape(piece)
    if len(_letters(text)) < _TELLING:
        pattern = rf"(?<!\w){pattern}(?!\w)"
    if pieces[0][0].isdigit():
        pattern = rf"(?<!\d)(?<!\d[.,:])(?<!\w-){pattern}"
    if pieces[-1][0].isdigit():
        pattern = rf"{pattern}(?!\d)(?![.,:]\d)"
    return _NOT_DENIED + pattern


def _misread(text: str, other: str) -> bool:
    """Tell whether two texts differ by single letters, neither in their numbers nor in a `not`."""
    if any(of.findall(text) != of.findall(other) for of in (_NUMBER, _NO)):
        return False
    changes = SequenceMatcher(None, _letters(text), _letters(other), False).get_opcodes()
    return all(
        kind == "equal" or max(a1 - a0, b1 - b0) <= (_SLIP if kind == "replace" else 1)
        for kind, a0, a1, b0, b1 in changes
    )


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
