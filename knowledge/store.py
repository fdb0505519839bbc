"""The store of one knowledge base: a Chroma collection in a folder of its own.

Chroma keeps an index in each process and does not notice what another process writes: its answers
then miss documents or fail. So writers take turns (a lock file) and leave a mark, and whoever finds
a new mark opens the folder again, which takes 30 ms.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import numpy as np
from filelock import FileLock, Timeout

from knowledge.documents import from_row, full_text, to_row
from knowledge.errors import KnowledgeError
from knowledge.protocols import TextEmbedder
from knowledge.types import Document

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

Where = Mapping[str, Any]  # Chroma's filter: {"modality": "image"}
Result = TypeVar("Result")

SAMPLES = Path(__file__).parent / "samples"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,62}[a-z0-9]")
_PAGE = 5_000  # documents a request: Chroma refuses larger ones
_LOCK_S = 60.0  # how long a writer waits for another process
# Twice Chroma's defaults: with those, a document unlike thousands of similar ones gets lost.
_INDEX: "CreateHNSWConfiguration" = {
    "space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 200
}  # fmt: skip
_UNFINISHED = "unfinished"  # the collection that `reembed` fills


class KnowledgeBase:
    """Documents with their vectors, on disk, shared safely by threads and processes."""

    def __init__(self, directory: Path, name: str, embedder: TextEmbedder) -> None:
        if not _NAME.fullmatch(name):
            raise KnowledgeError(
                f"`{name}` cannot name a knowledge base. Use 3 to 64 of a-z, 0-9, - and _, with a "
                "letter or digit at both ends."
            )
        self.name = name
        self._connection = _connect(directory / name)
        self._collection = _collection_name(embedder)

    @classmethod
    def open(cls, directory: Path, name: str, embedder: TextEmbedder) -> "KnowledgeBase":
        """Open or create the knowledge base `name` under `directory`.

        Raises KnowledgeError for a name that cannot be a folder's, a folder that cannot be used,
        and vectors that another embedder made.
        """
        kb = cls(directory, name, embedder)
        present = kb._connection.read(_collections)
        if kb._collection not in present:
            if present:
                raise KnowledgeError(
                    f"The knowledge base `{name}` holds vectors of `{present[0]}`, but the "
                    f"profile's embedder is `{kb._collection}`. Choose the profile that it was "
                    f"filled with, or run: samesense kb reembed --kb {name}"
                )
            kb._connection.write(lambda client: _create(client, kb._collection))
        return kb

    def add(self, documents: Sequence[Document], vectors: np.ndarray) -> int:
        """Store documents with their unit vectors, shape (len(documents), dimension).

        Returns how many were new; a document is known by its id, the hash of its content.
        """
        if not documents:
            return 0
        return self._write(lambda collection: _upsert(collection, documents, vectors))

    def search(
        self, vector: Sequence[float] | np.ndarray, k: int, where: Where | None = None
    ) -> list[tuple[Document, float]]:
        """Return the `k` documents nearest to a unit vector with their cosine, nearest first."""
        found = self._read(
            lambda collection: collection.query(
                query_embeddings=np.asarray(vector, dtype=np.float32)[None],
                n_results=k,
                where=dict(where) if where else None,
                include=["documents", "metadatas", "distances"],
            )
        )
        hits = zip(
            *(found[key][0] for key in ("ids", "documents", "metadatas", "distances")), strict=True
        )
        return [(from_row(identity, text, row), 1.0 - far) for identity, text, row, far in hits]

    def documents(self, where: Where | None = None) -> list[Document]:
        """Return the stored documents that match a filter, by default all, ordered by place."""
        return sorted(self._read(lambda collection: _pages(collection, where)), key=_place)

    def remove(self, ids: Sequence[str]) -> int:
        """Delete documents by id and return how many there were."""
        return self._write(lambda collection: _delete(collection, ids)) if ids else 0

    def count(self) -> int:
        """Return how many documents are stored."""
        return self._read(lambda collection: collection.count())

    def resolve(self, uri: str) -> Path:
        """Return the absolute path of a document's source: a sample's own or the user's file."""
        path = Path(uri)
        return path if path.is_absolute() else (SAMPLES / self.name / path).resolve()

    def _read(self, action: "Callable[[Collection], Any]") -> Any:
        return self._connection.read(lambda client: action(_get(client, self._collection)))

    def _write(self, action: "Callable[[Collection], int]") -> int:
        return self._connection.write(lambda client: action(_get(client, self._collection)))


def reembed(
    directory: Path,
    name: str,
    embedder: TextEmbedder,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Make all vectors of a knowledge base again with another embedder; returns how many.

    The old ones are used until the new ones are complete. Raises KnowledgeError.
    """
    kb = KnowledgeBase(directory, name, embedder)
    connection, new = kb._connection, kb._collection
    old = connection.read(_collections)
    documents = connection.read(lambda client: [d for c in old for d in _pages(_get(client, c))])
    vectors = np.zeros((len(documents), embedder.dimension), dtype=np.float32)
    for start in range(0, len(documents), 64):
        batch = documents[start : start + 64]
        vectors[start : start + len(batch)] = embedder.embed([full_text(d) for d in batch])
        on_progress(start + len(batch), len(documents))

    def swap(client: "Client") -> None:
        for leftover in {collection.name for collection in client.list_collections()} - set(old):
            client.delete_collection(leftover)
        unfinished = _create(client, _UNFINISHED)
        _upsert(unfinished, documents, vectors)
        if new in old:
            client.delete_collection(new)
        unfinished.modify(name=new)  # from here on the new one is found
        for collection in set(old) - {new}:
            client.delete_collection(collection)

    connection.write(swap)
    return len(documents)


class _Connection:
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

        with self._mutex, self._explained():
            # While another process writes, the view from before serves.
            client = self._refreshed(patience_s=0 if self._client else _LOCK_S)
            try:
                return action(client)
            except ChromaError:  # that view no longer holds: wait for the new one
                self._seen = None
                return action(self._refreshed(patience_s=_LOCK_S))

    def write(self, action: "Callable[[Client], Result]") -> Result:
        """Run a change while no other process writes."""
        with self._mutex, self._explained(), self._turn:
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
    def _explained(self) -> Iterator[None]:
        """Say in the user's words what went wrong in the folder."""
        from chromadb.errors import ChromaError

        try:
            yield
        except Timeout as exc:
            raise KnowledgeError(
                f"Another process has been writing to `{self.folder}` for {_LOCK_S:.0f} s. "
                "Wait until it is done and try again."
            ) from exc
        except (ChromaError, OSError) as exc:
            raise KnowledgeError(
                f"The knowledge base in `{self.folder}` cannot be used ({exc}). Free some space, "
                "make the folder writable, or set SAMESENSE_DATA_DIR to another folder."
            ) from exc


_connections: dict[Path, _Connection] = {}
_connections_lock = Lock()


def _connect(folder: Path) -> _Connection:
    """Return the connection to a folder; Chroma shares one view of it within a process anyway."""
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise KnowledgeError(
            f"`{folder}` cannot be made ({exc}). Set SAMESENSE_DATA_DIR to a folder that can be "
            "written."
        ) from exc
    with _connections_lock:
        return _connections.setdefault(folder, _Connection(folder))


def _collection_name(embedder: TextEmbedder) -> str:
    """Name the collection after what made its vectors: others cannot be compared with them."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", f"{embedder.name}-{embedder.dimension}")


def _collections(client: "Client") -> list[str]:
    return [found.name for found in client.list_collections() if found.name != _UNFINISHED]


def _create(client: "Client", name: str) -> "Collection":
    # Chroma's own embedding function would download a model.
    return client.get_or_create_collection(
        name, embedding_function=None, configuration={"hnsw": _INDEX}
    )


def _get(client: "Client", name: str) -> "Collection":
    return client.get_collection(name, embedding_function=None)


def _upsert(collection: "Collection", documents: Sequence[Document], vectors: np.ndarray) -> int:
    before = collection.count()
    for start in range(0, len(documents), _PAGE):
        page = slice(start, start + _PAGE)
        collection.upsert(
            ids=[document.id for document in documents[page]],
            embeddings=np.asarray(vectors[page], dtype=np.float32),
            documents=[document.text for document in documents[page]],
            metadatas=[to_row(document) for document in documents[page]],
        )
    return collection.count() - before


def _delete(collection: "Collection", ids: Sequence[str]) -> int:
    before = collection.count()
    for start in range(0, len(ids), _PAGE):
        collection.delete(ids=list(ids[start : start + _PAGE]))
    return before - collection.count()


def _pages(collection: "Collection", where: Where | None = None) -> list[Document]:
    documents: list[Document] = []
    while True:
        found: Any = collection.get(
            where=dict(where) if where else None,
            limit=_PAGE,
            offset=len(documents),
            include=["documents", "metadatas"],
        )
        documents += map(from_row, found["ids"], found["documents"], found["metadatas"])
        if len(found["ids"]) < _PAGE:
            return documents


def _place(document: Document) -> tuple[str, int, float]:
    locator = document.locator
    return document.uri, locator.page or 0, locator.start_s or 0.0
