"""Tell sexual pictures from others: Yahoo's open_nsfw, a thin ResNet-50, through onnxruntime.

Source: Mahadeokar and Pesavento, "Open Sourcing a Deep Learning Solution for Detecting NSFW
Images", 2016 (BSD-2-Clause). It takes pictures as Caffe's models do: blue first, the mean colour of
ImageNet taken away.
"""

from collections.abc import Sequence
from functools import cached_property
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from assistant.settings import Settings
from assistant.weights import weights_folder

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS = "open-nsfw"
SIDE_PX = 224  # of what it sees: the middle of a picture of
_WHOLE_PX = 256
_MEAN = np.array([104, 117, 123], np.float32)  # blue, green, red


class OpenNsfw:
    """Implements `PictureSafety`; loads its weights at first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()

    def unsafe(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Return the probability that each picture is sexual, float32, shape (len(images),).

        Raises ConfigurationError when the weights are absent.
        """
        with self._lock:
            session = self._session
        if not images:
            return np.zeros(0, np.float32)
        pixels = np.stack([_prepare(image) for image in images])
        (chances,) = session.run(None, {session.get_inputs()[0].name: pixels})
        return np.asarray(chances)[:, 1]

    @cached_property
    def _session(self) -> "InferenceSession":
        folder = weights_folder(self._settings, WEIGHTS)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._settings.threads
        return onnxruntime.InferenceSession(
            str(folder / "open-nsfw.onnx"), options, providers=["CPUExecutionProvider"]
        )


def _prepare(image: Image.Image) -> np.ndarray:
    """Return the middle of a picture as (224, 224, 3), saved as JPEG between, as in training."""
    margin = (_WHOLE_PX - SIDE_PX) // 2
    whole = image.convert("RGB").resize((_WHOLE_PX, _WHOLE_PX), Image.Resampling.BILINEAR)
    with BytesIO() as file:
        end = margin + SIDE_PX
        whole.crop((margin, margin, end, end)).save(file, format="JPEG")
        pixels = np.asarray(Image.open(file), np.float32)
    return np.ascontiguousarray(pixels[:, :, ::-1] - _MEAN)
