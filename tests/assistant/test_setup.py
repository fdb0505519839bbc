"""Set-up: the doctor tells the truth, versions are pinned, make names what it would do."""

import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pytest_socket import SocketConnectBlockedError

from assistant import doctor
from assistant.installation import broken_imports, missing_packages
from assistant.profiles import PROFILES

ROOT = Path(__file__).parents[2]
CLI = "import sys; from assistant.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the doctor says of the `remote` profile without weights, server and data folder."""
    folder = tmp_path_factory.mktemp("doctor")
    (folder / "file").write_text("not a folder")
    places = {"CACHE_DIR": str(folder), "DATA_DIR": str(folder / "file" / "data")}
    done = subprocess.run(
        [sys.executable, "-c", CLI, "doctor", "--json", "--profile", "remote"],
        env=os.environ | {f"SAMESENSE_{name}": value for name, value in places.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


def test_the_doctor_names_what_is_missing_and_the_fix(found: dict[str, Any]) -> None:
    assert (found["ok"], found["profile"]) == (False, "remote")
    fixes = {check["name"]: check["fix"] for check in found["checks"] if not check["ok"]}
    for name in PROFILES["remote"].weights:
        assert "samesense models fetch" in fixes[f"weights {name}"]
    assert "SAMESENSE_DATA_DIR" in fixes["data folder"]
    assert "SAMESENSE_SERVER_URL" in fixes["server"]
    assert all(fixes.values())


def test_the_doctor_finds_what_works(found: dict[str, Any]) -> None:
    well = {check["name"] for check in found["checks"] if check["ok"]}
    assert {"python", "packages", "cache folder", "sound and video"} <= well


def test_the_doctor_knows_every_profile() -> None:
    assert set(doctor.MEMORY_BYTES) == set(PROFILES)


def test_a_broken_import_is_told_and_a_crash_blames_the_right_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crashes.py").write_text("import os; os._exit(7)")
    (tmp_path / "fails.py").write_text("raise ValueError('no such\\ninstruction')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    broken = broken_imports(["json", "fails", "crashes", "csv", "nosuch"])
    assert set(broken) == {"fails", "crashes", "nosuch"}
    assert "no such" in broken["fails"]
    assert "status 7" in broken["crashes"]


def test_tests_reach_this_machine_and_no_other() -> None:
    with pytest.raises(SocketConnectBlockedError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_what_the_tests_need_is_installed() -> None:
    assert missing_packages() == []
    assert missing_packages("dev") == []


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + extras["dev"] + extras["studio"]
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    versions = {str(canonicalize_name(name)): version for name, version in pins.items()}
    for requirement in map(Requirement, lines):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier
    assert versions["torch"] == "2.13.0"  # no local suffix: any build of it will do
    assert not re.search(r"torchvision|torchaudio|opencv-python$", "\n".join(versions))


@pytest.mark.parametrize(
    ("target", "steps"),
    [
        ("run", ["samesense serve"]),
        ("demo", ["samesense models fetch", "samesense ask", "--out demo-output"]),
        (
            "test",
            ["ruff check", "-m pyright\n", "importlinter", "samesense models fetch", "-m pytest"],
        ),
        ("test-fast", ['pytest -m "not weights and not browser"']),
    ],
)
def test_make_does_the_steps_in_order(target: str, steps: list[str]) -> None:
    command = ["make", "--dry-run", "--always-make", "-C", str(ROOT), target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    places = [done.stdout.index(step) for step in ["-m venv", "pip install", *steps]]
    assert places == sorted(places)
