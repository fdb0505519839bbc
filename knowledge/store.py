"""The store of one knowledge base: a Chroma collection in a folder of its own."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.connection import connect
from knowledge.documents import from_row, to_row
from knowledge.errors import KnowledgeError
from knowledge.protocols import TextEmbedder
from knowledge.types import Document

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

Where = Mapping[str, Any]  # Chroma's filter: {"modality": "image"}

SAMPLES = Path(__file__).parent / "samples"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,62}[a-z0-9]")
_PAGE = 5_000  # documents a request: Chroma refuses larger ones
# Twice Chroma's defaults: with those, a document unlike thousands of similar ones gets lost.
_INDEX: "CreateHNSWConfiguration" = {
    "space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 200
}  # fmt: skip
_UNFINISHED = "unfinished"  # the collection that `replace` fills


class KnowledgeBase:
    """Documents with their vectors, on disk, shared safely by threads and processes."""

    def __init__(self, directory: Path, name: str, embedder: TextEmbedder) -> None:
        if not _NAME.fullmatch(name):
            raise KnowledgeError(
                f"`{name}` cannot name a knowledge base. Use 3 to 64 of a-z, 0-9, - and _, with a "
                "letter or digit at both ends."
            )
        self.name = name
        self._connection = connect(directory / name)
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

    def everything(self) -> list[Document]:
        """Return all documents, whatever embedder made their vectors."""
        return self._connection.read(
            lambda client: [d for c in _collections(client) for d in _pages(_get(client, c))]
        )

    def replace(self, documents: Sequence[Document], vectors: np.ndarray) -> None:
        """Put documents in the place of everything; the old serve until the new are complete."""
        self._connection.write(
            lambda client: _replace(client, self._collection, documents, vectors)
        )

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


def _replace(
    client: "Client", name: str, documents: Sequence[Document], vectors: np.ndarray
) -> None:
    old = {collection.name for collection in client.list_collections()}
    if _UNFINISHED in old:  # of an attempt that was broken off
        client.delete_collection(_UNFINISHED)
    unfinished = _create(client, _UNFINISHED)
    _upsert(unfinished, documents, vectors)
    if name in old:
        client.delete_collection(name)
    unfinished.modify(name=name)  # from here on the new one is found
    for leftover in old - {name, _UNFINISHED}:
        client.delete_collection(leftover)


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
