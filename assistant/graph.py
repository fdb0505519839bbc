"""The LangGraph state, nodes and edges of a turn; a node is a few lines around a stage.

    perceive → fuse → plan → retrieve → (steps of one priority, in parallel)* → verify → reply

A later turn of the thread uses only its history; the rest of the state is replaced. Models, the
place for files and the way to the listener come in as the run's context.
"""

from collections.abc import Mapping
from functools import partial
from operator import add
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Overwrite, Send

from assistant.checking import check_turn
from assistant.context import TurnContext
from assistant.stages.perceive import in_source_order, perceive
from assistant.stages.plan import plan
from assistant.stages.reply import exchange_of, reply
from assistant.stages.retrieve import related, retrieve
from assistant.steps import StepInput, StepResult, run_step
from assistant.types import (
    Draft,
    Evidence,
    Exchange,
    FusedState,
    Percept,
    Plan,
    Step,
    Turn,
    Verification,
)
from knowledge.search import answers

EVIDENCE = 4  # pieces for one step


def _merge(old: dict[str, StepResult], new: dict[str, StepResult]) -> dict[str, StepResult]:
    return old | new


class TurnInput(TypedDict):
    """What starts a turn."""

    turn: Turn


class TurnState(TypedDict):
    """What a turn has produced so far, and the history of its thread."""

    turn: Turn
    history: Annotated[list[Exchange], add]
    percepts: tuple[Percept, ...]
    fused: FusedState
    plan: Plan
    evidence: dict[str, tuple[Evidence, ...]]  # step id → its evidence
    results: Annotated[dict[str, StepResult], _merge]  # step id → what became of it
    draft: Draft
    verification: Verification
    speech: Path | None


Context = Runtime[TurnContext]
Update = dict[str, Any]
TurnGraph = CompiledStateGraph[TurnState, TurnContext, TurnInput, TurnState]


def _perceive(state: TurnState, runtime: Context) -> Update:
    context, models = runtime.context, runtime.context.models
    percepts: list[Percept] = []
    for percept in perceive(
        state["turn"],
        speech_to_text=models.speech_to_text,
        screen_reader=models.screen_reader,
        image_tagger=models.image_tagger,
        limits=context.settings.limits,
        stop=context.stop,
        history=state["history"],
    ):
        if percept.modality in ("transcript", "ocr"):
            context.clock.mark("transcribe" if percept.modality == "transcript" else "read")
        context.emit(percept)
        percepts.append(percept)
    ordered = in_source_order(percepts, state["turn"])
    return {"percepts": ordered, "results": Overwrite({})}


def _fuse(state: TurnState, runtime: Context) -> Update:
    context = runtime.context
    with context.clock.span("fuse"):
        fused = context.fuser.fuse(
            state["percepts"],
            state["history"],
            state["turn"].language,
            partial(related, knowledge=context.knowledge, embedder=context.models.text_embedder),
        )
    context.emit(fused)
    return {"fused": fused}


def _plan(state: TurnState, runtime: Context) -> Update:
    context = runtime.context
    with context.clock.span("plan"):
        planned = plan(
            state["fused"],
            state["percepts"],
            state["history"],
            route_head=context.routes,
            embedder=context.models.text_embedder,
            attachments=state["turn"].attachments,
        )
    context.emit(planned)
    return {"plan": planned}


def _retrieve(state: TurnState, runtime: Context) -> Update:
    context, fused = runtime.context, state["fused"]
    asking = [s for s in state["plan"].steps if s.action == "answer" and s.grounded]
    found: dict[str, tuple[Evidence, ...]] = {}
    with context.clock.span("retrieve"):
        for step in asking:
            query = fused if len(asking) == 1 else context.fuser.narrow(fused, step.request)
            found[step.id] = retrieve(
                query,
                knowledge=context.knowledge(),
                embedder=context.models.text_embedder,
                entailment=context.models.entailment,
                k=EVIDENCE,
            )
    for piece in _founding(found):
        context.emit(piece)
    return {"evidence": found}


def _founding(found: Mapping[str, tuple[Evidence, ...]]) -> tuple[Evidence, ...]:
    """Return every piece of evidence once, in the order of the citation markers.

    What is only the closest there is for one step proves nothing, for no step.
    """
    answering = [pieces for pieces in found.values() if answers(pieces)]
    return tuple({e.document.id: e for pieces in answering for e in pieces}.values())


def _next_steps(state: TurnState, runtime: Context) -> list[Send] | str:
    """Send off the waiting steps of the lowest priority number whose dependencies have ended.

    Pictures are made side by side; words one step at a time, since there is one voice to say them.
    """
    results = state["results"]
    waiting = [
        step
        for step in state["plan"].steps
        if step.id not in results and all(needed in results for needed in step.depends_on)
    ]
    if not waiting or runtime.context.stop.is_set():
        return "verify"
    first = min(step.priority for step in waiting)
    ready = [step for step in waiting if step.priority == first]
    writing = [step for step in ready if step.action in ("answer", "describe")]
    drawing = [step for step in ready if step not in writing]
    return [Send("step", _input(state, step)) for step in [*writing[:1], *drawing]]


def _input(state: TurnState, step: Step) -> StepInput:
    pieces = _founding(state["evidence"])
    drafts = [state["results"][needed].draft for needed in step.depends_on]
    return StepInput(
        step=step,
        turn=state["turn"],
        percepts=state["percepts"],
        fused=state["fused"],
        evidence=state["evidence"].get(step.id, ()),
        markers={piece.document.id: f"[{i}]" for i, piece in enumerate(pieces, start=1)},
        history=tuple(state["history"]),
        answers=tuple(draft.text for draft in drafts if draft),
        opens=not any(result.draft for result in state["results"].values()),
    )


def _step(state: StepInput, runtime: Context) -> Update:
    return {"results": {state.step.id: run_step(state, runtime.context)}}


def _gather(state: TurnState) -> Update:
    """Wait until every step that was sent off together has ended."""
    del state
    return {}


def _verify(state: TurnState, runtime: Context) -> Update:
    draft, verification, speech = check_turn(
        state["plan"],
        state["results"],
        fused=state["fused"],
        percepts=state["percepts"],
        evidence=_founding(state["evidence"]),
        history=state["history"],
        context=runtime.context,
    )
    return {"draft": draft, "verification": verification, "speech": speech}


def _reply(state: TurnState, runtime: Context) -> Update:
    context, results = runtime.context, state["results"]
    context.clock.mark("total")
    answered = reply(
        state["turn"],
        fused=state["fused"],
        percepts=state["percepts"],
        plan=state["plan"],
        evidence=_founding(state["evidence"]),
        draft=state["draft"],
        verification=state["verification"],
        speech=state["speech"],
        statuses={
            step.id: results[step.id].status if step.id in results else "skipped"
            for step in state["plan"].steps
        },
        notices=[r.notice for r in results.values() if r.notice] + context.all_notices(),
        timings_s=context.clock.timings_s,
    )
    context.reply = answered
    exchange = exchange_of(state["turn"], answered)
    spoke = exchange.question or exchange.answer or exchange.images
    return {"history": [exchange] if spoke else []}


def build_graph(checkpointer: BaseCheckpointSaver | None) -> TurnGraph:
    """Return the compiled graph; with a checkpointer a thread's history outlives the process."""
    graph = StateGraph(TurnState, context_schema=TurnContext, input_schema=TurnInput)
    graph.add_node("perceive", _perceive)
    graph.add_node("fuse", _fuse)
    graph.add_node("plan", _plan)
    graph.add_node("retrieve", _retrieve)
    graph.add_node("step", _step, input_schema=StepInput)
    graph.add_node("gather", _gather)
    graph.add_node("verify", _verify)
    graph.add_node("reply", _reply)
    graph.add_edge(START, "perceive")
    graph.add_edge("perceive", "fuse")
    graph.add_edge("fuse", "plan")
    graph.add_edge("plan", "retrieve")
    graph.add_conditional_edges("retrieve", _next_steps, ["step", "verify"])
    graph.add_edge("step", "gather")
    graph.add_conditional_edges("gather", _next_steps, ["step", "verify"])
    graph.add_edge("verify", "reply")
    graph.add_edge("reply", END)
    return graph.compile(checkpointer=checkpointer)
