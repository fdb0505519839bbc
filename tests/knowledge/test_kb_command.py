"""`samesense kb` as a user runs it, on the deterministic profile."""

import json
from pathlib import Path

import pytest

from assistant.cli import main


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMESENSE_PROFILE", "deterministic")
    monkeypatch.setenv("SAMESENSE_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.md"
    path.write_text("# Coffee machine\n\n## F-18 no water\n\nFill the tank and press Start.\n")
    return path


def test_add_search_list_remove(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kb", "add", str(notes), "--kb", "kitchen"]) == 0
    assert "1 documents added" in capsys.readouterr().err

    assert main(["kb", "search", "what is F18?", "--kb", "kitchen", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert set(result) == {"document_id", "uri", "modality", "locator", "text", "score"}
    assert result["uri"] == str(notes)
    assert result["locator"] == {"heading": "Coffee machine > F-18 no water"}
    assert result["score"] > 0.5

    assert main(["kb", "list", "--kb", "kitchen"]) == 0
    line = capsys.readouterr().out
    assert result["document_id"] in line
    assert "§ F-18 no water" in line

    assert main(["kb", "remove", str(notes), "--kb", "kitchen"]) == 0
    assert "Removed 1" in capsys.readouterr().err
    assert main(["kb", "list", "--kb", "kitchen", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"documents": []}


def test_searching_people_read(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["kb", "add", str(notes), "--kb", "kitchen"])
    main(["kb", "search", "F-18 no water", "--kb", "kitchen"])
    out = capsys.readouterr().out
    assert "Coffee machine > F-18 no water" in out
    assert "Nothing here answers" not in out
    main(["kb", "search", "what is the capital of Peru", "--kb", "kitchen"])
    assert capsys.readouterr().out.startswith("Nothing here answers this for sure.")


def test_the_sample_manual_is_there_from_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kb", "search", "E-42 PPPoE authentication failed", "--json"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert results[0]["uri"] == "articles/04-error-codes.md"
    assert "Reconnect" in results[0]["text"]


def test_a_file_of_an_unknown_kind_is_reported_and_the_rest_goes_in(
    notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tool.exe").write_bytes(b"MZ")
    assert main(["kb", "add", str(tmp_path / "tool.exe"), str(notes), "--kb", "kitchen"]) == 0
    assert "`.exe` files are not taken in" in capsys.readouterr().err
    assert main(["kb", "add", str(tmp_path / "tool.exe"), "--kb", "kitchen"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "/nowhere"], "does not exist"),
        (["add", "/etc", "--kb", "../x"], "cannot name a knowledge base"),
        (["search", "x", "--kb", "cellar"], "Choose one of: kitchen, router"),
        (["search"], "nothing to search for"),
        (["search", "x", "-k", "0"], "Ask for 1 or more"),
        (["search", "--image", "/nowhere.png"], "is not a file"),
        (["search", "--audio", "/nowhere.wav"], "is not a file"),
        (["remove", "unknown"], "samesense kb list --kb"),
        (["remove", ""], "Name what to remove"),
    ],
)
def test_wrong_usage_is_one_message_and_status_2(
    arguments: list[str], message: str, notes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["kb", "add", str(notes), "--kb", "kitchen"])
    if "--kb" not in arguments:
        arguments = [*arguments, "--kb", "kitchen"]
    assert main(["kb", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_vectors_are_made_again(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["kb", "add", str(notes), "--kb", "kitchen"])
    assert main(["kb", "reembed", "--kb", "kitchen"]) == 0
    assert "Made 1 vectors again." in capsys.readouterr().err
    assert main(["kb", "search", "F-18 no water", "--kb", "kitchen", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["results"]) == 1


def test_filters_narrow_the_search(
    notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "tea.md").write_text("# Tea\n\nFill the tank with water for tea.\n")
    main(["kb", "add", str(notes), str(tmp_path / "other"), "--kb", "kitchen"])

    def found(*arguments: str) -> list[str]:
        capsys.readouterr()
        assert main(["kb", "search", "fill the tank", "--kb", "kitchen", "--json", *arguments]) == 0
        return [Path(r["uri"]).name for r in json.loads(capsys.readouterr().out)["results"]]

    assert set(found()) == {"notes.md", "tea.md"}
    assert found("--source", str(tmp_path / "other")) == ["tea.md"]
    assert found("--modality", "image") == []
    assert found("--source", str(tmp_path / "oth")) == []
    assert found("--source", "/nowhere") == []


def test_what_is_exported_can_be_added_again(
    notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["kb", "add", str(notes), "--kb", "kitchen"])
    target = tmp_path / "kitchen.jsonl"
    assert main(["kb", "export", str(target), "--kb", "kitchen"]) == 0
    assert "Wrote 1 documents" in capsys.readouterr().err
    assert main(["kb", "add", str(target), "--kb", "copy"]) == 0
    capsys.readouterr()
    assert main(["kb", "search", "F-18", "--kb", "copy", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["text"] == "Fill the tank and press Start."
