"""Lexical search: which documents hold the words of a question, ranked by BM25.

SQLite's FTS5 keeps the words of a Chroma collection in a file of its own. The collection is the
truth: this index names the revision of it that it reflects, and is brought up to date where it lags
behind. It also remembers what was taken in and what models made of it.
"""

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from knowledge.documents import asked_codes, heading_of
from knowledge.errors import StoreError
from knowledge.terms import asked_terms, code_term, meanings, names, terms
from knowledge.twins import nearly_same, sketch
from knowledge.types import INSIDE, Document, Modality

_TERMS_VERSION = 1  # of what `terms` makes of a text; an index of another version is made anew
_SCHEMA = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS documents (
        place INTEGER PRIMARY KEY, id TEXT UNIQUE, uri TEXT, modality TEXT);
    CREATE INDEX IF NOT EXISTS by_uri ON documents (uri);
    CREATE TABLE IF NOT EXISTS sketches (
        mark INTEGER, place INTEGER, PRIMARY KEY (mark, place)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_place ON sketches (place);
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(heading, body, meanings);
    CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(words, row);
    CREATE TABLE IF NOT EXISTS sources (uri TEXT PRIMARY KEY, digest TEXT);
    CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, value TEXT);
    CREATE TABLE IF NOT EXISTS revision (collection TEXT PRIMARY KEY, name TEXT);
"""
# Of a word in the heading path, in the text, and of an English word for a Chinese one there.
_WEIGHTS = "2.0, 1.0, 0.5"
# Documents that are thought of as standing beside the stored ones, so that in a small collection
# a word that happens to be missing does not outweigh all those that are there.
_OTHERS = 500
_WITHIN = "(uri = ? OR uri GLOB ? OR uri GLOB ?)"
# BM25 looks at every document that holds one of the words. Once a question's rarer words match this
# many, its common ones, which hardly tell documents apart, are left to the vectors.
_MATCHES = 4_000


@dataclass(frozen=True)
class Asked:
    """The terms of a question, each with what may stand for it and how rare it is."""

    rarities: Mapping[tuple[str, ...], float]
    counts: Mapping[str, int]  # in how many documents a term stands
    names: frozenset[str]  # terms that name one thing and no other
    codes: frozenset[str]  # terms that stand for codes

    def share(self, held: Set[str]) -> float:
        """Return how much of the question a document holds by its terms, 0 to 1."""
        return self._part(self.rarities, held)

    def missing(self, held: Set[str]) -> float:
        """Return how much of what the question names is not in a document, 0 to 1."""
        named = {group: rarity for group, rarity in self.rarities.items() if group[0] in self.names}
        return 1 - self._part(named, held) if named else 0.0

    def coded(self, held: Set[str]) -> float:
        """Return how much of the question's codes are among some, 0 to 1; rare ones count more."""
        return self._part(
            {group: rarity for group, rarity in self.rarities.items() if group[0] in self.codes},
            {code_term(code) for code in held},
        )

    @property
    def unknown(self) -> bool:
        """Whether the question names something that no document holds."""
        return any(not self.counts[name] for name in self.names & self.counts.keys())

    @staticmethod
    def _part(rarities: Mapping[tuple[str, ...], float], held: Set[str]) -> float:
        part = sum(rarity for group, rarity in rarities.items() if not held.isdisjoint(group))
        return part / sum(rarities.values()) if rarities else 0.0


@dataclass(frozen=True)
class WordHit:
    """A document that holds words of the question."""

    id: str
    score: float  # BM25, larger is better


class WordIndex:
    """The words of one collection, on disk; safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open or create the index. Raises StoreError, as every method, when it cannot be."""
        self._path = path
        self._lock = RLock()
        with self._explained():
            if not path.exists():  # what is left of a lost file would be taken for the new one's
                for left in ("-wal", "-shm"):
                    Path(f"{path}{left}").unlink(missing_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=60)
            self._db.executescript(_SCHEMA)
            if self._rows("PRAGMA user_version")[0][0] != _TERMS_VERSION:
                self._forget_terms()

    def revision(self, collection: str) -> str | None:
        """Return the revision of the collection that is reflected here."""
        rows = self._rows("SELECT name FROM revision WHERE collection = ?", collection)
        return rows[0][0] if rows else None

    def apply(
        self, collection: str, revision: str, gone: Iterable[str], new: Sequence[Document]
    ) -> None:
        """Follow a change of the collection: documents that left, and documents that came."""
        with self._change() as db:
            for identity in [*gone, *(document.id for document in new)]:
                _remove(db, identity)
            for document in new:
                _insert(db, document)
            db.execute("INSERT OR REPLACE INTO revision VALUES (?, ?)", (collection, revision))

    def ask(self, query: str) -> Asked:
        """Return the terms of a question as they weigh here."""
        asked = asked_terms(query)
        counts = dict.fromkeys((term for group in asked for term in group), 0)
        for term in counts:
            rows = self._rows("SELECT doc FROM vocabulary WHERE term = ?", term)
            counts[term] = rows[0][0] if rows else 0
        stored = self._rows("SELECT max(place) FROM documents")[0][0] or 0
        total = stored + _OTHERS
        most = {group: max(counts[term] for term in group) for group in asked}
        rarities = {
            group: math.log(1 + (total - count + 0.5) / (count + 0.5))
            for group, count in most.items()
        }
        codes = frozenset(map(code_term, asked_codes(query)))
        return Asked(rarities, counts, names(query), codes)

    def search(
        self, asked: Asked, k: int, modality: Modality | None = None, source: str = ""
    ) -> list[WordHit]:
        """Return up to `k` documents that hold the question's words, best first.

        `source` is a URI, or the folder that URIs lie in.
        """
        looked_for = _telling(asked.counts)
        if not looked_for:
            return []
        conditions, values = _WITHIN, _within(source)
        if modality:
            conditions, values = f"{conditions} AND modality = ?", [*values, modality]
        rows = self._rows(
            f"SELECT id, -bm25(words, {_WEIGHTS}) AS score"
            " FROM words JOIN documents ON place = words.rowid"
            f" WHERE words MATCH ? AND {conditions} ORDER BY score DESC LIMIT ?",
            " OR ".join(f'"{term}"' for term in looked_for), *values, k,
        )  # fmt: skip
        return [WordHit(identity, score) for identity, score in rows]

    def held(self, ids: Sequence[str]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
        """Return the terms of documents' headings, and all their terms."""
        rows = self._rows(
            "SELECT id, heading, body, meanings FROM documents JOIN words ON words.rowid = place"
            f" WHERE id IN ({', '.join('?' * len(ids))})",
            *ids,
        )
        return {
            identity: (frozenset(heading.split()), frozenset(f"{heading} {body} {more}".split()))
            for identity, heading, body, more in rows
        }

    def ids(self, uri: str | None = None) -> set[str]:
        """Return the ids of all documents, or of one source's."""
        if uri is None:
            rows = self._rows("SELECT id FROM documents")
        else:
            rows = self._rows("SELECT id FROM documents WHERE uri = ?", uri)
        return {identity for (identity,) in rows}

    def uris(self, source: str = "") -> list[str]:
        """Return the URIs that documents come from, all or those in a folder."""
        rows = self._rows(f"SELECT DISTINCT uri FROM documents WHERE {_WITHIN}", *_within(source))
        return [uri for (uri,) in rows]

    def twin(self, document: Document, said: Sequence[str]) -> tuple[str, str] | None:
        """Return id and URI of a stored document that says nearly the same terms, or None."""
        marks = sketch(said)
        rows = self._rows(
            "SELECT id, uri, body FROM sketches JOIN documents USING (place)"
            f" JOIN words ON words.rowid = place WHERE mark IN ({', '.join('?' * len(marks))})"
            " AND modality = ? AND id <> ? GROUP BY place ORDER BY count(*) DESC LIMIT 5",
            *marks, document.modality, document.id,
        )  # fmt: skip
        twins = ((identity, uri) for identity, uri, body in rows if nearly_same(body.split(), said))
        return next(twins, None)

    def digest(self, uri: str) -> str | None:
        """Return the digest of what was taken in completely from a source."""
        rows = self._rows("SELECT digest FROM sources WHERE uri = ?", uri)
        return rows[0][0] if rows else None

    def complete(self, uri: str, digest: str | None) -> None:
        """Note that a source is taken in completely; None: that it is not any more."""
        with self._change() as db:
            db.execute("DELETE FROM sources WHERE uri = ?", (uri,))
            if digest is not None:
                db.execute("INSERT INTO sources VALUES (?, ?)", (uri, digest))

    def forget_sources(self) -> None:
        """Note that no source is known to be taken in completely."""
        with self._change() as db:
            db.execute("DELETE FROM sources")

    def recall(self, key: str) -> str | None:
        """Return what a model made of a content before."""
        rows = self._rows("SELECT value FROM memory WHERE key = ?", key)
        return rows[0][0] if rows else None

    def remember(self, key: str, value: str) -> None:
        """Keep what a model made of a content."""
        with self._change() as db:
            db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, value))

    def _forget_terms(self) -> None:
        """Leave the index behind the collection, which it is then made from again."""
        with self._change() as db:
            for table in ("documents", "sketches", "words", "revision"):
                db.execute(f"DELETE FROM {table}")
            db.execute(f"PRAGMA user_version = {_TERMS_VERSION}")

    def _rows(self, statement: str, *values: Any) -> list[tuple]:
        with self._lock, self._explained():
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explained(), self._db:
            yield self._db

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise StoreError(
                f"`{self._path}` cannot be used ({exc}). Free some space or make its folder "
                "writable; if the file is damaged, delete it: it is made again."
            ) from exc


def _telling(counts: Mapping[str, int]) -> list[str]:
    """Return the terms to look for, rarest first, until they match enough documents."""
    chosen: list[str] = []
    matches = 0
    for term in sorted(filter(counts.get, counts), key=lambda term: counts[term]):
        if chosen and matches + counts[term] > _MATCHES:
            break
        matches += counts[term]
        chosen.append(term)
    return chosen


def _insert(db: sqlite3.Connection, document: Document) -> None:
    body = terms(document.text)
    heading = terms(heading_of(document))
    in_english = [meaning for term in (*heading, *body) for meaning in meanings(term)]
    place = db.execute(
        "INSERT INTO documents (id, uri, modality) VALUES (?, ?, ?)",
        (document.id, document.uri, document.modality),
    ).lastrowid
    db.execute(
        "INSERT INTO words (rowid, heading, body, meanings) VALUES (?, ?, ?, ?)",
        (place, " ".join(heading), " ".join(body), " ".join(in_english)),
    )
    marks = [(mark, place) for mark in sketch(body)]
    db.executemany("INSERT OR IGNORE INTO sketches VALUES (?, ?)", marks)


def _remove(db: sqlite3.Connection, identity: str) -> None:
    row = db.execute("SELECT place FROM documents WHERE id = ?", (identity,)).fetchone()
    if row:
        db.execute("DELETE FROM words WHERE rowid = ?", row)
        db.execute("DELETE FROM sketches WHERE place = ?", row)
        db.execute("DELETE FROM documents WHERE place = ?", row)


def _within(source: str) -> list[str]:
    """Return the values of `_WITHIN` for a source, a folder, an archive, or "" for everything."""
    literal = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in source)
    inside = [f"{literal}/*", f"{literal}{INSIDE}*"] if source else ["*", "*"]
    return [source, *inside]
