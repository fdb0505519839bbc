"""DOCX → passages under the document's headings, and its pictures."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from knowledge.chunking import Article
from knowledge.cleaning import repaired
from knowledge.errors import KnowledgeError
from knowledge.loaders.articles import article_documents
from knowledge.markup import article_from_fragment
from knowledge.office import check_office_file, damaged
from knowledge.senses import Senses
from knowledge.types import Document, Locator, Source

# The title stands above the headings; a caption is known by its words, wherever it stands.
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Heading 1'] => h2:fresh
p[style-name='Heading 2'] => h3:fresh
p[style-name='Heading 3'] => h4:fresh
p[style-name='Heading 4'] => h5:fresh
p[style-name='Heading 5'] => h6:fresh
p[style-name='Heading 6'] => h6:fresh
"""


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield a Word file's passages, then its pictures with what their captions say.

    Raises KnowledgeError when it is locked, damaged, empty or a ZIP bomb.
    """
    from knowledge.figures import picture_documents
    from knowledge.media import open_picture

    article, pictures = _converted(source.path)
    if not article.passages and not pictures:
        raise KnowledgeError(f"`{source.path.name}` is empty.")
    yield from article_documents(article, source)
    for number, figure in enumerate(article.figures, start=1):
        part = f"picture {number}"
        try:
            image = open_picture(BytesIO(pictures[figure.src]), part)
        except KnowledgeError as exc:
            senses.leave_out(part, str(exc))
            continue
        yield from picture_documents(
            image, source, Locator(heading=figure.heading), senses, title=article.title,
            caption=figure.caption, part=part, keep=True,
        )  # fmt: skip


def _converted(path: Path) -> tuple[Article, dict[str, bytes]]:
    """Return the document and its pictures by the names that the article gives them."""
    from mammoth import convert_to_html
    from mammoth.images import img_element

    check_office_file(path, "word/document.xml")
    pictures: dict[str, bytes] = {}

    def keep(image: Any) -> dict[str, str]:
        name = f"picture-{len(pictures)}"
        try:
            with image.open() as file:
                pictures[name] = file.read()
        except Exception:  # linked, not inside, or damaged: reported when its turn comes
            pictures[name] = b""
        return {"src": name}

    try:
        with path.open("rb") as file:
            result = convert_to_html(
                file,
                style_map=_STYLES,
                include_embedded_style_map=False,
                convert_image=img_element(keep),
            )
    except Exception as exc:  # mammoth fails on damaged files in every way there is
        raise damaged(path, exc) from exc
    return article_from_fragment(repaired(result.value), path.stem), pictures
