"""Check a composed picture: what was asked for against what its metadata says stands there."""

import json
from collections.abc import Iterable, Mapping, Sequence
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
    """Return a claim for each thing asked for, for where they stand and for the background.

    What was asked for is the prompt as the composer's own parser reads it: a misreading of the
    prompt is not found here.
    """
    request = parse(picture.prompt)
    things: Things = json.loads(note_of(picture.path, THINGS_KEY) or "[]")
    as_said = range(len(request.items))
    coloured_first = sorted(as_said, key=lambda place: not request.items[place].colour)
    readings = [_claims(request, things, order) for order in (coloured_first, as_said)]
    claims = min(readings, key=lambda c: sum(claim.verdict == "contradicted" for claim in c))
    if request.background:
        claims.append(_background(request, note_of(picture.path, PAGE_KEY)))
    return claims


def _claims(request: Request, things: Things, order: Iterable[int]) -> list[Claim]:
    """Return the claims about things, which the items take in an order."""
    standing = _assigned(request, things, order)
    claims = [_number(item, found) for item, found in zip(request.items, standing, strict=True)]
    if left := len(things) - sum(map(len, standing)):
        detail = f"Not asked for, as the request was read, but drawn: {left}."
        claims.append(_judged(in_words(request), False, detail))
    if request.relation:
        claims.append(_place(request, *standing))
    return claims


def _assigned(request: Request, things: Things, order: Iterable[int]) -> list[list[Mapping]]:
    """Return the things that stand there for each item, at most as many as it asks for.

    Items take the things that were drawn for their words first; then those that are still short
    take what else fits them.
    """
    left = list(things)
    found: dict[int, list[Mapping]] = {place: [] for place in order}
    for by_words, place in product((True, False), found):
        item = request.items[place]
        known = {drawing.id for drawing in lexicon().find(item.words)}
        for thing in list(left):
            fits = thing["drawing"] in known and item.colour in ("", thing["colour"])
            named = thing["words"] == item.words or not by_words
            if fits and named and _count(found[place]) < item.count:
                found[place].append(thing)
                left.remove(thing)
    return [found[place] for place in range(len(request.items))]


def _count(things: Things) -> int:
    return sum(thing["shows"] or 1 for thing in things)


def _judged(text: str, holds: bool, detail: str) -> Claim:
    if holds:
        return picture_claim(text, "supported", 1.0, "picture", detail)
    return picture_claim(text, "contradicted", 0.0, "picture", detail)


def _number(item: Item, found: Things) -> Claim:
    count = _count(found)
    words = item_in_words(item)
    if count == item.count:
        return _judged(words, True, f"The picture holds {words}, as the request was read.")
    return _judged(words, False, f"The picture holds {count} of what was read as {words}.")


def _place(request: Request, first: Things, second: Things) -> Claim:
    words = in_words(request)
    pairs = [(a["box"], b["box"]) for a, b in product(first, second)]
    if pairs and all(_stands(a, request.relation, b) for a, b in pairs):
        return _judged(words, True, "They stand where they were asked to, as the request was read.")
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
