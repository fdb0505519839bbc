"""Compose a picture of known things from openly licensed drawings: SVG, and the same as pixels.

Everything follows from the request, so the same request gives the same picture.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

import numpy as np
from PIL import Image, ImageColor

from assistant.drawing.drawings import Drawing, lexicon
from assistant.drawing.layout import SIDE, Area, Group, place
from assistant.drawing.recolour import colour_of, rasterise, recolour, svg_of
from assistant.drawing.request import Item, Request, UnknownThing, language_of_words, refusal
from assistant.drawing.wording import in_words, item_in_words
from assistant.pictures.colours import TYPICAL, to_lab
from assistant.pictures.names import COLOURS

MOST_THINGS = 12
MOST_KINDS = 4
SOURCES = {
    "fluent-emoji-flat": "Fluent Emoji by Microsoft (MIT)",
    "samesense": "Samesense (Apache-2.0)",
}
_NOTICES = {
    "fluent-emoji-flat": "Fluent Emoji, Copyright (c) Microsoft Corporation, MIT",
    "samesense": "Samesense, Apache-2.0",
}
_LOOK_PX = 128  # side at which a drawing is measured
_TRIED = 6  # drawings of a thing that are tried for a colour
_APART = 16.0  # distance in CIELAB between a page and what stands on it
_SEEN = 0.12  # share of a drawing from which a colour must not vanish in the page
_EDGE = (  # a thin grey line around what has the colour of its page: a white cat on white
    '<filter id="edge" x="-0.1" y="-0.1" width="1.2" height="1.2">'
    '<feMorphology in="SourceAlpha" operator="dilate" radius="2.5" result="wide"/>'
    '<feFlood flood-color="#6b7680"/><feComposite in2="wide" operator="in" result="line"/>'
    '<feMerge><feMergeNode in="line"/><feMergeNode in="SourceGraphic"/></feMerge></filter>'
)
_PAGES = ("#f8f4ea", "#cfe2f1", "#d5ead3", "#f7dde3", "#b7c7d4", "#8fa3b3")
_PARTS = re.compile(r"eyes?$|footprints$|lips|mouth|tooth|bone|brain|heart")  # that are painted
_BULK = (  # size of things beside each other: the first pattern in a drawing's id or group
    (r"elephant|giraffe|whale|dinosaur|t-rex|sauropod|mammoth|tree", 1.0),
    (r"apple|egg$|key$|ring$|ant$|bee$|beetle|fly$|bug|worm|snail|mosquito|spider$|cherr|berr"
     r"|mouse$|chick$|coin|pill|button|droplet|leaf|mushroom", 0.6),
    (r"table|bed$|couch|fence|shelf|fridge|shower|bathtub", 0.95),
    (r"Travel & Places", 1.0),
    (r"Animals & Nature|People", 0.85),
    (r"Food & Drink", 0.65),
    (r"", 0.75),
)  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """What stands in a composed picture."""

    words: str  # what it was asked for as
    drawing: str  # the drawing's id
    colour: str  # measured in the picture: one of the eleven basic terms; "" where none prevails
    shows: int  # how many of the thing the drawing shows; 0: several that nobody counts
    box: tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels of the picture


@dataclass(frozen=True)
class Composed:
    """A composed picture."""

    svg: str
    picture: Image.Image  # RGB, 512 × 512
    alt: str  # what it shows, in the language of the request
    things: tuple[Thing, ...]
    page: str  # colour of the background, hexadecimal
    credits: tuple[str, ...]  # whose drawings, under which licence


@dataclass(frozen=True)
class _Look:
    """A drawing as it is used: its body, perhaps recoloured, and what was measured of it."""

    drawing: Drawing
    body: str
    image: Image.Image  # RGBA
    box: Area  # of what it shows, in its own units

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


def compose(request: Request) -> Composed:
    """Return the picture of a request.

    Raises UnknownThing for a thing of which there is no drawing, Uncomposable for a colour that no
    drawing of it takes, and for more things or kinds of things than fit.
    """
    _check_size(request)
    looks = [_look(item) for item in request.items]
    counts = [_drawn(item, look) for item, look in zip(request.items, looks, strict=True)]
    groups = [
        Group(count, look.width, look.height, _bulk(look.drawing))
        for count, look in zip(counts, looks, strict=True)
    ]
    boxes = place(groups, request.relation)
    page, apart = _page(looks, request.background)
    standing = [
        (item, look, area)
        for item, look, areas in zip(request.items, looks, boxes, strict=True)
        for area in areas
    ]
    bodies = [_placed(look, area, number) for number, (_, look, area) in enumerate(standing)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">'
    title = in_words(request)
    ground = f'<rect width="{SIDE}" height="{SIDE}" fill="{page}"/>'
    drawn = "".join(bodies) if apart else f'{_EDGE}<g filter="url(#edge)">{"".join(bodies)}</g>'
    notice = escape(_notice(look.drawing.id for look in looks))
    about = f"<title>{escape(title)}</title><metadata>{notice}</metadata>"
    svg = f"{head}{about}{ground}{drawn}</svg>"
    picture = rasterise(svg, SIDE).convert("RGB")
    things = tuple(_thing(item, look, area, picture) for item, look, area in standing)
    sources = sorted({thing.drawing.partition("/")[0] for thing in things})
    return Composed(svg, picture, title, things, page, tuple(SOURCES[source] for source in sources))


def _notice(drawings: Iterable[str]) -> str:
    """Return whose drawings an SVG holds, and what the MIT licence asks for in every copy."""
    used = sorted(set(drawings))
    lines = []
    for source, name in _NOTICES.items():
        if ids := [drawing for drawing in used if drawing.startswith(f"{source}/")]:
            lines.append(f"{name}: {', '.join(ids)}.")
    if any(drawing.startswith("fluent-emoji-flat/") for drawing in used):
        lines.append(_mit())
    return "\n".join(lines)


@cache
def _mit() -> str:
    """Return the text of the MIT licence, the second part of the notice beside the drawings."""
    notice = files("assistant.drawing").joinpath("clipart", "NOTICE").read_text("utf-8")
    return re.split(r"\n-{20,}\n", notice)[1].strip()


def _check_size(request: Request) -> None:
    total, kinds = sum(item.count for item in request.items), len(request.items)
    asked = in_words(request)
    if total > MOST_THINGS:
        raise refusal(
            asked,
            f"`{asked}` names {total} things; a composed picture holds up to {MOST_THINGS}. "
            "Ask for fewer.",
            f"`{asked}`有 {total} 样东西，合成图片最多放 {MOST_THINGS} 样。请少要一些。",
        )
    if kinds > MOST_KINDS:
        raise refusal(
            asked,
            f"`{asked}` names {kinds} kinds of things; a composed picture holds up to "
            f"{MOST_KINDS}. Ask for fewer.",
            f"`{asked}`有 {kinds} 种东西，合成图片最多放 {MOST_KINDS} 种。请少要一些。",
        )


def _look(item: Item) -> _Look:
    """Return the first drawing of a thing that has, or takes, the colour asked for."""
    found = lexicon().find(item.words)
    if not found:
        raise _unknown(item.words)
    if not item.colour:
        drawing = next((drawing for drawing in found if _fits(drawing, item)), found[0])
        return _measured(drawing, drawing.body)
    if found[0].group == "People & Body" and not _PARTS.search(found[0].id):
        raise refusal(
            item.words,
            f"`{item.colour} {item.words}`: people are drawn as they are and not painted. "
            "Leave the colour out.",
            f"`{item_in_words(item)}`：人物按原样画，不上色。请不要说颜色。",
        )
    fitting = [drawing for drawing in found if _fits(drawing, item)]
    for drawing in (fitting or found)[:_TRIED]:
        body = recolour(drawing.body, drawing.size, item.colour)
        if body is not None:
            return _measured(drawing, body)
    raise refusal(
        item.words,
        f"No drawing of `{item.words}` can be made {item.colour}. Leave the colour out, or "
        "name another one.",
        f"没有一张`{item.words}`的图能改成{COLOURS[item.colour]}色。请不说颜色，或者换一种颜色。",
    )


def _fits(drawing: Drawing, item: Item) -> bool:
    """Tell whether a drawing shows a number that the number asked for is made of."""
    return item.count % drawing.shows == 0 if drawing.shows else item.count == 1


def _unknown(words: str) -> UnknownThing:
    near = [f"`{name}`" for name in lexicon().near(words)]
    offer = f" Near to it are known: {', '.join(near)}." if near else ""
    offer_zh = f"相近的有：{'、'.join(near)}。" if near else ""
    return UnknownThing(
        f"There is no drawing of `{words}`, so it cannot be composed.{offer} Name an everyday "
        "thing, for instance `three red apples`, or `a cat to the left of a house`.",
        f"没有`{words}`的图，所以无法合成。{offer_zh}请说一样常见的东西，例如`三个红苹果`，"
        "或者`房子左边有一只猫`。",
        language_of_words(words),
    )


def _drawn(item: Item, look: _Look) -> int:
    """Return how often a drawing stands there, so that as many things are seen as asked for."""
    shows = look.drawing.shows
    if _fits(look.drawing, item):
        return item.count // shows if shows else 1
    if shows == 0:
        raise refusal(
            item.words,
            f"The drawing of `{item.words}` shows several at once, so {item.count} of them "
            "cannot be composed. Ask for them without a number.",
            f"`{item.words}`的图一次画好几个，无法合成正好 {item.count} 个。请不要说数量。",
        )
    raise refusal(
        item.words,
        f"The drawing of `{item.words}` shows {shows} at once, so {item.count} of them cannot "
        f"be composed. Ask for {shows} or {2 * shows}.",
        f"`{item.words}`的图一次画 {shows} 个，无法合成 {item.count} 个。请要 {shows} 个或者 "
        f"{2 * shows} 个。",
    )


def _measured(drawing: Drawing, body: str) -> _Look:
    image = rasterise(svg_of(body, drawing.size), _LOOK_PX)
    box = Image.fromarray(np.asarray(image.getchannel("A")) > 20).getbbox()
    assert box is not None  # the maker of the bundle leaves blank drawings out
    unit = drawing.size[0] / _LOOK_PX
    x0, y0, x1, y1 = (unit * side for side in box)
    return _Look(drawing, body, image, (x0, y0, x1, y1))


def _bulk(drawing: Drawing) -> float:
    text = f"{drawing.group} {drawing.id}"
    return next(bulk for pattern, bulk in _BULK if re.search(pattern, text))


def _page(looks: Iterable[_Look], background: str) -> tuple[str, bool]:
    """Return a plain colour, pale or of the name asked for, and whether all stands out from it."""
    choices = [f"#{code}" for code in TYPICAL[background].split()] if background else _PAGES
    colours = np.concatenate([_colours(look.image) for look in looks])
    pages = to_lab(np.array([[ImageColor.getrgb(code) for code in choices]], np.uint8))[0]
    nearest = np.linalg.norm(pages[:, None] - colours, axis=-1).min(axis=1)
    apart = np.flatnonzero(nearest >= _APART)
    best = int(apart[0]) if len(apart) and not background else int(nearest.argmax())
    return choices[best], bool(nearest[best] >= _APART)


def _colours(image: Image.Image) -> np.ndarray:
    """Return the colours, (n, 3) in CIELAB, that a drawing has much of."""
    pixels = np.asarray(image.resize((48, 48), Image.Resampling.NEAREST))
    shown = pixels[pixels[..., 3] > 200][:, :3]
    coarse, counts = np.unique(shown // 16, axis=0, return_counts=True)
    much = coarse[counts >= _SEEN * len(shown)]
    return to_lab((much * 16 + 8).astype(np.uint8)[None])[0]


def _placed(look: _Look, area: Area, number: int) -> str:
    """Return a drawing's SVG at its place, its ids made its own."""
    scale = (area[2] - area[0]) / look.width
    x, y = area[0] - scale * look.box[0], area[1] - scale * look.box[1]
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>t{number}-", look.body)
    return f'<g transform="translate({x:.2f} {y:.2f}) scale({scale:.4f})">{body}</g>'


def _thing(item: Item, look: _Look, area: Area, picture: Image.Image) -> Thing:
    """Return what stands in an area; its colour is that of the picture where the drawing lies."""
    x0, y0, x1, y1 = (round(side) for side in area)
    unit = look.drawing.size[0] / _LOOK_PX
    left, top, right, bottom = (round(side / unit) for side in look.box)
    shape = look.image.getchannel("A").crop((left, top, right, bottom))
    seen = picture.crop((x0, y0, x1, y1))
    seen.putalpha(shape.resize(seen.size))
    return Thing(item.words, look.drawing.id, colour_of(seen), look.drawing.shows, (x0, y0, x1, y1))
