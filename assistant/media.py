"""Decode the pictures, recordings and videos that people send; the rest is an InputError.

Headers are checked against the limits before anything is decoded, and decoding stops at a limit
even where a header lied.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.errors import InputError
from assistant.models.protocols import Waveform
from assistant.settings import Limits
from knowledge.media import RATE, length_s, mono_samples, moving_streams, open_stream, to_rgb

if TYPE_CHECKING:
    from av.container import InputContainer
    from PIL.Image import Image

__all__ = [
    "check_image", "check_recording", "decode_audio", "open_image", "resample", "video_frames",
]  # fmt: skip


def check_image(path: Path, limits: Limits) -> None:
    """Read only the header of a picture. Raises InputError when it is unreadable or too large."""
    with _opened_image(path, limits):
        pass


def open_image(path: Path, limits: Limits) -> "Image":
    """Return a picture upright, in 8-bit RGB: the first frame, transparency on white.

    Raises InputError for damaged files and for more pixels than the limits allow.
    """
    from PIL import ImageOps

    with _opened_image(path, limits) as image:
        try:
            image.load()
            return to_rgb(ImageOps.exif_transpose(image))
        except Exception as exc:  # decoders fail on damaged data in every way there is
            raise InputError(
                f"The picture `{path.name}` is damaged or cut off ({exc}). Save or send it again."
            ) from exc


@contextmanager
def _opened_image(path: Path, limits: Limits) -> "Iterator[Image]":
    import warnings

    from PIL import Image

    # Our own limits are below the one that Pillow warns of.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    try:
        image = Image.open(path)
    except Image.DecompressionBombError as exc:
        raise InputError(_too_many_pixels(path, "far more", limits)) from exc
    except Exception as exc:  # damaged headers raise anything from OSError to struct.error
        raise InputError(
            f"`{path.name}` cannot be read as a picture: it is damaged, cut off or of an unknown "
            "kind. Send a PNG, JPEG, WebP, GIF, BMP or TIFF file."
        ) from exc
    with image:
        _check_pixels(path, *image.size, limits)
        yield image


def _check_pixels(path: Path, width: int, height: int, limits: Limits) -> None:
    if width * height > limits.image_pixels or max(width, height) > limits.image_side_px:
        raise InputError(_too_many_pixels(path, f"{width} × {height}", limits))


def _too_many_pixels(path: Path, size: str, limits: Limits) -> str:
    return (
        f"`{path.name}` holds {size} pixels; at most {limits.image_pixels // 1_000_000} million, "
        f"and {limits.image_side_px} a side, are taken. Scale it down or cut out the part that "
        "matters."
    )


def check_recording(path: Path, limits: Limits) -> tuple[bool, bool]:
    """Tell whether a sound or video file holds sound and moving pictures, from its headers.

    Raises InputError when it is unreadable, holds neither, or is longer than the limits allow.
    """
    with _opened_recording(path) as container:
        sound, moving = bool(container.streams.audio), bool(moving_streams(container))
        if not sound and not moving:
            raise InputError(f"`{path.name}` holds neither sound nor pictures. Record it again.")
        limit_s = limits.video_s if moving else limits.audio_s
        _check_duration(path, length_s(container), limit_s)
        for stream in moving_streams(container):
            _check_pixels(path, stream.width, stream.height, limits)
    return sound, moving


def decode_audio(path: Path, limits: Limits) -> Waveform:
    """Return the sound of a recording or video as 16 kHz mono float32.

    A file that is cut off gives what it still holds. Raises InputError where nothing can be
    decoded, there is no sound, or there is more of it than the limits allow.
    """
    with _opened_recording(path) as container:
        if not container.streams.audio:
            raise InputError(
                f"`{path.name}` holds no sound. Record it again with the microphone on, or send "
                "another file."
            )
        limit_s = limits.video_s if moving_streams(container) else limits.audio_s
        _check_duration(path, length_s(container), limit_s)
        pieces: list[np.ndarray] = []
        total = 0
        for piece in mono_samples(container):
            pieces.append(piece)
            total += len(piece)
            _check_duration(path, total / RATE, limit_s)
    if total == 0:
        raise InputError(
            f"No sound can be decoded from `{path.name}`: it is damaged, cut off or empty. Record "
            "it again."
        )
    samples = np.nan_to_num(np.concatenate(pieces)).clip(-1, 1)
    return Waveform(samples.astype(np.float32), RATE)


def resample(sound: Waveform, rate: int) -> Waveform:
    """Return the same sound at another sample rate."""
    if sound.sample_rate == rate:
        return sound
    import av

    frame = av.AudioFrame.from_ndarray(
        sound.samples.astype(np.float32, copy=False)[np.newaxis], format="flt", layout="mono"
    )
    frame.sample_rate = sound.sample_rate
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    pieces = [f.to_ndarray().ravel() for given in (frame, None) for f in resampler.resample(given)]
    return Waveform(np.concatenate(pieces), rate)


def video_frames(path: Path, limits: Limits, count: int = 3) -> list[tuple[float, "Image"]]:
    """Return up to `count` evenly spaced pictures of a video with their times in seconds.

    A video of unknown length gives its first picture. Raises InputError where nothing decodes.
    """
    with _opened_recording(path) as container:
        duration_s = length_s(container)
        moving = moving_streams(container)
        if not moving:
            raise InputError(f"`{path.name}` holds no moving pictures.")
        _check_duration(path, duration_s, limits.video_s)
        _check_pixels(path, moving[0].width, moving[0].height, limits)
        times = [duration_s * (i + 0.5) / count for i in range(count)] if duration_s else [0.0]
        frames = [(s, frame) for s in times if (frame := _frame_at(container, s)) is not None]
    if not frames:
        raise InputError(f"No picture of the video `{path.name}` can be decoded. Save it again.")
    return frames


def _frame_at(container: "InputContainer", time_s: float) -> "Image | None":
    from av.error import FFmpegError

    try:
        container.seek(int(time_s * 1_000_000))
        frame = None
        for frame in container.decode(video=0):
            if frame.time is None or frame.time >= time_s:
                break
        if frame is None:
            return None
        # Phones store videos lying on their side, with the turn as side data.
        return frame.to_image().rotate(frame.rotation, expand=True)
    except (FFmpegError, ValueError):
        return None


@contextmanager
def _opened_recording(path: Path) -> "Iterator[InputContainer]":
    from av.error import FFmpegError

    try:
        with open_stream(path) as container:
            yield container
    except FFmpegError as exc:
        raise InputError(
            f"`{path.name}` cannot be read as sound or video: it is damaged, cut off or of an "
            "unknown kind. Send a WAV, MP3, OGG, M4A, FLAC, MP4 or WebM file."
        ) from exc


def _check_duration(path: Path, duration_s: float, limit_s: float) -> None:
    if duration_s > limit_s:
        length = f"{duration_s / 60:.0f} minutes" if duration_s > 90 else f"{duration_s:.0f} s"
        raise InputError(
            f"`{path.name}` is {length} long; at most {limit_s / 60:.0f} minutes are taken. Cut "
            "out the part that matters."
        )
