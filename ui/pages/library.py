"""The library: events of the page in, HTML of its regions out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.errors import AssistantError, InputError
from assistant.library import Library, Question
from assistant.session import Assistant
from assistant.settings import Settings
from knowledge.errors import KnowledgeError
from knowledge.store import INSIDE, KnowledgeBase
from knowledge.types import Skipped
from ui.additions import Additions
from ui.cards import Card
from ui.inputs import uploaded
from ui.library_regions import (
    SCRIPT_WORDS,
    leaf_of,
    render_intake,
    render_search,
    render_shelf,
    render_source,
    row_of,
)
from ui.media import Media
from ui.ready import Readiness
from ui.regions import region, stamp
from ui.session import LibraryView, SearchView, Session
from ui.shelf import Shelf
from ui.sights import Sight, sight_of
from ui.uploads import Upload

Update = dict[Any, Any]  # component → its new value
_FOUND = 8  # documents that a search shows
_PULSE_S = 0.7
_MODALITIES = ("text", "image", "audio")


class LibraryPage:
    """Wires the library workspace; `place` is called inside the Blocks."""

    def __init__(self, settings: Settings, assistant: Assistant, media: Media, ready: Readiness):
        self._settings, self._assistant, self._media = settings, assistant, media
        self._ready = ready
        uploads = settings.data_dir / "uploads"
        self._shelf = Shelf(uploads)
        self.additions = Additions(lambda: self._library, self._wait, uploads)

    def place(self, session: gr.State) -> None:
        """Put the regions on the page and bind their events."""
        with gr.Column(elem_id="library"):
            events = ("enter", "choose", "make", "take", "cancel", "dismiss")
            self._intake = region("intake", events)
            self._search = region("search", ("search", "forget"))
            self._list = region("shelf", ("sift", "turn", "show", "leaf", "close", "remove"))
        self._pulse = gr.Timer(_PULSE_S, active=False)
        quick: dict[str, Any] = {
            "inputs": session,
            "outputs": [self._intake, self._search, self._list, self._pulse],
            "show_progress": "hidden",
            "api_visibility": "private",
            "trigger_mode": "multiple",
            "queue": False,
        }
        slow = {**quick, "queue": True, "concurrency_limit": 4, "concurrency_id": "library"}
        for event in ("choose", "make", "take", "cancel", "dismiss"):
            getattr(self._intake, event)(getattr(self, event), **quick)
        self._intake.enter(self.enter, **slow)
        self._search.search(self.search, **slow)
        self._search.forget(self.forget, **quick)
        for event in ("sift", "turn", "show", "leaf", "close", "remove"):
            getattr(self._list, event)(getattr(self, event), **quick)
        self._pulse.tick(self.tick, **quick)

    # Events of the page

    def enter(self, session: Session, event: gr.EventData) -> Iterator[Update]:
        """Show the library, its frame first: opening it may take a while."""
        view, before = session.library, event._data.get("knowledge")
        if not view.knowledge_base:
            known = before in self.names()
            view.knowledge_base = str(before) if known else session.knowledge_base
        self._ready.start()
        yield {**self._intake_update(session), **self._search_update(session)}
        yield {**self._everything(session), self._pulse: gr.Timer(active=True)}

    def choose(self, session: Session, event: gr.EventData) -> Update:
        """Turn to another knowledge base."""
        session.library = LibraryView(str(event._data.get("id", "")))
        return self._everything(session)

    def make(self, session: Session, event: gr.EventData) -> Update:
        """Make a knowledge base and turn to it."""
        name = str(event._data.get("name", "")).strip().lower()
        try:
            self._library.create(name)
        except (AssistantError, KnowledgeError) as exc:
            return self._intake_update(session, str(exc))
        session.library = LibraryView(name)
        return self._everything(session)

    def take(self, session: Session, event: gr.EventData) -> Update:
        """Take in files that have arrived; those that have not are reported."""
        files, failed = event._data.get("files") or [], event._data.get("failed") or []
        words, uploads, missing = session.words, [], []
        for file in files:
            try:
                uploads.append(Upload(uploaded(file.get("path")), str(file.get("name"))))
            except InputError as exc:
                missing.append(Skipped(Path(str(file.get("name"))), "", str(exc)))
        megabytes = self._settings.limits.file_bytes // 1_000_000
        reason = words("library.upload_lost", limit=megabytes)
        missing += [Skipped(Path(str(name)), "", reason) for name in failed]
        base = str(event._data.get("base"))
        self.additions.start(
            base if base in self.names() else session.library.knowledge_base, uploads, missing
        )
        session.library.pending += 1  # it may have ended before the next look
        return {**self._intake_update(session), self._pulse: gr.Timer(active=True)}

    def cancel(self, session: Session, event: gr.EventData) -> Update:
        """End an addition; what is in stays in."""
        self.additions.cancel(str(event._data.get("id", "")))
        return self._intake_update(session)

    def dismiss(self, session: Session, event: gr.EventData) -> Update:
        """Put a report away."""
        self.additions.dismiss(str(event._data.get("id", "")))
        return self._intake_update(session)

    def tick(self, session: Session) -> Update:
        """Show how far the additions are; rest when there are none."""
        view = session.library
        pending = sum(a.open for a in self.additions.seen(view.knowledge_base))
        ended, view.pending = pending < view.pending, pending
        update = self._intake_update(session)
        if ended:
            update |= self._list_update(session)
        if not pending:
            update[self._pulse] = gr.Timer(active=False)
        return update

    def search(self, session: Session, event: gr.EventData) -> Iterator[Update]:
        """Try a search with words, a picture and a recording."""
        data, view = event._data, session.library
        modality = str(data.get("modality", ""))
        modality = modality if modality in _MODALITIES else ""
        named = tuple(
            str(name) for name in (data.get("image_name"), data.get("audio_name")) if name
        )
        view.search = search = SearchView(str(data.get("text", "")), named, modality, running=True)
        yield self._search_update(session)
        try:
            image, audio = (uploaded(p) if (p := data.get(k)) else None for k in ("image", "audio"))
            found = self._library.search(
                view.knowledge_base,
                Question(search.text, image, audio),
                _FOUND,
                modality or None,  # pyright: ignore[reportArgumentType]  # one of `_MODALITIES`
            )
            view.search = SearchView(search.text, named, modality, tuple(found))
        except (AssistantError, KnowledgeError) as exc:
            view.search = SearchView(search.text, named, modality, error=str(exc))
        yield self._search_update(session)

    def forget(self, session: Session) -> Update:
        """Put the results of a search away."""
        session.library.search = None
        return self._search_update(session)

    def sift(self, session: Session, event: gr.EventData) -> Update:
        """List the files that fit a filter."""
        view = session.library
        view.filtered, view.kind = (str(event._data.get(key, "")) for key in ("name", "kind"))
        view.page = 1
        return self._list_update(session)

    def turn(self, session: Session, event: gr.EventData) -> Update:
        """List another page of files."""
        session.library.page = _number(event)
        return self._list_update(session)

    def show(self, session: Session, event: gr.EventData) -> Update:
        """Look into a file."""
        session.library.opened, session.library.leaf = str(event._data.get("id", "")), 1
        return self._list_update(session)

    def leaf(self, session: Session, event: gr.EventData) -> Update:
        """Show more of what a file holds."""
        session.library.leaf = _number(event)
        return self._list_update(session)

    def close(self, session: Session) -> Update:
        """Go back to the list of files."""
        session.library.opened = ""
        return self._list_update(session)

    def remove(self, session: Session, event: gr.EventData) -> Update:
        """Delete a file with all that was taken in from it."""
        view, uri = session.library, str(event._data.get("id", ""))
        error = ""
        try:
            self._library.remove(view.knowledge_base, [uri])
            self._forget(view.knowledge_base, uri)
            view.opened = "" if view.opened == uri else view.opened
        except (AssistantError, KnowledgeError) as exc:
            error = str(exc)
        except OSError as exc:
            error = f"`{uri}` is out, but its copy cannot be deleted ({exc.strerror}). Delete it."
        return self._list_update(session, error)

    # What the regions hold

    def _everything(self, session: Session) -> Update:
        return {
            **self._list_update(session),  # first: opening it may make it
            **self._intake_update(session),
            **self._search_update(session),
        }

    def _intake_update(self, session: Session, error: str = "") -> Update:
        value, view = stamp(), session.library
        html = render_intake(
            self.names(), view, self.additions.seen(view.knowledge_base), session.words,
            folder=self._settings.data_dir / "uploads", error=error,
        )  # fmt: skip
        words = self._words(session)
        return {self._intake: {**value, "html": html, "words": words, "base": view.knowledge_base}}

    def _search_update(self, session: Session) -> Update:
        value, view = stamp(), session.library
        found = view.search.found if view.search else ()
        cards = [
            Card(
                evidence.document,
                self.sight(evidence.document, view.knowledge_base),
                f"found-{place}",
                score=evidence.score,
            )
            for place, evidence in enumerate(found, 1)
        ]
        html = render_search(view, cards, session.words)
        return {self._search: {**value, "html": html, "words": self._words(session)}}

    def _list_update(self, session: Session, error: str = "") -> Update:
        value, view, words = stamp(), session.library, session.words
        try:
            base = self._library.find(view.knowledge_base)
            if view.opened:
                if base.words.ids(view.opened):
                    return {self._list: {**value, "html": self._source(base, session, error)}}
                view.opened = ""
            listing = self._shelf.listing(base, view.filtered, view.kind, view.page)
            view.page = listing.page
            html = render_shelf(listing, view, self._media, words, error)
        except (AssistantError, KnowledgeError) as exc:
            html = render_shelf(None, view, self._media, words, str(exc))
        return {self._list: {**value, "html": html}}

    def _source(self, base: KnowledgeBase, session: Session, error: str) -> str:
        view = session.library
        documents = base.documents([view.opened])
        leaf = leaf_of(documents, view.leaf, base, self.sight)
        row = row_of(self._shelf.item(base, view.opened), self._media)
        sight = self.sight(documents[0], base.name)
        return render_source(row, leaf, sight, view=view, words=session.words, error=error)

    def names(self) -> list[str]:
        """Return the knowledge bases that can be chosen, the settings' own among them."""
        return sorted({*self._library.names(), self._settings.knowledge_base})

    def sight(self, document, knowledge_base: str) -> Sight:
        """Return how a document can be looked at; empty when that cannot be told."""
        try:
            return sight_of(document, self._assistant.knowledge(knowledge_base), self._media)
        except (AssistantError, KnowledgeError):
            return Sight()

    @property
    def _library(self) -> Library:
        return self._assistant.library

    def _words(self, session: Session) -> dict[str, str]:
        return {key: session.words.raw(key) for key in SCRIPT_WORDS}

    def _wait(self, stop) -> bool:
        self._ready.start()
        return self._ready.wait(stop)

    def _forget(self, knowledge_base: str, uri: str) -> None:
        """Delete the copy that was kept of an uploaded file; an archive's with its last file."""
        folder = self.additions.folder(knowledge_base).resolve()
        place = uri.split(INSIDE, maxsplit=1)[0]
        path = Path(place).resolve()  # no `..` and no link may lead out of the folder
        rest = self._library.find(knowledge_base).words.uris(place + INSIDE)
        if path.is_relative_to(folder) and path.is_file() and not rest:
            path.unlink(missing_ok=True)


def _number(event: gr.EventData) -> int:
    number = str(event._data.get("id", ""))
    return int(number) if number.isdecimal() else 1
