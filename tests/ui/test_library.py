"""The library without a browser: what is kept, counted, listed and shown."""

import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from assistant.session import Assistant
from assistant.settings import Settings
from knowledge.documents import make_document
from knowledge.loaders import SUFFIXES
from knowledge.store import KnowledgeBase
from knowledge.types import Locator
from ui.additions import Addition, Additions
from ui.kinds import KINDS, kind_of
from ui.library_regions import render_intake
from ui.likenesses import waveform
from ui.media import Media
from ui.pages.library import LibraryPage
from ui.ready import Readiness
from ui.session import LibraryView, Session
from ui.shelf import PER_PAGE, Shelf
from ui.sights import sight_of
from ui.uploads import Upload, safe_names
from ui.words import words_for

EN = words_for("en")


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    return Assistant(Settings(profile="deterministic", data_dir=tmp_path, cache_dir=tmp_path))


@pytest.fixture
def additions(assistant: Assistant) -> Additions:
    return Additions(
        lambda: assistant.library, lambda stop: True, assistant.settings.data_dir / "uploads"
    )


@pytest.fixture
def arrived(tmp_path: Path) -> Path:
    """The folder that uploads arrive in."""
    folder = tmp_path / "arrived"
    folder.mkdir()
    return folder


def upload(folder: Path, name: str, text: str) -> Upload:
    path = folder / f"{len(list(folder.iterdir()))}"
    path.write_text(text)
    return Upload(path, name)


def ended(addition: Addition) -> Addition:
    """Wait until an addition has ended."""
    for _ in range(1200):
        if not addition.open:
            return addition
        time.sleep(0.05)
    raise AssertionError("The addition never ended.")


def test_every_kind_that_is_taken_in_has_a_name() -> None:
    assert {suffix for kind in KINDS.values() for suffix in kind} == set(SUFFIXES)
    assert kind_of("a/B.PDF") == "pdf"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["../../etc/passwd"], ["etc/passwd"]),
        (["/etc/passwd", "C:\\boot.ini"], ["etc/passwd", "C_/boot.ini"]),
        ([".hidden.md"], ["_hidden.md"]),
        (["odd!/a.md"], ["odd_/a.md"]),
        (["a\x00b\x1b.md"], ["a_b_.md"]),
        (["手册.pdf", "手册.pdf"], ["手册.pdf", "手册 (2).pdf"]),
        (["", "..", "/"], ["file", "file (2)", "file (3)"]),
    ],
)
def test_names_of_uploads_do_no_harm(names: list[str], expected: list[str]) -> None:
    assert safe_names(names) == expected


def test_a_very_long_name_keeps_its_suffix() -> None:
    (name,) = safe_names(["长" * 300 + ".md"])
    assert name.endswith("长.md")
    assert len(name.encode()) < 200


def test_what_is_taken_in_is_kept_and_what_is_not_is_reported(
    additions: Additions, arrived: Path
) -> None:
    addition = ended(
        additions.start(
            "pumps",
            [
                upload(arrived, "docs/a.md", "# A\n\nThe red lever."),
                upload(arrived, "docs/b.md", "# B\n\nThe blue lever."),
                upload(arrived, "empty.md", ""),
                upload(arrived, "x.xyz", "?"),
            ],
        )
    )
    assert (addition.state, addition.added, addition.files) == ("done", 2, 4)
    assert {skipped.path.name for skipped in addition.skipped} == {"empty.md", "x.xyz"}
    kept = [p.name for p in additions.folder("pumps").rglob("*") if p.is_file()]
    assert sorted(kept) == ["a.md", "b.md"]


def test_the_same_name_again_replaces_unless_it_is_unreadable(
    additions: Additions, arrived: Path, assistant: Assistant
) -> None:
    for text in ("# Pump\n\nThe first edition.", "# Pump\n\nThe second edition.", ""):
        last = ended(additions.start("pumps", [upload(arrived, "pump.md", text)]))
    kept = additions.folder("pumps") / "pump.md"
    assert "second" in kept.read_text()
    assert len(last.skipped) == 1
    (document,) = assistant.library.find("pumps").documents([kept.as_posix()])
    assert "second" in document.text
    assert [p.name for p in kept.parent.iterdir()] == ["pump.md"]


def test_additions_to_one_base_take_turns_and_waiting_ones_can_be_cancelled(
    assistant: Assistant, arrived: Path
) -> None:
    go = threading.Event()

    def ready(stop: threading.Event) -> bool:
        del stop
        return go.wait(60)

    additions = Additions(lambda: assistant.library, ready, arrived / "kept")
    first = additions.start("pumps", [upload(arrived, "a.md", "# A\n\nOne.")])
    second = additions.start("pumps", [upload(arrived, "b.md", "# B\n\nTwo.")])
    late = second if second.state == "waiting" else first
    additions.cancel(late.id)
    go.set()
    assert sorted(ended(a).state for a in (first, second)) == ["done", "stopped"]
    assert late.state == "stopped"
    additions.dismiss(late.id)
    assert len(additions.seen("pumps")) == 1
    assert additions.seen("others") == []


def test_a_report_groups_by_reason_and_hides_nothing(additions: Additions, arrived: Path) -> None:
    uploads = [upload(arrived, f"bad-{n}.xyz", "?") for n in range(9)]
    addition = ended(additions.start("pumps", uploads))
    html = render_intake(
        ["pumps"], LibraryView("pumps"), [addition], EN, folder=additions.folder("")
    )
    assert html.count("files are not taken in") == 1
    assert "and 5 more" in html
    assert all(f"bad-{n}.xyz" in html for n in range(9))
    assert "9 files or parts were left out" in html


@pytest.fixture
def shelved(assistant: Assistant) -> KnowledgeBase:
    """A knowledge base of sixty files."""
    base = assistant.library.create("many")
    documents = [
        make_document(f"Text {n}.", "text", f"/m/file-{n:02}.md", Locator(), {"title": f"T{n}"})
        for n in range(58)
    ] + [
        make_document(name, "text", f"/m/{name}", Locator(), {"title": name})
        for name in ("call.wav", "manual.pdf")
    ]
    base.add(documents, np.eye(60, 256, dtype=np.float32))
    return base


@pytest.fixture
def delete(assistant: Assistant, tmp_path: Path) -> Callable[[str], str]:
    """Delete a file of `pumps` as the page does; returns the HTML of the list."""
    settings = assistant.settings
    ready = Readiness(lambda report: None)
    library = LibraryPage(settings, assistant, Media(), ready)
    with gr.Blocks():
        session = gr.State(Session())
        library.place(session)

    def run(uri: str) -> str:
        base = assistant.library.create("pumps")
        if not base.words.uris(uri):
            document = make_document(f"Text of {uri}.", "text", uri, Locator(), {"title": "T"})
            base.add([document], np.eye(1, 256, dtype=np.float32))
        tab = Session(library=LibraryView("pumps"))
        (update,) = library.remove(tab, gr.EventData(None, {"id": uri})).values()
        assert not base.words.uris(uri)
        return update["html"]

    return run


def test_only_copies_in_the_folder_of_uploads_are_deleted(
    delete: Callable[[str], str], additions: Additions, tmp_path: Path
) -> None:
    folder = additions.folder("pumps")
    (folder / "docs").mkdir(parents=True)
    copy, outside = folder / "docs" / "a.md", tmp_path / "own" / "b.md"
    outside.parent.mkdir()
    for path in (copy, outside):
        path.write_text("Text.")
    (folder / "link").symlink_to(outside.parent)
    for place in ("../../own/b.md", "link/b.md", "link/b.md!/c.md", "docs"):
        assert "cannot be deleted" not in delete(f"{folder.as_posix()}/{place}")
        assert outside.exists()
        assert copy.exists()
    delete(copy.as_posix())
    assert not copy.exists()


def test_a_copy_that_cannot_be_deleted_is_reported(
    delete: Callable[[str], str], additions: Additions
) -> None:
    folder = additions.folder("pumps")
    folder.mkdir(parents=True)
    html = delete(f"{folder.as_posix()}/{'x' * 300}")  # file systems take no such name
    assert "its copy cannot be deleted (File name too long)" in html


def test_the_list_is_paged_and_filtered(shelved: KnowledgeBase, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "uploads")
    last = shelf.listing(shelved, "", "", 99)
    assert (last.page, last.pages, last.files, last.documents) == (3, 3, 60, 60)
    assert len(shelf.listing(shelved, "", "", 1).items) == PER_PAGE
    (found,) = shelf.listing(shelved, "FILE 07", "", 1).items
    assert (found.name, found.title, found.size_bytes) == ("m/file-07.md", "T7", None)
    (pdf,) = shelf.listing(shelved, "", "pdf", 1).items
    assert pdf.name == "m/manual.pdf"


def test_a_page_is_shown_with_its_region(shelved: KnowledgeBase, tmp_path: Path) -> None:
    path = tmp_path / "manual.pdf"
    canvas = Canvas(str(path), pagesize=(300, 600))
    canvas.drawString(50, 300, "Half way down.")
    canvas.save()
    document = make_document(
        "Half way down.", "text", path.as_posix(), Locator(page=1, box=(60, 300, 360, 900)),
        {"title": "Manual"},
    )  # fmt: skip
    media = Media()
    sight = sight_of(document, shelved, media)
    assert sight.region is not None
    region = sight.region
    assert (region.left, region.top, region.width, region.height) == (10.0, 25.0, 50.0, 50.0)
    found = media.find(sight.page.removeprefix("media/"))
    assert found is not None
    assert found[1] == "image/jpeg"
    path.unlink()
    assert sight_of(document, shelved, media).source == ""


def test_a_recording_is_played_and_its_waves_are_drawn(
    shelved: KnowledgeBase, tmp_path: Path
) -> None:
    path = tmp_path / "call.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        tone = np.sin(np.arange(16000) / 8) * 20000
        out.writeframes(np.concatenate([np.zeros(16000), tone]).astype("<i2").tobytes())
    document = make_document("Hello.", "audio", path.as_posix(), Locator(start_s=1.0), {})
    assert sight_of(document, shelved, Media()).player == "audio"
    picture = tmp_path / "wave.png"
    picture.write_bytes(waveform(path))
    alpha = np.asarray(Image.open(picture))[..., 3] > 0
    quiet, loud = np.split(alpha, 2, axis=1)
    assert loud.sum() > 5 * quiet.sum()


def test_a_file_of_any_kind_is_served_without_running_it(
    shelved: KnowledgeBase, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text("<script>hacked=1</script>")
    media = Media()
    document = make_document("Words.", "text", path.as_posix(), Locator(), {"title": "P"})
    found = media.find(sight_of(document, shelved, media).source.removeprefix("media/"))
    assert found is not None
    assert found[1].startswith("text/plain")
