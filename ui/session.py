"""What one browser tab shows, kept between its events."""

from dataclasses import dataclass, field
from threading import Lock

from ui.running import RunningTurn
from ui.view import ExchangeView
from ui.words import Words, words_for

_reserving = Lock()  # one for all sessions: Gradio copies sessions, and a lock cannot be copied


@dataclass
class Session:
    """What one browser tab shows."""

    language: str = "en"
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
