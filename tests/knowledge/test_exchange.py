"""What is exported can be taken in again and says the same."""

import json
from pathlib import Path

import pytest

from knowledge.documents import full_text, make_document
from knowledge.errors import KnowledgeError
from knowledge.exchange import export
from knowledge.loaders import load
from knowledge.types import Document, Locator, Segment, Source
from tests.knowledge.pictures import page, photograph
from tests.knowledge.senses import Eyes, make_senses

LINES = [Segment("E-42 failed")]
TEXT = make_document(
    "1. Press Reconnect.\n2. Wait.", "text", "guide.pdf",
    Locator(heading="Guide > Errors", page=4, box=(1, 2, 30, 40)), {"title": "Guide"},
)  # fmt: skip
MOMENT = make_document(
    "按住复位键十秒。", "audio", "call.wav", Locator(start_s=1.5, end_s=9.0), {"title": "Call"}
)


def image(name: str, **more: str) -> Document:
    text = "The error page. Reads: E-42 failed"
    return make_document(text, "image", name, Locator(heading="Guide"), {"title": "Guide", **more})


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_document_becomes_an_object(tmp_path: Path) -> None:
    picture = tmp_path / "kept" / "状态.JPG"
    picture.parent.mkdir()
    page("E-42").save(picture)
    shown = image("状态.jpg", caption="The error page")
    documents = [TEXT, MOMENT, shown]
    target = tmp_path / "out" / "base.jsonl"
    target.parent.mkdir()
    pictures = {shown.id: picture}
    assert export(documents, target, lambda document: pictures.get(document.id)) == 3
    assert rows(target) == [
        {
            "id": TEXT.id, "text": TEXT.text, "modality": "text", "uri": "guide.pdf", "page": 4,
            "box": [1, 2, 30, 40], "heading": "Guide > Errors", "title": "Guide",
        },
        {
            "id": MOMENT.id, "text": MOMENT.text, "modality": "audio", "uri": "call.wav",
            "start_s": 1.5, "end_s": 9.0, "title": "Call",
        },
        {
            "id": shown.id, "text": shown.text, "modality": "image", "uri": "状态.jpg",
            "heading": "Guide", "caption": "The error page", "title": "Guide",
            "image_path": f"base-files/{shown.id}.jpg",
        },
    ]  # fmt: skip
    assert (target.parent / f"base-files/{shown.id}.jpg").read_bytes() == picture.read_bytes()
    assert sorted(path.name for path in target.parent.iterdir()) == ["base-files", "base.jsonl"]


def test_what_was_exported_is_found_again(tmp_path: Path) -> None:
    page("E-42").save(tmp_path / "captioned.png")
    photograph().save(tmp_path / "plain.png")
    senses = make_senses(tmp_path, Eyes(LINES))
    first = [
        TEXT,
        MOMENT,
        image("captioned.png", caption="The error page"),
        *load(Source(tmp_path / "plain.png", "plain.png"), senses),
    ]
    target = tmp_path / "base.jsonl"
    export(first, target, lambda d: tmp_path / d.uri if d.modality == "image" else None)
    second = list(load(Source(target, "base.jsonl"), senses))
    assert senses.omissions == []
    assert [d.text for d in second] == [d.text for d in first]
    assert [full_text(d) for d in second] == [full_text(d) for d in first]  # what is searched
    assert [d.metadata["title"] for d in second] == [d.metadata["title"] for d in first]
    assert [d.metadata["source"] for d in second] == [d.uri for d in first]
    assert [d.modality for d in second] == ["text", "text", "image", "image"]
    for again, before in zip(second, first, strict=True):
        assert again.locator.heading == before.locator.heading
        assert (again.locator.page, again.locator.start_s) == (
            before.locator.page, before.locator.start_s,
        )  # fmt: skip
    assert second[2].metadata["caption"] == "The error page"


def test_a_picture_that_is_gone_leaves_its_words(tmp_path: Path) -> None:
    target = tmp_path / "base.jsonl"
    export([image("a.png")], target, lambda document: tmp_path / "gone.png")
    assert "image_path" not in rows(target)[0]
    (document,) = load(Source(target, "base.jsonl"), make_senses(tmp_path))
    assert document.text == "The error page. Reads: E-42 failed"


def test_an_export_that_fails_leaves_the_last_one(tmp_path: Path) -> None:
    target = tmp_path / "base.jsonl"
    export([TEXT], target, lambda document: None)
    before = target.read_bytes()

    def documents():
        yield MOMENT
        raise RuntimeError("the store went away")

    with pytest.raises(RuntimeError):
        export(documents(), target, lambda document: None)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="cannot be written"):
        export([TEXT], tmp_path / "absent" / "base.jsonl", lambda document: None)


def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "base.jsonl.part").symlink_to("/dev/full")
    with pytest.raises(KnowledgeError, match="Free some space"):
        export([TEXT], tmp_path / "base.jsonl", lambda document: None)
    assert list(tmp_path.iterdir()) == []
