"""Check the pictures of a reply against its words: boxed texts, a diagram's order, drawn things.

Each picture that the assistant makes carries, in its PNG metadata, what it shows; that is compared
with the answer and with what was read on the user's screen.
"""

import json
from collections.abc import Sequence
from dataclasses import replace

from assistant.answer_steps import steps_of
from assistant.checks.composed import check_composed, picture_claim
from assistant.checks.painted import check_painted
from assistant.claims import name_key
from assistant.drawing.png import BOXES_KEY, NODES_KEY, note_of
from assistant.types import Claim, ClaimVerdict, Percept, Picture


def check_pictures(
    pictures: Sequence[Picture], *, answer: str, percepts: Sequence[Percept]
) -> list[Claim]:
    """Return the claims of every picture.

    A box must frame text that was read on the screen, and where it carries a step's number, text
    that this step names; a diagram must hold the answer's steps in order; in a composed picture
    must stand what was asked for, in colour, number and place, and in a generated one it must
    have been seen.
    """
    claims: list[Claim] = []
    for picture in pictures:
        if picture.kind == "annotated":
            claims += _boxes(picture, answer, percepts)
        elif picture.kind == "diagram":
            claims += _nodes(picture, answer)
        elif picture.kind == "composed":
            claims += check_composed(picture)
        else:
            claims += check_painted(picture)
    return claims


def judged(picture: Picture, *, answer: str, percepts: Sequence[Percept]) -> Picture:
    """Return a picture with the verdict that its claims come to: the worst of them."""
    verdicts = {c.verdict for c in check_pictures([picture], answer=answer, percepts=percepts)}
    worst: tuple[ClaimVerdict, ...] = ("contradicted", "unverified", "supported")
    return replace(picture, verdict=next((v for v in worst if v in verdicts), "unverified"))


def _boxes(picture: Picture, answer: str, percepts: Sequence[Percept]) -> list[Claim]:
    lines = {name_key(s.text) for p in percepts if p.modality == "ocr" for s in p.segments}
    steps = [name_key(step) for step in steps_of(answer)]
    claims = []
    for box in json.loads(note_of(picture.path, BOXES_KEY) or "[]"):
        text, number, label = box["text"], box["mark"], name_key(box["label"])
        if not all(name_key(line) in lines for line in text.splitlines()):
            detail = f"Box {number} frames `{text}`, which was not read on the screen."
            claims.append(picture_claim(text, "contradicted", 0.0, "ocr", detail))
        elif not label:
            detail = f"Box {number} frames the line of the screen that the question is about."
            claims.append(picture_claim(text, "supported", 1.0, "ocr", detail))
        elif number.isdigit() and int(number) <= len(steps) and label in steps[int(number) - 1]:
            detail = f"Box {number} frames what step {number} names."
            claims.append(picture_claim(text, "supported", 1.0, "answer", detail))
        else:
            detail = f"Box {number} frames `{text}`, which step {number} does not name."
            claims.append(picture_claim(text, "contradicted", 0.0, "answer", detail))
    return claims


def _nodes(picture: Picture, answer: str) -> list[Claim]:
    nodes = [name_key(node) for node in json.loads(note_of(picture.path, NODES_KEY) or "[]")]
    steps = [name_key(step) for step in steps_of(answer)]
    if nodes == steps:
        detail = "The diagram holds the answer's steps in order."
        return [picture_claim(picture.prompt, "supported", 1.0, "answer", detail)]
    detail = "The diagram does not hold the answer's steps in order."
    return [picture_claim(picture.prompt, "contradicted", 0.0, "answer", detail)]
