"""Look at one picture: read it, name what it shows, measure it; and look again, closer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PIL.Image import Image, Resampling, Transpose

from assistant.checks.described import colour_of, contradicts
from assistant.models.imagenet_kinds import phrase_of
from assistant.models.protocols import ImageTagger, ScreenReader, Tag
from assistant.narration import POSSIBLE, PROBABLE, READ, SCREEN_LINES
from assistant.types import Percept, PictureFault, Segment, View
from assistant.viewing import colour_shares, is_even, middle_shares, parts_of, stretched, view_of
from knowledge.looks import sharpness

_CLAIMED = 0.15  # a tag below this probability is a guess, and is not passed on
_TAGS = 4
_DRAWN = 0.5  # confidence that a picture is drawn
_READ_AT_PX = 1600  # longer side to which a small picture is enlarged before it is read again
_NOTES: Mapping[PictureFault, str] = {
    "": "",
    "blank": "The picture is blank: one colour and nothing on it.",
    "tiny": "The picture is very small; what is said of it may be wrong.",
    "dark": "The picture is very dark; take it again with more light.",
    "blurred": "The picture is blurred; what was read in it may be wrong.",
    "faint": "The picture has little contrast; what is said of it may be wrong.",
}


@dataclass(frozen=True)
class Eyes:
    """The models that see, each behind a callable that loads it."""

    screen_reader: Callable[[], ScreenReader]
    image_tagger: Callable[[], ImageTagger]


@dataclass(frozen=True)
class _Look:
    """A look at a picture, and what the percepts of it have in common."""

    image: Image
    source: str
    attachment: str | None
    view: View


def look_at(
    image: Image, source: str, attachment: str | None, eyes: Eyes, *, made_from: str = ""
) -> Iterator[Percept]:
    """Yield what is read in an RGB picture, then what it shows.

    `made_from` holds the words that it was drawn from, where its file says so. A blank picture
    needs no model; a dark or faint one is brought to full contrast first, which gives the
    classifier back nearly all that it names in good light. Raises ConfigurationError and ModelError
    from the models.
    """
    look = _Look(image, source, attachment, replace(view_of(image), made_from=made_from))
    if look.view.fault == "blank":
        yield from _percepts(look, (), [])
        return
    clear = stretched(image) if look.view.fault in ("dark", "faint") else image
    lines = eyes.screen_reader().read([clear])[0]
    tags = []
    if not (_is_screenshot(look.view, lines) or is_even(clear)):
        tags = _named(eyes.image_tagger().tag([clear])[0], clear)
    yield from _percepts(look, lines, tags)


def look_closer(image: Image, source: str, eyes: Eyes, *, made_from: str = "") -> Iterator[Percept]:
    """Yield the same of a second look: more contrast, several crops, enlarged, the right way up.

    The labels' probabilities are the means over the crops; of the texts the best is kept.
    """
    look = _Look(image, source, None, replace(view_of(image, again=True), made_from=made_from))
    if look.view.fault == "blank":
        yield from _percepts(look, (), [])
        return
    clear = stretched(image)
    lines = _best_read(image, clear, eyes.screen_reader())
    tags = []
    if not (_is_screenshot(look.view, lines) or is_even(clear)):
        tags = _named(_averaged(eyes.image_tagger().tag([image, *parts_of(clear)])), clear)
    yield from _percepts(look, lines, tags)


def _is_screenshot(view: View, lines: Sequence[Segment]) -> bool:
    """Tell whether a picture is a screen, of which the tagger would claim anything."""
    return view.drawn and len(lines) >= SCREEN_LINES


def _percepts(look: _Look, lines: Sequence[Segment], tags: Sequence[Tag]) -> Iterator[Percept]:
    image, view, note = look.image, look.view, _NOTES[look.view.fault]
    seen = partial(
        Percept,
        source=look.source,
        attachment=look.attachment,
        size_px=image.size,
        sharpness=round(sharpness(image), 3),
        view=view,
    )
    unread = note if view.fault == "blank" else f"No text was found in the picture. {note}".strip()
    yield seen(
        "ocr",
        text="\n".join(line.text for line in lines),
        confidence=sum(line.confidence for line in lines) / len(lines) if lines else 0.0,
        segments=tuple(lines),
        note=note if lines else unread,
    )
    named = tuple(Segment(tag.label, confidence=tag.probability) for tag in tags)
    if view.drawn:  # the tagger knows photographs: of a drawing only what it is surest of counts
        kind = "a screenshot" if _is_screenshot(view, lines) else "a drawing or a screenshot"
        likely = tuple(tag for tag in named if tag.confidence >= PROBABLE)[:1]
        drawn = (Segment(kind, confidence=_DRAWN), *likely)
        yield seen("image", text=kind, confidence=_DRAWN, segments=drawn, note=note)
        return
    unknown = f"What the picture shows was not recognised. {note}".strip()
    yield seen(
        "image",
        text=_in_words(tags),
        confidence=tags[0].probability if tags else 0.0,
        segments=named,
        note=note if tags or view.fault == "blank" else unknown,
    )


def _named(tags: Sequence[Tag], image: Image) -> list[Tag]:
    """Return the tags that are more than guesses and that the picture's colours bear out."""
    likely = [tag for tag in tags if tag.probability >= _CLAIMED]
    if any(colour_of(tag.label) for tag in likely):
        shares = middle_shares(image) or colour_shares(image)
        likely = [tag for tag in likely if not contradicts(tag.label, shares)]
    return likely[:_TAGS]


def _averaged(looks: Sequence[Sequence[Tag]]) -> list[Tag]:
    """Return the mean probability of every label over several looks, best first."""
    sums: dict[str, float] = {}
    for tag in (tag for tags in looks for tag in tags):
        sums[tag.label] = sums.get(tag.label, 0.0) + tag.probability
    means = [Tag(label, total / len(looks)) for label, total in sums.items()]
    return sorted(means, key=lambda tag: -tag.probability)


def _best_read(image: Image, clear: Image, reader: ScreenReader) -> tuple[Segment, ...]:
    """Return the lines of the reading that is surest of the most characters, in `image`'s pixels.

    Read are the picture, the picture enlarged and with more contrast, and where both hold little,
    the picture turned on either side and upside down; turned lines have no place.
    """
    scale = max(1.0, _READ_AT_PX / max(image.size))
    larger = clear.resize(
        (round(clear.width * scale), round(clear.height * scale)), Resampling.LANCZOS
    )
    plain, enlarged = reader.read([image, larger])
    readings = [plain, [_scaled(line, scale) for line in enlarged]]
    if max(map(_legible, readings)) == 0:
        turns = (Transpose.ROTATE_90, Transpose.ROTATE_180, Transpose.ROTATE_270)
        turned = reader.read([clear.transpose(turn) for turn in turns])
        readings += [
            [Segment(line.text, confidence=line.confidence) for line in lines] for lines in turned
        ]
    return tuple(max(readings, key=_legible))


def _legible(lines: Sequence[Segment]) -> int:
    return sum(len(line.text) for line in lines if line.confidence >= READ)


def _scaled(line: Segment, scale: float) -> Segment:
    assert line.box is not None
    x0, y0, x1, y1 = (round(value / scale) for value in line.box)
    return Segment(line.text, box=(x0, y0, x1, y1), confidence=line.confidence)


def _in_words(tags: Sequence[Tag]) -> str:
    """Word tags as modestly as their probabilities ask for."""
    if not tags:
        return ""
    first = phrase_of(tags[0].label, "en")
    if tags[0].probability >= PROBABLE:
        return f"probably {first}"
    likely = [tag for tag in tags if tag.probability >= POSSIBLE / 2]
    return "perhaps " + " or ".join(phrase_of(tag.label, "en") for tag in likely[:3])
