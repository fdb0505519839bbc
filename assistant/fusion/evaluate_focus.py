"""Measure how well lines and screens are pointed out, against simpler ways on the same screens."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from assistant.fusion.head import MAX_WORDS_CHARS, FusionHead
from assistant.fusion.relevance import line_relevance
from assistant.fusion.screen_choice import Find, meant
from assistant.fusion.segments import SPOKEN, Embed
from assistant.fusion.turns import SupportTurn
from knowledge.terms import terms

Weights = list[list[float]]  # a row a screen, a weight a line
Row = dict[str, object]


def measure_focus(
    kind: str, one: Iterable[SupportTurn], two: Iterable[SupportTurn], *,
    head: FusionHead, embed: Embed, find: Find,
) -> list[Row]:  # fmt: skip
    """Return how often the line that matters comes first, and the right one of two screens.

    `one` are turns with a single screen, `two` with two of them; several that tie count in part.
    `find` searches the manuals.
    """
    ways: dict[str, Callable[[SupportTurn], Weights]] = {
        "fused": lambda turn: _on_screens(
            turn, head.weigh(turn.percepts, turn.language, embed, find).relevance
        ),
        "network alone": lambda turn: _on_screens(
            turn, head.weigh(turn.percepts, turn.language, embed).relevance
        ),
        "similarity": lambda turn: _similar(turn, embed),
        "BM25": _lexical,
        "hand-written rule": lambda turn: _ruled(turn, embed),
    }
    whole: dict[str, Callable[[SupportTurn], list[float]]] = {
        "similarity of whole screens": lambda turn: _whole(turn, embed),
        "what both find": lambda turn: _shared(turn, find),
    }
    lines: dict[str, list[float]] = {way: [] for way in ways}
    screens: dict[str, list[float]] = {way: [] for way in (*ways, *whole)}
    for turn in one:
        (truth,) = _on_screens(turn, turn.relevant)
        if any(truth):
            for way, weigh in ways.items():
                lines[way].append(_right(weigh(turn)[0], truth))
    for turn in two:
        meant = [float(any(flags)) for flags in _on_screens(turn, turn.relevant)]
        if any(meant):
            for way, weigh in ways.items():
                screens[way].append(_right([max(row, default=-1.0) for row in weigh(turn)], meant))
            for way, judge in whole.items():
                screens[way].append(_right(judge(turn), meant))
    return [
        {"turns": kind, "way": way, "screens": len(screens[way]),
         "line first": _mean(lines[way]) if way in lines else None,
         "right one of two": _mean(screens[way])}
        for way in screens
    ]  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 3)


def _right(weights: Sequence[float], truth: Sequence[float]) -> float:
    """Return whether the first is right; of several that tie, how many are."""
    best = np.array(weights) == max(weights)
    return float(np.array(truth)[best].mean())


def _on_screens(turn: SupportTurn, rows: Sequence[Sequence[float]]) -> Weights:
    pairs = zip(turn.percepts, rows, strict=True)
    return [list(row) for percept, row in pairs if percept.modality == "ocr"]


def _words(turn: SupportTurn) -> str:
    return " ".join(p.text for p in turn.percepts if p.modality in SPOKEN)


def _similar(turn: SupportTurn, embed: Embed) -> Weights:
    asked = embed([_words(turn)], [turn.language])[0]
    rows = []
    for percept in turn.percepts:
        if percept.modality == "ocr":
            texts = [segment.text for segment in percept.segments]
            rows.append((embed(texts, [turn.language] * len(texts)) @ asked).tolist())
    return rows


def _texts(turn: SupportTurn) -> list[str]:
    """Return what each screen says, as far as a query goes."""
    return [percept.text.replace("\n", " ")[:MAX_WORDS_CHARS]
            for percept in turn.percepts if percept.modality == "ocr"]  # fmt: skip


def _whole(turn: SupportTurn, embed: Embed) -> list[float]:
    texts = _texts(turn)
    vectors = embed([_words(turn), *texts], [turn.language] * (len(texts) + 1))
    return (vectors[1:] @ vectors[0]).tolist()


def _shared(turn: SupportTurn, find: Find) -> list[float]:
    """Judge screens by what the words and they find alone, whatever the network says."""
    texts = _texts(turn)
    return meant(_words(turn), texts, [0.5] * len(texts), turn.language, find).tolist()


def _lexical(turn: SupportTurn) -> Weights:
    """Score the lines of all screens against the words by BM25 (k1 1.2, b 0.75)."""
    lines = [[terms(segment.text) for segment in percept.segments]
             for percept in turn.percepts if percept.modality == "ocr"]  # fmt: skip
    every = [line for screen in lines for line in screen]
    mean = np.mean([len(line) for line in every]) + 1e-9
    asked = set(terms(_words(turn)))
    held = {t: sum(t in line for line in every) for t in asked}
    rarity = {t: np.log(1 + (len(every) - n + 0.5) / (n + 0.5)) for t, n in held.items()}

    def score(line: Sequence[str]) -> float:
        length = 1.2 * (0.25 + 0.75 * len(line) / mean)
        counts = {t: line.count(t) for t in asked & set(line)}
        return float(sum(rarity[t] * 2.2 * n / (n + length) for t, n in counts.items()))

    return [[score(line) for line in screen] for screen in lines]


def _ruled(turn: SupportTurn, embed: Embed) -> Weights:
    rows = []
    for percept, cosines in zip(
        (p for p in turn.percepts if p.modality == "ocr"), _similar(turn, embed), strict=True
    ):
        texts = [segment.text for segment in percept.segments]
        sure = [segment.confidence for segment in percept.segments]
        rows.append(list(line_relevance(texts, sure, np.array(cosines), _words(turn))))
    return rows
