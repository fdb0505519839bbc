"""Measure the planner by language, on held-back messages as typed and on some of them as spoken.

Spoken ones are synthesized and heard by the real recogniser, so that its mistakes are in them.
"""

import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import replace

from assistant.data_sets import LANGUAGES
from assistant.fusion.evaluate_routes import Outcome, evaluate, plan_example
from assistant.fusion.material import alike
from assistant.fusion.model import Fuser
from assistant.fusion.routes import RouteHead
from assistant.fusion.routes_data import Example
from assistant.models.lazy import Models
from assistant.settings import Settings

STEPS_TARGET, ORDER_TARGET = 0.95, 0.9  # of typed messages
SPOKEN = 30  # messages of a language, of those written by hand
Row = dict[str, object]


def routes(settings: Settings) -> list[Row]:
    """Return how often exactly the right steps are planned, and in the right order, by language.

    Those messages that are spoken are also measured as typed; "understood" is the share that was
    heard nearly as it was written. Raises ConfigurationError without the weights.
    """
    typed = evaluate(settings, "test")
    models = Models(settings)
    fuser, head = Fuser(models.text_embedder), RouteHead()
    rows: list[Row] = []
    for language in LANGUAGES:
        every = [o for o in typed if o.example.language == language]
        some = [o for o in every if o.example.family.startswith("hand")][:SPOKEN]
        asked = [o.example for o in some]
        said = heard(settings, models, asked)
        spoken = [
            plan_example(example, fuser, head, models.text_embedder(), "transcript")
            for example in said
        ]
        understood = [alike(a.message, b.message) for a, b in zip(asked, said, strict=True)]
        rows += [
            _row("typed, all", language, every),
            _row("typed, as the spoken ones", language, some),
            _row("spoken", language, spoken, understood),
        ]
    return rows


def heard(settings: Settings, models: Models, asked: Sequence[Example]) -> list[Example]:
    """Return messages as they are heard when they are spoken; what was heard once is kept."""
    messages = [(example.message, example.language) for example in asked]
    digest = zlib.crc32(json.dumps([settings.profile, messages]).encode())
    path = settings.cache_dir / "fusion" / f"spoken-messages-{digest:08x}.json"
    if not path.exists():
        print(f"{len(messages)} messages to speak and to hear…", file=sys.stderr)
        found = [_heard(models, *message) for message in messages]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_text(json.dumps(found, ensure_ascii=False), "utf-8")
        path.with_suffix(".new").replace(path)
    return [
        replace(example, message=text, language=language or example.language)
        for example, (text, language) in zip(
            asked, json.loads(path.read_text("utf-8")), strict=True
        )
    ]


def _heard(models: Models, message: str, language: str) -> tuple[str, str]:
    """Return the words and the language that the recogniser hears, told neither of them."""
    (said,) = models.speech_to_text().transcribe(models.text_to_speech().speak([message], language))
    return said.text, said.language


def _row(
    messages: str, language: str, outcomes: Sequence[Outcome], understood: Sequence[bool] = ()
) -> Row:
    steps = _share([outcome.steps_right for outcome in outcomes])
    order = _share([outcome.order_right for outcome in outcomes])
    return {
        "messages": messages, "language": language, "count": len(outcomes),
        "exact set of steps": steps, "priorities": order,
        "understood": _share(understood) if understood else "",
        "holds": "" if understood else steps >= STEPS_TARGET and order >= ORDER_TARGET,
    }  # fmt: skip


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 3)
