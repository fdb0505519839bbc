"""What the message box sent becomes a turn, or is refused."""

from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from assistant.errors import InputError
from assistant.settings import Settings
from ui.inputs import turn_from
from ui.session import Session


@pytest.fixture
def uploaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: Path) -> Path:
    """The sample screenshot where Gradio keeps uploads."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    path = Path(get_upload_folder()) / "abc" / "screenshot.png"
    path.parent.mkdir(parents=True)
    path.write_bytes((samples / "screenshot.png").read_bytes())
    return path


def test_text_and_files_make_one_turn(uploaded: Path, settings: Settings) -> None:
    turn = turn_from(
        {"text": "It says E-42.", "files": [str(uploaded)]}, settings, Session(thread_id="thread-1")
    )
    assert turn.text == "It says E-42."
    assert turn.thread_id == "thread-1"
    assert [attachment.mime_type for attachment in turn.attachments] == ["image/png"]


def test_a_new_conversation_gets_a_thread_of_its_own(settings: Settings) -> None:
    first, second = (
        turn_from({"text": "hello", "files": []}, settings, Session()) for _ in range(2)
    )
    assert first.thread_id != second.thread_id


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "", "no-such.png"])
def test_the_browser_cannot_name_files_of_this_machine(
    path: str, uploaded: Path, settings: Settings
) -> None:
    with pytest.raises(InputError, match="was not uploaded"):
        turn_from({"text": "read it", "files": [path]}, settings, Session())


@pytest.mark.parametrize("path", ["abc/../../outside.png", "."])
def test_nor_climb_out_of_the_uploads(path: str, uploaded: Path, settings: Settings) -> None:
    folder = Path(get_upload_folder())
    (folder.parent / "outside.png").write_bytes(uploaded.read_bytes())
    with pytest.raises(InputError, match="was not uploaded"):
        turn_from({"text": "", "files": [str(folder / path)]}, settings, Session())


@pytest.mark.parametrize(
    "message", [{}, {"text": None, "files": []}, {"text": "a", "files": "x"}, {"text": "a"}]
)
def test_a_malformed_message_is_refused(message: dict, settings: Settings) -> None:
    with pytest.raises(InputError, match="could not be read"):
        turn_from(message, settings, Session())


def test_an_empty_turn_is_refused(settings: Settings) -> None:
    with pytest.raises(InputError, match="empty"):
        turn_from({"text": "  ", "files": []}, settings, Session())
