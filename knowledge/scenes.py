"""Find the scenes of a video and one picture of each: cuts in films, new states of screens.

PySceneDetect measures the mean change between frames, which a dialog that opens on a still screen
hardly moves, and it needs a second OpenCV. Here a picture is compared tile by tile with the one
that its scene began with, and a scene begins where a different picture has come to rest.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.errors import KnowledgeError
from knowledge.media import MAX_PIXELS, length_s, moving_streams, open_recording

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from PIL.Image import Image

_STEP_S = 0.5  # between the frames looked at
_FADE_S = 2.0  # a shorter scene that never rests is part of the next one
_DRIFT_S = 10.0  # after which a picture that never rests begins a new scene
_CUT = 30.0  # mean change in levels between two looks, about PySceneDetect's 27
_SIDE_PX = 1920  # pictures are kept up to this size
_LOOK_PX, _TILE_PX = (128, 72), 8
_TILE_LEVELS = 6.0  # mean change of a tile: a line of text makes 9, a cursor and noise less than 5
_TILES = 3  # that change when a line of text does
_LONG_S = 600.0  # of longer videos only the frames that stand alone are looked at ...
_SPACING_S = 20.0  # ... where they are this close


@dataclass(frozen=True)
class Scene:
    """A stretch of a video that shows one picture."""

    start_s: float
    end_s: float
    change: float  # share of the picture that differs from the scene before
    look: np.ndarray  # RGB levels, shape (72, 128, 3)
    png: bytes

    def open(self) -> "Image":
        """Return the picture, upright RGB."""
        from PIL import Image

        return Image.open(io.BytesIO(self.png)).convert("RGB")

    def shows_the_same(self, other: "Scene") -> bool:
        """Tell whether no part of the picture, not even a line of text, differs."""
        return not _differs(self.look, other.look)


def find_scenes(path: Path, most: int) -> tuple[list[Scene], int]:
    """Return up to `most` scenes and how many were left out: those that changed least.

    Raises KnowledgeError when no picture can be decoded, or pictures are too large.
    """
    found: list[Scene] = []
    dropped = 0
    rested, before, before_s, end_s = False, None, 0.0, 0.0
    with open_recording(path) as container:
        for end_s, frame in _sampled(path, container):
            look = _look(frame)
            rests = before is not None and not _differs(before, look)
            if before is None or _begins(found[-1], before, look, rests, end_s):
                start_s = before_s if rests else end_s
                if found and not rested and start_s - found[-1].start_s < _FADE_S:
                    start_s = found.pop().start_s
                change = float(_changed(found[-1].look, look).mean()) if found else 1.0
                found.append(Scene(start_s, start_s, change, look, _png(frame)))
                rested = False
            rested |= rests
            if len(found) > most:
                weakest = min(range(1, len(found) - 1), key=lambda i: found[i].change)
                del found[weakest]
                dropped += 1
            before, before_s = look, end_s
        end_s = max(end_s, length_s(container))
    if not found:
        raise KnowledgeError(f"No picture of `{path.name}` can be decoded.")
    ends = [scene.start_s for scene in found[1:]] + [end_s]
    scenes = [replace(scene, end_s=end_s) for scene, end_s in zip(found, ends, strict=True)]
    return scenes, dropped


def _begins(scene: Scene, before: np.ndarray, look: np.ndarray, rests: bool, time_s: float) -> bool:
    """Tell whether a new scene begins: another picture rests, cuts in or has drifted by."""
    if not _differs(scene.look, look):
        return False
    cut = float(np.abs(before - look).mean()) > _CUT
    return rests or cut or time_s - scene.start_s > _DRIFT_S


def _changed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which tiles differ, shape (9, 16)."""
    width, height = _LOOK_PX
    tiles = (height // _TILE_PX, _TILE_PX, width // _TILE_PX, _TILE_PX, 3)
    return np.abs(one - other).reshape(tiles).mean(axis=(1, 3, 4)) > _TILE_LEVELS


def _differs(one: np.ndarray, other: np.ndarray) -> bool:
    return int(_changed(one, other).sum()) >= _TILES


def _look(frame: "VideoFrame") -> np.ndarray:
    width, height = _LOOK_PX
    return frame.reformat(width, height, "rgb24").to_ndarray().astype(np.int16)


def _png(frame: "VideoFrame") -> bytes:
    # Phones store videos lying on their side, with the turn as side data.
    image = frame.to_image().rotate(frame.rotation, expand=True)
    image.thumbnail((_SIDE_PX, _SIDE_PX))
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _sampled(path: Path, container: "InputContainer") -> "Iterator[tuple[float, VideoFrame]]":
    """Yield a frame every `_STEP_S`, with its time; damaged ones are skipped."""
    from av.error import FFmpegError

    streams = moving_streams(container)
    if not streams:
        return
    stream = streams[0]
    if stream.width * stream.height > MAX_PIXELS:
        raise KnowledgeError(f"`{path.name}` has over {MAX_PIXELS:,} pixels. Scale it down.")
    stream.thread_type = "AUTO"
    if length_s(container) > _LONG_S and _spacing_s(container, stream) < _SPACING_S:
        stream.codec_context.skip_frame = "NONKEY"
    packets = container.demux(stream)
    due_s = 0.0
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            for frame in packet.decode():
                if frame.time is not None and frame.time >= due_s:
                    due_s = frame.time + _STEP_S
                    yield frame.time, frame
        except (FFmpegError, ValueError):
            continue


def _spacing_s(container: "InputContainer", stream: Any) -> float:
    """Return how far the frames that stand alone are apart, from the packets' headers."""
    alone = sum(packet.is_keyframe for packet in container.demux(stream) if packet.size)
    container.seek(0)
    return length_s(container) / max(alone, 1)
