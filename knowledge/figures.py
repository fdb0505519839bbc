"""A picture → one document: its caption, what it shows and what is written in it.

Pictures from files, pages, slides, records and videos all come through here, so that the same
pictures are left out everywhere and the same words find them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from knowledge.chunking import estimate_tokens
from knowledge.documents import make_document
from knowledge.senses import Senses
from knowledge.types import Document, Locator, Segment, Source

if TYPE_CHECKING:
    from PIL.Image import Image

_SMALLEST_PX = 48  # a side: icons, bullets, rules and trackers are smaller
_SURE = 0.5  # the reader's confidence below which a line is noise
_PROBABLE = 0.3  # the tagger's probability below which a label is a guess
_TAGS = 3
_WRITTEN_TOKENS = 400  # of what is written in a picture


def picture_documents(
    image: "Image",
    source: Source,
    locator: Locator,
    senses: Senses,
    *,
    title: str,
    caption: str = "",
    part: str = "",
    picture: str | None = None,
    keep: bool = False,
) -> list[Document]:
    """Return the document of an upright RGB picture, or none where it is not worth keeping.

    `part` names the picture in the report ("the picture on slide 3"), `picture` is the name
    `Senses.keep` gave it; with `keep` it is kept here, once it is known to be good. Small, blank,
    dark and blurred pictures are left out with the reason. A good one without words goes in under
    its title: a similar picture finds it.
    """
    from knowledge.looks import difference_hash

    if fault := _fault(image):
        senses.leave_out(part, fault)
        return []
    written = _longest([line for line in senses.read(image) if line.confidence >= _SURE])
    shown = _shown(image, senses)
    sentences = [
        _sentence(caption),
        f"Shows: {', '.join(shown)}." if shown else "",
        f"Reads: {written}" if written else "",
    ]
    text = " ".join(filter(None, sentences)) or title.replace("-", " ").replace("_", " ")
    metadata = {
        "title": title,
        "width": str(image.width),
        "height": str(image.height),
        "looks": difference_hash(image),
    }
    if caption:
        metadata["caption"] = caption
    if picture or keep:
        metadata["picture"] = picture or senses.keep(image)
    return [make_document(text, "image", source.uri, locator, metadata)]


def _fault(image: "Image") -> str:
    """Say why a picture is not worth keeping; empty for a good one."""
    from knowledge.looks import is_blank, is_blurred, is_dark

    if min(image.size) < _SMALLEST_PX:
        return (
            f"The picture is small ({image.width} × {image.height} pixels): an icon or a rule, "
            "not a figure."
        )
    if is_blank(image):
        return "The picture is blank."
    if is_dark(image):
        return "The picture is too dark to show anything."
    if is_blurred(image):
        return "The picture is blurred beyond reading."
    return ""


def _shown(image: "Image", senses: Senses) -> list[str]:
    """Return the sure labels of a photograph; of a screenshot the tagger would claim anything."""
    from knowledge.looks import looks_drawn

    if looks_drawn(image):
        return []
    return [tag.label for tag in senses.tag(image)[:_TAGS] if tag.probability >= _PROBABLE]


def _sentence(caption: str) -> str:
    return (
        caption
        if caption.endswith((".", "!", "?", "。", "！", "？")) or not caption
        else f"{caption}."
    )


def _longest(lines: Sequence[Segment]) -> str:
    """Join the longest lines, in reading order, as many as `_WRITTEN_TOKENS` allow.

    Messages and titles are long; menu entries and numbers are short, and all pages share them.
    """
    room = _WRITTEN_TOKENS
    kept: set[int] = set()
    for index in sorted(range(len(lines)), key=lambda i: -len(lines[i].text)):
        tokens = estimate_tokens(lines[index].text)
        if tokens <= room:
            room -= tokens
            kept.add(index)
    return "; ".join(line.text for index, line in enumerate(lines) if index in kept)
