"""The conversations on disk: LangGraph's SQLite checkpoints, one state a thread."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from threading import Event as Flag

from filelock import FileLock, Timeout
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

import assistant.types
from assistant.errors import ConfigurationError
from assistant.settings import Settings
from assistant.steps import StepInput, StepResult
from assistant.types import Exchange

_STORED = [
    StepInput,
    StepResult,
    *(getattr(assistant.types, name) for name in assistant.types.__all__ if name[0].isupper()),
]
_STOP_CHECK_S = 0.2


@dataclass(frozen=True)
class ThreadSummary:
    """An earlier conversation, as a list shows it."""

    id: str
    title: str  # the first question
    updated: str  # ISO 8601, UTC


class Threads:
    """What was said in every thread. Raises ConfigurationError where the disk gets in the way."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def saver(self) -> SqliteSaver:
        """The checkpointer of the graph."""
        path = self._settings.threads_db
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, check_same_thread=False, timeout=10)
            serde = JsonPlusSerializer(allowed_msgpack_modules=_STORED)
            saver = SqliteSaver(connection, serde=serde)
            saver.setup()
        return saver

    def history(self, thread_id: str) -> list[Exchange]:
        """Return the earlier turns of a thread, oldest first; none when there is no such thread."""
        with self._explained():
            found = self.saver.get_tuple(config_of(thread_id))
        return found.checkpoint["channel_values"].get("history", []) if found else []

    def summaries(self) -> list[ThreadSummary]:
        """Return all threads, the latest first."""
        with self._explained(), self.saver.cursor(transaction=False) as cursor:
            cursor.execute(
                "SELECT thread_id FROM checkpoints GROUP BY thread_id "
                "ORDER BY MAX(checkpoint_id) DESC"
            )
            ids = [row[0] for row in cursor.fetchall()]
        return [summary for thread_id in ids if (summary := self._summary(thread_id))]

    def delete(self, thread_id: str) -> None:
        """Forget a thread, the sound and pictures of its replies too; waits for a running turn."""
        with self.hold(thread_id, Flag()), self._explained():
            self.saver.delete_thread(thread_id)
        shutil.rmtree(self._settings.replies_dir / thread_id, ignore_errors=True)

    def keep_latest(self, thread_id: str) -> None:
        """Drop the states before the last one, which holds the whole history."""
        latest = "(SELECT MAX(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"
        with self._explained(), self.saver.cursor() as cursor:
            for table in ("writes", "checkpoints"):
                cursor.execute(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < {latest}",
                    (thread_id, thread_id),
                )

    @contextmanager
    def hold(self, thread_id: str, stop: Flag) -> Iterator[bool]:
        """Take turns within a thread, across processes; yields False when `stop` came first."""
        folder = self._settings.data_dir / "locks"
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / f"{thread_id}.lock", thread_local=False)
            while not lock.is_locked and not stop.is_set():
                try:
                    lock.acquire(timeout=_STOP_CHECK_S)
                except Timeout:
                    continue
        try:
            yield lock.is_locked
        finally:
            lock.release()

    def _summary(self, thread_id: str) -> ThreadSummary | None:
        """Describe a thread; None for one whose first turn never ended."""
        history = self.history(thread_id)
        found = self.saver.get_tuple(config_of(thread_id))
        if not history or not found:
            return None
        return ThreadSummary(thread_id, history[0].question[:80], found.checkpoint["ts"])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as exc:
            raise ConfigurationError(
                f"The conversations in `{self._settings.threads_db}` cannot be used ({exc}). Free "
                "some space or make the folder writable, or set SAMESENSE_DATA_DIR to another one."
            ) from exc


def config_of(thread_id: str) -> RunnableConfig:
    """Return what tells LangGraph which thread a turn belongs to."""
    return {"configurable": {"thread_id": thread_id}}
