"""Word files become passages and pictures; broken and hostile ones become messages."""

from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.document import Document as WordDocument
from PIL import Image

from knowledge.errors import KnowledgeError
from knowledge.types import Segment
from tests.knowledge.loading import loaded, texts
from tests.knowledge.office_files import BROKEN, changed, entity_bomb, write_bomb
from tests.knowledge.pictures import page


def add_picture(document: WordDocument, alt: str = "", line: str = "E-42") -> None:
    buffer = BytesIO()
    page(line).save(buffer, "PNG")
    buffer.seek(0)
    document.add_picture(buffer)
    document.inline_shapes[-1]._inline.docPr.set("descr", alt)


def manual(path: Path) -> Path:
    document = docx.Document()
    document.add_heading("Kestrel 手册", 0)
    document.add_paragraph("About the router.")
    document.add_heading("Reset", 1)
    document.add_paragraph("Do this:")
    for step in ("Press the button.", "Wait."):
        document.add_paragraph(step, style="List Number")
    document.add_heading("灯", 2)
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, [("Light", "Meaning"), ("red", "no line")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    add_picture(document, alt="A picture containing text\n\nDescription automatically generated")
    document.add_paragraph("Figure 1: The error page", "Caption")
    document.add_heading("Rest", 1)
    add_picture(document, alt="The back panel", line="WAN")
    document.save(str(path))
    return path


def test_headings_lists_tables_and_pictures_come_in(tmp_path: Path) -> None:
    documents, omissions = loaded(manual(tmp_path / "手册.docx"), [Segment("E-42")])
    assert texts(documents) == [
        ("Kestrel 手册", "About the router."),
        ("Kestrel 手册 > Reset", "Do this:\n1. Press the button.\n2. Wait."),
        ("Kestrel 手册 > Reset > 灯", "Light | Meaning\nred | no line\nFigure 1: The error page"),
        ("Kestrel 手册 > Rest", "Rest"),
    ]
    pictures = [d for d in documents if d.modality == "image"]
    assert [(d.locator.heading, d.metadata["caption"]) for d in pictures] == [
        ("Kestrel 手册 > Reset > 灯", "Figure 1: The error page"),
        ("Kestrel 手册 > Rest", "The back panel"),
    ]
    assert all((tmp_path / "kept" / d.metadata["picture"]).is_file() for d in pictures)
    assert {d.metadata["title"] for d in documents} == {"Kestrel 手册"}
    assert {d.uri for d in documents} == {"手册.docx"}
    assert omissions == []


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_says_what_to_do(kind: str, tmp_path: Path) -> None:
    path = manual(tmp_path / "a.docx")
    spoil, reason = BROKEN[kind]
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(KnowledgeError, match=f"`a.docx`.*{reason}"):
        loaded(path)


def test_a_damaged_text_is_refused_and_a_damaged_picture_left_out(tmp_path: Path) -> None:
    path = changed(
        manual(tmp_path / "a.docx"),
        lambda name, content: content[:90] if name.startswith("word/media/") else content,
    )
    documents, omissions = loaded(path)
    assert len(texts(documents)) == 4
    assert [omission.part for omission in omissions] == ["picture 1", "picture 2"]
    changed(path, lambda name, content: content[:500] if name == "word/document.xml" else content)
    with pytest.raises(KnowledgeError, match=r"`a.docx` is damaged"):
        loaded(path)


def test_a_picture_that_is_left_out_is_not_kept(tmp_path: Path) -> None:
    document = docx.Document()
    blank = BytesIO()
    Image.new("RGB", (300, 200), "white").save(blank, "PNG")
    document.add_picture(blank)
    document.save(str(tmp_path / "a.docx"))
    _, omissions = loaded(tmp_path / "a.docx")
    assert [o.reason for o in omissions] == ["The picture is blank."]
    assert not (tmp_path / "kept").exists()


def test_an_archive_that_is_no_word_file_is_refused(tmp_path: Path) -> None:
    path = changed(
        manual(tmp_path / "a.docx"), lambda name, content: None if "document" in name else content
    )
    with pytest.raises(KnowledgeError, match=r"not a .docx file"):
        loaded(path)


def test_bombs_are_refused_before_they_unpack(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="unpacks to 600 MB"):
        loaded(write_bomb(tmp_path / "a.docx", "other/part.xml", 600, "word/document.xml"))
    with pytest.raises(KnowledgeError, match=r"text of `a.docx` unpacks to 150 MB"):
        loaded(write_bomb(tmp_path / "a.docx", "word/document.xml", 150))
    with pytest.raises(KnowledgeError, match="times its size"):
        loaded(write_bomb(tmp_path / "b.docx", "word/document.xml", 20))
    path = changed(
        manual(tmp_path / "c.docx"),
        lambda name, content: (
            entity_bomb(content, b"<w:t>") if name == "word/document.xml" else content
        ),
    )
    with pytest.raises(KnowledgeError, match=r"`c.docx` is damaged"):
        loaded(path)


def test_a_file_without_words_is_empty(tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "a.docx"))
    with pytest.raises(KnowledgeError, match=r"`a.docx` is empty"):
        loaded(tmp_path / "a.docx")
