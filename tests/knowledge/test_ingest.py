"""Folders become documents once; what cannot be read is reported and the rest goes in."""

import os
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from assistant.models.deterministic import DeterministicEmbedder, DeterministicTagger
from assistant.settings import Settings
from knowledge.errors import KnowledgeError, StoreError
from knowledge.ingest import Models, Progress, Report, ensure_samples, ingest
from knowledge.search import search
from knowledge.store import SAMPLES, KnowledgeBase
from knowledge.types import Document, Segment


class Killed(BaseException):
    """Ends a run where a signal would."""


@dataclass(frozen=True)
class Heard:
    language: str
    segments: tuple[Segment, ...]


class FakeReader:
    """Reads the same two lines everywhere; counts how often it was asked."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, images: Sequence[Image.Image]) -> list[list[Segment]]:
        self.reads += len(images)
        return [[Segment("E-42 failed"), Segment("noise", confidence=0.2)] for _ in images]


class FakeTranscriber:
    """Hears four sentences of eight seconds each, or nothing."""

    def __init__(self, silent: bool = False) -> None:
        self.silent = silent

    def transcribe(self, recordings: Sequence[Path]) -> list[Heard]:
        segments = tuple(Segment(f"Sentence {n}.", n * 8.0, n * 8.0 + 7) for n in range(4))
        return [Heard("en", () if self.silent else segments) for _ in recordings]


def draw_screen(width: int, height: int, seed: int = 0) -> Image.Image:
    """Return a picture with sharp edges, as screens have them."""
    rows = np.random.default_rng(seed).choice([0, 255], (height // 8, width // 8, 3))
    small = Image.fromarray(rows.astype(np.uint8))
    return small.resize((width, height), Image.Resampling.NEAREST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "figures").mkdir(parents=True)
    (source / "guide.md").write_text(
        "# Guide\n\n## Errors\n\n![The error page](figures/page%201.png)\n\nPress Reconnect.\n"
    )
    (source / "note.txt").write_text("A plain note.\n\nWith two paragraphs.")
    draw_screen(64, 48).save(source / "figures" / "page 1.png")
    with wave.open(str(source / "call.wav"), "wb") as call:
        call.setnchannels(1)
        call.setsampwidth(2)
        call.setframerate(8000)
        call.writeframes(bytes(2 * 8000 * 32))
    return source


@dataclass
class Intake:
    kb: KnowledgeBase
    embedder: DeterministicEmbedder
    reader: FakeReader
    transcriber: FakeTranscriber

    @property
    def models(self) -> Models:
        return Models(
            self.embedder,
            reader=lambda: self.reader,
            transcriber=lambda: self.transcriber,
            tagger=lambda: DeterministicTagger(Settings()),
        )

    def __call__(self, path: Path, on_progress=lambda progress: None, stop=None) -> Report:
        return ingest(self.kb, path, self.models, on_progress=on_progress, stop=stop)


@pytest.fixture
def take_in(kb: KnowledgeBase, embedder: DeterministicEmbedder) -> Intake:
    return Intake(kb, embedder, FakeReader(), FakeTranscriber())


def test_each_kind_of_source_is_stored_with_its_place(take_in: Intake, folder: Path) -> None:
    assert take_in(folder) == Report(added=5)
    documents = take_in.kb.documents()
    text = next(d for d in documents if d.uri.endswith("guide.md"))
    assert (text.text, text.locator.heading) == ("Press Reconnect.", "Guide > Errors")
    assert text.metadata["title"] == "Guide"
    assert take_in.kb.resolve(text.metadata["figure"]) == folder / "figures" / "page 1.png"
    (figure,) = [d for d in documents if d.modality == "image"]
    assert figure.text == "The error page. Reads: E-42 failed"
    assert (figure.locator.heading, figure.locator.box) == ("Guide > Errors", (0, 0, 64, 48))
    moments = [d for d in documents if d.modality == "audio"]
    assert [(d.locator.start_s, d.locator.end_s) for d in moments] == [(0.0, 15.0), (16.0, 31.0)]
    assert moments[0].text == "Sentence 0. Sentence 1."
    assert {d.metadata["title"] for d in moments} == {"Call"}


def test_text_goes_in_before_pictures_and_sound(take_in: Intake, folder: Path) -> None:
    stored: dict[str, int] = {}

    def note(progress: Progress) -> None:
        stored[progress.name] = take_in.kb.count()

    take_in(folder, note)
    assert stored["page 1.png"] == 2
    assert stored["call.wav"] == 3


def test_a_second_run_does_nothing(take_in: Intake, folder: Path) -> None:
    take_in(folder)
    assert take_in(folder) == Report(unchanged=4)
    assert take_in.reader.reads == 1


def test_changed_files_replace_their_documents_and_deleted_ones_lose_them(
    take_in: Intake, folder: Path
) -> None:
    take_in(folder)
    (folder / "note.txt").write_text("Another note.")
    (folder / "call.wav").unlink()
    assert take_in(folder) == Report(added=1, unchanged=2, removed=3)
    assert "A plain note.\nWith two paragraphs." not in {d.text for d in take_in.kb.documents()}
    (folder / "guide.md").write_text(
        "# Guide\n\n![Another caption](figures/page%201.png)\n\nPress."
    )
    take_in(folder)
    (figure,) = [d for d in take_in.kb.documents() if d.modality == "image"]
    assert figure.text.startswith("Another caption.")


def test_adding_one_file_leaves_its_neighbours_alone(take_in: Intake, folder: Path) -> None:
    take_in(folder)
    assert take_in(folder / "note.txt") == Report(unchanged=1)
    assert take_in.kb.count() == 5


def test_a_killed_run_goes_on(take_in: Intake, folder: Path) -> None:
    def die(progress: Progress) -> None:
        if progress.name == "call.wav":
            raise Killed

    with pytest.raises(Killed):
        take_in(folder, die)
    assert take_in(folder) == Report(added=2, unchanged=3)
    assert take_in.reader.reads == 1


def test_what_cannot_be_read_is_reported_and_the_rest_goes_in(
    take_in: Intake, folder: Path
) -> None:
    (folder / "empty.md").write_text("")
    (folder / "fake.png").write_bytes(b"no picture")
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 and then nothing")
    (folder / "tool.exe").write_bytes(b"MZ")
    (folder / "名前のない.docx").write_bytes(b"PK")
    report = take_in(folder)
    assert report.added == 5
    reasons = {skipped.path.name: skipped.reason for skipped in report.skipped}
    assert set(reasons) == {
        "empty.md", "fake.png", "cut.jpg", "tool.exe", "名前のない.docx"
    }  # fmt: skip
    assert "empty" in reasons["empty.md"]
    assert "not a readable picture" in reasons["fake.png"]
    assert "`.exe`" in reasons["tool.exe"]


def test_a_picture_of_200_megapixels_is_refused_unread(take_in: Intake, tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000)).save(tmp_path / "huge.png")
    report = take_in(tmp_path / "huge.png")
    assert "Scale it down" in report.skipped[0].reason
    assert take_in.reader.reads == 0


def test_a_silent_recording_is_reported(take_in: Intake, folder: Path) -> None:
    take_in.transcriber.silent = True
    report = take_in(folder / "call.wav")
    assert "Nobody speaks" in report.skipped[0].reason


def test_links_that_go_in_circles_end(take_in: Intake, folder: Path) -> None:
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert take_in(folder).added == 5


def test_a_path_that_does_not_exist_is_an_error(take_in: Intake, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="does not exist"):
        take_in(tmp_path / "nowhere")


def test_the_samples_go_in_once_and_every_uri_resolves(
    tmp_path: Path, embedder: DeterministicEmbedder
) -> None:
    kb = KnowledgeBase.open(tmp_path, "router", embedder)
    reader, transcriber = FakeReader(), FakeTranscriber()

    def ensure() -> Report:
        return ensure_samples(kb, Intake(kb, embedder, reader, transcriber).models)

    first = ensure()
    assert first.skipped == ()
    assert first.added > 80
    assert ensure().added == 0
    documents = kb.documents()
    assert all(kb.resolve(d.uri).is_file() for d in documents)
    figures = {d.metadata["figure"] for d in documents if "figure" in d.metadata}
    assert figures == {d.uri for d in documents if d.modality == "image"}
    assert not [d.uri for d in documents if d.modality == "image" and "caption" not in d.metadata]


def test_a_knowledge_base_without_samples_stays_empty(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    report = ensure_samples(kb, Intake(kb, embedder, FakeReader(), FakeTranscriber()).models)
    assert report == Report()
    assert kb.count() == 0


def test_the_users_own_files_survive_the_samples(
    tmp_path: Path, embedder: DeterministicEmbedder, folder: Path
) -> None:
    kb = KnowledgeBase.open(tmp_path, "router", embedder)
    take_in = Intake(kb, embedder, FakeReader(), FakeTranscriber())
    take_in(folder)
    ensure_samples(kb, take_in.models)
    assert len([d for d in kb.documents() if Path(d.uri).is_absolute()]) == 5


def test_the_samples_are_small() -> None:
    files = [path for path in SAMPLES.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 3_000_000
    assert max(p.stat().st_size for p in files if p.suffix == ".png") < 150_000


def test_an_archive_that_breaks_keeps_what_was_taken_from_it(
    take_in: Intake, tmp_path: Path
) -> None:
    archive = tmp_path / "in" / "manual.zip"
    archive.parent.mkdir()
    with ZipFile(archive, "w") as file:
        file.writestr("guide.md", "# Guide\n\nPress Reconnect and wait.")
    assert take_in(archive.parent).added == 1
    (document,) = take_in.kb.documents()
    assert document.uri == f"{archive}!/guide.md"
    assert take_in.kb.resolve(document.uri).read_text().startswith("# Guide")
    archive.write_bytes(archive.read_bytes()[:60])
    report = take_in(archive.parent)
    assert (report.removed, len(report.skipped)) == (0, 1)
    assert take_in.kb.count() == 1
    assert take_in.kb.resolve(document.uri).is_file()
    archive.unlink()
    assert take_in(archive.parent).removed == 1


def test_a_folder_that_cannot_be_opened_keeps_its_documents(
    take_in: Intake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(folder)
    real = os.scandir

    def refuse(path: os.PathLike[str]):
        if Path(path).name == "figures":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = take_in(folder)
    assert report.removed == 0
    assert [skipped.path.name for skipped in report.skipped] == ["figures"]


def test_a_name_in_no_known_script_is_reported(take_in: Intake, folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.md")).write_text("# A\n\nText.")
    (folder / "说明书.md").write_text("# 说明\n\n按下重新连接。")
    report = take_in(folder)
    assert report.added == 6
    assert ["not UTF-8" in skipped.reason for skipped in report.skipped] == [True]


def test_a_picture_that_vanishes_before_it_is_stored_costs_nothing_else(
    take_in: Intake, folder: Path
) -> None:
    def vanish(progress: Progress) -> None:
        if progress.name == "call.wav":
            (folder / "figures" / "page 1.png").unlink(missing_ok=True)

    assert take_in(folder, vanish).added == 5


def test_a_fault_in_one_file_is_reported_and_the_rest_goes_in(
    take_in: Intake, folder: Path
) -> None:
    def fail(images: Sequence[Image.Image]) -> list[list[Segment]]:
        raise RuntimeError("a fault of ours")

    take_in.reader.read = fail
    report = take_in(folder)
    assert report.added == 4
    assert "RuntimeError" in report.skipped[0].reason


def test_a_store_that_cannot_be_written_ends_the_run(take_in: Intake, folder: Path) -> None:
    asked = 0

    def fail(documents: Sequence[Document], vectors: np.ndarray) -> int:
        nonlocal asked
        asked += 1
        raise StoreError("The disk is full.")

    take_in.kb.add = fail
    with pytest.raises(StoreError):
        take_in(folder)
    assert asked == 1


def test_a_run_that_is_stopped_goes_on_later(take_in: Intake, folder: Path) -> None:
    stop = Event()

    def end(progress: Progress) -> None:
        if progress.name == "page 1.png":
            stop.set()

    report = take_in(folder, end, stop)
    assert (report.stopped, report.removed) == (True, 0)
    assert take_in(folder).stopped is False
    assert take_in.kb.count() == 5


def test_near_identical_passages_are_reported_and_found_once(
    take_in: Intake, tmp_path: Path
) -> None:
    text = "Press the button on the back for ten seconds and wait until the light is green again."
    for name, said in (("a", text), ("b", text + " "), ("c", text.replace("ten", "12"))):
        (tmp_path / f"{name}.md").write_text(f"# Restart\n\n{said}")
    report = take_in(tmp_path)
    assert [Path(merged.path).name for merged in report.merged] == ["b.md"]
    assert "a.md" in report.merged[0].reason
    found = search(take_in.kb, take_in.embedder, "press the button on the back", "en")
    assert [Path(e.document.uri).name for e in found] == ["a.md", "c.md"]
