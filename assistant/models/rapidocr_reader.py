"""Read the text lines of screens and photographs with PP-OCRv6 small, Chinese and English.

The models come inside RapidOCR's package (Apache-2.0; Li et al., "PP-OCRv3", 2022, for the
design). Lines are recognised one by one at their own width, on as many threads as there are cores:
half the work of RapidOCR's batches, which pad every line to the widest.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from PIL.Image import Image, Resampling

from assistant.errors import ModelError
from assistant.settings import Settings
from knowledge.types import Box, Segment

if TYPE_CHECKING:
    from rapidocr import RapidOCR

LARGEST_PX = 2_500_000  # larger pictures are scaled down to that; a full-HD screen is not
SMALLEST_SIDE_PX = 8  # no letter is lower
LEAST_CONFIDENCE = 0.5
NARROW_PX = 320  # lines near the edge of narrow pictures are found only with a margin
MARGIN_PX = 16

_OPTIONS = {
    "Global.log_level": "critical",
    "Global.use_cls": False,  # pictures come upright; a line upside down is not worth 0.1 s
    "Global.use_vertical_padding": False,  # it makes long strips enormous
    "Det.limit_type": "max",
    "Det.limit_side_len": 1_000_000,  # `_scaled` has seen to the size
    "Rec.rec_batch_num": 1,
    "Rec.rec_img_shape": [3, 48, 48],  # height, and the least width
    # Each line runs on one thread: several models share the cores, and threads that wait spin.
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


class RapidOcrReader:
    """Finds and reads text lines; loads its models when the first picture comes."""

    def __init__(self, settings: Settings) -> None:
        self._threads = settings.threads
        self._lock = Lock()  # one picture at a time keeps all cores busy
        self._engine: RapidOCR | None = None

    def read(self, images: Sequence[Image]) -> list[list[Segment]]:
        """Return the text lines of each picture, row by row and from left to right in a row.

        Boxes are in the pixels of the picture that was given. Raises ModelError when the backend
        fails.
        """
        return [self._read(image) for image in images]

    def _read(self, image: Image) -> list[Segment]:
        scaled = _scaled(image)
        if min(scaled.size) < SMALLEST_SIDE_PX:
            return []
        pixels = np.ascontiguousarray(np.asarray(scaled.convert("RGB"))[:, :, ::-1])
        with self._lock:
            try:
                quads, lines = self._recognise(pixels)
            except Exception as exc:  # OpenCV's, ONNX Runtime's and RapidOCR's share no base
                raise ModelError(
                    f"Reading the picture failed ({exc}). Save it as PNG and send it again."
                ) from exc
        segments = [
            Segment(text.strip(), box=_box(quad, scaled, image), confidence=round(score, 3))
            for quad, (text, score) in zip(quads, lines, strict=True)
            if text.strip() and score >= LEAST_CONFIDENCE
        ]
        return _in_reading_order(segments)

    def _recognise(self, pixels: np.ndarray) -> tuple[np.ndarray, list[tuple[str, float]]]:
        """Return the corners of each line, shape (n, 4, 2), and what it says."""
        from rapidocr.main import RapidOCR, RapidOCRError

        if self._engine is None:
            self._engine = RapidOCR(params=_OPTIONS)
        margin = MARGIN_PX if min(pixels.shape[:2]) < NARROW_PX else 0
        padded = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
        try:
            crops, found = self._engine.detect_and_crop(padded, {})
        except RapidOCRError:  # its way to say that there is no text
            return np.zeros((0, 4, 2)), []
        return np.asarray(found.boxes) - margin, self._texts(crops)

    def _texts(self, crops: list[np.ndarray]) -> list[tuple[str, float]]:
        widths = [crop.shape[1] / crop.shape[0] for crop in crops]
        order = np.argsort(widths)
        shares = [order[i :: self._threads] for i in range(min(self._threads, len(crops)))]
        texts: list[tuple[str, float]] = [("", 0.0)] * len(crops)
        with ThreadPoolExecutor(self._threads) as pool:
            for share, read in zip(
                shares, pool.map(partial(self._share, crops), shares), strict=True
            ):
                for i, text in zip(share, read, strict=True):
                    texts[i] = text
        return texts

    def _share(self, crops: list[np.ndarray], share: np.ndarray) -> list[tuple[str, float]]:
        assert self._engine is not None
        read = self._engine.recognize_txt([crops[i] for i in share])
        return list(zip(read.txts or (), map(float, read.scores or ()), strict=True))


def _scaled(image: Image) -> Image:
    pixels = image.width * image.height
    if pixels <= LARGEST_PX:
        return image
    scale = math.sqrt(LARGEST_PX / pixels)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Resampling.LANCZOS, reducing_gap=2.0)


def _box(quad: np.ndarray, scaled: Image, image: Image) -> Box:
    """Return the upright box around a line in the pixels of the original picture."""
    ratio = np.array([image.width / scaled.width, image.height / scaled.height])
    left, top = np.floor(quad.min(axis=0) * ratio).astype(int)
    right, bottom = np.ceil(quad.max(axis=0) * ratio).astype(int)
    return (
        max(0, int(left)),
        max(0, int(top)),
        min(image.width, int(right)),
        min(image.height, int(bottom)),
    )


def _in_reading_order(segments: list[Segment]) -> list[Segment]:
    """Sort lines into rows: a line belongs to a row whose first line is level with its middle."""
    rows: list[list[Segment]] = []
    for segment in sorted(segments, key=_middle):
        first = rows[-1][0].box if rows else None
        if first is not None and _middle(segment) < first[3] - (first[3] - first[1]) * 0.25:
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [segment for row in rows for segment in sorted(row, key=_left)]


def _middle(segment: Segment) -> float:
    assert segment.box is not None
    return (segment.box[1] + segment.box[3]) / 2


def _left(segment: Segment) -> int:
    assert segment.box is not None
    return segment.box[0]
