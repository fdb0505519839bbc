"""The conversation's events, without a browser."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from assistant.errors import ModelError
from assistant.settings import Settings
from assistant.types import Exchange, Percept, Turn
from tests.ui.fakes import ScriptedAssistant
from ui.media import Media
from ui.pages.chat import ChatPage
from ui.pages.library import LibraryPage
from ui.ready import Readiness
from ui.session import Session


@dataclass
class Page:
    """The events of the page, and what a region then shows."""

    chat: ChatPage

    def event(self, **data: object) -> gr.EventData:
        return gr.EventData(None, {"language": "en", **data})

    def shown(self, update: dict[Any, Any]) -> str:
        return " ".join(
            value["html"]
            for value in update.values()
            if isinstance(value, dict) and "html" in value
        )


def page_of(assistant: Any, tmp_path: Path) -> Page:
    settings = Settings(profile="deterministic", data_dir=tmp_path, cache_dir=tmp_path)
    media, ready = Media(), Readiness(lambda report: None)
    library = LibraryPage(settings, assistant, media, ready)
    chat = ChatPage(settings, assistant, media, ready, sights=library.sight, names=library.names)
    with gr.Blocks():
        chat.place(gr.State(Session()))
    return Page(chat)


class Slow(ScriptedAssistant):
    """Perceives until it is stopped and keeps its turn only then."""

    def stream(self, turn: Turn, out_dir=None, *, speak=True, stop: threading.Event | None = None):
        del out_dir, speak
        assert stop
        yield Percept("typed", "typed", turn.text, 1.0)
        stop.wait(60)
        self.kept[turn.thread_id] = [Exchange(turn.id, turn.text, "Half", "en")]


def test_a_conversation_deleted_during_its_answer_stays_deleted(
    manual: Path, tmp_path: Path
) -> None:
    assistant = Slow(manual, tmp_path)
    page, session = page_of(assistant, tmp_path), Session()
    sending = page.chat.send(session, page.event(text="Hello", files=[], number=1))
    next(sending)  # accepted
    next(sending)  # perceived
    page.chat.delete_thread(session, page.event(id=session.thread_id))
    assert assistant.kept == {}
    list(sending)
    assert assistant.kept == {}


def test_of_two_messages_at_once_one_is_answered(
    scripted: ScriptedAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, session = page_of(scripted, tmp_path), Session()
    reading, go = threading.Event(), threading.Event()

    def read_slowly(message, settings, session) -> Turn:
        reading.set()
        go.wait(60)
        return Turn("t1", "thread", message["text"])

    monkeypatch.setattr("ui.pages.chat.turn_from", read_slowly)
    first = page.chat.send(session, page.event(text="One", files=[], number=1))
    sending = threading.Thread(target=list, args=(first,))
    sending.start()
    assert reading.wait(60)
    second = list(page.chat.send(session, page.event(text="Two", files=[], number=2)))
    go.set()
    sending.join()
    assert len(second) == 1
    assert "Still answering" in str(second[0])
    assert [exchange.question for exchange in scripted.kept["thread"]] == ["One"]


def test_a_message_that_is_refused_leaves_the_way_free(
    scripted: ScriptedAssistant, tmp_path: Path
) -> None:
    page, session = page_of(scripted, tmp_path), Session()
    assert len(list(page.chat.send(session, page.event(text="", files=[], number=1)))) == 1
    list(page.chat.send(session, page.event(text="Hello", files=[], number=2)))
    assert session.live is not None
    assert session.live.state == "done"


class Broken(ScriptedAssistant):
    """Cannot read or forget its conversations."""

    def threads(self):
        raise ModelError("The disk is gone.")

    def history(self, thread_id: str):
        raise ModelError("The disk is gone.")

    def delete_thread(self, thread_id: str):
        raise ModelError("The disk is gone.")


def test_conversations_that_cannot_be_read_are_a_message(manual: Path, tmp_path: Path) -> None:
    page, session = page_of(Broken(manual, tmp_path), tmp_path), Session()
    for update in (
        page.chat.hello(session, page.event(thread="a")),
        page.chat.open_thread(session, page.event(id="a")),
        page.chat.new_thread(session),
        page.chat.delete_thread(session, page.event(id="a")),
    ):
        assert "The disk is gone." in page.shown(update)
