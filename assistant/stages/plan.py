"""Plan a turn: which steps the user's words ask for, in which order, and why."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from assistant.drawing.followup import followed
from assistant.drawing.languages import language_of
from assistant.fusion.clauses import mask_quotes, split_clauses
from assistant.fusion.model import own_words
from assistant.fusion.routes import RouteHead
from assistant.picture_questions import asked, asks_of_new
from assistant.plan_units import NEEDS_EVIDENCE, Unit, gather
from assistant.types import (
    ACTIONS,
    Action,
    Attachment,
    Exchange,
    FusedState,
    Percept,
    Plan,
    Step,
)
from knowledge.protocols import TextEmbedder

MAX_STEPS = 8
_CLEARLY_CLOSER = 0.1  # in cosine, before the conversation so far decides between two requests
_MEANT = 0.5  # the relevance from which a line of the screen is worth a mark
_PICTURE_WORK: tuple[Action, ...] = ("draw", "annotate", "diagram")
_ILLUSTRATES: tuple[Action, ...] = ("annotate", "diagram")

_REASONS = {
    "en": {
        "urgent": "urgent: comes first",
        "first": "you asked for it first",
        "close": "closest to what we talk about",
        "answer": "your question",
        "talk": "conversation, needs no evidence",
        "describe": "says what the picture shows",
        "draw": "a picture; does not hold up the words",
        "annotate": "marks the relevant line on your screenshot",
        "diagram": "shows the steps of the answer as a flowchart",
        "needed": "the picture illustrates this answer",
        "missing": "nothing could be read or heard; asks for what is missing",
    },
    "zh": {
        "urgent": "紧急：最先处理",
        "first": "您要求先做这个",
        "close": "与当前话题最相关",
        "answer": "您的问题",
        "talk": "日常对话，不需要依据",
        "describe": "说明图片里有什么",
        "draw": "图片，不耽误文字回答",
        "annotate": "在您的截图上标出相关的那一行",
        "diagram": "用流程图展示回答中的步骤",
        "needed": "配图说明的就是这个回答",
        "missing": "没有读到或听到内容，询问缺少什么",
    },
}


def plan(
    fused: FusedState,
    percepts: Sequence[Percept],
    history: Sequence[Exchange],
    *,
    route_head: RouteHead,
    embedder: Callable[[], TextEmbedder],
    attachments: Sequence[Attachment] = (),
) -> Plan:
    """Return at most MAX_STEPS steps in the order of their priority; never an empty plan.

    Urgent requests come first, then words, nearer to the conversation before farther, then
    pictures; equals share a priority. `annotate` and `diagram` follow the answer they illustrate.
    """
    reasons = _REASONS.get(fused.language, _REASONS["en"])
    words = own_words(percepts)
    picture = any(p.modality in ("ocr", "image") for p in percepts) or any(
        a.mime_type.startswith("image/") for a in attachments
    )
    if not words:
        seen = any(p.text for p in percepts)
        action: Action = "describe" if picture and (seen or not history) else "answer"
        reason = reasons["describe" if action == "describe" else "missing"]
        return Plan((Step("s1", action, "", 1, (), reason, grounded=False),))
    screens = _screenshots(percepts, attachments)
    available: list[Action] = [
        a for a in ACTIONS if {"describe": picture, "annotate": any(screens)}.get(a, True)
    ]
    clauses = split_clauses(words)
    texts = [clause.text for clause in clauses]
    vectors = embedder().embed_queries(
        [mask_quotes(t) for t in texts], [fused.language] * len(texts)
    )
    known = embedder().name == route_head.embedder_name
    routes = route_head.predict(texts, vectors if known else None)
    if picture:
        looked_back = not any(a.mime_type.startswith(("image/", "video/")) for a in attachments)
        routes = _of_pictures(routes, texts, looked_back)
    routes = _of_drawings(routes, texts, history)
    units = gather(clauses, routes, vectors, available)
    if not units:  # it only tells something: talk about it
        grounded = bool(fused.routes["grounded"] >= NEEDS_EVIDENCE)
        units = [Unit("answer", tuple(range(len(clauses))), False, grounded)]
    units = _illustrated(_capped(units), _shown_error(fused, screens))
    requests = [unit.text(clauses, fused.language) for unit in units]
    close = _close(requests, history, fused.language, embedder())
    return _steps(units, requests, close, reasons)


def _of_pictures(routes: np.ndarray, clauses: Sequence[str], looked_back: bool) -> np.ndarray:
    """Return routes in which what asks about the look of a picture is a description.

    `looked_back` says that the picture is an earlier turn's, looked at for this question's sake.
    """
    routes = routes.copy()
    for row, clause in zip(routes, clauses, strict=True):
        if bool(asked(clause).topics) if looked_back else asks_of_new(clause):
            row[: len(ACTIONS)] = [action == "describe" for action in ACTIONS]
    return routes


def _of_drawings(
    routes: np.ndarray, clauses: Sequence[str], history: Sequence[Exchange]
) -> np.ndarray:
    """Return routes in which drawings are what the head does not know as such.

    They change the last drawing ("make it green") or are asked for in a language it has not learnt.
    """
    routes = routes.copy()
    for row, clause in zip(routes, clauses, strict=True):
        if followed(clause, history) or language_of(clause):
            row[: len(ACTIONS)] = [action == "draw" for action in ACTIONS]
    return routes


def _capped(units: list[Unit]) -> list[Unit]:
    """Merge what goes beyond the largest plan into the last request of its kind."""
    kept, rest = units[: MAX_STEPS - 2], units[MAX_STEPS - 2 :]
    for unit in rest:
        at = max((i for i, k in enumerate(kept) if k.action == unit.action), default=len(kept) - 1)
        merged = (*kept[at].clauses, *unit.clauses)
        kept[at] = replace(kept[at], clauses=merged, urgent=kept[at].urgent or unit.urgent)
    return kept


def _screenshots(percepts: Sequence[Percept], attachments: Sequence[Attachment]) -> list[bool]:
    """Tell of each percept whether it is text on a picture that can be marked; a video cannot."""
    pictures = {a.sha256 for a in attachments if a.mime_type.startswith("image/")}
    return [p.modality == "ocr" and bool(p.segments) and p.attachment in pictures for p in percepts]


def _shown_error(fused: FusedState, screens: Sequence[bool]) -> bool:
    """Tell whether a screenshot holds a line that the turn is about."""
    pairs = zip(screens, fused.relevance, strict=True)
    return any(screen and max(row, default=0.0) >= _MEANT for screen, row in pairs)


def _illustrated(units: list[Unit], shown_error: bool) -> list[Unit]:
    """Add the answer that a picture needs, and the mark that an error on a screenshot deserves."""
    drawn = [unit for unit in units if unit.action in _ILLUSTRATES]
    answers = [unit for unit in units if unit.action == "answer"]
    if drawn and not answers:
        wanted = Unit("answer", drawn[0].clauses, any(u.urgent for u in drawn), True)
        units = [wanted, *units]
    elif drawn and any(unit.urgent for unit in drawn):  # the hurry is for the answer as well
        at = units.index(_illustrates(drawn[0], units))
        units = [replace(u, urgent=u.urgent or i == at) for i, u in enumerate(units)]
    grounded = [unit for unit in units if unit.action == "answer" and unit.grounded]
    if shown_error and grounded and not any(unit.action == "annotate" for unit in units):
        units = [*units, Unit("annotate", grounded[0].clauses, False, True)]
    return units


def _illustrates(unit: Unit, units: Sequence[Unit]) -> Unit:
    """Return the answer that a picture belongs to: the last one before it, else the first."""
    answers = [u for u in units if u.action == "answer"]
    before = [u for u in answers if min(u.clauses) <= min(unit.clauses)]
    return before[-1] if before else answers[0]


def _close(
    requests: Sequence[str], history: Sequence[Exchange], language: str, embedder: TextEmbedder
) -> list[bool]:
    """Tell which requests are clearly closer to the conversation than the farthest one."""
    if not history or len(requests) == 1:
        return [False] * len(requests)
    vectors = embedder.embed_queries(list(requests), [language] * len(requests))
    before = embedder.embed_queries([history[-1].question], [history[-1].language])[0]
    cosines = vectors @ before
    middle = (cosines.max() + cosines.min()) / 2
    apart = cosines.max() - cosines.min() > _CLEARLY_CLOSER
    return [bool(apart and cosine > middle) for cosine in cosines]


def _steps(
    units: Sequence[Unit], requests: Sequence[str], close: Sequence[bool], reasons: dict[str, str]
) -> Plan:
    """Rank the requests and name what each depends on."""
    keys = [
        (0 if unit.urgent else 1 if unit.first else 2, unit.action in _PICTURE_WORK, not near)
        for unit, near in zip(units, close, strict=True)
    ]
    # Nearness orders words; pictures share the time after them.
    keys = [(rank, late, False if late else far) for rank, late, far in keys]
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys)), start=1)}
    order = sorted(range(len(units)), key=lambda i: keys[i])
    ids = {index: f"s{place}" for place, index in enumerate(order, start=1)}
    steps = []
    for index in order:
        unit = units[index]
        needs: tuple[str, ...] = ()
        if unit.action in _ILLUSTRATES:
            needs = (ids[list(units).index(_illustrates(unit, units))],)
        reason = _reason(unit, close[index], bool(needs), reasons)
        steps.append(
            Step(ids[index], unit.action, requests[index], ranks[keys[index]], needs, reason,
                 grounded=unit.grounded)
        )  # fmt: skip
    return Plan(tuple(steps))


def _reason(unit: Unit, close: bool, needed: bool, reasons: dict[str, str]) -> str:
    if unit.urgent:
        return reasons["urgent"]
    if unit.first:
        return reasons["first"]
    if close and unit.action not in _PICTURE_WORK:
        return reasons["close"]
    if unit.action == "answer" and not unit.grounded:
        return reasons["talk"]
    return reasons[unit.action]
