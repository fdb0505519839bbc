"""HTML → passages of the main content; pictures inside the page → figures. Nothing is fetched."""

import base64
import binascii
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from knowledge.chunking import Article
from knowledge.errors import KnowledgeError
from knowledge.loaders.articles import article_documents, read_article
from knowledge.senses import Senses
from knowledge.types import Document, Locator, Source

if TYPE_CHECKING:
    from PIL.Image import Image


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield a page's passages, then the pictures that stand in it as data.

    Raises KnowledgeError when it is not text or nothing is written in it.
    """
    article = read_article(source.path)
    if not article.passages and not article.figures:
        raise KnowledgeError(
            f"`{source.path.name}` has no text of its own. If a program fills the page, save it "
            "from the browser as complete page or PDF and add that."
        )
    yield from article_documents(article, source)
    yield from _pictures(article, source, senses)


def _pictures(article: Article, source: Source, senses: Senses) -> Iterator[Document]:
    from knowledge.figures import picture_documents

    inside = [figure for figure in article.figures if figure.src.lower().startswith("data:")]
    for number, figure in enumerate(inside, start=1):
        part = f"picture {number}"
        try:
            image = _decoded(figure.src, part)
        except KnowledgeError as exc:
            senses.leave_out(part, str(exc))
            continue
        yield from picture_documents(
            image, source, Locator(heading=figure.heading), senses, title=article.title,
            caption=figure.caption, part=part, keep=True,
        )  # fmt: skip


def _decoded(src: str, part: str) -> "Image":
    from knowledge.media import open_picture

    head, _, body = src.partition(",")
    try:
        data = unquote_to_bytes(body)
        content = base64.b64decode(data) if head.lower().endswith(";base64") else data
    except (binascii.Error, ValueError) as exc:
        raise KnowledgeError(f"`{part}` is not a readable picture ({exc}).") from exc
    return open_picture(BytesIO(content), part)
