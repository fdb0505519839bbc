"""Markdown and plain text → passages; what articles, web pages too, say of their pictures."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from knowledge.chunking import Article, chunk_markdown, chunk_text
from knowledge.documents import make_document
from knowledge.senses import Senses
from knowledge.text_files import read_text
from knowledge.types import Caption, Document, Locator, Source

_WEB = (".html", ".htm")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|$", re.I)


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield the passages of an article or a plain text file. Raises KnowledgeError if unreadable.

    A passage of an article names the first picture of its section, or of the section around it, in
    its metadata.
    """
    del senses
    if source.path.suffix.lower() == ".txt":
        for text in chunk_text(read_text(source.path)):
            metadata = {"title": source.path.stem}
            yield make_document(text, "text", source.uri, Locator(), metadata)
    else:
        yield from article_documents(read_article(source.path), source)


def read_article(path: Path) -> Article:
    """Return a Markdown or HTML file cut up. Raises KnowledgeError when it is unreadable."""
    text = read_text(path)
    if path.suffix.lower() in _WEB:
        from knowledge.markup import article_from_html

        return article_from_html(text, path.stem)
    return chunk_markdown(text, path.stem)


def article_documents(article: Article, source: Source) -> Iterator[Document]:
    """Yield an article's passages, each with the URI of its section's first picture."""
    shown: dict[str, str] = {}
    for figure in article.figures:
        target = _target(source.path, figure.src)
        if target is not None and target in source.figures:
            shown.setdefault(figure.heading, source.figures[target])
    for passage in article.passages:
        metadata = {"title": article.title}
        if figure := next(filter(None, map(shown.get, _sections(passage.heading))), None):
            metadata["figure"] = figure
        locator = Locator(heading=passage.heading, page=passage.page, box=passage.box)
        yield make_document(passage.text, "text", source.uri, locator, metadata)


def captions(path: Path) -> dict[Path, Caption]:
    """Return what a Markdown or HTML article says of local pictures, by their absolute path.

    Raises KnowledgeError when it is unreadable.
    """
    article = read_article(path)
    return {
        target: Caption(figure.caption, figure.heading, article.title)
        for figure in reversed(article.figures)  # the first mention counts
        if figure.caption and (target := _target(path, figure.src))
    }


def _sections(heading: str) -> Iterator[str]:
    """Yield a heading path and those around it, innermost first."""
    steps = heading.split(" > ")
    for depth in range(len(steps), 0, -1):
        yield " > ".join(steps[:depth])


def _target(article: Path, src: str) -> Path | None:
    """Return the file that an article shows, None for a picture elsewhere or inside the article."""
    if _ELSEWHERE.match(src):
        return None
    name = unquote(re.split(r"[?#]", src)[0])
    return None if "\0" in name else (article.parent / name).resolve()
