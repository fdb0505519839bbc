"""A real manual to search in: pgAdmin's, with its screenshots, as its own package carries it."""

import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import copyfileobj
from zipfile import ZipFile

from assistant.errors import ModelError
from assistant.weights import Wheel
from assistant.weights_download import requirement

# The PostgreSQL Licence. A data source, not a dependency: nothing of it is installed.
WHEEL = Wheel(
    distribution="pgadmin4",
    version="9.18",
    name="pgadmin4-9.18-py3-none-any.whl",
    size_bytes=126_275_839,
    sha256="9ea084fc416265e4fc95c9fb6e6ae0f6668d34da8670c9b65c79cea054124356",
)
_INSIDE = "pgadmin4/docs/en_US/_build/html/"
_NO_PAGES = ("release_notes", "genindex", "search")


def fetch_manual(cache_dir: Path) -> Path:
    """Return the folder of the manual's pages and pictures, fetched once with pip.

    Raises ModelError when the package cannot be had.
    """
    folder = cache_dir / "benchmarks" / f"pgadmin-{WHEEL.version}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            unfinished = Path(temporary) / "manual"
            _extract(_download(Path(temporary)), unfinished)
            unfinished.rename(folder)
    return folder


def _download(folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(requirement(WHEEL), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--require-hashes", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), "-r", str(requirements)]
    print(f"Fetching the manual of {WHEEL.distribution} {WHEEL.version}…", file=sys.stderr)
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise ModelError(
            f"`{WHEEL.name}`, whose manual is searched in, cannot be fetched: "
            f"{done.stderr.strip().splitlines()[-1]}"
        )
    return folder / WHEEL.name


def _extract(wheel: Path, folder: Path) -> None:
    """Write the pages, without release notes and indexes, and the pictures they show."""
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            inside = name.removeprefix(_INSIDE)
            page = inside.endswith(".html") and "/" not in inside
            if name == inside or not (page or inside.startswith("_images/")):
                continue
            if page and inside.startswith(_NO_PAGES):
                continue
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("wb") as file:
                copyfileobj(source, file)
