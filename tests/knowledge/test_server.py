"""The same code on a Chroma server that the test starts."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.models.deterministic import DeterministicEmbedder
from knowledge.documents import full_text
from knowledge.errors import KnowledgeError
from knowledge.reembed import reembed
from knowledge.search import search
from knowledge.store import KnowledgeBase
from tests.knowledge.conftest import passage
from tests.knowledge.test_store import DOCUMENTS, OtherEmbedder

START_S = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chroma = Path(sys.executable).with_name("chroma")
    command = [chroma, "run", "--path", folder, "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _await(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("The Chroma server did not start.")


@pytest.fixture
def kb(tmp_path: Path, server: str, embedder: DeterministicEmbedder) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase.open(tmp_path / "here", "notes", embedder, server)
    base.add(DOCUMENTS, embedder.embed([full_text(d) for d in DOCUMENTS]))
    yield base
    base.remove([d.id for d in base.documents()])


def test_what_was_added_is_found_and_removed(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    assert kb.count() == 3
    found = search(kb, embedder, "unplug the modem, E-24", "en")
    assert found[0].document == DOCUMENTS[2]
    kb.add_looks(["a"], np.eye(4, dtype=np.float32)[:1])
    assert set(kb.lookalikes(np.eye(4, dtype=np.float32)[:1], 3)) == {"a"}
    assert kb.remove(["a"]) == 1
    assert kb.lookalikes(np.eye(4, dtype=np.float32)[:1], 3) == {}


def test_another_machine_finds_what_this_one_added(
    kb: KnowledgeBase, tmp_path: Path, server: str, embedder: DeterministicEmbedder
) -> None:
    other = KnowledgeBase.open(tmp_path / "there", "notes", embedder, server)
    assert [hit.id for hit in other.words.search(other.ask("modem"), 5)] == ["c"]
    document = passage("d", "A fourth remedy is to swap the cable.")
    other.add([document], embedder.embed([full_text(document)]))
    assert [hit.id for hit in kb.words.search(kb.ask("swap the cable"), 5)] == ["d"]


def test_knowledge_bases_lie_side_by_side(
    kb: KnowledgeBase, tmp_path: Path, server: str, embedder: DeterministicEmbedder
) -> None:
    second = KnowledgeBase.open(tmp_path / "here", "second", embedder, server)
    assert second.count() == 0
    assert kb.count() == 3


def test_another_embedder_is_refused_until_vectors_are_made_again(
    kb: KnowledgeBase, tmp_path: Path, server: str, embedder: DeterministicEmbedder, settings
) -> None:
    other = OtherEmbedder(settings)
    third = KnowledgeBase.open(tmp_path / "here", "third", embedder, server)
    third.add(DOCUMENTS, embedder.embed([full_text(d) for d in DOCUMENTS]))
    with pytest.raises(KnowledgeError, match="reembed --kb third"):
        KnowledgeBase.open(tmp_path / "here", "third", other, server)
    assert reembed(tmp_path / "here", "third", other, server) == 3
    assert KnowledgeBase.open(tmp_path / "here", "third", other, server).count() == 3
    assert kb.count() == 3


def test_a_server_that_is_away_is_explained(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(KnowledgeError, match="SAMESENSE_CHROMA_URL"):
        KnowledgeBase.open(tmp_path, "notes", embedder, f"http://127.0.0.1:{port}")
    with pytest.raises(KnowledgeError, match="SAMESENSE_CHROMA_URL"):
        KnowledgeBase.open(tmp_path, "notes", embedder, "not an address")
