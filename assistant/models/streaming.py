"""Turn a backend that calls back into an iterator that can be stopped while it waits."""

from collections.abc import Callable, Generator
from concurrent.futures import Executor
from queue import Empty, SimpleQueue
from threading import Event

STOP_CHECK_S = 0.02

Put = Callable[[str], None]
Ended = Callable[[], bool]  # whether nobody wants more: the producer returns soon after


def streamed(
    worker: Executor, produce: Callable[[Put, Ended], None], stop: Event
) -> Generator[str]:
    """Yield what `produce(put, ended)` puts while it runs in `worker`, and raise what it raises.

    Ends within `STOP_CHECK_S` of `stop` being set, even when the producer hangs.
    """
    pieces: SimpleQueue[str | None] = SimpleQueue()
    closed = Event()

    def ended() -> bool:
        return stop.is_set() or closed.is_set()

    def work() -> None:
        if not ended():
            produce(pieces.put, ended)

    answer = worker.submit(work)
    answer.add_done_callback(lambda _: pieces.put(None))
    try:
        while not stop.is_set():
            try:
                piece = pieces.get(timeout=STOP_CHECK_S)
            except Empty:
                continue
            if piece is None:
                answer.result()
                return
            yield piece
    finally:
        closed.set()
