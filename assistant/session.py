"""The assistant: load once, then `stream` turn after turn."""

import sqlite3
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread

from assistant.context import TurnContext
from assistant.errors import AssistantError, ConfigurationError, ModelError
from assistant.fusion.model import Fuser
from assistant.fusion.routes import RouteHead
from assistant.graph import TurnGraph, TurnInput, build_graph
from assistant.library import Library
from assistant.media import open_image
from assistant.models.lazy import Models
from assistant.prompts import PREFIX
from assistant.settings import Settings
from assistant.threads import Threads, ThreadSummary, config_of
from assistant.types import Event, Exchange, Notice, Turn
from knowledge.errors import KnowledgeError
from knowledge.ingest import OnProgress
from knowledge.store import KnowledgeBase

SAMPLES = Path(__file__).parent / "samples"


class Assistant:
    """Answers turns on one machine; cheap to make, every model is loaded at its first use."""

    def __init__(self, settings: Settings, models: Models | None = None) -> None:
        """Take the models of the settings' profile where no others are given."""
        self.settings = settings
        self.models = models or Models(settings)
        self.library = Library(settings, self.models)
        self._threads = Threads(settings)
        self._preloading = Flag()

    def stream(
        self,
        turn: Turn,
        out_dir: Path | None = None,
        *,
        speak: bool = True,
        stop: Flag | None = None,
    ) -> Generator[Event]:
        """Yield what a turn produces as it becomes final; the last event is the reply.

        Closing the iterator ends generation at once, and so does setting `stop` from any thread.
        Files of the reply go to `out_dir`, by default to the settings' own folder. Raises
        AssistantError or KnowledgeError.
        """
        events: SimpleQueue[Event | BaseException | None] = SimpleQueue()
        context = self._context(turn, out_dir, events.put, speak, stop or Flag())
        worker = Thread(target=self._run, args=(turn, context, events), name=f"turn-{turn.id}")
        worker.start()
        try:
            while (event := events.get()) is not None:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            context.stop.set()
            worker.join()

    def history(self, thread_id: str) -> list[Exchange]:
        """Return the earlier turns of a thread, oldest first; none when there is no such thread."""
        return self._threads.history(thread_id)

    def threads(self) -> list[ThreadSummary]:
        """Return all threads, the latest first."""
        return self._threads.summaries()

    def delete_thread(self, thread_id: str) -> None:
        """Forget a thread and what was made for it, once a turn that runs in it has ended."""
        self._threads.delete(thread_id)

    def resolve(self, uri: str, knowledge_base: str) -> Path:
        """Return the file behind a document of a knowledge base."""
        return self.knowledge(knowledge_base).resolve(uri)

    def knowledge(self, name: str) -> KnowledgeBase:
        """Return an open knowledge base; the samples go in when it is opened empty.

        Raises KnowledgeError when there is none of that name.
        """
        return self.library.find(name)

    def prepare_knowledge(self, on_progress: OnProgress = lambda progress: None) -> None:
        """Take in what is new of the sample knowledge base; costs little when nothing is."""
        self.library.fill_samples(self.settings.knowledge_base, on_progress)

    def warm(self, on_progress: Callable[[str], None] = lambda message: None) -> None:
        """Load what a turn uses, so that the first turn is as quick as the next.

        `on_progress` gets the name of what is being loaded: knowledge, voice, eyes, chat.
        """
        on_progress("knowledge")
        self.prepare_knowledge()
        on_progress("voice")
        said = self.models.text_to_speech().speak(["I am ready."], "en")
        self.models.speech_to_text().transcribe(said, "en")
        on_progress("eyes")
        screen = open_image(SAMPLES / "screenshot.png", self.settings.limits)
        self.models.screen_reader().read([screen])
        self.models.image_tagger().tag([screen])
        on_progress("chat")
        self.models.chat().warm(PREFIX)

    @cached_property
    def _graph(self) -> TurnGraph:
        return build_graph(self._threads.saver)

    @cached_property
    def _fuser(self) -> Fuser:
        return Fuser(self.models.text_embedder)

    @cached_property
    def _routes(self) -> RouteHead:
        return RouteHead()

    def _context(
        self,
        turn: Turn,
        out_dir: Path | None,
        listener: Callable[[Event], None],
        speak: bool,
        stop: Flag,
    ) -> TurnContext:
        out_dir = out_dir or self.settings.replies_dir / turn.thread_id / turn.id
        try:
            out_dir.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise ConfigurationError(
                f"The reply cannot be written to `{out_dir}` ({exc.strerror}). Name a folder that "
                "can be written, with --out or SAMESENSE_DATA_DIR."
            ) from exc
        return TurnContext(
            settings=self.settings,
            models=self.models,
            fuser=self._fuser,
            routes=self._routes,
            knowledge=lambda: self.knowledge(turn.knowledge_base),
            out_dir=out_dir,
            listener=listener,
            speak=speak,
            stop=stop,
        )

    def _run(self, turn: Turn, context: TurnContext, events: SimpleQueue) -> None:
        """Run the turn in a thread of its own and close the queue, whatever happens."""
        if not self._preloading.is_set():
            self._preloading.set()
            Thread(target=self._preload, args=(context,), daemon=True, name="preload").start()
        try:
            with self._threads.hold(turn.thread_id, context.stop) as held:
                if held:
                    self._answer(turn, context)
            if context.reply:
                events.put(context.reply)
        except (AssistantError, KnowledgeError) as exc:
            events.put(exc)
        except Exception as exc:  # a defect must reach the listener, not die in this thread
            error = ModelError(f"The turn failed: {exc!r}. Please report this.")
            error.__cause__ = exc
            events.put(error)
        finally:
            events.put(None)

    def _answer(self, turn: Turn, context: TurnContext) -> None:
        """Run the graph; a reply that cannot be kept in the history is given all the same."""
        start: TurnInput = {"turn": turn}
        try:
            self._graph.invoke(start, config_of(turn.thread_id), context=context, durability="exit")
            self._threads.keep_latest(turn.thread_id)
        except (sqlite3.Error, ConfigurationError) as exc:
            if context.reply is None:
                raise
            context.emit(Notice(f"This turn could not be kept in the thread's history ({exc})."))

    def _preload(self, context: TurnContext) -> None:
        """Load what every turn needs while the first one's files are still being perceived."""
        with suppress(AssistantError, KnowledgeError):  # the turn meets them too, and says so
            if context.speak:
                self.models.text_to_speech().speak(["I am ready."], "en")
            self.models.text_embedder().embed(["I am ready."])
            if entailment := self.models.entailment():
                entailment.judge([("I am ready.", "Are you ready?")])
            context.knowledge()
