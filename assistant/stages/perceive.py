"""Put into words what each source of a turn holds, all sources at once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING

from assistant.language import detect_language
from assistant.models.protocols import ImageTagger, ScreenReader, SpeechToText, Tag
from assistant.sentences import split_sentences
from assistant.settings import Limits
from assistant.types import Attachment, Percept, Segment, Turn

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

__all__ = ["in_source_order", "perceive"]

_CLAIMED = 0.15  # a tag below this probability is a guess, and is not passed on
_PROBABLE = 0.5
_TAGS = 3
_CLEAR = 0.5  # words recognised with less confidence are called doubtful
_BLURRED = 0.15  # of `looks.sharpness`
_SCREEN_LINES = 4  # a drawn picture with that much text is a screenshot
_MOST_SOUNDS = 32  # vectors of a recording that are kept: a minute tells how well it is heard
_AT_ONCE = 4  # sources: a decoded picture may take 180 MB
_BLANK = "The picture is blank: one colour and nothing on it."

_Source = Callable[[], Iterator[Percept]]


@dataclass(frozen=True)
class _Senses:
    """The models, each behind a callable that loads it, and the limits of what they are given."""

    speech_to_text: Callable[[], SpeechToText]
    screen_reader: Callable[[], ScreenReader]
    image_tagger: Callable[[], ImageTagger]
    limits: Limits


def perceive(
    turn: Turn,
    *,
    speech_to_text: Callable[[], SpeechToText],
    screen_reader: Callable[[], ScreenReader],
    image_tagger: Callable[[], ImageTagger],
    limits: Limits,
    stop: Event,
) -> Iterator[Percept]:
    """Yield the percepts of a turn, each as soon as it is ready; `in_source_order` sorts them.

    Models come as callables, and only those are called that the turn holds something for. Typed
    text gives a `typed` percept, a recording a `transcript`, a picture `ocr` and `image`, a video
    a `transcript` and the percepts of up to three of its pictures. Where there is nothing to
    perceive, the percept is empty and its note says why. Ends within 0.1 s once `stop` is set.
    Raises InputError for damaged media, ConfigurationError and ModelError from the models.
    """
    senses = _Senses(speech_to_text, screen_reader, image_tagger, limits)
    sources: list[_Source] = [partial(_typed, turn)] if turn.text else []
    for attachment in turn.attachments:
        sources += _sources_of(attachment, senses)
    ready: SimpleQueue[Percept | BaseException | None] = SimpleQueue()
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="perceive")
    running = len(sources)
    try:
        for source in sources:
            pool.submit(_drain, source, ready, stop)
        while running and not stop.is_set():
            try:
                item = ready.get(timeout=0.1)
            except Empty:
                continue
            if isinstance(item, BaseException):
                raise item
            if item is None:
                running -= 1
            else:
                yield item
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def in_source_order(percepts: Sequence[Percept], turn: Turn) -> tuple[Percept, ...]:
    """Return percepts, given as they came, as their sources stand in the turn: typed, then files.

    Of a file the transcript comes first; pictures keep their order, `ocr` before `image`.
    """
    position = {attachment.sha256: i for i, attachment in enumerate(turn.attachments)}
    return tuple(
        sorted(
            percepts,
            key=lambda percept: (
                position.get(percept.attachment or "", -1),
                percept.modality != "transcript",
            ),
        )
    )


def _drain(
    source: _Source, ready: "SimpleQueue[Percept | BaseException | None]", stop: Event
) -> None:
    """Pass on what a source yields, then None; a failure travels to the one who listens."""
    try:
        for percept in source():
            if stop.is_set():
                return
            ready.put(percept)
        ready.put(None)
    except BaseException as exc:  # raised again where the percepts are awaited
        ready.put(exc)


def _sources_of(attachment: Attachment, senses: _Senses) -> list[_Source]:
    kind = attachment.mime_type.partition("/")[0]
    if kind == "image":
        return [partial(_picture_file, attachment, senses)]
    if kind == "audio":
        return [partial(_recording, attachment, senses)]
    return [partial(_sound_track, attachment, senses), partial(_frames, attachment, senses)]


def _typed(turn: Turn) -> Iterator[Percept]:
    yield Percept(
        "typed",
        "typed",
        turn.text,
        confidence=1.0,
        segments=tuple(Segment(sentence) for sentence in split_sentences(turn.text)),
        language=detect_language(turn.text, default=turn.language or "en"),
    )


def _recording(attachment: Attachment, senses: _Senses) -> Iterator[Percept]:
    from assistant.media import decode_audio

    sound = decode_audio(attachment.path, senses.limits)
    heard = senses.speech_to_text().transcribe([sound])[0]
    doubtful = heard.text and heard.confidence < _CLEAR
    note = "The recording is hard to understand; some words may be wrong." if doubtful else ""
    yield Percept(
        "transcript",
        attachment.path.name,
        heard.text,
        confidence=heard.confidence,
        segments=heard.segments,
        language=heard.language or None,
        note=heard.reason or note,
        attachment=attachment.sha256,
        features=_features(heard.sounds),
    )


def _sound_track(attachment: Attachment, senses: _Senses) -> Iterator[Percept]:
    from assistant.media import check_recording

    sound, _ = check_recording(attachment.path, senses.limits)
    if sound:
        yield from _recording(attachment, senses)
    else:
        note = "The video holds no sound."
        yield Percept(
            "transcript", attachment.path.name, "", 0.0, note=note, attachment=attachment.sha256
        )


def _frames(attachment: Attachment, senses: _Senses) -> Iterator[Percept]:
    from assistant.media import video_frames

    for time_s, frame in video_frames(attachment.path, senses.limits):
        source = f"{attachment.path.name} at {int(time_s // 60)}:{time_s % 60:04.1f}"
        yield from _picture(frame, source, attachment, senses)


def _picture_file(attachment: Attachment, senses: _Senses) -> Iterator[Percept]:
    from assistant.media import open_image

    image = open_image(attachment.path, senses.limits)
    yield from _picture(image, attachment.path.name, attachment, senses)


def _picture(
    image: "Image", source: str, attachment: Attachment, senses: _Senses
) -> Iterator[Percept]:
    from knowledge.looks import is_blank, looks_drawn, sharpness

    sharp = round(sharpness(image), 3)
    seen = partial(
        Percept, source=source, attachment=attachment.sha256, size_px=image.size, sharpness=sharp
    )
    if is_blank(image):
        yield seen("ocr", text="", confidence=0.0, note=_BLANK)
        yield seen("image", text="", confidence=0.0, note=_BLANK)
        return
    doubt = _doubt(image, sharp)
    lines = tuple(senses.screen_reader().read([image])[0])
    yield seen(
        "ocr",
        text="\n".join(line.text for line in lines),
        confidence=_mean([line.confidence for line in lines]),
        segments=lines,
        note=doubt if lines else f"No text was found in the picture. {doubt}".strip(),
    )
    if sharp >= _BLURRED and looks_drawn(image):
        # The tagger knows photographs only; of a drawn picture it would claim anything.
        words = "a screenshot" if len(lines) >= _SCREEN_LINES else "a drawing or a screenshot"
        yield seen("image", text=words, confidence=0.5, segments=(Segment(words),), note=doubt)
        return
    tags = [t for t in senses.image_tagger().tag([image])[0][:_TAGS] if t.probability >= _CLAIMED]
    yield seen(
        "image",
        text=_in_words(tags),
        confidence=tags[0].probability if tags else 0.0,
        segments=tuple(Segment(tag.label, confidence=tag.probability) for tag in tags),
        note=doubt if tags else f"What the picture shows was not recognised. {doubt}".strip(),
    )


def _doubt(image: "Image", sharp: float) -> str:
    from knowledge.looks import is_dark

    if is_dark(image):
        return "The picture is very dark; take it again with more light."
    if sharp < _BLURRED:
        return "The picture is blurred; what was read in it may be wrong."
    return ""


def _in_words(tags: Sequence[Tag]) -> str:
    """Word tags as modestly as their probabilities ask for."""
    if not tags:
        return ""
    if tags[0].probability >= _PROBABLE:
        return f"probably {_with_article(tags[0].label)}"
    return "perhaps " + " or ".join(_with_article(tag.label) for tag in tags)


def _with_article(label: str) -> str:
    return f"{'an' if label[0].lower() in 'aeiou' else 'a'} {label}"


def _features(vectors: "np.ndarray | None") -> tuple[tuple[float, ...], ...]:
    return () if vectors is None else tuple(map(tuple, vectors[:_MOST_SOUNDS].tolist()))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
