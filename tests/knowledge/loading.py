"""Load one file as taking in does, with eyes that see what a test says."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from knowledge.loaders import load
from knowledge.senses import Omission
from knowledge.types import Document, Segment, Source
from tests.knowledge.senses import Eyes, make_senses


def loaded(
    path: Path, lines: Sequence[Segment] = (), figures: Mapping[Path, str] | None = None
) -> tuple[list[Document], list[Omission]]:
    """Return a file's documents and what was left out; pictures show `lines`."""
    senses = make_senses(path.parent, Eyes(list(lines)))
    source = Source(path, path.name, figures=figures or {})
    return list(load(source, senses)), senses.omissions


def texts(documents: Sequence[Document]) -> list[tuple[str | None, str]]:
    """Return the headings and words of the passages among documents."""
    return [(d.locator.heading, d.text) for d in documents if d.modality == "text"]
