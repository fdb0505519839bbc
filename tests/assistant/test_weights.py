"""Weights are checked before use; what is absent or damaged is named, with the command."""

import os
import shutil
from pathlib import Path

import pytest

from assistant.errors import ConfigurationError
from assistant.profiles import PROFILES
from assistant.settings import Settings
from assistant.weights import CATALOGUE, Catalogue, list_weights, verify, weights_folder
from assistant.weights_fetch import fetch
from tests.assistant.weights_farm import EYES, PIECES, assert_complete, sha256


def test_absent_weights_name_the_command_that_brings_them(
    cache: Settings, catalogue: Catalogue
) -> None:
    with pytest.raises(ConfigurationError, match=r"`voice`.*voice\.bin.*samesense models fetch"):
        weights_folder(cache, "voice", catalogue)


def test_an_unknown_name_lists_the_choices(cache: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"`gpt`.*whisper-base"):
        weights_folder(cache, "gpt")


def test_right_files_that_lie_there_already_are_adopted(
    cache: Settings, catalogue: Catalogue, farm: Path
) -> None:
    folder = cache.weights_dir / "eyes"
    folder.mkdir(parents=True)
    (folder / "eyes.bin").write_bytes(EYES)
    shutil.rmtree(farm)  # nothing could be downloaded
    assert [status.state for status in list_weights(cache, ["eyes"], catalogue)] == ["unverified"]
    assert fetch(cache, ["eyes"], catalogue=catalogue) == []
    assert [status.state for status in list_weights(cache, ["eyes"], catalogue)] == ["ready"]


@pytest.mark.parametrize("keep_times", [False, True])
def test_a_damaged_file_is_refused_by_name_and_mended(
    cache: Settings, catalogue: Catalogue, farm: Path, keep_times: bool
) -> None:
    fetch(cache, ["voice", "eyes"], farm, catalogue=catalogue)
    path = cache.weights_dir / "voice" / "voice.bin"
    before = path.stat()
    damaged = bytearray(path.read_bytes())
    damaged[70_000] ^= 1
    path.write_bytes(damaged)
    if keep_times:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(ConfigurationError) as refusal:
        weights_folder(cache, "voice", catalogue)
    for words in (str(path), sha256(bytes(damaged)), sha256(b"".join(PIECES)), "models fetch"):
        assert words in str(refusal.value)
    wrong = [check for check in verify(cache, catalogue=catalogue) if not check.ok]
    assert [(check.path, check.actual) for check in wrong] == [(path, sha256(bytes(damaged)))]

    assert fetch(cache, ["voice", "eyes"], farm, catalogue=catalogue) == [path]
    assert_complete(cache, catalogue)


def test_verify_tells_absent_from_right(cache: Settings, catalogue: Catalogue, farm: Path) -> None:
    fetch(cache, ["voice"], farm, catalogue=catalogue)
    (cache.weights_dir / "voice" / "words.txt").unlink()
    found = {check.path.name: (check.ok, check.actual) for check in verify(cache, None, catalogue)}
    assert found == {
        "voice.bin": (True, sha256(b"".join(PIECES))),
        "words.txt": (False, None),
        "eyes.bin": (False, None),
    }


def test_the_catalogue_serves_every_profile() -> None:
    named = {name for profile in PROFILES.values() for name in profile.weights}
    assert named <= set(CATALOGUE)
    for model in CATALOGUE.values():
        assert model.licence
        for file in model.files:
            first, *more = file.parts
            assert more or first.sha256 == file.sha256


@pytest.mark.weights
@pytest.mark.parametrize("name", PROFILES["pocket"].weights)
def test_the_real_weights_are_right(settings: Settings, name: str) -> None:
    folder = weights_folder(settings, name)
    assert all((folder / file.name).is_file() for file in CATALOGUE[name].files)
