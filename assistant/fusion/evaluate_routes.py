"""Measure the planner on the held-back messages: `samesense bench planner`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.fusion.model import Fuser
from assistant.fusion.routes import RouteHead
from assistant.fusion.routes_data import Example, Split, read
from assistant.models.registry import load
from assistant.profiles import profile
from assistant.sentences import split_sentences
from assistant.settings import Settings
from assistant.stages.plan import plan
from assistant.types import Attachment, Channel, Exchange, Percept, Plan, Segment
from knowledge.protocols import TextEmbedder

LASTS = "about half a minute"
TARGET = 0.9
_SCREEN = ("Settings", "Status", "Error E-42: the connection failed", "Help")


@dataclass(frozen=True)
class Outcome:
    """What the planner made of one example."""

    example: Example
    plan: Plan
    milliseconds: float

    @property
    def steps_right(self) -> bool:
        """Whether exactly the wanted actions were planned, each as often as wanted."""
        return sorted(s.action for s in self.plan.steps) == sorted(
            s.action for s in self.example.steps
        )

    @property
    def order_right(self) -> bool:
        """Whether, besides, every action has the wanted place in the order."""
        return sorted((s.priority, s.action) for s in self.plan.steps) == sorted(
            (s.priority, s.action) for s in self.example.steps
        )

    @property
    def grounded_right(self) -> bool:
        """Whether, besides, evidence is looked for exactly when it is needed."""
        return self.steps_right and sorted(
            s.grounded for s in self.plan.steps if s.action == "answer"
        ) == sorted(s.grounded for s in self.example.steps if s.action == "answer")


def run(settings: Settings) -> dict:
    """Return headline and tables of the held-back part, in the shape `samesense bench` prints."""
    outcomes = evaluate(settings, "test")
    by_hand = [o for o in outcomes if o.example.family.startswith("hand")]
    headline = {}
    for name, some in (("composed and by hand", outcomes), ("by hand", by_hand)):
        for measure, right in _MEASURES.items():
            value = _share(some, right)
            headline[f"{measure}, {name}"] = {
                "value": value, "target": TARGET, "holds": value >= TARGET,
            }  # fmt: skip
    times = sorted(outcome.milliseconds for outcome in outcomes)
    headline["ms per message, median"] = {
        "value": round(times[len(times) // 2], 1), "target": None, "holds": None,
    }  # fmt: skip
    return {"headline": headline, "tables": {"held-back messages": _table(outcomes)}}


def evaluate(settings: Settings, split: Split) -> list[Outcome]:
    """Plan every message of a split, with the encoder of the settings' profile."""
    choice = profile(settings.profile).choices["text_embedder"]
    encoder: TextEmbedder = load("text_embedder", choice.backend, settings, **choice.options)
    fuser, head = Fuser(lambda: encoder), RouteHead()
    encoder.embed_queries(["warm"], ["en"])
    return [plan_example(example, fuser, head, encoder) for example in read(split)]


def plan_example(
    example: Example,
    fuser: Fuser,
    head: RouteHead,
    encoder: TextEmbedder,
    channel: Channel = "typed",
) -> Outcome:
    """Plan one message, typed or spoken, as the turn would."""
    attachments: list[Attachment] = []
    sentences = tuple(Segment(sentence) for sentence in split_sentences(example.message))
    percepts = [
        Percept(channel, channel, example.message, 1.0, sentences, language=example.language)
    ]
    if example.picture:
        attachments.append(Attachment(Path("picture.png"), "image/png", "picture"))
        percepts.append(
            Percept("image", "picture", "", 0.5, note="not tagged here", attachment="picture")
        )
    if example.picture == "screen":
        lines = tuple(Segment(line, box=(0, 0, 10, 10)) for line in _SCREEN)
        percepts.append(
            Percept("ocr", "picture", "\n".join(_SCREEN), 1.0, lines, attachment="picture")
        )
    history = []
    if example.earlier:
        history.append(Exchange("t0", example.earlier, "", example.language))
    fused = fuser.fuse(percepts, history, example.language)
    begin = time.perf_counter()
    planned = plan(
        fused,
        percepts,
        history,
        route_head=head,
        embedder=lambda: encoder,
        attachments=attachments,
    )
    return Outcome(example, planned, (time.perf_counter() - begin) * 1000)


_MEASURES: dict[str, Callable[[Outcome], bool]] = {
    "exact set of steps": lambda outcome: outcome.steps_right,
    "priorities": lambda outcome: outcome.order_right,
}


def _table(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    rows = []
    for kind, hand in (("composed", False), ("by hand", True)):
        for language in ("en", "zh"):
            some = [
                o
                for o in outcomes
                if o.example.family.startswith("hand") == hand and o.example.language == language
            ]
            row = (
                {"messages": kind, "language": language, "count": len(some)}
                | {name: _share(some, right) for name, right in _MEASURES.items()}
                | {"evidence where needed": _share(some, lambda o: o.grounded_right)}
            )
            rows.append(row)
    return rows


def _share(outcomes: Sequence[Outcome], right: Callable[[Outcome], bool]) -> float:
    return round(sum(right(outcome) for outcome in outcomes) / len(outcomes), 3)
