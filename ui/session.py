"""What one browser tab shows, kept between its events."""

from dataclasses import dataclass, field
from threading import Lock

from assistant.types import Evidence
from ui.running import RunningTurn
from ui.view import ExchangeView
from ui.words import Words, words_for

_reserving = Lock()  # one for all sessions: Gradio copies sessions, and a lock cannot be copied


@dataclass
class SearchView:
    """A search that was tried, with what it found."""

    text: str = ""
    files: tuple[str, ...] = ()  # names of the picture and the recording
    modality: str = ""  # "" for all
    found: tuple[Evidence, ...] = ()
    error: str = ""
    running: bool = False


@dataclass
class LibraryView:
    """What one browser tab shows of the library."""

    knowledge_base: str = ""
    filtered: str = ""
    kind: str = ""
    page: int = 1
    opened: str = ""  # the URI of the file that is looked into
    leaf: int = 1  # page of its documents
    search: SearchView | None = None
    pending: int = 0  # additions that were open at the last look


@dataclass
class Session:
    """What one browser tab shows."""

    language: str = "en"
    knowledge_base: str = ""  # that the next message is answered from; "" for the settings' own
    library: LibraryView = field(default_factory=LibraryView)
    thread_id: str | None = None
    past: list[ExchangeView] = field(default_factory=list)
    live: ExchangeView | None = None
    running: RunningTurn | None = None
    reserved: bool = False  # a message is being read

    @property
    def words(self) -> Words:
        return words_for(self.language)

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self.live is not None and self.live.state in ("waiting", "running")

    def reserve(self) -> bool:
        """Claim the session for one message; False while another is read or answered."""
        with _reserving:
            if self.reserved or self.busy:
                return False
            self.reserved = True
            return True

    def show(self, thread_id: str | None, past: list[ExchangeView]) -> None:
        """Turn to another thread; a turn that still runs is stopped."""
        if self.running:
            self.running.stop()
            self.running = None
        self.thread_id, self.past, self.live = thread_id, past, None
