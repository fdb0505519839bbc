"""Bring the packages that carry pictures: npm's and Debian's own clients fetch them.

They are sources of data and never installed: none of their code can run.
"""

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.settings import Settings


@dataclass(frozen=True)
class Package:
    """A package of one version, and the members that are kept of it; none: all of them."""

    name: str
    version: str
    members: tuple[str, ...] = ()

    @property
    def folder_name(self) -> str:
        """The name of its folder in the cache."""
        return f"{self.name.rpartition('/')[2]}-{self.version.replace(':', '_')}"


FLUENT = Package("@iconify-json/fluent-emoji", "1.2.7", ("icons.json",))
FLAT = Package(
    "@iconify-json/fluent-emoji-flat", "1.2.6", ("icons.json", "chars.json", "metadata.json")
)
NOTO = Package("@iconify-json/noto", "1.2.9", ("icons.json", "chars.json", "metadata.json"))
ANNOTATIONS = Package(
    "cldr-annotations-full", "48.2.0",
    ("annotations/en/annotations.json", "annotations/zh/annotations.json"),
)  # fmt: skip
CLIP_ART = Package("openclipart-svg", "1:0.18+dfsg-19")
WORDS = Package("wamerican", "2020.12.07-2")  # English words, to tell titles that say something


def pictures_folder(settings: Settings) -> Path:
    """Return the folder of the cache that holds everything about pictures."""
    folder = settings.cache_dir / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bring(settings: Settings, package: Package) -> Path:
    """Return the folder that holds a package's members, fetching it the first time.

    A folder appears only when all of it is there. Raises ConfigurationError when the client is
    absent or the download fails.
    """
    final = pictures_folder(settings) / package.folder_name
    if final.exists():
        return final
    with tempfile.TemporaryDirectory(dir=final.parent, prefix=".partial-") as name:
        folder = Path(name)
        made = folder / "made"
        if package.members:
            _run(("npm", "pack", "--silent", f"{package.name}@{package.version}"), folder, "npm")
            _unpack(next(folder.glob("*.tgz")), package.members, made)
        else:
            wanted = f"{package.name}={package.version}"
            _run(("apt-get", "download", "-q", wanted), folder, "apt")
            archive = next(folder.glob("*.deb"))
            _run(("dpkg-deb", "-x", archive.name, made.name), folder, "dpkg")
        made.replace(final)
    return final


def _unpack(archive: Path, members: Sequence[str], folder: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in members:
            stream = tar.extractfile(f"package/{member}")
            assert stream is not None
            path = folder / member
            path.parent.mkdir(parents=True, exist_ok=True)
            with stream, path.open("wb") as copy:
                shutil.copyfileobj(stream, copy)


def _run(command: tuple[str, ...], folder: Path, install: str) -> None:
    asked = " ".join(command)
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError as exc:
        raise ConfigurationError(
            f"`{command[0]}` brings pictures to train on, and it is not here. Install {install}, "
            "for instance: apt-get install npm apt dpkg"
        ) from exc
    except subprocess.CalledProcessError as exc:
        lines = [line for line in exc.stderr.splitlines() if line.strip()]
        reason = lines[-1].strip() if lines else f"it ended with status {exc.returncode}"
        raise ConfigurationError(
            f"`{asked}` failed: {reason}. Check the network and {install}'s settings (before the "
            "first download, Debian needs: apt-get update), then try again."
        ) from exc
