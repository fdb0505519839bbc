"""The store of one knowledge base: its documents' vectors in Chroma, their words beside it."""

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from knowledge.connection import connect
from knowledge.documents import from_row, to_row
from knowledge.errors import KnowledgeError
from knowledge.protocols import TextEmbedder
from knowledge.types import INSIDE, Document
from knowledge.words import Asked, WordIndex

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
    "space": "cosine", "max_neighbors": 32, "ef_construction": 100, "ef_search": 200
}  # fmt: skip
_UNFINISHED = "unfinished"  # the collection that `replace` fills
_RETIRED = "retired"  # the collection that it replaces, until it is in its place
_LOOKS = "looks"  # the collection of what pictures show


class KnowledgeBase:
    """Documents with their vectors and words, shared safely by threads and processes."""

    def __init__(
        self, directory: Path, name: str, embedder: TextEmbedder, server_url: str = ""
    ) -> None:
        if not _NAME.fullmatch(name):
            raise KnowledgeError(
                f"`{name}` cannot name a knowledge base. Use 3 to 64 of a-z, 0-9, - and _, with a "
                "letter or digit at both ends."
            )
        self.name = name
        self.folder = directory / name
        self.pictures = self.folder / "pictures"  # taken out of documents and videos
        self._connection = connect(self.folder, server_url)
        self._prefix = f"{name}." if server_url else ""  # a folder holds one knowledge base only
        self._collection = self._prefix + _vectors_name(embedder)
        self.words = WordIndex(self.folder / ("server.sqlite" if server_url else "words.sqlite"))

    @classmethod
    def open(
        cls, directory: Path, name: str, embedder: TextEmbedder, server_url: str = ""
    ) -> "KnowledgeBase":
        """Open or create the knowledge base `name` in `directory`, or on a Chroma server.

        On a server, `directory` keeps its words and pictures. Raises KnowledgeError for a name that
        cannot be a folder's, a place that cannot be used, and vectors that another embedder made.
        """
        kb = cls(directory, name, embedder, server_url)
        if kb._connection.read(kb._is_half_replaced):
            kb._connection.write(kb._finish_replacing)
        present = kb._connection.read(kb._collections)
        if kb._collection not in present:
            if present:
                raise KnowledgeError(
                    f"The knowledge base `{name}` holds vectors of "
                    f"`{present[0].removeprefix(kb._prefix)}`, but the profile's embedder is "
                    f"`{kb._collection.removeprefix(kb._prefix)}`. Choose the profile that it was "
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
        return self._change(documents, vectors, [])

    def add_looks(self, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Store unit vectors of what the pictures of documents show, shape (len(ids), width)."""
        self._connection.write(
            lambda client: _create(client, self._looks).upsert(
                ids=list(ids), embeddings=np.asarray(vectors, dtype=np.float32)
            )
        )

    def nearest(
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

    def lookalikes(self, vectors: np.ndarray, k: int) -> dict[str, float]:
        """Return the documents whose pictures look most like one of some views of a picture.

        `vectors` are unit vectors, shape (views, width); the values are cosines.
        """

        def query(client: "Client") -> dict[str, float]:
            if self._looks not in _names(client):
                return {}
            found: Any = _get(client, self._looks).query(
                query_embeddings=np.asarray(vectors, dtype=np.float32),
                n_results=k,
                include=["distances"],
            )
            near: dict[str, float] = {}
            for ids, distances in zip(found["ids"], found["distances"], strict=True):
                for identity, far in zip(ids, distances, strict=True):
                    near[identity] = max(near.get(identity, -1.0), 1.0 - far)
            return near

        return self._connection.read(query)

    def get(self, ids: Sequence[str]) -> list[tuple[Document, np.ndarray]]:
        """Return documents with their vectors, in any order; unknown ids are missing."""
        if not ids:
            return []
        found = self._read(
            lambda collection: collection.get(
                ids=list(ids), include=["documents", "metadatas", "embeddings"]
            )
        )
        rows = zip(found["ids"], found["documents"], found["metadatas"], strict=True)
        return [
            (from_row(identity, text, row), vector)
            for (identity, text, row), vector in zip(rows, found["embeddings"], strict=True)
        ]

    def documents(self, uris: Sequence[str] | None = None) -> list[Document]:
        """Return the documents of some sources, by default of all, ordered by place."""
        where = None if uris is None else {"uri": {"$in": list(uris)}}
        if uris is not None and not uris:
            return []
        return sorted(self._read(lambda collection: _pages(collection, where)), key=_place)

    def remove(self, ids: Sequence[str]) -> int:
        """Delete documents by id and return how many there were."""
        return self._change([], np.zeros((0, 0)), ids) if ids else 0

    def everything(self) -> list[Document]:
        """Return all documents, whatever embedder made their vectors."""
        found = self._connection.read(
            lambda client: [d for c in self._collections(client) for d in _pages(_get(client, c))]
        )
        return list({document.id: document for document in found}.values())

    def replace(self, documents: Sequence[Document], vectors: np.ndarray) -> None:
        """Put documents in the place of everything; the old serve until the new are complete."""
        self._connection.write(lambda client: self._replace(client, documents, vectors))

    def count(self) -> int:
        """Return how many documents are stored."""
        return self._read(lambda collection: collection.count())

    def ask(self, query: str) -> Asked:
        """Return the words of a question as they weigh here.

        While another process writes, its last documents may not count yet.
        """
        collection = self._connection.read(lambda client: _get(client, self._collection))
        if self.words.revision(self._collection) != _revision(collection):
            with self._connection.turn(patience_s=0) as ours:
                if ours:
                    self._connection.read(self._follow)
        return self.words.ask(query)

    def resolve(self, uri: str) -> Path:
        """Return the absolute path of a source: a sample's own, the user's, or an archive's."""
        if INSIDE in uri:
            archive, inside = uri.split(INSIDE, maxsplit=1)
            return self.unpacked(archive) / inside
        path = Path(uri)
        return path if path.is_absolute() else (SAMPLES / self.name / path).resolve()

    def unpacked(self, archive_uri: str) -> Path:
        """Return the folder that an archive is unpacked to."""
        return self.folder / "unpacked" / sha256(archive_uri.encode()).hexdigest()[:16]

    def picture(self, document: Document) -> Path | None:
        """Return the file of a document's own picture, None when it is no picture."""
        if kept := document.metadata.get("picture"):
            return self.pictures / kept
        return self.resolve(document.uri) if document.modality == "image" else None

    @property
    def _looks(self) -> str:
        return self._prefix + _LOOKS

    def _collections(self, client: "Client") -> list[str]:
        """Return the collections of documents, whatever embedder made their vectors."""
        names = sorted(_names(client))
        others = {self._prefix + _UNFINISHED, self._prefix + _RETIRED, self._looks}
        return [name for name in names if name.startswith(self._prefix) and name not in others]

    def _read(self, action: "Callable[[Collection], Any]") -> Any:
        return self._connection.read(lambda client: action(_get(client, self._collection)))

    def _change(
        self, documents: Sequence[Document], vectors: np.ndarray, gone: Sequence[str]
    ) -> int:
        """Store and delete documents; returns by how many documents that changed the collection.

        The revision changes first: had this process died after it, the next one would look.
        """

        def change(client: "Client") -> int:
            collection = self._follow(client)
            before, revision = collection.count(), uuid4().hex
            collection.modify(metadata={"revision": revision})
            _delete(collection, gone)
            if gone and self._looks in _names(client):
                _delete(_get(client, self._looks), gone)
            _upsert(collection, documents, vectors)
            self.words.apply(self._collection, revision, gone, documents)
            if _revision(_get(client, self._collection)) != revision:  # others write to the server
                collection.modify(metadata={"revision": uuid4().hex})
            return abs(collection.count() - before)

        return self._connection.write(change)

    def _follow(self, client: "Client") -> "Collection":
        """Bring the words up to date with the collection, and return it."""
        collection = _get(client, self._collection)
        if self.words.revision(self._collection) != _revision(collection):
            ids, known = set(collection.get(include=[])["ids"]), self.words.ids()
            missing = sorted(ids - known)
            for start in range(0, len(missing), _PAGE):
                page: Any = collection.get(
                    ids=missing[start : start + _PAGE], include=["documents", "metadatas"]
                )
                rows = map(from_row, page["ids"], page["documents"], page["metadatas"])
                self.words.apply(self._collection, _UNFINISHED, [], list(rows))
            if known - ids:
                self.words.forget_sources()  # some lost documents: none of them is complete
            self.words.apply(self._collection, _revision(collection), known - ids, [])
        return collection

    def _replace(
        self, client: "Client", documents: Sequence[Document], vectors: np.ndarray
    ) -> None:
        unfinished = self._prefix + _UNFINISHED
        if unfinished in _names(client):
            client.delete_collection(unfinished)  # of an attempt that was broken off
        if self._prefix + _RETIRED in _names(client):
            client.delete_collection(self._prefix + _RETIRED)
        _upsert(_create(client, unfinished), documents, vectors)
        if self._collection in _names(client):
            _get(client, self._collection).modify(name=self._prefix + _RETIRED)
        self._finish_replacing(client)

    def _is_half_replaced(self, client: "Client") -> bool:
        names = _names(client)
        return self._prefix + _RETIRED in names and self._collection not in names

    def _finish_replacing(self, client: "Client") -> None:
        """Put the finished collection in its place; from then on nothing needs the old ones."""
        _get(client, self._prefix + _UNFINISHED).modify(name=self._collection)
        old = {*self._collections(client), self._prefix + _RETIRED} & _names(client)
        for leftover in old - {self._collection}:
            client.delete_collection(leftover)


def _vectors_name(embedder: TextEmbedder) -> str:
    """Name the collection after what made its vectors: others cannot be compared with them."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", f"{embedder.name}-{embedder.dimension}")


def _create(client: "Client", name: str) -> "Collection":
    # Chroma's own embedding function would download a model.
    return client.get_or_create_collection(
        name, embedding_function=None, configuration={"hnsw": _INDEX}
    )


def _names(client: "Client") -> set[str]:
    return {found.name for found in client.list_collections()}


def _get(client: "Client", name: str) -> "Collection":
    return client.get_collection(name, embedding_function=None)


def _revision(collection: "Collection") -> str:
    """Return the mark that the last writer left."""
    return str((collection.metadata or {}).get("revision", ""))


def _upsert(collection: "Collection", documents: Sequence[Document], vectors: np.ndarray) -> None:
    for start in range(0, len(documents), _PAGE):
        page = slice(start, start + _PAGE)
        collection.upsert(
            ids=[document.id for document in documents[page]],
            embeddings=np.asarray(vectors[page], dtype=np.float32),
            documents=[document.text for document in documents[page]],
            metadatas=[to_row(document) for document in documents[page]],
        )


def _delete(collection: "Collection", ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _PAGE):
        collection.delete(ids=list(ids[start : start + _PAGE]))


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
