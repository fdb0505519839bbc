"""Open pictures, sound and video safely: nothing that points elsewhere, nothing endless."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from PIL.Image import Image

MAX_PIXELS = 60_000_000
MAX_SIDE_PX = 20_000
MAX_RECORDING_S = 4 * 3600.0  # of sound or video
RATE = 16_000  # samples per second of decoded sound: what speech models take

_PICTURES = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "MPO")  # no EPS: it starts a program
# Playlists and the like, which make FFmpeg open other files and addresses, are not read.
_SAFE = {
    "protocol_whitelist": "file",
    "format_whitelist": "wav,mp3,ogg,flac,aac,mov,mp4,m4a,matroska,webm",
}


def open_picture(file: "Path | IO[bytes]", name: str = "") -> "Image":
    """Return a picture upright, in 8-bit RGB: the first frame, transparency on white.

    Raises KnowledgeError for damaged files and for too many pixels, which calls the picture by
    `name`, or as its file is called.
    """
    import warnings

    from PIL import Image, ImageOps

    name = name or Path(str(file)).name

    # Our own limits are below the one that Pillow warns of.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    try:
        with Image.open(file, formats=_PICTURES) as image:
            if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE_PX:
                raise _too_large(name)
            return to_rgb(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as exc:
        raise _too_large(name) from exc
    except KnowledgeError:
        raise
    except Exception as exc:  # decoders fail on damaged data in every way there is
        raise KnowledgeError(
            f"`{name}` is not a readable picture: it is damaged, cut off or of an unknown kind. "
            "Save it again as PNG or JPEG."
        ) from exc


def to_rgb(image: "Image") -> "Image":
    """Return a picture in 8-bit RGB, deep grey levels scaled, transparency on white."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_to_8_bit(np.asarray(image), image.mode))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        page = Image.new("RGB", image.size, "white")
        page.paste(image, mask=image.getchannel("A"))
        return page
    return image.convert("RGB")


@contextmanager
def open_stream(path: Path) -> "Iterator[InputContainer]":
    """Open a sound or video file for decoding. Raises av's FFmpegError where it is neither."""
    import av
    import av.logging

    av.logging.set_level(av.logging.PANIC)  # FFmpeg's remarks on damaged files are not for users
    with av.open(str(path), options=_SAFE, metadata_errors="ignore") as container:
        yield container


@contextmanager
def open_recording(path: Path) -> "Iterator[InputContainer]":
    """Open a recording or video of at most `MAX_RECORDING_S`. Raises KnowledgeError otherwise."""
    from av.error import FFmpegError

    try:
        with open_stream(path) as container:
            check_length(path, length_s(container))
            yield container
    except FFmpegError as exc:
        raise KnowledgeError(
            f"`{path.name}` cannot be read as sound or video: it is damaged, cut off or of an "
            "unknown kind. Save it again as WAV, MP3, OGG, M4A, MP4 or WebM."
        ) from exc


def check_length(path: Path, seconds: float) -> None:
    """Raise KnowledgeError for a recording that is longer than `MAX_RECORDING_S`."""
    if seconds > MAX_RECORDING_S:
        raise KnowledgeError(
            f"`{path.name}` is longer than {MAX_RECORDING_S / 3600:.0f} hours. Cut it into parts."
        )


def moving_streams(container: "InputContainer") -> list[Any]:
    """Return the video streams, without the cover picture that music files carry."""
    from av.stream import Disposition

    cover = Disposition.attached_pic
    return [s for s in container.streams.video if not s.disposition & cover and s.width]


def length_s(container: "InputContainer") -> float:
    """Return the length that the headers claim, in seconds; 0 where they claim none."""
    claims = [(container.duration or 0) / 1_000_000]
    for stream in container.streams:
        if stream.duration and stream.time_base:
            claims.append(float(stream.duration * stream.time_base))
    return max(claims)


def mono_samples(container: "InputContainer") -> Iterator[np.ndarray]:
    """Yield the samples of the first sound stream at `RATE`, mono float32, piece by piece."""
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    frame = None
    for frame in _sound_frames(container):
        try:
            resampled_frames = resampler.resample(frame)
        except ValueError:  # a chained or damaged file changes its format in the middle
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            resampled_frames = resampler.resample(frame)
        for resampled in resampled_frames:
            yield resampled.to_ndarray().ravel()
    if frame is not None:  # the resampler may hold the last samples back
        for resampled in filter(None, resampler.resample(None)):
            yield resampled.to_ndarray().ravel()


def _sound_frames(container: "InputContainer") -> "Iterator[AudioFrame]":
    """Yield the decodable frames of the first sound stream; damaged packets are skipped."""
    from av.error import FFmpegError

    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from packet.decode()
        except (FFmpegError, ValueError):
            continue


def _to_8_bit(values: np.ndarray, mode: str) -> np.ndarray:
    """Scale deep grey levels: 16-bit by its full range, anything else by the range it uses."""
    values = np.nan_to_num(values.astype(np.float64))
    low, high = float(values.min()), float(values.max())
    if mode != "F" and low >= 0 and high <= 65_535:
        low, high = 0.0, 65_535.0
    return ((values - low) * (255 / max(high - low, 1e-9))).round().astype(np.uint8)


def _too_large(name: str) -> KnowledgeError:
    return KnowledgeError(
        f"`{name}` has over {MAX_PIXELS // 1_000_000} million pixels, or over {MAX_SIDE_PX:,} a "
        "side. Scale it down."
    )
