"""Say what the user's pictures show, from what was perceived and nothing else.

First the gist in one sentence, then what may be dangerous, then what is written, exactly as it was
read; the rest is told to those who ask for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.models.imagenet_kinds import phrase_of
from assistant.narration import (
    READ,
    SCREEN_LINES,
    Statement,
    at_place,
    hazards_shown,
    is_refused,
    not_in,
    statement_of,
    warnings_written,
)
from assistant.narration_words import colours_in, heading_of, in_a_row, narrated, place_in, quoted
from assistant.picture_questions import Asked, asked
from assistant.release import Sentence
from assistant.types import Draft, FusedState, Percept, Segment, Step, TextDelta, View

LINES = 12  # how many lines of a picture are read out, unless more detail is asked for
_COULD_BE = 3  # labels
_WARNINGS = 3  # lines


@dataclass(frozen=True)
class _Seen:
    """One look at a picture: what it shows and the lines read in it."""

    image: Percept
    lines: Sequence[Segment]
    language: str

    @property
    def view(self) -> View:
        return self.image.view or View()

    @property
    def sure(self) -> list[Segment]:
        return [line for line in self.lines if line.confidence >= READ]

    @property
    def doubtful(self) -> list[Segment]:
        return [line for line in self.lines if line.confidence < READ]

    def say(self, key: str, **values: object) -> str:
        return narrated(self.language, key, **values)

    def quote(self, lines: Sequence[Segment]) -> str:
        return self.say("between").join(line.text.rstrip("。.;；") for line in lines)


def describe(
    step: Step, *, percepts: Sequence[Percept], fused: FusedState
) -> Iterator[TextDelta | Sentence | Draft]:
    """Yield the description of every picture, sentence by sentence, then the draft.

    The step's request decides what is told: the gist, more detail, the text, the colours, or what
    a second look changed.
    """
    wanted = asked(step.request)
    pictures = _looks(percepts, fused.language)
    sentences: list[str] = []
    for place, looks in enumerate(pictures):
        told = list(_told(looks, wanted))
        if len(pictures) > 1 and told:
            told[0] = heading_of(fused.language, place) + told[0]
        sentences += told
    gap = "" if fused.language == "zh" else " "
    for sentence in sentences:
        yield TextDelta(step.id, sentence + gap)
        yield Sentence(sentence)
    yield Draft(gap.join(sentences))


def _looks(percepts: Sequence[Percept], language: str) -> list[list[_Seen]]:
    """Return every picture with one or two looks at it, in the order of the percepts."""
    pictures: list[list[_Seen]] = []
    for image in percepts:
        if image.modality != "image":
            continue
        text = next((p for p in percepts if _belongs(p, image)), None)
        seen = _Seen(image, text.segments if text else (), language)
        if seen.view.again and pictures:
            pictures[-1].append(seen)
        else:
            pictures.append([seen])
    return pictures


def _belongs(text: Percept, image: Percept) -> bool:
    """Tell whether a percept holds what was read at the same look at the same picture."""
    again = [p.view is not None and p.view.again for p in (text, image)]
    same = (text.source, text.attachment) == (image.source, image.attachment)
    return text.modality == "ocr" and same and again[0] == again[1]


def _told(looks: Sequence[_Seen], wanted: Asked) -> Iterator[str]:
    """Yield what is said of one picture."""
    seen = looks[-1]
    if is_refused(seen.image, seen.lines):
        if len(looks) > 1 and is_refused(looks[0].image, looks[0].lines):
            yield seen.say("same")
        yield seen.say(f"refused {seen.view.fault}")
        return
    topics = wanted.topics or ("gist",)
    if len(looks) > 1:
        yield from _compared(looks[0], seen)
    for topic in topics:
        if topic == "gist" and "detail" not in topics:
            yield from _gist(seen)
        elif topic == "detail":
            yield from _detail(seen)
        elif topic == "text":
            yield from _text_asked(seen, wanted.place)
        elif topic == "colour":
            yield _colours(seen)
        elif topic in ("people", "count"):
            yield seen.say(topic)
        elif topic == "again" and len(looks) == 1:  # a new picture: there was no look before
            yield from _gist(seen)


def _gist(seen: _Seen) -> Iterator[str]:
    yield from _made(seen)
    yield _shown(seen)
    if seen.view.fault:
        yield seen.say(seen.view.fault)
    yield from _hazards(seen)
    yield from _text(seen, LINES, warnings_written(seen.sure)[:_WARNINGS])


def _made(seen: _Seen) -> Iterator[str]:
    """Yield where a drawing of the assistant's own comes from."""
    if seen.view.made_from:
        yield seen.say("made", words=quoted(seen.view.made_from))


def _shown(seen: _Seen) -> str:
    """Return the one sentence that says what it is."""
    if seen.view.drawn:
        if len(seen.lines) >= SCREEN_LINES:
            return seen.say("screen")
        if drawn := seen.image.segments[1:]:
            return seen.say("drawing of", thing=phrase_of(drawn[0].text, seen.language))
        return seen.say("drawing made" if seen.view.made_from else "drawing")
    return statement_in_words(statement_of(seen.image), seen.view, seen.language)


def statement_in_words(statement: Statement, view: View, language: str) -> str:
    """Return the sentence of a statement; where nothing is named, the colours say a little."""
    if statement.certainty == "none":
        if view.colours:
            return narrated(language, "none with", colours=colours_in(language, view.colours))
        return narrated(language, "none")
    thing = phrase_of(statement.label, language)
    if not statement.other:
        return narrated(language, statement.certainty, thing=thing)
    other = phrase_of(statement.other, language)
    return narrated(language, f"{statement.certainty} with", thing=thing, other=other)


def _hazards(seen: _Seen) -> Iterator[str]:
    if not seen.view.drawn:
        for label in hazards_shown(seen.image)[:1]:
            yield seen.say("hazard", thing=phrase_of(label, seen.language))
    if warnings := warnings_written(seen.sure)[:_WARNINGS]:
        yield seen.say("warning", lines=seen.quote(warnings))


def _text(seen: _Seen, most: int | None, said: Sequence[Segment] = ()) -> Iterator[str]:
    """Yield what is written, as it was read; `said` are lines that were told before."""
    if not seen.lines:
        yield seen.say("no text")
    if rest := [line for line in seen.sure if line not in said]:
        yield seen.say("also text" if said else "text", lines=seen.quote(rest[:most]))
    if seen.doubtful:
        yield seen.say("doubtful text", lines=seen.quote(seen.doubtful[:most]))
    if most is not None and max(len(seen.sure), len(seen.doubtful)) > most:
        yield seen.say("more text")


def _text_asked(seen: _Seen, place: str) -> Iterator[str]:
    if not place or seen.image.size_px is None:
        yield from _text(seen, None)
        return
    lines = at_place(seen.lines, place, seen.image.size_px)
    if not lines:
        yield seen.say("no text at", place=place_in(seen.language, place))
        return
    sure = [line for line in lines if line.confidence >= READ]
    doubtful = [line for line in lines if line.confidence < READ]
    if sure:
        words = place_in(seen.language, place, opens=True)
        yield seen.say("text at", place=words, lines=seen.quote(sure[:LINES]))
    if doubtful:
        yield seen.say("doubtful text", lines=seen.quote(doubtful[:LINES]))
    if max(len(sure), len(doubtful)) > LINES:
        yield seen.say("more text")


def _detail(seen: _Seen) -> Iterator[str]:
    yield from _made(seen)
    yield _shown(seen)
    if seen.view.fault:
        yield seen.say(seen.view.fault)
    yield from _hazards(seen)
    statement = statement_of(seen.image)
    others = [
        phrase_of(tag.text, seen.language)
        for tag in seen.image.segments
        if tag.text not in (statement.label, statement.other)
    ][:_COULD_BE]
    if not seen.view.drawn and statement.certainty in ("probable", "possible") and others:
        yield seen.say("also", things=in_a_row(seen.language, others, "or"))
    yield _colours(seen)
    yield from _text(seen, None)
    if seen.image.size_px:
        width, height = seen.image.size_px
        yield seen.say("size", width=width, height=height)


def _colours(seen: _Seen) -> str:
    if not seen.view.colours:
        return seen.say("no colours")
    colours = colours_in(seen.language, seen.view.colours)
    if seen.view.middle and seen.view.middle != seen.view.colours:
        middle = colours_in(seen.language, seen.view.middle)
        return seen.say("colours of", middle=middle, colours=colours)
    return seen.say("colours", colours=colours)


def _compared(before: _Seen, now: _Seen) -> Iterator[str]:
    """Yield what a second look changed: what it shows, the lines that came and went."""
    said = narrated(now.language, f"refused {before.view.fault}") if is_refused(
        before.image, before.lines
    ) else _shown(before)  # fmt: skip
    changed = said != _shown(now)
    if changed:
        yield now.say("changed", before=said, now=_shown(now))
    more, less = not_in(now.sure, before.lines), not_in(before.sure, now.lines)
    if more:
        yield now.say("read more", lines=now.quote(more))
    if less:
        yield now.say("read less", lines=now.quote(less))
    if not (changed or more or less):
        yield now.say("same")
