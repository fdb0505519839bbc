"""Models that need no weights, and an empty knowledge base."""

from pathlib import Path

import pytest

from assistant.models.deterministic import DeterministicEmbedder
from assistant.settings import Settings
from knowledge.store import KnowledgeBase
from knowledge.types import Document, Locator


@pytest.fixture
def embedder(settings: Settings) -> DeterministicEmbedder:
    return DeterministicEmbedder(settings)


@pytest.fixture
def kb(tmp_path: Path, embedder: DeterministicEmbedder) -> KnowledgeBase:
    return KnowledgeBase.open(tmp_path / "knowledge", "notes", embedder)


def passage(identity: str, text: str, heading: str | None = None) -> Document:
    return Document(identity, text, "text", "/notes.md", Locator(heading=heading), {"title": "n"})
