"""What a running turn is given: models, places, the way to the listener, the clock."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Lock

from assistant.fusion.model import Fuser
from assistant.fusion.routes import RouteHead
from assistant.listening import Hearing, Listener
from assistant.models.lazy import Models
from assistant.settings import Settings
from assistant.stages.speak import Speaker
from assistant.types import Event, Reply, SpeechChunk
from knowledge.store import KnowledgeBase


class Clock:
    """Take the times of a turn, in seconds from its start."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._lock = Lock()
        self.timings_s: dict[str, float] = {}

    def mark(self, name: str) -> None:
        """Note when something happened first."""
        with self._lock:
            self.timings_s.setdefault(name, round(time.perf_counter() - self._start, 3))

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Note how long a stage takes."""
        begin = time.perf_counter()
        yield
        self.timings_s[name] = round(time.perf_counter() - begin, 3)


@dataclass
class TurnContext:
    """The surroundings of one turn; nothing of it is stored."""

    settings: Settings
    models: Models
    fuser: Fuser
    routes: RouteHead
    knowledge: Callable[[], KnowledgeBase]  # opened when a step needs evidence
    out_dir: Path  # where the reply's sound and pictures go
    listener: Callable[[Event], None]
    speak: bool = True
    stop: Flag = field(default_factory=Flag)
    clock: Clock = field(default_factory=Clock)
    reply: Reply | None = None  # once the turn has one
    notices: list[str] = field(default_factory=list)  # for the user, beside the steps' own
    _speaker: Speaker | None = None
    _listener: Listener | None = None
    _lock: Lock = field(default_factory=Lock)

    def emit(self, event: Event) -> None:
        """Pass an event to whoever listens."""
        if isinstance(event, SpeechChunk):
            self.clock.mark("first_audio")
        self.listener(event)

    def speaker(self, language: str) -> Speaker:
        """Return the voice of this turn; the first caller fixes its language."""
        with self._lock:
            if self._speaker is None:
                listener = Listener(self.models.speech_to_text, language, self.stop)
                self._listener = listener

                def spoken(chunk: SpeechChunk) -> None:
                    self.emit(chunk)
                    listener.hear(chunk)

                self._speaker = Speaker(self.models.text_to_speech, language, spoken, self.stop)
            return self._speaker

    def say(self, sentence: str, language: str) -> None:
        """Speak a sentence, unless the turn is silent.

        The first one is waited for: it is what the user waits for too, and a chat model that
        starts meanwhile would take the processor away from it.
        """
        if not self.speak:
            return
        first = self._speaker is None
        speaker = self.speaker(language)
        speaker.say(sentence)
        if first:
            speaker.settle()

    def finish_speech(self) -> list[Hearing]:
        """Wait until all that was to be said has been said and heard, and return it in order.

        A turn that was stopped returns what was said, heard or not.
        """
        if self._speaker is None or self._listener is None:
            return []
        chunks = self._speaker.finish()
        heard = {hearing.chunk.index: hearing for hearing in self._listener.finish()}
        return [heard.get(chunk.index, Hearing(chunk)) for chunk in chunks]

    def all_notices(self) -> list[str]:
        """Return what the user should know, why something was not said included."""
        voices = [voice for voice in (self._speaker, self._listener) if voice]
        return self.notices + [notice for voice in voices for notice in voice.notices]
