"""Write documents as JSON Lines with their pictures beside them, which `records` takes in again."""

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeError
from knowledge.types import Document


def export(
    documents: Iterable[Document], target: Path, picture_of: Callable[[Document], Path | None]
) -> int:
    """Write one object a document and return how many; pictures are copied to `<name>-files/`.

    Fields: id, text, modality, uri, page, box, start_s, end_s, heading, caption, title and
    image_path, which is relative to the file; absent ones are left out. The file appears when it
    is complete. Raises KnowledgeError where it cannot be written.
    """
    unfinished = target.with_name(f"{target.name}.part")
    count = 0
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            for document in documents:
                row = _row(document, _copied(document, picture_of(document), target))
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        unfinished.replace(target)
    except OSError as exc:
        raise KnowledgeError(
            f"`{target}` cannot be written ({exc.strerror}). Free some space, or choose another "
            "folder."
        ) from exc
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _row(document: Document, picture: Path | None) -> dict[str, Any]:
    locator = document.locator
    row = {
        "id": document.id,
        "text": document.text,
        "modality": document.modality,
        "uri": document.uri,
        "page": locator.page,
        "box": locator.box,
        "start_s": locator.start_s,
        "end_s": locator.end_s,
        "heading": locator.heading,
        "caption": document.metadata.get("caption", "" if picture else None),
        "title": document.metadata.get("title"),
        "image_path": picture and f"{picture.parent.name}/{picture.name}",
    }
    return {name: value for name, value in row.items() if value is not None}


def _copied(document: Document, picture: Path | None, target: Path) -> Path | None:
    """Copy a document's picture beside the file; one that is gone is passed over."""
    if picture is None or not picture.is_file():
        return None
    folder = target.with_name(f"{target.stem}-files")
    folder.mkdir(exist_ok=True)
    copy = folder / f"{document.id}{picture.suffix.lower()}"
    unfinished = copy.with_suffix(".part")
    shutil.copyfile(picture, unfinished)
    return unfinished.replace(copy)
