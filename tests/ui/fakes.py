"""A scripted assistant: every kind of event, without any model."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag

import numpy as np
from PIL import Image

from assistant.session import ThreadSummary
from assistant.types import (
    Citation,
    Claim,
    Document,
    Draft,
    Event,
    Evidence,
    Exchange,
    FusedState,
    Locator,
    Notice,
    Percept,
    Picture,
    Plan,
    Reply,
    Segment,
    SpeechChunk,
    Step,
    StepProgress,
    TextDelta,
    Turn,
    Verification,
)  # fmt: skip

ANSWER = (
    "The screen shows **E-42**: *PPPoE authentication failed*, so the provider refused the "
    "router's user name or password. [1]\n\n"
    "1. Open **Settings > Internet > PPPoE** at `192.168.7.1`. [2]\n"
    "2. Type the user name and password from the provider's letter again. [1]\n"
    "3. Press **Reconnect** and wait about 60 seconds, until the Internet light is green. [1]\n"
)
SENTENCES = (
    "I read error E-42 on your screen.",
    "Type the user name and password again, and press Reconnect.",
)
STEPS = (
    Step("s1", "answer", "What should I do?", 1, (), "You asked what to do, so this comes first."),
    Step("s2", "annotate", "the error on your screenshot", 2, ("s1",), "A picture shows where."),
)
PERCEPTS = (
    Percept("typed", "typed", "It says E-42 since this morning.", 1.0, language="en"),
    Percept(
        "transcript", "question.wav",
        "My router shows this error and the internet light is red. What should I do?", 0.93,
        language="en",
    ),
    Percept(
        "ocr", "screenshot.png", "Kestrel R7\nError E-42\nPPPoE authentication failed", 0.97,
        (Segment("Kestrel R7"), Segment("Error E-42"), Segment("PPPoE authentication failed")),
    ),
    Percept("image", "screenshot.png", "web site, screen, monitor", 0.61),
)  # fmt: skip
GATES = {"typed": 0.36, "transcript": 0.28, "ocr": 0.31, "image": 0.05}
EVIDENCE = (
    Evidence(
        Document(
            "d1", "E-42 means that PPPoE authentication failed. Open Settings > Internet > PPPoE, "
            "type the user name and password from the provider's letter again, press Reconnect.",
            "text", "articles/04-error-codes.md", Locator(heading="Error codes > E-42"),
            {"title": "Error codes"},
        ), 0.91, "E-42",
    ),
    Evidence(
        Document("d2", "The PPPoE page with the fields for user name and password.", "image",
                 "figures/pppoe.png", Locator(), {"title": "The PPPoE page"}), 0.74, "E-42",
    ),
    Evidence(
        Document("d3", "and if the light stays red, check the letter from your provider", "audio",
                 "recordings/first-setup.ogg", Locator(start_s=12.0, end_s=25.5),
                 {"title": "First start, narrated"}), 0.55, "E-42",
    ),
)  # fmt: skip
CLAIMS = (
    Claim("E-42", "code", "supported", 1.0, "d1", "`d1` says so."),
    Claim("about 60 seconds", "number", "supported", 0.97, "d1", "`d1` says so."),
    Claim("the provider refused it", "evidence", "unverified", 0.4, "d1", "No source says so."),
)
CITATIONS = (Citation("[1]", "d1", "E-42 means"), Citation("[2]", "d2", "The PPPoE page"))
TIMINGS = {"transcribe": 1.4, "read": 1.1, "retrieve": 0.2, "first_audio": 2.3, "first_token": 4.8,
           "total": 14.2}  # fmt: skip


@dataclass
class ScriptedAssistant:
    """Streams the same turn each time; `pause_s` stretches it so that it can be watched."""

    manual: Path
    out_dir: Path  # for the picture of the reply
    pause_s: float = 0.0
    answer: str = ANSWER
    error: Exception | None = None  # raised once the turn was perceived
    unready: Exception | None = None  # raised by `warm`
    kept: dict[str, list[Exchange]] = field(default_factory=dict)
    knowledge_bases: list[str] = field(default_factory=lambda: ["router"])
    asked: list[Turn] = field(default_factory=list)
    closed: int = 0  # streams that were closed before their end

    def stream(
        self,
        turn: Turn,
        out_dir: Path | None = None,
        *,
        speak: bool = True,
        stop: Flag | None = None,
    ) -> Iterator[Event]:
        self.asked.append(turn)
        del out_dir, stop  # the page closes the stream
        ended = False
        try:
            for event in self._events(turn, speak):
                time.sleep(self.pause_s)
                yield event
            ended = True
        finally:
            self.closed += not ended

    def _events(self, turn: Turn, speak: bool) -> Iterator[Event]:
        yield from PERCEPTS
        if self.error:
            raise self.error
        yield FusedState("E-42", (), GATES, (), {}, "en")
        yield Plan(STEPS)
        yield from EVIDENCE
        yield StepProgress("s1", "running")
        if speak:
            yield spoken(0)
        for word in self.answer.split(" "):
            yield TextDelta("s1", word + " ")
        if speak:
            yield spoken(1)
        yield StepProgress("s1", "done")
        yield StepProgress("s2", "running", 0.5)
        picture = self._picture(turn)
        yield picture
        yield StepProgress("s2", "done")
        yield Draft(self.answer, CITATIONS, (picture,))
        checked = Verification("consistent", CLAIMS)
        yield checked
        yield Notice("Speech is English; there is no other voice here.")
        self.kept.setdefault(turn.thread_id, []).append(
            Exchange(turn.id, turn.text or "(spoken)", self.answer, "en")
        )
        yield Reply(
            turn.id, turn.thread_id, "en", self.answer, CITATIONS, None, (picture,), checked,
            Plan(STEPS), GATES, PERCEPTS, EVIDENCE, {"s1": "done", "s2": "done"}, (), TIMINGS,
        )  # fmt: skip

    def _picture(self, turn: Turn) -> Picture:
        path = self.out_dir / "annotated.png"
        if not path.exists():
            Image.new("RGB", (640, 360), "#d9e6e4").save(path)
        del turn
        return Picture(
            path, "annotated", "the error", "Your screenshot; a box marks E-42.", "supported"
        )

    def threads(self) -> list[ThreadSummary]:
        return [
            ThreadSummary(key, kept[0].question, "2026-11-21T10:00:00+00:00")
            for key, kept in self.kept.items()
        ]

    def history(self, thread_id: str) -> list[Exchange]:
        return self.kept.get(thread_id, [])

    def delete_thread(self, thread_id: str) -> None:
        self.kept.pop(thread_id, None)

    def knowledge(self, name: str) -> "ScriptedKnowledge":
        return ScriptedKnowledge(name, self.manual)

    @property
    def library(self) -> "ScriptedLibrary":
        return ScriptedLibrary(self)

    def warm(self, on_progress: Callable[[str], None] = lambda message: None) -> None:
        on_progress("knowledge")
        if self.unready:
            raise self.unready
        time.sleep(self.pause_s)


def spoken(index: int) -> SpeechChunk:
    """Return half a second of a quiet tone in place of a sentence."""
    tone = 0.1 * np.sin(np.arange(8000) * 2 * np.pi * (330 + 110 * index) / 16000)
    return SpeechChunk(index, SENTENCES[index], tone.astype(np.float32), 16000)


@dataclass(frozen=True)
class ScriptedKnowledge:
    """Where the scripted evidence stands."""

    name: str
    folder: Path

    def resolve(self, uri: str) -> Path:
        return self.folder / uri

    def picture(self, document: Document) -> Path | None:
        return self.resolve(document.uri) if document.modality == "image" else None


@dataclass(frozen=True)
class ScriptedLibrary:
    """One knowledge base, or as many as a test names."""

    assistant: ScriptedAssistant

    def names(self) -> list[str]:
        return self.assistant.knowledge_bases
