"""Takes uploads in beside the page: a run goes on when its tab is left, and can be cancelled."""

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from typing import Literal
from uuid import uuid4

from assistant.errors import AssistantError
from assistant.library import Library
from knowledge.errors import KnowledgeError
from knowledge.ingest import Progress, Report
from knowledge.types import Skipped
from ui.uploads import Batch, Upload

State = Literal["waiting", "running", "done", "stopped", "failed"]
_LOOK_S = 0.2  # between two looks at whether a waiting run was cancelled


@dataclass(eq=False)
class Addition:
    """One lot of files on its way into a knowledge base."""

    knowledge_base: str
    batch: Batch
    skipped: list[Skipped]  # what never arrived, then what could not be read
    id: str = field(default_factory=lambda: uuid4().hex)
    state: State = "waiting"
    merged: list[Skipped] = field(default_factory=list)
    added: int = 0  # documents
    unchanged: int = 0  # files
    removed: int = 0  # documents
    files: int = 0  # done
    total: int = 0
    documents: int = 0
    name: str = ""  # of the file at hand
    error: str = ""  # "" for a fault of our own, too
    began_s: float = 0.0
    lasted_s: float = 0.0
    stop: Flag = field(default_factory=Flag)

    @property
    def open(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def elapsed_s(self) -> float:
        return self.lasted_s or (time.monotonic() - self.began_s if self.began_s else 0.0)

    @property
    def left_s(self) -> float | None:
        """How long it will still take, going by the files done; None before the first."""
        if not self.files or self.elapsed_s < 1:
            return None
        return self.elapsed_s / self.files * (self.total - self.files)


class Additions:
    """All additions of this process, shared by its tabs; those to one knowledge base take turns."""

    def __init__(self, library: Callable[[], Library], ready: Callable[[Flag], bool], root: Path):
        self._library = library
        self._ready = ready  # waits for the models; False when it was told to stop before
        self._root = root
        self._all: list[Addition] = []
        self._turns: dict[str, Lock] = {}
        self._lock = Lock()

    def folder(self, knowledge_base: str) -> Path:
        """Return where the uploads of a knowledge base are kept."""
        return self._root / knowledge_base

    def start(
        self, knowledge_base: str, uploads: Sequence[Upload], missing: Sequence[Skipped] = ()
    ) -> Addition:
        """Begin to take files in; `missing` are those that never arrived."""
        batch = Batch(self.folder(knowledge_base), uploads)
        addition = Addition(knowledge_base, batch, list(missing), total=len(uploads))
        with self._lock:
            self._all.append(addition)
            turn = self._turns.setdefault(knowledge_base, Lock())
        Thread(target=self._run, args=(addition, turn), daemon=True, name="addition").start()
        return addition

    def seen(self, knowledge_base: str) -> list[Addition]:
        """Return what runs anywhere, and what has ended in one knowledge base; the latest first."""
        return [a for a in self._all[::-1] if a.open or a.knowledge_base == knowledge_base]

    def cancel(self, identity: str) -> None:
        """End an addition soon; what is in stays in."""
        for addition in self._all:
            if addition.id == identity:
                addition.stop.set()

    def dismiss(self, identity: str) -> None:
        """Forget an addition that has ended."""
        with self._lock:
            self._all = [a for a in self._all if a.open or a.id != identity]

    def _run(self, addition: Addition, turn: Lock) -> None:
        _running.add(addition)
        try:
            while not turn.acquire(timeout=_LOOK_S):
                if addition.stop.is_set():
                    addition.state = "stopped"
                    return
            try:
                self._take_in(addition)
            finally:
                turn.release()
        except (AssistantError, KnowledgeError) as exc:
            addition.error, addition.state = str(exc), "failed"
        except Exception:  # a fault of our own: the user gets a message, the terminal the trace
            traceback.print_exc()
            addition.state = "failed"
        finally:
            addition.lasted_s = addition.elapsed_s
            _running.discard(addition)

    def _take_in(self, addition: Addition) -> None:
        if not self._ready(addition.stop):
            addition.state = "stopped"
            return
        addition.began_s, addition.state = time.monotonic(), "running"
        batch, library = addition.batch, self._library()
        base = library.create(addition.knowledge_base)
        try:
            for name in batch.copy(base):
                addition.name = name
                if addition.stop.is_set():
                    break
            addition.skipped += batch.skipped
            items = batch.items()
            waiting = sum(items.values())
            for item, count in items.items():
                if addition.stop.is_set():
                    break
                waiting -= count
                _add(library, addition, item, (count, waiting))
        finally:
            batch.settle(base)
        addition.state = "stopped" if addition.stop.is_set() else "done"


def _add(library: Library, addition: Addition, item: Path, uploads: tuple[int, int]) -> None:
    """Take one file or folder in, counting on: how many uploads are in it, how many come after."""
    files, documents = addition.files, addition.documents
    inside, waiting = uploads

    def tell(progress: Progress) -> None:
        # What lies in an archive, or lay in the folder before, is known only now.
        addition.total = files + max(progress.total, inside) + waiting
        addition.files = files + progress.files
        addition.documents = documents + progress.documents
        addition.name = progress.name or addition.name

    report: Report = library.add(addition.knowledge_base, item, tell, addition.stop)
    if not report.stopped:
        addition.files = addition.total - waiting
    addition.added += report.added
    addition.unchanged += report.unchanged
    addition.removed += report.removed
    addition.skipped += report.skipped
    addition.merged += report.merged


_running: set[Addition] = set()  # in this process


def stop_additions() -> None:
    """End all additions soon, each in good order; what is in stays in."""
    for addition in list(_running):
        addition.stop.set()
