"""Put into words what each source of a turn holds, all sources at once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING

from assistant.drawing.png import made_from
from assistant.errors import InputError
from assistant.language import detect_language
from assistant.models.protocols import ImageTagger, ScreenReader, SpeechToText
from assistant.picture_questions import asked, earlier_pictures
from assistant.sentences import split_sentences
from assistant.settings import Limits
from assistant.types import Attachment, Exchange, Percept, Segment, Turn, View

if TYPE_CHECKING:
    import numpy as np

    from assistant.looking import Eyes

__all__ = ["in_source_order", "perceive"]

_CLEAR = 0.5  # words recognised with less confidence are called doubtful
_MOST_SOUNDS = 32  # vectors of a recording that are kept: a minute tells how well it is heard
_AT_ONCE = 4  # sources: a decoded picture may take 180 MB
_GONE = "The picture is no longer where it was. Send it again."

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
    history: Sequence[Exchange] = (),
) -> Iterator[Percept]:
    """Yield the percepts of a turn, each as soon as it is ready; `in_source_order` sorts them.

    Models come as callables, and only those are called that the turn holds something for. Typed
    text gives a `typed` percept, a recording a `transcript`, a picture `ocr` and `image`, a video
    a `transcript` and the percepts of up to three of its pictures. Where there is nothing to
    perceive, the percept is empty and its note says why. A question about the picture of an earlier
    turn looks at that one again, and closer where another look is asked for. Ends within 0.1 s
    once `stop` is set.
    Raises InputError for damaged media, ConfigurationError and ModelError from the models.
    """
    senses = _Senses(speech_to_text, screen_reader, image_tagger, limits)
    sources: list[_Source] = [partial(_typed, turn)] if turn.text else []
    for attachment in turn.attachments:
        sources += _sources_of(attachment, senses)
    words: list[str] = []
    for percept in _at_once(sources, stop):
        if percept.modality in ("typed", "transcript"):
            words.append(percept.text)
        yield percept
    if not any(a.mime_type.startswith(("image/", "video/")) for a in turn.attachments):
        text = "\n".join(words)
        closer = "again" in asked(text).topics
        again = [
            partial(_earlier_picture, path, closer, senses)
            for path in earlier_pictures(text, history)
        ]
        yield from _at_once(again, stop)


def _at_once(sources: Sequence[_Source], stop: Event) -> Iterator[Percept]:
    """Yield the percepts of sources that are worked on side by side, each when it is ready."""
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
    from assistant.looking import look_at
    from assistant.media import video_frames

    for time_s, frame in video_frames(attachment.path, senses.limits):
        source = f"{attachment.path.name} at {int(time_s // 60)}:{time_s % 60:04.1f}"
        yield from look_at(frame, source, attachment.sha256, _eyes(senses))


def _picture_file(attachment: Attachment, senses: _Senses) -> Iterator[Percept]:
    from assistant.looking import look_at
    from assistant.media import open_image

    image, words = open_image(attachment.path, senses.limits), made_from(attachment.path)
    yield from look_at(
        image, attachment.path.name, attachment.sha256, _eyes(senses), made_from=words
    )


def _earlier_picture(path: Path, closer: bool, senses: _Senses) -> Iterator[Percept]:
    from assistant.looking import look_at, look_closer
    from assistant.media import open_image

    try:
        image = open_image(path, senses.limits)
    except InputError:  # it was readable when it came
        yield Percept("image", path.name, "", 0.0, note=_GONE, view=View(fault="gone"))
        return
    words = made_from(path)
    yield from look_at(image, path.name, None, _eyes(senses), made_from=words)
    if closer:
        yield from look_closer(image, path.name, _eyes(senses), made_from=words)


def _eyes(senses: _Senses) -> "Eyes":
    from assistant.looking import Eyes

    return Eyes(senses.screen_reader, senses.image_tagger)


def _features(vectors: "np.ndarray | None") -> tuple[tuple[float, ...], ...]:
    return () if vectors is None else tuple(map(tuple, vectors[:_MOST_SOUNDS].tolist()))
