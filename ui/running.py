"""Runs a turn beside the page, so that Stop and new words are never kept waiting."""

import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Thread

from assistant.errors import AssistantError
from assistant.types import Event
from knowledge.errors import KnowledgeError


@dataclass(frozen=True)
class Failure:
    """Why a turn ended early; the message is empty for a fault of our own."""

    message: str


Start = Callable[[Flag], Generator[Event, None, None]]  # ends soon after the flag is set


class RunningTurn:
    """A turn that runs in a thread of its own and is read in batches."""

    def __init__(self, start: Start, thread_id: str = ""):
        self.thread_id = thread_id  # the conversation it belongs to
        self._events: SimpleQueue[Event | Failure | None] = SimpleQueue()
        self._stop_models = Flag()  # the models set it too, when they are done
        self.stopped = False
        self._worker = Thread(target=self._run, args=(start,), daemon=True, name="turn")
        _running.add(self)
        self._worker.start()

    def stop(self) -> None:
        """End the turn: the page and the models at once."""
        self.stopped = True
        self._stop_models.set()
        self._events.put(None)

    def wait(self) -> None:
        """Wait until its models are done and nothing more of it will be kept."""
        self._worker.join()

    def batches(self) -> Iterator[list[Event | Failure]]:
        """Yield all that happened since the last look, so that a slow page never lags behind."""
        while True:
            batch = [self._events.get()]
            try:
                while True:
                    batch.append(self._events.get_nowait())
            except Empty:
                pass
            happened = [event for event in batch if event is not None]
            if happened and not self.stopped:
                yield happened
            if None in batch:
                return

    def _run(self, start: Start) -> None:
        try:
            with closing(start(self._stop_models)) as events:
                for event in events:
                    if self.stopped:
                        break
                    self._events.put(event)
        except (AssistantError, KnowledgeError) as exc:
            self._events.put(Failure(str(exc)))
        except Exception:  # a fault of our own: the user gets a message, the terminal the trace
            traceback.print_exc()
            self._events.put(Failure(""))
        finally:
            self._events.put(None)
            _running.discard(self)


_running: set[RunningTurn] = set()  # in this process, whichever tab they belong to


def stop_turns(thread_id: str | None = None) -> list[RunningTurn]:
    """Stop the turns of a conversation, or all there are, and return them."""
    stopped = [turn for turn in list(_running) if thread_id in (None, turn.thread_id)]
    for turn in stopped:
        turn.stop()
    return stopped
