"""Put the checked parts together into the reply, and into what the thread remembers of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.prompts import question_of
from assistant.types import (
    Draft,
    Evidence,
    Exchange,
    FusedState,
    Percept,
    Plan,
    Reply,
    StepStatus,
    Turn,
    Verification,
)


def reply(
    turn: Turn,
    *,
    fused: FusedState,
    percepts: Sequence[Percept],
    plan: Plan,
    evidence: Sequence[Evidence],
    draft: Draft,
    verification: Verification,
    speech: Path | None,
    statuses: Mapping[str, StepStatus],
    notices: Sequence[str],
    timings_s: Mapping[str, float],
) -> Reply:
    """Return the reply of a turn."""
    return Reply(
        turn_id=turn.id,
        thread_id=turn.thread_id,
        language=fused.language,
        text=draft.text,
        citations=draft.citations,
        speech=speech,
        images=draft.images,
        verification=verification,
        plan=plan,
        gates=dict(fused.gates),
        percepts=tuple(percepts),
        evidence=tuple(evidence),
        statuses=dict(statuses),
        notices=tuple(notices),
        timings_s=dict(timings_s),
    )


def exchange_of(turn: Turn, answered: Reply) -> Exchange:
    """Return what the thread remembers of a turn and its reply."""
    return Exchange(
        turn_id=turn.id,
        question=question_of(answered.percepts),
        answer=answered.text,
        language=answered.language,
        images=tuple(a.path for a in turn.attachments if a.mime_type.startswith("image/")),
        pictures=tuple(picture.path for picture in answered.images),
    )
