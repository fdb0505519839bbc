"""Makes the models ready in the background and says how far it is."""

import traceback
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Lock, Thread
from typing import Literal

from assistant.errors import AssistantError, ConfigurationError
from assistant.profiles import profile
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.weights import list_weights
from assistant.weights_fetch import FetchProgress, fetch
from knowledge.errors import KnowledgeError

ReadyState = Literal["starting", "ready", "failed"]
News = FetchProgress | str  # weights on their way; what is loaded, or why it failed
_LOOK_S = 0.2  # between two looks at whether a waiting turn was stopped
Prepare = Callable[[Callable[[News], None]], None]


def prepare(settings: Settings, assistant: Assistant) -> Prepare:
    """Return what makes an assistant ready: fetch the weights that are missing, load the models."""

    def run(report: Callable[[News], None]) -> None:
        wanted = profile(settings.profile).weights
        absent = [w.model.name for w in list_weights(settings, wanted) if w.state != "ready"]

        def tell(progress: FetchProgress) -> None:
            arriving = progress.total_bytes > 0
            report(replace(progress, detail=", ".join(absent)) if arriving else progress)

        fetch(settings, wanted, on_progress=tell)
        assistant.warm(report)

    return run


class Readiness:
    """Whether the assistant can answer yet; the page starts before it can."""

    def __init__(self, prepare: Prepare):
        self._prepare = prepare
        self._settled = Event()
        self._lock = Lock()
        self._running = False
        self.state: ReadyState = "starting"
        self.news: News = ""

    def start(self) -> None:
        """Begin, or begin again after a failure; does nothing while it runs."""
        with self._lock:
            if self._running or self.state == "ready":
                return
            self._running, self.state, self.news = True, "starting", ""
            self._settled.clear()
        Thread(target=self._run, daemon=True, name="ready").start()

    def wait(self, stop: Event) -> bool:
        """Wait until it is ready; False when `stop` was set before that.

        Raises ConfigurationError that says why it cannot be ready.
        """
        while not self._settled.wait(_LOOK_S):
            if stop.is_set():
                return False
        if self.state == "failed":
            raise ConfigurationError(str(self.news))
        return True

    def _run(self) -> None:
        try:
            self._prepare(self._report)
            self.state, self.news = "ready", ""
        except (AssistantError, KnowledgeError) as exc:
            self.state, self.news = "failed", str(exc)
        except Exception as exc:  # a fault of our own: say so, and keep the page alive
            traceback.print_exc()
            self.state, self.news = "failed", f"{type(exc).__name__}: {exc}"
        finally:
            self._running = False
            self._settled.set()

    def _report(self, news: News) -> None:
        self.news = news
