"""Run one step of a plan: words with the chat model, pictures with the painter or the pen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answer_steps import steps_of
from assistant.checks.mend import corrected, faults
from assistant.checks.support import clauses_of_text
from assistant.claims import extract
from assistant.context import TurnContext
from assistant.drawing.easel import Easel
from assistant.drawing.request import Request
from assistant.errors import AssistantError, ConfigurationError
from assistant.models.pocket_painter import WEIGHTS, painter_of
from assistant.release import Sentence
from assistant.stages.describe import describe
from assistant.stages.draft import draft
from assistant.stages.illustrate import annotate, diagram, draw
from assistant.stages.verify import check_sentence, check_talk, grounds_of, sources_of
from assistant.types import (
    Claim,
    Draft,
    Evidence,
    Exchange,
    FusedState,
    Notice,
    Percept,
    Picture,
    Step,
    StepProgress,
    StepStatus,
    TextDelta,
    Turn,
)

if TYPE_CHECKING:
    from assistant.drawing.compose import Composed


@dataclass(frozen=True)
class StepInput:
    """All that a step may look at."""

    step: Step
    turn: Turn
    percepts: tuple[Percept, ...]
    fused: FusedState
    evidence: tuple[Evidence, ...]
    markers: Mapping[str, str]  # document id → citation marker, the same for the whole turn
    history: tuple[Exchange, ...]
    answers: tuple[str, ...]  # texts of the steps this one depends on
    opens: bool  # whether its words are the first of the reply


@dataclass(frozen=True)
class StepResult:
    """What became of a step."""

    status: StepStatus
    draft: Draft | None = None
    claims: tuple[Claim, ...] = ()  # of sentences that were rewritten or dropped
    notice: str = ""


def run_step(given: StepInput, context: TurnContext) -> StepResult:
    """Run a step and stream what it makes; a step that fails leaves the others alone."""
    step = given.step
    context.emit(StepProgress(step.id, "running"))
    try:
        if step.action in ("answer", "describe"):
            result = _write(given, context)
        else:
            picture = _picture(given, context)
            context.emit(picture)
            result = StepResult("done", Draft("", images=(picture,)))
    except AssistantError as exc:
        result = StepResult("failed", notice=str(exc))
        context.emit(Notice(str(exc)))
    if context.stop.is_set():
        result = StepResult("skipped", result.draft)
    context.emit(StepProgress(step.id, result.status, detail=result.notice))
    return result


def _write(given: StepInput, context: TurnContext) -> StepResult:
    language = given.fused.language
    claims: list[Claim] = []
    written = None
    for item in _words(given, context):
        if isinstance(item, TextDelta):
            context.emit(item)
        elif isinstance(item, Sentence):
            context.say(item.text, language)
        elif isinstance(item, Claim):
            claims.append(item)
        else:
            written = item
    return StepResult("done", written, tuple(claims))


def _words(
    given: StepInput, context: TurnContext
) -> Iterator[TextDelta | Sentence | Claim | Draft]:
    if given.step.action == "describe":
        return describe(given.step, percepts=given.percepts, fused=given.fused)
    sources = sources_of(given.evidence, given.percepts, given.history)
    models = context.models
    grounds = grounds_of(sources, models.text_embedder(), models.entailment())
    coded = not given.step.grounded and any(
        item.kind == "code" for text in sources.values() for item in extract(text)
    )

    def check(sentence: str, said: str) -> Sequence[Claim]:
        if not given.step.grounded:
            return check_talk(sentence, grounds, coded=coded)
        return faults(check_sentence(sentence, grounds, said))

    return draft(
        given.step,
        percepts=given.percepts,
        fused=given.fused,
        evidence=given.evidence,
        markers=given.markers,
        history=given.history,
        attachments=given.turn.attachments,
        opens=given.opens,
        chat=context.models.chat,
        embedder=context.models.text_embedder,
        check=check,
        correct=lambda sentence, said: corrected(sentence, grounds, clauses_of_text(said)),
        on_token=lambda: context.clock.mark("first_token"),
        stop=context.stop,
        max_tokens=context.settings.limits.answer_tokens,
        repair_s=context.settings.limits.repair_s,
        coded=coded,
    )


def _picture(given: StepInput, context: TurnContext) -> Picture:
    step, language = given.step, given.fused.language
    out = context.out_dir / f"{step.id}-{step.action}.png"
    steps = steps_of("\n".join(given.answers))
    if step.action == "diagram":
        return diagram(steps, step.request, out, language)
    if step.action == "annotate":
        percept, relevance = _screen(given)
        path = next(a.path for a in given.turn.attachments if a.sha256 == percept.attachment)
        return annotate(
            path,
            percept,
            relevance,
            steps,
            out,
            language=language,
            limits=context.settings.limits,
        )
    return draw(
        step.request,
        language,
        easel=_easel(context),
        out=out,
        seed=int(given.turn.id[:8], 16),
        stop=context.stop,
        on_progress=lambda fraction: context.emit(
            StepProgress(step.id, "running", fraction=fraction)
        ),
        history=given.history,
        composer=_compose,
        on_fallback=lambda reason: _tell_fallback(reason, language, context),
    )


def _compose(request: Request) -> "Composed":
    from assistant.drawing.compose import compose

    return compose(request)


def _easel(context: TurnContext) -> Easel:
    models = context.models
    return Easel(
        models.image_generator(),
        models.picture_matcher(),
        models.picture_safety(),
        weak=painter_of(context.settings) == str(WEIGHTS),
    )


def _tell_fallback(reason: AssistantError, language: str, context: TurnContext) -> None:
    """Say why what paints was not given out; where no painter is set up, nothing is amiss."""
    if painter_of(context.settings) or not isinstance(reason, ConfigurationError):
        words = (
            "图片由现成的图画拼成。"
            if language == "zh"
            else "The picture was composed of drawings. "
        )
        context.notices.append(f"{words}{reason}")


def _screen(given: StepInput) -> tuple[Percept, Sequence[float]]:
    """Return the screenshot that matters most to the turn, with the weights of its lines."""
    pictures = {a.sha256 for a in given.turn.attachments if a.mime_type.startswith("image/")}
    screens = [
        (percept, weights)
        for percept, weights in zip(given.percepts, given.fused.relevance, strict=True)
        if percept.modality == "ocr" and percept.segments and percept.attachment in pictures
    ]
    return max(screens, key=lambda screen: max(screen[1]))
