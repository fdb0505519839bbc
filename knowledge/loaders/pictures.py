"""PNG and JPEG → one document a picture: its caption and what is written in it."""

from pathlib import Path

from knowledge.chunking import estimate_tokens
from knowledge.documents import make_document
from knowledge.errors import KnowledgeError
from knowledge.loaders.articles import Caption
from knowledge.protocols import Reader
from knowledge.types import Document, Locator, Segment

MAX_PIXELS = 60_000_000
_SURE = 0.5  # the reader's confidence below which a line is noise
_WRITTEN_TOKENS = 60  # of what is written in a picture


def load_picture(path: Path, uri: str, caption: Caption | None, reader: Reader) -> list[Document]:
    """Return the picture's document. Raises KnowledgeError where it is unreadable or empty."""
    lines, size = _read(path, reader)
    written = _longest([line for line in lines if line.confidence >= _SURE])
    if not caption and not written:
        raise KnowledgeError(
            f"`{path.name}` has neither a caption nor readable text, so no question would find it. "
            "Show it in a Markdown article: ![what it shows](path)."
        )
    shown = [f"{caption.text}."] if caption else []
    text = " ".join(shown + ([f"Reads: {written}"] if written else []))
    title = caption.title if caption else path.stem
    metadata = {"title": title, "width": str(size[0]), "height": str(size[1])}
    if caption:
        metadata["caption"] = caption.text
    locator = Locator(heading=caption.heading if caption else None, box=(0, 0, *size))
    return [make_document(text, "image", uri, locator, metadata)]


def _read(path: Path, reader: Reader) -> tuple[list[Segment], tuple[int, int]]:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _too_large(path)
            rgba = ImageOps.exif_transpose(image).convert("RGBA")
    except Image.DecompressionBombError as exc:
        raise _too_large(path) from exc
    except (OSError, ValueError, SyntaxError) as exc:
        raise KnowledgeError(f"`{path.name}` is not a readable picture ({exc}).") from exc
    white = Image.new("RGBA", rgba.size, "white")  # transparent screens are dark text on nothing
    upright = Image.alpha_composite(white, rgba).convert("RGB")
    return reader.read([upright])[0], upright.size


def _too_large(path: Path) -> KnowledgeError:
    return KnowledgeError(f"`{path.name}` has over {MAX_PIXELS:,} pixels. Scale it down.")


def _longest(lines: list[Segment]) -> str:
    """Join the longest lines, in reading order, as many as `_WRITTEN_TOKENS` allow.

    Messages and titles are long; menu entries and numbers are short, and all pages share them.
    """
    room = _WRITTEN_TOKENS
    kept: set[int] = set()
    for index in sorted(range(len(lines)), key=lambda i: -len(lines[i].text)):
        room -= estimate_tokens(lines[index].text)
        if room < 0:
            break
        kept.add(index)
    return "; ".join(line.text for index, line in enumerate(lines) if index in kept)
