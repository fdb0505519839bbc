"""Make the pictures, recordings and videos, good and bad, that the tests hand in."""

import struct
import wave
import zlib
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from PIL import Image

RATE = 16_000


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    """Write 16-bit sound of shape (n,) or (n, channels)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return path


def write_endless_wav(path: Path, seconds: int, rate: int = 1000) -> Path:
    """Write hours of 8-bit silence without using the disk."""
    size = seconds * rate
    header = struct.pack("<4sI4s", b"RIFF", size + 36, b"WAVE")
    header += struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate, 1, 8)
    header += struct.pack("<4sI", b"data", size)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)
    return path


def write_sound(path: Path, codec: str, seconds: float = 1.0, rate: int = 44_100) -> Path:
    """Encode a tone in the container that the name asks for."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        _encode_tone(container, stream, seconds, rate)
    return path


def write_video(path: Path, colours: list[str], *, sound: bool, codec: str = "mpeg4") -> Path:
    """Write a video that shows each colour for one second, with a tone or silent."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=10)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=RATE) if sound else None
        if isinstance(audio, av.AudioStream):
            audio.layout = "mono"
        for colour in colours:
            picture = av.VideoFrame.from_image(Image.new("RGB", (64, 48), colour))
            for _ in range(10):
                container.mux(video.encode(picture.reformat(format="yuv420p")))
        container.mux(video.encode(None))
        if isinstance(audio, av.AudioStream):
            _encode_tone(container, audio, len(colours), RATE)
    return path


def _encode_tone(
    container: OutputContainer, stream: av.AudioStream, seconds: float, rate: int
) -> None:
    samples = tone(seconds, rate=rate) * 0.5
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = rate
    size = stream.codec_context.frame_size or None
    resampler = av.AudioResampler(stream.format.name, "mono", rate, frame_size=size or 0)
    for given in (frame, None):
        for resampled in resampler.resample(given):
            resampled.pts = None
            container.mux(stream.encode(resampled))
    container.mux(stream.encode(None))


def write_huge_png(path: Path, width: int, height: int) -> Path:
    """Write a black-and-white PNG of any size that takes a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    pixels = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
    return path


def noise(width: int = 64, height: int = 48, seed: int = 0) -> Image.Image:
    """Return a picture in which every pixel differs, as in a photograph."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def cut(path: Path, share: float) -> Path:
    """Leave only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path
