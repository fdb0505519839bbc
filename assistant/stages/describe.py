"""Say what the user's pictures show, from what was perceived and nothing else."""

from collections.abc import Iterator, Sequence

from assistant.prompts import fixed
from assistant.release import Sentence
from assistant.types import Draft, FusedState, Percept, Step, TextDelta

LINES = 12  # how many lines of a picture are read out


def describe(
    step: Step, *, percepts: Sequence[Percept], fused: FusedState
) -> Iterator[TextDelta | Sentence | Draft]:
    """Yield the description of every picture of the turn, sentence by sentence, then the draft."""
    sentences = [
        sentence
        for image in percepts
        if image.modality == "image"
        for sentence in _describe_one(image, _text_of(image, percepts), fused.language)
    ]
    for sentence in sentences:
        yield TextDelta(step.id, sentence + " ")
        yield Sentence(sentence)
    yield Draft(" ".join(sentences))


def _text_of(image: Percept, percepts: Sequence[Percept]) -> Percept | None:
    return next(
        (p for p in percepts if p.modality == "ocr" and p.attachment == image.attachment), None
    )


def _describe_one(image: Percept, text: Percept | None, language: str) -> Iterator[str]:
    if image.size_px:
        width, height = image.size_px
        yield fixed(language, "picture", name=image.source, width=width, height=height)
    if image.text:
        yield fixed(language, "picture_shows", tags=image.text)
    else:
        yield fixed(language, "picture_unclear", note=image.note)
    if text and text.segments:
        lines = "; ".join(segment.text for segment in text.segments[:LINES])
        yield fixed(language, "picture_text", lines=lines)
    else:
        yield fixed(language, "nothing_read")
