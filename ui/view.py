"""What the page knows about one exchange: a pure fold of the events of a turn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from assistant.types import (
    Citation,
    Draft,
    Event,
    Evidence,
    Exchange,
    FusedState,
    Notice,
    Percept,
    Picture,
    PictureKind,
    Plan,
    Reply,
    SpeechChunk,
    StepProgress,
    TextDelta,
    Turn,
    Verification,
)  # fmt: skip

State = Literal["waiting", "running", "done", "stopped", "failed"]


@dataclass(frozen=True)
class Spoken:
    """One sentence that was spoken and where its sound can be fetched."""

    text: str
    url: str


@dataclass(frozen=True)
class ExchangeView:
    """One question and all that is known of its answer so far."""

    key: str  # the turn's id
    question: str
    files: tuple[Path, ...] = ()  # what the user sent along
    knowledge_base: str = ""
    state: State = "running"
    percepts: tuple[Percept, ...] = ()
    gates: Mapping[str, float] = field(default_factory=dict)
    plan: Plan = field(default_factory=lambda: Plan(()))
    progress: Mapping[str, StepProgress] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)  # step id → its words so far
    answer: str = ""  # the checked answer; takes the place of `texts`
    language: str = ""
    citations: tuple[Citation, ...] = ()
    spoken: tuple[Spoken, ...] = ()
    speech: Path | None = None  # the whole reply as one recording
    pictures: tuple[Picture, ...] = ()
    verification: Verification | None = None
    notices: tuple[str, ...] = ()
    timings_s: Mapping[str, float] = field(default_factory=dict)
    error: str = ""

    @property
    def text(self) -> str:
        """The answer as it stands: the checked one, else the steps' words in order of the plan."""
        if self.answer:
            return self.answer
        planned = [step.id for step in self.plan.steps if step.id in self.texts]
        others = [step_id for step_id in self.texts if step_id not in planned]
        return "\n\n".join(self.texts[step_id] for step_id in planned + others)


def open_view(turn: Turn) -> ExchangeView:
    """Return the view of a turn that has just been sent."""
    return ExchangeView(
        key=turn.id,
        question=turn.text,
        files=tuple(attachment.path for attachment in turn.attachments),
        knowledge_base=turn.knowledge_base,
    )


def recall_view(exchange: Exchange) -> ExchangeView:
    """Return the view of an earlier turn, as far as its thread remembers it."""
    pictures = tuple(Picture(path, _kind_of(path), "", "") for path in exchange.pictures)
    return ExchangeView(
        key=exchange.turn_id,
        question=exchange.question,
        files=exchange.images,
        state="done",
        answer=exchange.answer,
        language=exchange.language,
        pictures=pictures,
    )


def _kind_of(path: Path) -> PictureKind:
    """Tell what a picture of an earlier reply is from its name, `s2-annotate.png`.

    A drawing that was composed has an SVG beside it.
    """
    if path.stem.endswith("-annotate"):
        return "annotated"
    if path.stem.endswith("-diagram"):
        return "diagram"
    return "composed" if path.with_suffix(".svg").exists() else "generated"


def fold(
    view: ExchangeView, event: Event, speech_url: Callable[[SpeechChunk], str]
) -> ExchangeView:
    """Return the view with one event taken in; `speech_url` says where a sentence can be heard."""
    match event:
        case Percept():
            changes = {"percepts": (*view.percepts, event)}
        case FusedState():
            changes = {"gates": event.gates, "language": event.language}
        case Plan():
            changes = {"plan": event}
        case Evidence():
            changes = {"evidence": (*view.evidence, event)}
        case StepProgress():
            changes = {"progress": {**view.progress, event.step_id: event}}
        case TextDelta():
            words = view.texts.get(event.step_id, "") + event.text
            changes = {"texts": {**view.texts, event.step_id: words}}
        case SpeechChunk():
            changes = {"spoken": (*view.spoken, Spoken(event.text, speech_url(event)))}
        case Picture():
            changes = {"pictures": (*view.pictures, event)}
        case Draft():
            changes = {"citations": event.citations}
        case Verification():
            changes = {"verification": event}
        case Notice():
            changes = {"notices": (*view.notices, event.text)}
        case Reply():
            return _close(view, event)
    return replace(view, state="running" if view.state == "waiting" else view.state, **changes)


def _close(view: ExchangeView, reply: Reply) -> ExchangeView:
    """Return the view with everything as the checked reply has it."""
    ended = {
        step_id: replace(view.progress.get(step_id, StepProgress(step_id, status)), status=status)
        for step_id, status in reply.statuses.items()
    }
    return replace(
        view,
        state="done",
        percepts=reply.percepts,
        gates=reply.gates,
        plan=reply.plan,
        progress={**view.progress, **ended},
        evidence=reply.evidence,
        answer=reply.text,
        language=reply.language,
        citations=reply.citations,
        speech=reply.speech,
        pictures=reply.images,
        verification=reply.verification,
        notices=tuple(dict.fromkeys((*view.notices, *reply.notices))),
        timings_s=reply.timings_s,
    )
