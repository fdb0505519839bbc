"""The command as a person types it: one JSON object, exit status, no stack trace for bad input."""

import json
import os
import resource
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from assistant.cli import main
from assistant.settings import load_settings
from assistant.threads import Threads

SAMPLES = Path(__file__).parents[2] / "assistant" / "samples"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run every command of this file on the deterministic profile, on one data folder."""
    data_dir = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMESENSE_PROFILE", "deterministic")
        patch.setenv("SAMESENSE_DATA_DIR", str(data_dir))
        yield data_dir


def test_json_is_one_object_on_standard_output(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["ask", "What does E-42 mean?", "--json", "--quiet"])
    out, err = capsys.readouterr()
    assert status == 0
    assert json.loads(out)["verification"]["verdict"]
    assert "plan" not in err.lower() or out


def test_the_answer_streams_to_standard_output_and_files_go_to_out(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(
        [
            "ask", "It says E-42 since this morning.",
            "--image", str(SAMPLES / "screenshot.png"),
            "--audio", str(SAMPLES / "question.wav"),
            "--out", str(tmp_path / "reply"),
        ]
    )  # fmt: skip
    out, _ = capsys.readouterr()
    report = json.loads((tmp_path / "reply" / "reply.json").read_text())
    assert status == 0
    assert report["answer"].splitlines()[0] in out
    names = {path.name for path in (tmp_path / "reply").iterdir()}
    assert names >= {"reply.json", "reply.md", "reply.wav", report["images"][0]["path"]}


def test_a_thread_goes_on(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("Hello, I am Ada!", "Thank you, bye!"):
        assert main(["ask", text, "--thread", "cli-1", "--json", "--quiet"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["thread_id"] == "cli-1"


def blank_png(path: Path) -> Path:
    Image.new("RGB", (640, 480), "white").save(path)
    return path


def silent_wav(path: Path) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000 * 4))
    return path


def test_silence_and_blankness_are_answered_without_inventing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--image", str(blank_png(tmp_path / "a.png"))]
    files += ["--audio", str(silent_wav(tmp_path / "a.wav"))]
    assert main(["ask", *files, "--json", "--quiet"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert all(not percept["text"] and percept["note"] for percept in report["percepts"])


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["ask"], id="empty turn"),
        pytest.param(["ask", "   \n\t "], id="only white space"),
        pytest.param(["ask", "x" * 1_000_000], id="a megabyte of text"),
        pytest.param(["ask", "hi", "--thread", "../../etc/passwd"], id="thread outside"),
        pytest.param(["ask", "hi", "--kb", "../other"], id="knowledge base outside"),
        pytest.param(["ask", "hi", "--image", "absent.png"], id="no such file"),
        pytest.param(["ask", "hi", "--image", "."], id="a folder"),
        pytest.param(["ask", "hi", "--language", "klingon"], id="no language"),
        pytest.param(["kb", "add", "absent-folder"], id="nothing to add"),
    ],
)
def test_bad_input_is_one_message_and_status_2(
    home: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("samesense: ")
    assert "Traceback" not in err


def test_an_unknown_knowledge_base_is_told_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMESENSE_PROFILE", "deterministic")
    monkeypatch.setenv("SAMESENSE_DATA_DIR", str(tmp_path / "data"))
    assert main(["ask", "hi", "--kb", "absent"]) == 2
    assert "No knowledge base is called `absent`" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()  # the sample manual was not taken in for it


@pytest.mark.parametrize("text", ["😀😀😀", "مرحبا، كيف حالك؟", "a\x00b\x1b[31mc\u202e", "？？？"])
def test_odd_text_is_answered(home: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", text, "--json", "--quiet"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["answer"]
    assert "\x1b" not in json.dumps(answer["percepts"], ensure_ascii=False)


@pytest.mark.parametrize(
    ("variable", "value"), [("SAMESENSE_PORT", "eighty"), ("SAMESENSE_COLOUR", "red")]
)
def test_a_wrong_setting_is_named(
    home: Path,
    variable: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)
    assert main(["ask", "hi"]) == 2
    assert variable in capsys.readouterr().err


def run(
    arguments: list[str], data_dir: Path, largest_file: int | None = None
) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    environment = os.environ | {
        "SAMESENSE_PROFILE": "deterministic",
        "SAMESENSE_DATA_DIR": str(data_dir),
    }
    return subprocess.run(
        [sys.executable, "-m", "assistant.cli", *arguments],
        env=environment,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_disk_that_takes_no_more_is_a_message_and_the_history_stays(home: Path) -> None:
    assert run(["ask", "Hello!", "--thread", "full", "--quiet"], home).returncode == 0
    failed = run(["ask", "Hello again!", "--thread", "full", "--quiet"], home, largest_file=4096)
    assert "Traceback" not in failed.stderr
    assert "Free" in failed.stderr or "could not be kept" in failed.stderr
    settings = load_settings({"SAMESENSE_DATA_DIR": str(home)})
    assert [e.question for e in Threads(settings).history("full")] == ["Hello!"]


def test_a_data_folder_that_cannot_be_made_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    failed = run(["ask", "Hello!"], tmp_path / "file" / "data")
    assert failed.returncode in (1, 2)
    assert failed.stderr.startswith("samesense: ")
    assert "Traceback" not in failed.stderr


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    out = capsys.readouterr().out
    for command in ("serve", "ask", "kb", "models", "doctor", "bench"):
        assert command in out
