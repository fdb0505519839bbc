"""JSON Lines become texts, pictures and moments; a broken line costs only itself."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge.errors import KnowledgeError
from knowledge.loaders import load
from knowledge.senses import Senses
from knowledge.types import Document, Segment, Source
from tests.assistant.media_files import RATE, tone, write_wav
from tests.knowledge.pictures import page, photograph
from tests.knowledge.senses import Ears, Eyes, make_senses

LINES = [Segment("E-42 failed")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "pictures").mkdir(parents=True)
    page("E-42 failed").save(tmp_path / "in" / "pictures" / "状态 页.png")
    write_wav(tmp_path / "in" / "call.wav", np.concatenate([tone(2), np.zeros(RATE, "f4")]))
    photograph().save(tmp_path / "outside.png")
    return tmp_path / "in"


@pytest.fixture
def senses(tmp_path: Path) -> Senses:
    return make_senses(tmp_path, Eyes(LINES))


def loaded(folder: Path, senses: Senses, *records: Any) -> list[Document]:
    """Write each record as a line, strings as they are, and load the file."""
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    (folder / "records.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return list(load(Source(folder / "records.jsonl", "records.jsonl"), senses))


def omissions(senses: Senses) -> dict[str, str]:
    return {omission.part: omission.reason for omission in senses.omissions}


def test_a_text_becomes_a_passage_with_its_place(folder: Path, senses: Senses) -> None:
    (document,) = loaded(folder, senses, {
        "text": "Hold the button for 10 s.\n- The light blinks.", "title": "Reset",
        "heading": "Reset > Hard", "source": "manual.pdf", "page": 12, "box": [1, 2, 3, 4],
        "start_s": 1.5, "end_s": 3, "ticket": 4711, "labels": ["重置", "b"], "none": None,
    })  # fmt: skip
    assert document.text == "Hold the button for 10 s.\n- The light blinks."
    assert (document.modality, document.uri) == ("text", "records.jsonl")
    place = document.locator
    assert (place.heading, place.page, place.box) == ("Reset > Hard", 12, (1, 2, 3, 4))
    assert (place.start_s, place.end_s) == (1.5, 3)
    assert dict(document.metadata) == {
        "title": "Reset", "source": "manual.pdf", "ticket": "4711", "labels": '["重置", "b"]'
    }  # fmt: skip
    assert senses.omissions == []


def test_a_long_text_is_cut_into_passages(folder: Path, senses: Senses) -> None:
    sentences = " ".join(f"Step {n}: press the button and wait until it is on." for n in range(80))
    documents = loaded(folder, senses, {"text": sentences})
    assert len(documents) > 4
    assert " ".join(document.text for document in documents) == sentences
    assert {document.metadata["title"] for document in documents} == {"records"}


@pytest.mark.parametrize("name", ["image_path", "image", "picture", "file_name"])
@pytest.mark.parametrize("caption", ["caption", "description", "alt", "text"])
def test_a_picture_is_read_beside_the_file(
    name: str, caption: str, folder: Path, senses: Senses
) -> None:
    (document,) = loaded(folder, senses, {name: "pictures/状态 页.png", caption: "The error page"})
    assert document.modality == "image"
    assert document.text == "The error page. Reads: E-42 failed"
    assert document.metadata["caption"] == "The error page"
    assert (senses.pictures / document.metadata["picture"]).is_file()
    assert senses.omissions == []


def test_a_windows_path_is_understood(folder: Path, senses: Senses) -> None:
    assert loaded(folder, senses, {"image": "pictures\\状态 页.png"})


def test_a_picture_with_a_caption_and_a_text_gives_both(folder: Path, senses: Senses) -> None:
    record = {"image": "pictures/状态 页.png", "caption": "Errors", "text": "Press Reconnect."}
    text, image = loaded(folder, senses, record)
    assert (text.modality, text.text) == ("text", "Press Reconnect.")
    assert (image.modality, image.text) == ("image", "Errors. Reads: E-42 failed")


@pytest.mark.parametrize("name", ["audio_path", "audio"])
def test_a_recording_is_heard_beside_the_file(name: str, folder: Path, senses: Senses) -> None:
    (moment,) = loaded(folder, senses, {name: "call.wav", "title": "A call", "caller": "K-7"})
    assert (moment.modality, moment.text) == ("audio", "Sentence 1.")
    assert moment.locator.end_s == pytest.approx(2, abs=0.2)
    assert moment.metadata["title"] == "A call"
    assert (moment.metadata["audio"], moment.metadata["caller"]) == ("call.wav", "K-7")


@pytest.mark.parametrize(
    "name",
    [
        "../outside.png", "pictures/../../outside.png", "/etc/hostname", "C:\\outside.png",
        "file:///etc/hostname", "https://example.com/a.png", "..\\outside.png", "linked.png",
        "linked/outside.png",
    ],
)  # fmt: skip
def test_files_elsewhere_are_not_opened(name: str, folder: Path, senses: Senses) -> None:
    (folder / "linked.png").symlink_to(folder.parent / "outside.png")
    (folder / "linked").symlink_to(folder.parent, target_is_directory=True)
    (document,) = loaded(folder, senses, {"image": name, "caption": "A trap"}, {"text": "Good."})
    assert document.text == "Good."
    assert "not in the folder" in omissions(senses)["line 1"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "no JSON"),
        ("[1, 2]", "list"),
        ('"words"', "str"),
        ("{}", "neither a text"),
        ('{"text": "  "}', "neither a text"),
        ('{"text": ["a"]}', "`text` is a list"),
        ('{"text": "a", "page": "twelve"}', "`page`"),
        ('{"text": "a", "page": 1e300}', "`page`"),
        ('{"text": "a", "start_s": NaN}', "`start_s`"),
        ('{"text": "a", "start_s": -1}', "`start_s`"),
        ('{"text": "a", "box": [1, 2]}', "`box`"),
        ('{"image": "absent.png"}', "is not there"),
        ('{"image": "a\\u0000.png"}', "no file's name"),
        ('{"image": "' + "a" * 300 + '.png"}', "no file's name"),
        ('{"image": "call.wav"}', "not a readable picture"),
        ('{"audio": "pictures/状态 页.png"}', "cannot be read as sound"),
        ("[" * 100_000, "no JSON"),
        ('{"text": "' + "a" * 1_000_000 + '"}', "longer than"),
        ('{"text": "\\ue001\\ue002\\ue003\\ue004"}', "garbled"),
    ],
)
def test_a_broken_line_is_left_out_with_its_number(
    line: str, reason: str, folder: Path, senses: Senses
) -> None:
    documents = loaded(folder, senses, {"text": "First."}, "", line, {"text": "Last."})
    assert [document.text for document in documents] == ["First.", "Last."]
    assert list(omissions(senses)) == ["line 3"]
    assert reason in omissions(senses)["line 3"]


def test_a_line_that_is_no_utf8_is_left_out(folder: Path, senses: Senses) -> None:
    path = folder / "a.jsonl"
    path.write_bytes('\ufeff{"text": "好"}\n'.encode() + '{"text": "Störung"}\n'.encode("latin-1"))
    (document,) = load(Source(path, "a.jsonl"), senses)
    assert document.text == "好"
    assert list(omissions(senses)) == ["line 2"]


def test_a_silent_recording_costs_only_itself(folder: Path, senses: Senses) -> None:
    write_wav(folder / "call.wav", np.zeros(RATE, np.float32))
    assert loaded(folder, senses, {"audio": "call.wav", "text": "Notes of the call."})
    assert "Nobody speaks" in omissions(senses)["line 1"]


def test_unknown_fields_are_bounded_and_cannot_pose_as_ours(folder: Path, senses: Senses) -> None:
    many = {f"field {n}": "x" * 1000 for n in range(100)}
    ours = {"sha256": "forged", "looks": "forged", "width": "forged", "same_as": "forged"}
    (document,) = loaded(folder, senses, {"text": "A.", **ours, **many, "n" * 100: "long"})
    assert len(document.metadata) < 20
    assert max(map(len, document.metadata.values())) <= 200
    assert "forged" not in document.metadata.values()


def test_text_is_mended(folder: Path, senses: Senses) -> None:
    (document,) = loaded(folder, senses, '{"text": "donâ€™t \\ud800 wait"}')
    assert document.text == "don’t \ufffd wait"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"no records\n", bytes(range(256)) * 5000])
def test_a_file_without_records_is_refused(content: bytes, folder: Path, senses: Senses) -> None:
    (folder / "a.jsonl").write_bytes(content)
    with pytest.raises(KnowledgeError, match="holds no record"):
        list(load(Source(folder / "a.jsonl", "a.jsonl"), senses))
    assert len(senses.omissions) <= 100


def test_a_line_at_a_time_is_read(folder: Path) -> None:
    ears = Ears()
    senses = make_senses(folder, ears=ears)
    lines = '{"text": "First."}\n{"audio": "call.wav"}\n'
    (folder / "a.jsonl").write_text(lines)
    documents = load(Source(folder / "a.jsonl", "a.jsonl"), senses)
    assert next(documents).text == "First."
    assert ears.heard == []
