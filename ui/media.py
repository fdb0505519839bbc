"""Hands files and sound to the browser under addresses that cannot be guessed."""

import hmac
import mimetypes
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Lock
from wave import open as open_wave

import numpy as np

from knowledge.errors import KnowledgeError

SPEECH_BYTES = 64_000_000  # of spoken sentences kept in memory; the oldest go first
MADE_BYTES = 64_000_000  # of pictures made for the page; the oldest go first and are made again
MADE = 20_000  # that can be asked for
_MADE_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


@dataclass
class Media:
    """Which files and sentences the browser may fetch; the page shows no other file."""

    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _files: dict[str, Path] = field(default_factory=dict)
    _sounds: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _size_bytes: int = 0
    _makers: OrderedDict[str, tuple[str, Callable[[], bytes]]] = field(default_factory=OrderedDict)
    _made: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _made_bytes: int = 0
    _lock: Lock = field(default_factory=Lock)

    def file_url(self, path: Path) -> str:
        """Return where the browser finds a file; the same file always has the same address."""
        token = self._token(str(path))
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

    def made_url(self, key: str, suffix: str, make: Callable[[], bytes]) -> str:
        """Return where the browser finds a picture that is made when it asks, and kept a while.

        `make` may raise KnowledgeError; `suffix` is ".jpg" or ".png".
        """
        token = self._token(f"made:{key}")
        with self._lock:
            self._makers[token] = (_MADE_TYPES[suffix], make)
            self._makers.move_to_end(token)
            if len(self._makers) > MADE:
                self._makers.popitem(last=False)
        return f"media/{token}{suffix}"

    def find(self, name: str) -> tuple[Path | bytes, str] | None:
        """Return what an address stands for and its mime type; None for an unknown address."""
        token = name.split(".", maxsplit=1)[0]
        if token in self._sounds:
            return self._sounds[token], "audio/wav"
        if token in self._files:
            return self._files[token], _mime_type(self._files[token])
        return self._make(token)

    def _make(self, token: str) -> tuple[bytes, str] | None:
        mime_type, make = self._makers.get(token, ("", None))
        if make is None:
            return None
        made = self._made.get(token)
        if made is None:
            try:
                made = make()
            except (KnowledgeError, OSError):  # the file changed or went since
                return None
            with self._lock:
                self._made_bytes += len(made) - len(self._made.get(token, b""))
                self._made[token] = made
                while self._made_bytes > MADE_BYTES:
                    self._made_bytes -= len(self._made.popitem(last=False)[1])
        return made, mime_type

    def _token(self, key: str) -> str:
        return hmac.new(self._secret, key.encode(errors="surrogateescape"), sha256).hexdigest()[:32]


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
