"""Hands files and sound to the browser under addresses that cannot be guessed."""

import hmac
import mimetypes
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Lock
from wave import open as open_wave

import numpy as np

SPEECH_BYTES = 64_000_000  # of spoken sentences kept in memory; the oldest go first


@dataclass
class Media:
    """Which files and sentences the browser may fetch; the page shows no other file."""

    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _files: dict[str, Path] = field(default_factory=dict)
    _sounds: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _size_bytes: int = 0
    _lock: Lock = field(default_factory=Lock)

    def file_url(self, path: Path) -> str:
        """Return where the browser finds a file; the same file always has the same address."""
        token = hmac.new(self._secret, str(path).encode(), sha256).hexdigest()[:32]
        self._files[token] = path
        return f"media/{token}{_suffix(path)}"

    def speech_url(self, samples: np.ndarray, sample_rate: int) -> str:
        """Keep one sentence, float32 mono in [-1, 1], and return where the browser finds it."""
        token, sound = secrets.token_hex(16), wav_bytes(samples, sample_rate)
        with self._lock:
            self._sounds[token] = sound
            self._size_bytes += len(sound)
            while self._size_bytes > SPEECH_BYTES:
                self._size_bytes -= len(self._sounds.popitem(last=False)[1])
        return f"media/{token}.wav"

    def find(self, name: str) -> tuple[Path | bytes, str] | None:
        """Return what an address stands for and its mime type; None for an unknown address."""
        token = name.split(".", maxsplit=1)[0]
        if token in self._sounds:
            return self._sounds[token], "audio/wav"
        if token in self._files:
            return self._files[token], _mime_type(self._files[token])
        return None


def _suffix(path: Path) -> str:
    return path.suffix if path.suffix[1:].isascii() and path.suffix[1:].isalnum() else ""


def _mime_type(path: Path) -> str:
    """Return a type that a browser shows without running anything in it."""
    guessed = mimetypes.guess_type(path.name)[0] or ""
    if guessed.startswith(("image/", "audio/", "video/")) and guessed != "image/svg+xml":
        return guessed
    return "text/plain; charset=utf-8" if guessed.startswith("text/") or path.suffix == ".md" else (
        "application/octet-stream"
    )  # fmt: skip


def wav_bytes(samples: np.ndarray, sample_rate: int) -> bytes:
    """Write float32 mono samples in [-1, 1] as a 16-bit WAV."""
    whole = (np.clip(samples, -1, 1) * 32767).astype("<i2")
    buffer = BytesIO()
    with open_wave(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sample_rate)
        out.writeframes(whole.tobytes())
    return buffer.getvalue()
