"""Turn percepts into what the fusion network takes: a vector and a few measures a segment."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.fusion.relevance import ALARM, codes_in
from assistant.language import detect_language
from assistant.types import Channel, Percept, Segment

MEASURES = 16
MOST_SEGMENTS = 400  # of a turn: three full screens; what is beyond does not count
Embed = Callable[[Sequence[str], Sequence[str]], np.ndarray]  # `TextEmbedder.embed_queries`

WIDTHS = {"text": 896, "sound": 512, "picture": 1280}  # encoder → width of its vectors
_PARTS: Mapping[Channel, str] = {"transcript": "sound", "image": "picture"}
_MOST_PARTS = 32  # of a percept: a minute of speech
SPOKEN: tuple[Channel, ...] = ("typed", "transcript")  # the user's own words
_WORD = re.compile(r"[㐀-鿿]|[^\W㐀-鿿]{3,}")


@dataclass(frozen=True)
class Segments:
    """The segments of a turn, n of them: texts in the order of the percepts, then other parts."""

    channels: tuple[Channel, ...]
    encoders: tuple[str, ...]  # texts first
    sources: np.ndarray  # (n,) which percept each one is of
    vectors: Mapping[str, np.ndarray]  # (its segments, width) float32, unit length
    measures: np.ndarray  # (n, MEASURES) float32, each about 0 to 1


def describe(percepts: Sequence[Percept], language: str, embed: Embed) -> Segments:
    """Return the segments of all percepts that hold any, at most MOST_SEGMENTS.

    `embed` takes texts and their languages; letters too few to tell take the turn's.
    """
    found = [(number, percept, segment) for number, percept in enumerate(percepts)
             for segment in percept.segments][:MOST_SEGMENTS]  # fmt: skip
    sources = np.array([number for number, *_ in found], dtype=np.int64)
    texts = [segment.text for *_, segment in found]
    languages = [detect_language(text, default=language) for text in texts]
    languages = [code if code in ("zh", language) else language for code in languages]
    vectors = embed(texts, languages).astype(np.float32)
    spoken = np.array([percept.modality in SPOKEN for _, percept, _ in found])
    apart = sources[:, None] != sources[None]
    close = np.where(apart, vectors @ vectors.T, 0)
    near = np.where(spoken[None], close, 0)
    codes, words = [codes_in(text) for text in texts], [_words(text) for text in texts]
    rows = []
    for i, (_, percept, segment) in enumerate(found):
        heard = set().union(*(words[j] for j in np.flatnonzero(apart[i] & spoken)))
        named = set().union(*(codes[j] for j in np.flatnonzero(apart[i] & spoken)))
        shown = set().union(*(codes[j] for j in np.flatnonzero(apart[i] & ~spoken)))
        rows.append([
            segment.confidence,
            *_place(segment, percept),
            percept.segments.index(segment) / len(percept.segments),
            min(1.0, len(texts[i]) / 60),
            bool(codes[i]),
            bool(codes[i] & named),
            bool(codes[i] & shown),
            bool(named - codes[i]),
            len(words[i] & heard) / max(1, len(words[i])),
            bool(ALARM.search(texts[i])),
            max(0.0, float(near[i].max())),
            max(0.0, float(close[i].max())),
            bool(spoken.any()),
        ])  # fmt: skip
    parts = [(number, percept, i, np.array(vector, dtype=np.float32) / np.linalg.norm(vector))
             for number, percept in enumerate(percepts)
             for i, vector in enumerate(percept.features[:_MOST_PARTS])]  # fmt: skip
    rows += [_part_measures(percept, i) for _, percept, i, _ in parts]
    encoders = [_PARTS[percept.modality] for _, percept, *_ in parts]
    return Segments(
        tuple(percept.modality for _, percept, *_ in (*found, *parts)),
        (*["text"] * len(found), *encoders),
        np.array([number for number, *_ in (*found, *parts)], dtype=np.int64),
        {"text": vectors}
        | {
            name: np.array(
                [part[3] for part in parts if _PARTS[part[1].modality] == name], dtype=np.float32
            ).reshape(-1, WIDTHS[name])
            for name in _PARTS.values()
        },
        np.array(rows, dtype=np.float32).reshape(len(rows), MEASURES),
    )


def _part_measures(percept: Percept, part: int) -> list[float]:
    """Return how sure its recogniser was, and where a part stands: ninth or share of the time."""
    row, column = divmod(part, 3)
    place = [(column + 0.5) / 3, (row + 0.5) / 3, 1 / 3, 1 / 3]
    known = place if percept.modality == "image" else [0.0] * 4
    rest = [0.0] * (MEASURES - 6)
    return [percept.confidence, *known, part / len(percept.features), *rest]


def _place(segment: Segment, percept: Percept) -> list[float]:
    """Return centre, width and height of a line against its picture's; zeros for words."""
    if segment.box is None or percept.size_px is None:
        return [0.0, 0.0, 0.0, 0.0]
    left, top, right, bottom = segment.box
    width, height = percept.size_px
    return [(left + right) / 2 / width, (top + bottom) / 2 / height,
            (right - left) / width, min(1.0, 8 * (bottom - top) / height)]  # fmt: skip


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
