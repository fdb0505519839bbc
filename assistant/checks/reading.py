"""Have the model of entailment read what an answer says beside what it rests on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

Judge = Callable[[Sequence[tuple[str, str]]], np.ndarray]  # (passage, sentence) → probabilities
_WINDOW_BYTES = 1_100  # of UTF-8: what the model reads at once of either language


@dataclass(frozen=True)
class Reading:
    """What the sources make of a sentence."""

    source: str  # the evidence that speaks most for it
    supported: float  # how likely that bears it out, 0 to 1
    brought: float  # how likely it only repeats what the user brought


def read(
    sentence: str, evidence: Mapping[str, str], brought: Sequence[str], judge: Judge
) -> Reading:
    """Return what the sources make of a sentence; there must be evidence."""
    told = [(name, part) for name, text in evidence.items() for part in windows(text)]
    texts = [*(part for _, part in told), *(part for text in brought for part in windows(text))]
    supported = judge([(text, sentence) for text in texts])[:, 0]
    best = int(supported[: len(told)].argmax())
    own = supported[len(told) :]
    return Reading(told[best][0], float(supported[best]), float(own.max(initial=0.0)))


@lru_cache(maxsize=256)
def windows(text: str) -> tuple[str, ...]:
    """Return a text in parts that are short enough to be read whole, cut at lines."""
    parts: list[str] = [""]
    for line in text.split("\n"):
        if parts[-1] and len(parts[-1].encode()) + len(line.encode()) > _WINDOW_BYTES:
            parts.append("")
        parts[-1] = f"{parts[-1]}\n{line}".strip()
    return tuple(parts)
