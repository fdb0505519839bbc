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

WIDTHS = {"text": 896, "sound": 512}  # encoder → width of its vectors; another one is a row
_PARTS: Mapping[Channel, str] = {"transcript": "sound"}  # whose percepts' features it gives
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
    """Return the segments of all percepts that hold any, the first ones of each: `_limits`.

    `embed` takes texts and their languages; letters too few to tell take the turn's. Features of
    an encoder that the network was not trained on are left out.
    """
    limits = _limits(percepts)
    found = [(number, percept, segment) for number, percept in enumerate(percepts)
             for segment in percept.segments[: limits[number]]]  # fmt: skip
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
    parts = [(number, percept, i, np.array(vector, dtype=np.float32))
             for number, percept in enumerate(percepts) if percept.modality in _PARTS
             for i, vector in enumerate(percept.features)
             if len(vector) == WIDTHS[_PARTS[percept.modality]]]  # fmt: skip
    rows += [_part_measures(percept, i) for _, percept, i, _ in parts]
    return Segments(
        tuple(percept.modality for _, percept, *_ in (*found, *parts)),
        (*["text"] * len(found), *(_PARTS[percept.modality] for _, percept, *_ in parts)),
        np.array([number for number, *_ in (*found, *parts)], dtype=np.int64),
        {"text": vectors} | {name: _of(name, parts) for name in _PARTS.values()},
        np.array(rows, dtype=np.float32).reshape(len(rows), MEASURES),
    )


def _limits(percepts: Sequence[Percept]) -> list[int]:
    """Return how many segments of each percept count: MOST_SEGMENTS together, the words first."""
    counts = [len(percept.segments) for percept in percepts]
    limits, left = [0] * len(counts), MOST_SEGMENTS
    shown = [percept.modality not in SPOKEN for percept in percepts]
    order = sorted(range(len(counts)), key=lambda i: (shown[i], counts[i]))
    for place, i in enumerate(order):
        others = sum(counts[j] > 0 for j in order[place:]) if shown[i] else 1
        limits[i] = min(counts[i], left // max(1, others))
        left -= limits[i]
    return limits


_Part = tuple[int, Percept, int, np.ndarray]  # of which percept, its place there, its vector


def _of(encoder: str, parts: Sequence[_Part]) -> np.ndarray:
    """Return the parts of one encoder as unit vectors; silence has none and stays zero."""
    own = [vector for _, percept, _, vector in parts if _PARTS[percept.modality] == encoder]
    vectors = np.array(own, dtype=np.float32).reshape(-1, WIDTHS[encoder])
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-8)


def _part_measures(percept: Percept, part: int) -> list[float]:
    """Return how sure its recogniser was, and where in its percept a part stands."""
    rest = [0.0] * (MEASURES - 6)
    return [percept.confidence, 0.0, 0.0, 0.0, 0.0, part / len(percept.features), *rest]


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
