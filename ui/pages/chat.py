"""The conversation: events of the page in, HTML of its regions out."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from importlib.resources import as_file, files
from threading import Event as Flag
from typing import Any

import gradio as gr

from assistant.errors import AssistantError, InputError
from assistant.intake import read_turn
from assistant.profiles import profile
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.types import Event, SpeechChunk, Turn
from knowledge.errors import KnowledgeError
from ui.frame import render_box, render_threads, render_top, render_welcome, script_words
from ui.inputs import turn_from
from ui.media import Media
from ui.ready import Readiness
from ui.regions import region
from ui.render import Links, render_exchange
from ui.running import Failure, RunningTurn, stop_turns
from ui.session import Session
from ui.sights import SightOf
from ui.view import ExchangeView, State, fold, open_view, recall_view
from ui.words import Words, words_for

Update = dict[Any, Any]  # component → its new value


class ChatPage:
    """Wires the chat workspace; `place` is called inside the Blocks."""

    def __init__(
        self,
        settings: Settings,
        assistant: Assistant,
        media: Media,
        ready: Readiness,
        *,
        sights: SightOf,
        names: Callable[[], list[str]],
    ):
        self._settings, self._assistant, self._media = settings, assistant, media
        self._ready = ready
        self._names = names  # of the knowledge bases
        self._local = profile(settings.profile).choices["chat"].backend != "openai"
        self._links = Links(media.file_url, sights)

    def place(self, session: gr.State) -> None:
        """Put the regions on the page and bind their events."""
        self._session = session
        self._top = region("top", ("hello", "retry"))
        with gr.Row(elem_id="columns"):
            self._threads = region("threads", ("open", "delete", "new"))
            with gr.Column(elem_id="conversation"):
                self._past = region("past", ("example",))
                self._live = region("live", ())
                self._box = region("box", ("send", "stop", "consult"))
        self._clock = gr.Timer(0.5, active=False)
        self._bind()

    def _bind(self) -> None:
        regions = [self._top, self._threads, self._past, self._live, self._box, self._clock]
        quick: dict[str, Any] = {
            "inputs": self._session,
            "outputs": regions,
            "show_progress": "hidden",
            "api_visibility": "private",
            "trigger_mode": "multiple",
            "queue": False,
        }
        silent: dict[str, Any] = {**quick, "outputs": None}
        slow: dict[str, Any] = {
            **quick,
            "queue": True,
            "concurrency_limit": 8,
            "concurrency_id": "turns",
        }
        self._top.hello(self.hello, **quick)
        self._top.retry(self.retry, **quick)
        self._clock.tick(self.tick, **quick)
        self._threads.open(self.open_thread, **quick)
        self._threads.new(self.new_thread, **quick)
        self._threads.delete(self.delete_thread, **quick)
        self._past.example(self.example, **slow)
        self._box.send(self.send, **slow)
        self._box.stop(self.stop, **silent)
        self._box.consult(self.consult, **quick)

    # Events of the page

    def hello(self, session: Session, event: gr.EventData) -> Update:
        """Greet a tab: take its language and, after a reload, its thread."""
        session.language = words_for(str(event._data.get("language", ""))).language
        self._consult(session, str(event._data.get("knowledge") or ""))
        thread_id = event._data.get("thread")
        error = self._recall(session, str(thread_id)) if thread_id else ""
        self._ready.start()
        return {**self._everything(session, error), self._clock: gr.Timer(active=True)}

    def consult(self, session: Session, event: gr.EventData) -> Update:
        """Answer from another knowledge base from now on."""
        self._consult(session, str(event._data.get("id", "")))
        return {self._box: self._box_value(session)}

    def retry(self, session: Session) -> Update:
        """Try again to make the models ready."""
        self._ready.start()
        return {**self._status(session), self._clock: gr.Timer(active=True)}

    def tick(self, session: Session) -> Update:
        """Show how far the models are; rest when that is settled."""
        update = self._status(session)
        if self._ready.state != "starting":
            update[self._clock] = gr.Timer(active=False)
        return update

    def open_thread(self, session: Session, event: gr.EventData) -> Update:
        """Continue an earlier conversation."""
        return self._everything(session, self._recall(session, str(event._data.get("id", ""))))

    def new_thread(self, session: Session) -> Update:
        """Begin a conversation."""
        session.show(None, [])
        return self._everything(session)

    def delete_thread(self, session: Session, event: gr.EventData) -> Update:
        """Forget a conversation."""
        thread_id = str(event._data.get("id", ""))
        error = ""
        if thread_id == session.thread_id:
            session.show(None, [])
        for turn in stop_turns(thread_id):
            turn.wait()  # what it keeps when it ends must not bring the conversation back
        try:
            self._assistant.delete_thread(thread_id)
        except (AssistantError, KnowledgeError) as exc:
            error = str(exc)
        return self._everything(session, error)

    def stop(self, session: Session) -> None:
        """End the running turn at once; the turn itself shows that it ended."""
        if session.running:
            session.running.stop()

    def send(self, session: Session, event: gr.EventData) -> Iterator[Update]:
        """Answer what the message box holds; what is refused stays in the box."""
        message: Mapping[str, Any] = event._data
        yield from self._answer(
            session, message, lambda: turn_from(message, self._settings, session)
        )

    def example(self, session: Session, event: gr.EventData) -> Iterator[Update]:
        """Answer one of the examples."""
        name = str(event._data.get("id", ""))
        yield from self._answer(session, event._data, lambda: self._example_turn(session, name))

    # One turn

    def _answer(
        self, session: Session, message: Mapping[str, Any], read: Callable[[], Turn]
    ) -> Iterator[Update]:
        number = message.get("number")
        if not session.reserve():
            yield self._refuse(session, number, session.words("box.busy"))
            return
        try:
            view, running = self._begin(session, bool(message.get("speech", True)), read)
        except InputError as exc:
            yield self._refuse(session, number, str(exc))
            return
        try:
            yield {
                **self._conversation(session),
                self._box: self._box_value(session, accepted=number),
            }
            yield from self._follow(session, view, running)
        finally:
            running.stop()  # also when the tab was closed
            if session.running is running:
                session.running = None
        yield {**self._everything(session), self._box: self._box_value(session)}

    def _begin(
        self, session: Session, speak: bool, read: Callable[[], Turn]
    ) -> tuple[ExchangeView, RunningTurn]:
        """Read the message of a reserved session and start its turn. Raises InputError."""
        try:
            turn = read()
            if session.live:
                session.past.append(session.live)
            session.thread_id = turn.thread_id
            session.live = replace(open_view(turn), state=self._first_state())
            session.running = RunningTurn(
                lambda stop: self._stream(turn, speak, stop), turn.thread_id
            )
            return session.live, session.running
        finally:
            session.reserved = False

    def _follow(
        self, session: Session, view: ExchangeView, running: RunningTurn
    ) -> Iterator[Update]:
        """Fold what happens into the view until the turn ends or the tab shows another thread."""
        for batch in running.batches():
            for event in batch:
                view = self._take_in(view, event, session.words)
            if session.running is not running:
                return
            session.live = view
            yield {self._live: self._live_value(session)}
        if session.running is running and session.busy:  # the reply never came
            session.live = (
                replace(view, state="stopped")
                if running.stopped
                else self._take_in(view, Failure(""), session.words)
            )

    def _take_in(self, view: ExchangeView, event: Event | Failure, words: Words) -> ExchangeView:
        if isinstance(event, Failure):
            return replace(view, state="failed", error=event.message or words("error.inside"))
        return fold(view, event, self._speech_url)

    def _stream(self, turn: Turn, speak: bool, stop: Flag) -> Generator[Event, None, None]:
        self._ready.start()
        if self._ready.wait(stop):
            yield from self._assistant.stream(turn, speak=speak, stop=stop)

    def _first_state(self) -> State:
        return "running" if self._ready.state == "ready" else "waiting"

    def _example_turn(self, session: Session, name: str) -> Turn:
        if name != "all":
            text = session.words.either(f"example.{name}.title", "")
            return read_turn(
                text,
                [],
                settings=self._settings,
                thread_id=session.thread_id,
                knowledge_base=session.knowledge_base or None,
            )
        with as_file(files("assistant.samples")) as folder:
            return read_turn(
                (folder / "typed.txt").read_text("utf-8").strip(),
                [folder / "screenshot.png", folder / "question.wav"],
                settings=self._settings,
                thread_id=session.thread_id,
                knowledge_base=session.knowledge_base or None,
            )

    def _consult(self, session: Session, name: str) -> None:
        session.knowledge_base = name if name in self._names() else self._settings.knowledge_base

    def _recall(self, session: Session, thread_id: str) -> str:
        """Show an earlier thread; return what went wrong, if anything did."""
        try:
            past = [recall_view(exchange) for exchange in self._assistant.history(thread_id)]
        except (AssistantError, KnowledgeError) as exc:
            return session.words("threads.gone", error=exc)
        session.show(thread_id if past else None, past)
        return ""

    # What the regions hold

    def _everything(self, session: Session, error: str = "") -> Update:
        try:
            threads = self._assistant.threads()
        except (AssistantError, KnowledgeError) as exc:
            threads, error = [], error or str(exc)
        listed = render_threads(threads, session.thread_id, session.words, error)
        return {
            **self._status(session),
            **self._conversation(session),
            self._threads: {"html": listed, "thread": session.thread_id or ""},
            self._box: self._box_value(session),
        }

    def _status(self, session: Session) -> Update:
        top = render_top(self._ready, session.words)
        return {self._top: {"html": top, "language": session.language}}

    def _conversation(self, session: Session) -> Update:
        shown = [render_exchange(view, session.words, self._links) for view in session.past]
        if not shown and session.live is None:
            shown = [render_welcome(session.words, self._local)]
        return {
            self._past: {"html": "".join(shown)},
            self._live: self._live_value(session),
        }

    def _live_value(self, session: Session) -> dict[str, Any]:
        if session.live is None:
            return {"html": ""}
        return {"html": render_exchange(session.live, session.words, self._links)}

    def _refuse(self, session: Session, number: object, message: str) -> Update:
        return {self._box: self._box_value(session, refused=number, message=message)}

    def _box_value(
        self, session: Session, accepted: object = None, refused: object = None, message: str = ""
    ) -> dict[str, Any]:
        return {
            "html": render_box(session.words, self._names(), session.knowledge_base),
            "words": script_words(session.words),
            "knowledge": session.knowledge_base,
            "accepted": accepted,
            "refused": refused,
            "message": message,
        }

    def _speech_url(self, chunk: SpeechChunk) -> str:
        return self._media.speech_url(chunk.samples, chunk.sample_rate)
