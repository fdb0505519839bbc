"""PNG, JPEG and WebP → one document a picture: what is said of it, shown and written in it."""

from collections.abc import Iterator
from dataclasses import replace

from knowledge.figures import picture_documents
from knowledge.media import open_picture
from knowledge.senses import Senses
from knowledge.types import Caption, Document, Locator, Source


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield the picture's document. Raises KnowledgeError where it cannot be read."""
    image = open_picture(source.path)
    said = source.caption or Caption("", "", source.path.stem)
    locator = Locator(heading=said.heading or None, box=(0, 0, *image.size))
    for document in picture_documents(
        image, source, locator, senses, title=said.title, caption=said.text
    ):
        shown_in = {"shown_in": said.article} if said.article else {}
        yield replace(document, metadata={**document.metadata, **shown_in})
