"""Check a painted picture: is there what was asked for, in its colour, number and place?

The thresholds were chosen on true pictures of the development prompts of `pictures.prompts`, drawn
by two hands: about one right thing in twenty is called wrong. What lies between two thresholds, and
what nothing here knows, is unverified.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from assistant.checks.sight import Seen, Sight, sight_of
from assistant.drawing.drawings import lexicon
from assistant.drawing.request import Item, Request, parse
from assistant.drawing.wording import in_words, item_in_words
from assistant.errors import InputError
from assistant.types import Claim, ClaimVerdict, Picture

LOOKS, LOOKS_NOT = (
    -0.05,
    -0.16,
)  # likeness from which a thing is what was asked for; up to which not
COLOURED, COLOURED_NOT = 0.4, 0.2  # share of a thing that has a colour
_BY_COLOUR = 0.3  # what a colour's share counts beside likeness, in telling which thing is which
_SURE = 0.05  # difference by which two things are told apart
_TWO_IN_ONE = 1.7  # times the size of its like that a thing has that may be two
_SLACK = 0.1  # of both things' sizes, by which their middles differ at least
_LEANING = 0.5  # share of the distance that lies in a direction, so that it counts
_MOST_PHRASES = 3
_SIDES = {"left of": (0, -1), "right of": (0, 1), "above": (1, -1), "below": (1, 1)}


@dataclass(frozen=True)
class Asked:
    """What a prompt asks for; `exactly`: numbers, places and background were understood, too."""

    request: Request
    exactly: bool


def asked_of(prompt: str) -> Asked:
    """Read a prompt; of one that the composer's reader refuses, the things and colours alone."""
    try:
        return Asked(parse(prompt), True)
    except InputError:
        from assistant.pictures.phrases import phrases_of

        phrases = phrases_of(prompt)[:_MOST_PHRASES]
        items = [Item(phrase.words, 1, next(iter(phrase.colours), "")) for phrase in phrases]
        return Asked(Request(tuple(items)), False)


def check_painted(picture: Picture) -> list[Claim]:
    """Return a claim for each object, colour, count and place that was asked for.

    Rests on what was seen when the picture was made; where nobody looked, one claim says so.
    """
    sight = sight_of(picture.path)
    if sight is None:
        detail = "Whether the picture shows what was asked for was not checked."
        return [Claim(picture.prompt, "picture", "unverified", 0.0, "", detail)]
    return claims_about(asked_of(picture.prompt), sight)


def claims_about(asked: Asked, sight: Sight) -> list[Claim]:
    """Return the claims about what was asked for, which `sight` decides."""
    request = asked.request
    if sight.whole is None:
        return [_claim(in_words(request), "object", "contradicted", 0.0, "The picture is empty.")]
    groups, sure = _shared_out(request.items, sight)
    claims: list[Claim] = []
    for place, (item, group) in enumerate(zip(request.items, groups, strict=True)):
        claims.append(_object(item, place, group, sight))
        if item.colour:
            claims.append(_colour(item, group))
        if asked.exactly:
            claims.append(_count(item, place, group, len(sight.things)))
    if request.relation:
        claims.append(_position(request, groups[0], groups[1], sure))
    if request.background:
        claims.append(_background(request.background, sight.ground))
    return claims


def faults(claims: Sequence[Claim]) -> tuple[int, float]:
    """Return how wrong a picture is: the number of contradictions, then what speaks against it."""
    wrong = sum(claim.verdict == "contradicted" for claim in claims)
    return wrong, sum(1 - claim.score for claim in claims)


def _shared_out(items: Sequence[Item], sight: Sight) -> tuple[list[list[Seen]], bool]:
    """Return which things stand for which item, and whether they are told apart well."""
    close = [thing for thing in sight.things if thing.likeness]
    if len(items) == 1:
        return [list(sight.things)], True
    if len(items) == 2 and len(close) == items[0].count + items[1].count:
        leaning = sorted(close, key=lambda thing: -_leaning(thing, items))
        first, second = leaning[: items[0].count], leaning[items[0].count :]
        apart = _leaning(first[-1], items) - _leaning(second[0], items)
        return [first, second], apart >= _SURE
    groups: list[list[Seen]] = [[] for _ in items]
    for thing in close:
        scores = [_affinity(thing, items, place) for place in range(len(items))]
        groups[scores.index(max(scores))].append(thing)
    return groups, False


def _leaning(thing: Seen, items: Sequence[Item]) -> float:
    return _affinity(thing, items, 0) - _affinity(thing, items, 1)


def _affinity(thing: Seen, items: Sequence[Item], place: int) -> float:
    return thing.likeness[place] + _BY_COLOUR * thing.colours.get(items[place].colour, 0.0)


def _object(item: Item, place: int, group: Sequence[Seen], sight: Sight) -> Claim:
    """Tell whether the things of an item, or all of the picture, look like it."""
    words = item_in_words(replace(item, count=1, colour=""))
    assert sight.whole  # `claims_about` deals with empty pictures
    every = len(group) in (0, len(sight.things))
    rivals = (*sight.things, sight.whole) if every else group
    best = max(thing.likeness[place] for thing in rivals if thing.likeness)
    score = min(1.0, max(0.0, (best - LOOKS_NOT) / (LOOKS - LOOKS_NOT)))
    if best >= LOOKS and group:
        return _claim(words, "object", "supported", score, f"What is seen looks like {words}.")
    if best <= LOOKS_NOT and lexicon().knows(item.words):
        detail = f"Nothing that is seen looks like {words}."
        return _claim(words, "object", "contradicted", score, detail)
    detail = f"Whether what is seen is {words} could not be told."
    return _claim(words, "object", "unverified", score, detail)


def _colour(item: Item, group: Sequence[Seen]) -> Claim:
    """Tell whether every thing of an item has its colour."""
    words = item_in_words(replace(item, count=1))
    if not group:
        return _claim(words, "colour", "unverified", 0.0, f"No {item.words} was told apart.")
    least = min(group, key=lambda thing: thing.colours.get(item.colour, 0.0))
    share = least.colours.get(item.colour, 0.0)
    prevails = max(least.colours, key=lambda name: least.colours[name])
    if share >= COLOURED:
        detail = f"{share:.0%} of it is {item.colour}."
        return _claim(words, "colour", "supported", share, detail)
    detail = f"{share:.0%} of it is {item.colour}; what prevails is {prevails}."
    verdict = "contradicted" if share < COLOURED_NOT else "unverified"
    return _claim(words, "colour", verdict, share, detail)


def _count(item: Item, place: int, group: Sequence[Seen], things: int) -> Claim:
    """Tell whether there are as many things of an item as asked for."""
    words, seen = item_in_words(replace(item, colour="")), len(group)
    detail = f"Seen: {seen}; asked for: {item.count}."
    if seen == item.count and not lexicon().knows(item.words):
        return _claim(words, "count", "unverified", 0.5, f"{detail} Of what could not be told.")
    if seen == item.count:
        return _claim(words, "count", "supported", 1.0, detail)
    alike = [thing for thing in group if thing.likeness and thing.likeness[place] >= LOOKS]
    areas = sorted(thing.area for thing in group)
    even = len(areas) > 1 and areas[-1] < _TWO_IN_ONE * areas[0]
    if seen > item.count:
        wrong = len(alike) > item.count or (even and item.count > 1)
        doubt = "" if wrong else "Some may be parts of one."
    else:
        wrong = even or (seen == things == len(alike) == 1)
        doubt = "" if wrong else "They may touch each other."
    if doubt:
        return _claim(words, "count", "unverified", 0.3, f"{detail} {doubt}")
    return _claim(words, "count", "contradicted", 0.0, detail)


def _position(request: Request, first: Sequence[Seen], second: Sequence[Seen], sure: bool) -> Claim:
    words = in_words(replace(request, background=""))
    if not first or not second:
        return _claim(words, "position", "unverified", 0.0, "The two were not told apart.")
    stand = all(_stands(a.box, request.relation, b.box) for a, b in product(first, second))
    if not sure:
        detail = "Which is which could not be told well enough."
        return _claim(words, "position", "unverified", 0.5, detail)
    if stand:
        return _claim(words, "position", "supported", 1.0, "They are seen where they should be.")
    detail = f"They are not seen so: {request.relation} was asked."
    return _claim(words, "position", "contradicted", 0.0, detail)


def _stands(a: Sequence[float], relation: str, b: Sequence[float]) -> bool:
    """Tell whether box `a` is seen on one side of box `b`, as GenEval does (arXiv:2310.11513)."""
    offsets = []
    for axis in (0, 1):
        away = (a[axis] + a[axis + 2] - b[axis] - b[axis + 2]) / 2
        slack = _SLACK * (a[axis + 2] - a[axis] + b[axis + 2] - b[axis])
        offsets.append(max(0.0, abs(away) - slack) * (1 if away > 0 else -1))
    length = sum(offset**2 for offset in offsets) ** 0.5
    axis, sign = _SIDES[relation]
    return sign * offsets[axis] > _LEANING * length


def _background(asked: str, ground: str) -> Claim:
    verdict = "supported" if asked == ground else "contradicted"
    detail = f"The background is {ground}."
    return _claim(f"{asked} background", "colour", verdict, float(asked == ground), detail)


def _claim(text: str, kind: str, verdict: ClaimVerdict, score: float, detail: str) -> Claim:
    return Claim(text, kind, verdict, round(score, 3), "picture", detail)
