"""Gather the clauses of a message into requests: what belongs together becomes one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.fusion.clauses import Clause
from assistant.fusion.routes import OUTPUTS
from assistant.types import ACTIONS, Action

ASKED = 0.5  # from this probability on, a clause asks for an action
_ASKED_TOO = 0.75  # and for a second one besides
NEEDS_EVIDENCE = 0.35  # a needless look-up costs less than an answer without evidence
_URGENT, _GROUNDED = OUTPUTS.index("urgent"), OUTPUTS.index("grounded")
_ANOTHER_TOPIC = 0.2  # two questions whose vectors are less alike than this have nothing in common
_LEANS_BACK = re.compile(
    r"\b(?:it|its|that|this|these|those|them|they|he|she|else|one|so)\b|[它他她这那]|还|怎么办|怎么回事",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"[?？]\s*$|^(?:how|what|why|where|when|which|who|can|could|is|are|do|does|please|tell|explain|show)\b"
    r"|怎|如何|为什么|什么|哪|吗|呢|多少|多久|请",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Unit:
    """A request: what it asks for and the clauses that say so."""

    action: Action
    clauses: tuple[int, ...]
    urgent: bool
    grounded: bool
    first: bool = False  # the user said "first"
    last_sentence: int = 0

    def text(self, clauses: Sequence[Clause], language: str) -> str:
        """Return the request in the user's words, in their order."""
        gap = "" if language in ("zh", "ja") else " "
        pieces = [clauses[i].text for i in sorted(self.clauses)]
        if gap == "":
            pieces = [p if re.search(r"\W$", p) else p + "，" for p in pieces[:-1]] + pieces[-1:]
        return gap.join(pieces)


def gather(
    clauses: Sequence[Clause], routes: np.ndarray, vectors: np.ndarray, available: Sequence[Action]
) -> list[Unit]:
    """Return the requests of a message in its order; none when it only tells something.

    `routes` and `vectors` have a row for each clause. An action that is not `available` on this
    turn becomes an answer. Clauses that ask for nothing join the request they stand beside.
    """
    units: list[Unit] = []
    loose: list[int] = []
    for index, clause in enumerate(clauses):
        row = routes[index]
        enough = ASKED if row[: len(ACTIONS)].max() < _ASKED_TOO else _ASKED_TOO
        wanted: list[Action] = [a for a, p in zip(ACTIONS, row, strict=False) if p >= enough]
        actions: set[Action] = {a if a in available else "answer" for a in wanted}
        if not actions:
            loose.append(index)
        for action in sorted(actions, key=ACTIONS.index):
            found = Unit(
                action=action,
                clauses=(index,),
                urgent=bool(row[_URGENT] >= ASKED),
                grounded=bool(row[_GROUNDED] >= NEEDS_EVIDENCE),
                first=clause.opens == "first",
                last_sentence=clause.sentence,
            )
            at = max((i for i, unit in enumerate(units) if unit.action == action), default=None)
            if at is not None and _together(units[at], found, clauses, vectors):
                units[at] = _joined(units[at], found)
            else:
                units.append(found)
    return _with_loose(units, loose, clauses, routes) if units else []


def _together(before: Unit, found: Unit, clauses: Sequence[Clause], vectors: np.ndarray) -> bool:
    """Tell whether two requests of the same kind are one."""
    last, new = before.clauses[-1], found.clauses[0]
    text = clauses[new].text
    if found.action != "answer":
        return clauses[new].opens == "" or before.action in ("annotate", "diagram")
    both_ask = all(_QUESTION.search(clauses[i].text) for i in (last, new))
    same_sentence = clauses[new].sentence == clauses[last].sentence
    leans = bool(_LEANS_BACK.search(text))
    if clauses[new].opens == "also":
        return not both_ask or (same_sentence and leans)
    return (
        not both_ask
        or same_sentence
        or leans
        or float(vectors[last] @ vectors[new]) >= _ANOTHER_TOPIC
    )


def _joined(unit: Unit, found: Unit) -> Unit:
    return replace(
        unit,
        clauses=(*unit.clauses, *found.clauses),
        urgent=unit.urgent or found.urgent,
        grounded=unit.grounded or found.grounded,
        first=unit.first or found.first,
        last_sentence=found.last_sentence,
    )


def _with_loose(
    units: list[Unit], loose: Sequence[int], clauses: Sequence[Clause], routes: np.ndarray
) -> list[Unit]:
    """Give what asks for nothing to a neighbour: in its sentence, else before, else behind."""
    for index in loose:
        before = [u for u in range(len(units)) if min(units[u].clauses) < index]
        behind = [u for u in range(len(units)) if min(units[u].clauses) > index]
        sentence = clauses[index].sentence
        if before and units[before[-1]].last_sentence == sentence:
            at = before[-1]
        elif behind and clauses[min(units[behind[0]].clauses)].sentence == sentence:
            at = behind[0]
        else:
            at = before[-1] if before else behind[0]
        urgent = bool(routes[index, _URGENT] >= ASKED)
        unit = units[at]
        told = unit.clauses if urgent else (*unit.clauses, index)
        units[at] = replace(unit, urgent=unit.urgent or urgent, clauses=told)
    return units
