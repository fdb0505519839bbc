"""Chroma, in a folder or on a server, shared safely by threads and processes.

In a folder, Chroma keeps an index in each process and does not notice what another process writes:
its answers then miss documents or fail. So writers take turns (a lock file) and leave a mark, and
whoever finds a new mark opens the folder again, which takes 30 ms. A server keeps one index for
all; there only the files beside it, on this machine, are written in turns.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from filelock import FileLock, Timeout

from knowledge.errors import StoreError

if TYPE_CHECKING:
    from chromadb.api.client import Client

Result = TypeVar("Result")

_LOCK_S = 60.0  # how long a writer waits for another process


class Connection:
    """One process's view of a folder, refreshed when another process has written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = RLock()  # threads of this process
        self._turn = FileLock(folder / "write.lock", timeout=_LOCK_S)  # processes
        self._mark = folder / "written"
        self._seen: str | None = None
        self._client: Client | None = None

    def read(self, action: "Callable[[Client], Result]") -> Result:
        """Run a query on an up-to-date view."""
        from chromadb.errors import ChromaError

        with self._mutex, self.explained():
            # While another process writes, the view from before serves.
            client = self._refreshed(patience_s=0 if self._client else _LOCK_S)
            try:
                return action(client)
            except ChromaError:  # that view no longer holds: wait for the new one
                self._seen = None
                return action(self._refreshed(patience_s=_LOCK_S))

    @contextmanager
    def turn(self, patience_s: float = _LOCK_S) -> Iterator[bool]:
        """Take the turn to write; False when another process keeps it longer than that."""
        with self._mutex:  # first, as everywhere: two locks in two orders would wait for each other
            try:
                self._turn.acquire(timeout=patience_s)
            except Timeout:
                yield False
                return
            try:
                yield True
            finally:
                self._turn.release()

    def write(self, action: "Callable[[Client], Result]") -> Result:
        """Run a change while no other process writes."""
        with self._mutex, self.explained(), self._turn:
            client = self._refreshed(patience_s=_LOCK_S)
            # Before the change: had this process died after it, nobody would look again.
            self._seen = uuid4().hex
            self._mark.write_text(self._seen)
            return action(client)

    def _refreshed(self, patience_s: float) -> "Client":
        """Return the client, opened again if another process has written and is done."""
        mark = self._mark.read_text() if self._mark.exists() else ""
        if self._client is not None and mark == self._seen:
            return self._client
        try:
            with self._turn.acquire(timeout=patience_s):
                return self._open()
        except Timeout:
            if self._client is None or self._seen is None:
                raise
            return self._client

    def _open(self) -> "Client":
        from chromadb import PersistentClient
        from chromadb.config import Settings

        if self._client is not None:
            self._client.close()
            self._client = None
        self._seen = self._mark.read_text() if self._mark.exists() else ""
        opened: Any = PersistentClient(
            str(self.folder), settings=Settings(anonymized_telemetry=False)
        )
        self._client = opened
        return opened

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Say in the user's words what went wrong in the folder."""
        from chromadb.errors import ChromaError

        try:
            yield
        except Timeout as exc:
            raise StoreError(
                f"Another process has been writing to `{self.folder}` for {_LOCK_S:.0f} s. "
                "Wait until it is done and try again."
            ) from exc
        except (ChromaError, OSError) as exc:
            raise StoreError(
                f"The knowledge base in `{self.folder}` cannot be used ({exc}). Free some space, "
                "make the folder writable, or set SAMESENSE_DATA_DIR to another folder."
            ) from exc


class ServerConnection(Connection):
    """A Chroma server's view; `folder` holds what this machine keeps beside it."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self._url = url

    def read(self, action: "Callable[[Client], Result]") -> Result:
        """Run a query."""
        with self._mutex, self.explained():
            return action(self._open())

    def write(self, action: "Callable[[Client], Result]") -> Result:
        """Run a change while no other process of this machine does."""
        with self._mutex, self.explained(), self._turn:
            return action(self._open())

    def _open(self) -> "Client":
        if self._client is None:
            from chromadb import HttpClient
            from chromadb.config import Settings

            address = urlsplit(self._url)
            secure = address.scheme == "https"
            opened: Any = HttpClient(
                host=address.hostname or "",
                port=address.port or (443 if secure else 80),
                ssl=secure,
                settings=Settings(anonymized_telemetry=False),
            )
            self._client = opened
            return opened
        return self._client

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Say in the user's words what went wrong on the server."""
        from chromadb.errors import ChromaError
        from httpx import HTTPError

        try:
            yield
        except (ChromaError, HTTPError, ValueError) as exc:
            self._client = None
            raise StoreError(
                f"The Chroma server at `{self._url}` did not answer as expected ({exc}). Start it "
                "(chroma run --path FOLDER), or mend SAMESENSE_CHROMA_URL."
            ) from exc


_connections: dict[tuple[Path, str], Connection] = {}
_connections_lock = Lock()


def connect(folder: Path, server_url: str = "") -> Connection:
    """Return the connection to a folder, or to a server with a folder for what stays here.

    Chroma shares one view of a folder within a process anyway. Raises KnowledgeError.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreError(
            f"`{folder}` cannot be made ({exc}). Set SAMESENSE_DATA_DIR to a folder that can be "
            "written."
        ) from exc
    with _connections_lock:
        if (folder, server_url) not in _connections:
            opened = ServerConnection(folder, server_url) if server_url else Connection(folder)
            _connections[folder, server_url] = opened
        return _connections[folder, server_url]
