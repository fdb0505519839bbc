"""Have the model of entailment read what an answer says beside what it rests on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Judge = Callable[[Sequence[tuple[str, str]]], np.ndarray]  # (passage, sentence) → probabilities


@dataclass(frozen=True)
class Reading:
    """What the sources make of a sentence."""

    source: str  # the evidence that speaks most for it
    supported: float  # how likely that bears it out, 0 to 1
    contradicted: float  # how likely the evidence that is nearest to it says otherwise
    brought: float  # how likely it only repeats what the user brought


def read(sentence: str, evidence: Mapping[str, str], brought: str, judge: Judge) -> Reading:
    """Return what the sources make of a sentence; there must be evidence."""
    texts = [*evidence.values(), *([brought] if brought else [])]
    found = judge([(text, sentence) for text in texts])
    told = found[: len(evidence)]
    best, nearest = int(told[:, 0].argmax()), int(told[:, 2].argmin())
    return Reading(
        list(evidence)[best],
        float(told[best, 0]),
        float(told[nearest, 1]),
        float(found[-1, 0]) if brought else 0.0,
    )
