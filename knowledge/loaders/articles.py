"""Markdown and plain text → passages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from knowledge.chunking import Article, chunk_markdown, chunk_text
from knowledge.documents import make_document
from knowledge.errors import KnowledgeError
from knowledge.types import Document, Locator


@dataclass(frozen=True)
class Caption:
    """What an article says about a picture that it shows."""

    text: str
    heading: str
    title: str  # of the article


def read_text(path: Path) -> str:
    """Return a text file's content. Raises KnowledgeError when it is not UTF-8 text."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise KnowledgeError(
            f"`{path.name}` is not text in UTF-8. Save it as UTF-8 and add it again."
        ) from exc
    if not text.strip():
        raise KnowledgeError(f"`{path.name}` is empty.")
    return text


def load_markdown(path: Path, uri: str, figures: dict[Path, str]) -> list[Document]:
    """Return the passages of an article; `figures` maps pictures' paths to their URIs.

    A passage names the first picture of its section, or of the section around it, in its metadata.
    """
    article = _article(path)
    shown: dict[str, str] = {}
    for figure in article.figures:
        if target := figures.get(_target(path, figure.src)):
            shown.setdefault(figure.heading, target)
    documents = []
    for passage in article.passages:
        metadata = {"title": article.title}
        if figure := next(filter(None, map(shown.get, _sections(passage.heading))), None):
            metadata["figure"] = figure
        locator = Locator(heading=passage.heading)
        documents.append(make_document(passage.text, "text", uri, locator, metadata))
    return documents


def load_text(path: Path, uri: str) -> list[Document]:
    """Return the passages of a plain text file."""
    return [
        make_document(text, "text", uri, Locator(), {"title": path.stem})
        for text in chunk_text(read_text(path))
    ]


def captions(path: Path) -> dict[Path, Caption]:
    """Return the captions an article gives, by the absolute path of the picture."""
    article = _article(path)
    return {
        _target(path, figure.src): Caption(figure.caption, figure.heading, article.title)
        for figure in reversed(article.figures)  # the first mention counts
        if figure.caption
    }


def _sections(heading: str) -> Iterator[str]:
    """Yield a heading path and those around it, innermost first."""
    steps = heading.split(" > ")
    for depth in range(len(steps), 0, -1):
        yield " > ".join(steps[:depth])


def _article(path: Path) -> Article:
    return chunk_markdown(read_text(path), path.stem)


def _target(article: Path, src: str) -> Path:
    return (article.parent / unquote(src)).resolve()
