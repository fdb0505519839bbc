"""Check a composed picture: what was asked for against what its metadata says stands there."""

import json
from collections.abc import Mapping, Sequence
from itertools import product

from assistant.drawing.drawings import lexicon
from assistant.drawing.png import PAGE_KEY, THINGS_KEY, note_of
from assistant.drawing.request import Item, Request, parse
from assistant.drawing.wording import in_words, item_in_words
from assistant.types import Claim, ClaimVerdict, Picture

Things = Sequence[Mapping]  # `compose.Thing` as JSON holds it


def picture_claim(
    text: str, verdict: ClaimVerdict, score: float, against: str, detail: str
) -> Claim:
    """Return a claim about a picture."""
    return Claim(text, "picture", verdict, score, against, detail)


def check_composed(picture: Picture) -> list[Claim]:
    """Return a claim for each thing asked for, for where they stand and for the background."""
    request = parse(picture.prompt)
    things: Things = json.loads(note_of(picture.path, THINGS_KEY) or "[]")
    standing = _assigned(request, things)
    claims = [_number(item, found) for item, found in zip(request.items, standing, strict=True)]
    if left := len(things) - sum(map(len, standing)):
        detail = f"The picture holds {left} things that were not asked for."
        claims.append(_judged(in_words(request), False, detail))
    if request.relation:
        claims.append(_place(request, *standing))
    if request.background:
        claims.append(_background(request, note_of(picture.path, PAGE_KEY)))
    return claims


def _assigned(request: Request, things: Things) -> list[list[Mapping]]:
    """Return the things that stand there for each item; those of a named colour come first."""
    left = list(things)
    found: dict[int, list[Mapping]] = {}
    for place in sorted(range(len(request.items)), key=lambda i: not request.items[i].colour):
        item = request.items[place]
        known = {drawing.id for drawing in lexicon().find(item.words)}
        found[place] = [
            thing for thing in left
            if thing["drawing"] in known and item.colour in ("", thing["colour"])
        ]  # fmt: skip
        if request.items.count(item) > 1:  # `a cat to the left of a cat`
            found[place] = found[place][: item.count]
        left = [thing for thing in left if thing not in found[place]]
    return [found[place] for place in range(len(request.items))]


def _judged(text: str, holds: bool, detail: str) -> Claim:
    if holds:
        return picture_claim(text, "supported", 1.0, "picture", detail)
    return picture_claim(text, "contradicted", 0.0, "picture", detail)


def _number(item: Item, found: Things) -> Claim:
    count = sum(thing["shows"] or 1 for thing in found)
    words = item_in_words(item)
    if count == item.count:
        return _judged(words, True, f"The picture holds {words}, as asked.")
    return _judged(words, False, f"The picture holds {count} instead of {words}.")


def _place(request: Request, first: Things, second: Things) -> Claim:
    words = in_words(request)
    pairs = [(a["box"], b["box"]) for a, b in product(first, second)]
    if pairs and all(_stands(a, request.relation, b) for a, b in pairs):
        return _judged(words, True, "They stand where they were asked to.")
    return _judged(words, False, f"They do not stand so: {request.relation} was asked.")


def _stands(a: Sequence[int], relation: str, b: Sequence[int]) -> bool:
    """Tell whether a box (x0, y0, x1, y1) lies wholly on one side of another."""
    match relation:
        case "left of":
            return a[2] <= b[0]
        case "right of":
            return b[2] <= a[0]
        case "above":
            return a[3] <= b[1]
        case _:
            return b[3] <= a[1]


def _background(request: Request, page: str) -> Claim:
    import numpy as np

    from assistant.pictures.colours import NAMES, name_pixels, to_lab

    rgb = [int(page[i : i + 2], 16) for i in (1, 3, 5)]
    name = NAMES[int(name_pixels(to_lab(np.array([[rgb]], np.uint8)))[0, 0])]
    detail = f"The background is {name}."
    return _judged(f"{request.background} background", name == request.background, detail)
