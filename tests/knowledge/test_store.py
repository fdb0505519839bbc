"""The store keeps documents, refuses what does not fit, and is shared by processes."""

import multiprocessing
import os
import resource
import signal
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from assistant.models.deterministic import DeterministicEmbedder
from assistant.settings import Settings
from knowledge.documents import full_text
from knowledge.errors import KnowledgeError
from knowledge.reembed import reembed
from knowledge.store import KnowledgeBase
from knowledge.types import Document
from tests.knowledge.conftest import passage

DOCUMENTS = [
    passage("a", "The internet light is red.", "Lights"),
    passage("b", "Press Reconnect and wait.", "E-42 authentication failed"),
    passage("c", "Unplug the modem.", "E-24 no address"),
]


class OtherEmbedder(DeterministicEmbedder):
    name = "other-2"


def put(kb: KnowledgeBase, embedder: DeterministicEmbedder, documents: list[Document]) -> int:
    return kb.add(documents, embedder.embed([full_text(document) for document in documents]))


def test_what_was_added_is_found_by_its_vector(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    assert put(kb, embedder, DOCUMENTS) == 3
    hits = kb.nearest(embedder.embed(["Lights: The internet light is red."])[0], k=2)
    assert hits[0][0] == DOCUMENTS[0]
    assert hits[0][1] == pytest.approx(1.0, abs=1e-5)
    assert len(hits) == 2


def test_adding_the_same_again_changes_nothing(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    put(kb, embedder, DOCUMENTS)
    assert put(kb, embedder, DOCUMENTS) == 0
    assert kb.count() == 3


def test_a_filter_and_removal(kb: KnowledgeBase, embedder: DeterministicEmbedder) -> None:
    put(kb, embedder, DOCUMENTS)
    vector = embedder.embed(["anything"])[0]
    hits = kb.nearest(vector, k=5, where={"heading": "E-24 no address"})
    assert [document.id for document, _ in hits] == ["c"]
    assert kb.remove(["c", "never there"]) == 1
    assert {document.id for document in kb.documents()} == {"a", "b"}


def test_words_follow_what_is_added_and_removed(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    put(kb, embedder, DOCUMENTS)
    assert [hit.id for hit in kb.words.search(kb.ask("unplugged modems"), 5)] == ["c"]
    kb.remove(["c"])
    assert kb.words.search(kb.ask("unplugged modems"), 5) == []


def test_words_are_made_again_when_their_file_is_lost(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    kb = KnowledgeBase.open(tmp_path, "first", embedder)  # stays open, as in another program
    put(kb, embedder, DOCUMENTS)
    assert in_process(_without_words, tmp_path) == ["c"]


def test_words_of_an_older_version_are_made_again(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    kb = KnowledgeBase.open(tmp_path, "first", embedder)
    put(kb, embedder, DOCUMENTS)
    kb.words.complete("/notes.md", "digest")
    with sqlite3.connect(tmp_path / "first" / "words.sqlite") as older:
        older.execute("UPDATE words SET body = 'other'")
        older.execute("PRAGMA user_version = 0")
    again = KnowledgeBase.open(tmp_path, "first", embedder)
    assert [hit.id for hit in again.words.search(again.ask("modem"), 5)] == ["c"]
    assert again.words.digest("/notes.md") == "digest"


def test_words_reflect_what_another_process_wrote(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    kb = KnowledgeBase.open(tmp_path, "first", embedder)
    put(kb, embedder, DOCUMENTS)
    in_process(_write, tmp_path, 0)
    assert len(kb.words.search(kb.ask("process"), 2000)) == 1200


def test_a_change_that_was_broken_off_is_mended(
    tmp_path: Path, embedder: DeterministicEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = KnowledgeBase.open(tmp_path, "first", embedder)
    put(kb, embedder, DOCUMENTS[:1])
    monkeypatch.setattr(kb.words, "apply", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        put(kb, embedder, DOCUMENTS)
    monkeypatch.undo()
    assert [hit.id for hit in kb.words.search(kb.ask("modem"), 5)] == ["c"]


def test_a_full_disk_is_explained_and_loses_nothing(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    put(KnowledgeBase.open(tmp_path, "first", embedder), embedder, DOCUMENTS)
    assert "space" in in_process(_write_on_a_full_disk, tmp_path)
    kb = KnowledgeBase.open(tmp_path, "first", embedder)
    assert {"a", "b", "c"} <= {document.id for document in kb.documents()}
    assert [hit.id for hit in kb.words.search(kb.ask("unplugged modems"), 5)] == ["c"]
    assert put(kb, embedder, [passage("d", "There is room again.")]) == 1


def test_lookalikes_are_found_by_their_best_view(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    put(kb, embedder, DOCUMENTS)
    assert kb.lookalikes(np.eye(4, dtype=np.float32)[:1], 3) == {}
    kb.add_looks(["a", "b"], np.eye(4, dtype=np.float32)[:2])
    near = kb.lookalikes(np.eye(4, dtype=np.float32)[1:3], 3)
    assert near["b"] == pytest.approx(1.0, abs=1e-5)
    kb.remove(["b"])
    assert set(kb.lookalikes(np.eye(4, dtype=np.float32)[1:3], 3)) == {"a"}


def test_an_empty_knowledge_base_finds_nothing(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    assert kb.nearest(embedder.embed(["anything"])[0], k=5) == []
    assert kb.documents() == []


def test_documents_survive_the_process_and_stay_apart_by_name(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    put(KnowledgeBase.open(tmp_path, "first", embedder), embedder, DOCUMENTS)
    assert KnowledgeBase.open(tmp_path, "second", embedder).count() == 0
    assert in_process(_count, tmp_path) == 3


@pytest.mark.parametrize("name", ["", "a", "../x", "a/b", "UPPER", "路由器", "x" * 65, "-ab"])
def test_a_bad_name_is_refused(tmp_path: Path, embedder: DeterministicEmbedder, name: str) -> None:
    with pytest.raises(KnowledgeError, match="cannot name a knowledge base"):
        KnowledgeBase.open(tmp_path, name, embedder)
    assert not list(tmp_path.iterdir())


def test_vectors_of_another_embedder_are_refused_until_made_again(
    tmp_path: Path, settings: Settings, embedder: DeterministicEmbedder
) -> None:
    put(KnowledgeBase.open(tmp_path, "first", embedder), embedder, DOCUMENTS)
    other = OtherEmbedder(settings)
    with pytest.raises(KnowledgeError, match="samesense kb reembed --kb first"):
        KnowledgeBase.open(tmp_path, "first", other)
    assert reembed(tmp_path, "first", other) == 3
    kb = KnowledgeBase.open(tmp_path, "first", other)
    assert kb.count() == 3
    assert kb.nearest(other.embed([full_text(DOCUMENTS[1])])[0], k=1)[0][0] == DOCUMENTS[1]
    with pytest.raises(KnowledgeError, match="reembed"):
        KnowledgeBase.open(tmp_path, "first", embedder)


def test_a_broken_off_replacement_is_finished(
    tmp_path: Path, embedder: DeterministicEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(KnowledgeBase.open(tmp_path, "first", embedder), embedder, DOCUMENTS)
    with monkeypatch.context() as broken:
        broken.setattr(KnowledgeBase, "_finish_replacing", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            reembed(tmp_path, "first", embedder)
    kb = KnowledgeBase.open(tmp_path, "first", embedder)
    assert {document.id for document in kb.documents()} == {"a", "b", "c"}
    assert reembed(tmp_path, "first", embedder) == 3


def test_a_folder_that_cannot_be_made_is_explained(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KnowledgeError, match="SAMESENSE_DATA_DIR"):
        KnowledgeBase.open(tmp_path / "file", "first", embedder)


def test_a_damaged_store_is_explained(tmp_path: Path, embedder: DeterministicEmbedder) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "chroma.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(KnowledgeError, match="cannot be used"):
        KnowledgeBase.open(tmp_path, "first", embedder)


def test_processes_open_and_write_at_once_while_one_reads(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path, n)) for n in range(2)]
    for writer in writers:
        writer.start()
    kb = KnowledgeBase.open(tmp_path, "first", embedder)
    kb.add(DOCUMENTS, vectors_of(DOCUMENTS))
    while any(writer.is_alive() for writer in writers):
        assert kb.nearest(vectors_of(DOCUMENTS[:1])[0], k=1)[0][0] == DOCUMENTS[0]
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert kb.count() == 3 + 2 * 1200
    for identity in ("0-0", "1-0", "0-1199", "1-1199"):
        document = passage(identity, "written by a process")
        assert kb.nearest(vectors_of([document])[0], k=1)[0][0] == document


def test_a_killed_writer_leaves_a_store_that_works(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    writer = multiprocessing.get_context("spawn").Process(target=_write, args=(tmp_path, 0))
    writer.start()
    kb = KnowledgeBase.open(tmp_path, "first", embedder)
    while kb.count() < 100:
        time.sleep(0.01)
    os.kill(writer.pid or 0, signal.SIGKILL)
    writer.join()
    assert put(kb, embedder, DOCUMENTS) == 3
    assert in_process(_count, tmp_path) == kb.count()


def test_a_sample_resolves_into_the_package_and_a_users_file_to_itself(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    kb = KnowledgeBase.open(tmp_path, "router", embedder)
    assert kb.resolve("figures/light-panel.png").is_file()
    assert kb.resolve("/home/user/notes.md") == Path("/home/user/notes.md")


def in_process(function, *args):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)


def _count(directory: Path) -> int:
    return KnowledgeBase.open(directory, "first", DeterministicEmbedder(Settings())).count()


def _without_words(directory: Path) -> list[str]:
    (directory / "first" / "words.sqlite").unlink()
    kb = KnowledgeBase.open(directory, "first", DeterministicEmbedder(Settings()))
    return [hit.id for hit in kb.words.search(kb.ask("modem"), 5)]


def _write_on_a_full_disk(directory: Path) -> str:
    """Write more than files may grow by, and return the error."""
    kb = KnowledgeBase.open(directory, "first", DeterministicEmbedder(Settings()))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    largest = max(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 10_000, largest + 10_000))
    documents = [passage(f"{n}", f"number {n} " * 50) for n in range(2000)]
    try:
        kb.add(documents, vectors_of(documents))
    except KnowledgeError as exc:
        return str(exc)
    return "all was written"


def _interrupt(*args: object) -> None:
    raise KeyboardInterrupt


def _write(directory: Path, number: int) -> None:
    """Add 1,200 documents in pieces, enough that Chroma writes its index to disk in between."""
    kb = KnowledgeBase.open(directory, "first", DeterministicEmbedder(Settings()))
    for start in range(0, 1200, 100):
        documents = [
            passage(f"{number}-{n}", "written by a process") for n in range(start, start + 100)
        ]
        kb.add(documents, vectors_of(documents))


def vectors_of(documents: list[Document]) -> np.ndarray:
    """Return vectors that lie apart, as those of real texts do: random, but fixed by the id."""
    rows = [np.random.default_rng(list(d.id.encode())).normal(size=256) for d in documents]
    return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)
