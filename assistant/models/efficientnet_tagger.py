"""Name what a photograph shows, with EfficientNet-Lite2 on ImageNet's 1000 classes.

Source: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
2019, in its "lite" variant for small machines: ReLU6, no squeeze-and-excitation. The weights were
ported from TensorFlow, so convolutions pad as TensorFlow's SAME does, more after than before.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from threading import Lock

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from assistant.errors import ConfigurationError
from assistant.models.imagenet_kinds import CLASSES_OF
from assistant.models.protocols import Look, Tag
from assistant.settings import Settings
from assistant.weights import weights_folder

WEIGHTS = "efficientnet-lite2"
SIDE_PX = 260
FEATURES = 1280
CLASSES = 1000
TOP = 5
NAMED = 0.6  # probability from which a class says more than the kind it belongs to
KIND = 0.2  # and from which a kind is worth saying
# What the softmax says of a class or a kind → how often that is right: Platt scaling (Platt 1999),
# the slope and the bias on its log odds, fitted by `assistant.benchmarks.fit_tags` on photographs
# whose content is known, whole and spoilt, three in ten of them of things that no class stands for.
OF_CLASSES = (0.92, 0.32)
OF_KINDS = (1.27, 1.68)
GRID = 3  # cells a side, each a third of the middle square

_STEM = 32
# expansion, kernel, stride, channels, blocks: the published stages, scaled 1.1 in width and 1.2 in
# depth; "lite" leaves the stem, the head and the first and last stage's depth as they are.
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 3),
    (6, 5, 2, 48, 3),
    (6, 3, 2, 88, 4),
    (6, 5, 1, 120, 4),
    (6, 5, 2, 208, 5),
    (6, 3, 1, 352, 1),
)


class EfficientNetTagger:
    """Tags photographs and turns pictures into feature vectors; loads its weights at first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._network: EfficientNetLite2 | None = None

    def look(self, images: Sequence[Image.Image]) -> list[Look]:
        """Return what the network makes of each picture's middle square, in one pass.

        Raises ConfigurationError when the weights are absent or of another model.
        """
        network = self._loaded()
        if not images:
            return []
        with torch.inference_mode():
            maps = network(torch.stack([_prepare(image) for image in images]))
            features = maps.mean(dim=(2, 3))
            cells = functional.adaptive_avg_pool2d(maps, GRID).flatten(2).transpose(1, 2)
            probabilities = network.classify(features).softmax(dim=1)
        return [
            Look(self._tags(chances.numpy()), *(row.numpy() for row in (feature, ninths, chances)))
            for feature, ninths, chances in zip(features, cells, probabilities, strict=True)
        ]

    def tag(self, images: Sequence[Image.Image]) -> list[list[Tag]]:
        """Return the `TOP` likeliest labels of each picture, best first, calibrated.

        Where no class is likely enough, the likeliest kind of things is among them: a dog, though
        its breed is open.

        Raises ConfigurationError when the weights are absent or of another model.
        """
        return [look.tags for look in self.look(images)]

    def embed_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Return pooled unit features, float32, shape (len(images), 1280)."""
        looks = self.look(images)
        features = np.array([look.features for look in looks], np.float32).reshape(-1, FEATURES)
        return features / np.linalg.norm(features, axis=1, keepdims=True)

    def _tags(self, probabilities: np.ndarray) -> list[Tag]:
        best = np.argsort(-probabilities)[:TOP]
        tags = [Tag(self.labels[i], calibrated(float(probabilities[i]), OF_CLASSES)) for i in best]
        kind, chance = likeliest_kind(probabilities)
        if (sure := calibrated(chance, OF_KINDS)) >= KIND and tags[0].probability < NAMED:
            tags.append(Tag(kind, sure))
        return sorted(tags, key=lambda tag: -tag.probability)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes, in the order of `Look.probabilities`."""
        lines = files("assistant.models").joinpath("imagenet_labels.txt").read_text("utf-8")
        return tuple(line for line in lines.splitlines() if not line.startswith("#"))

    def _loaded(self) -> "EfficientNetLite2":
        with self._lock:
            if self._network is None:
                self._network = _load(self._settings)
            return self._network


def calibrated(probability: float, line: tuple[float, float]) -> float:
    """Return how often a label is right that the softmax gives this probability."""
    within = min(max(probability, 1e-6), 1 - 1e-6)
    slope, bias = line
    return 1 / (1 + math.exp(-slope * math.log(within / (1 - within)) - bias))


def likeliest_kind(probabilities: np.ndarray) -> tuple[str, float]:
    """Return the kind of things whose classes have most of the probability, (1000,), and it."""
    chances = {kind: float(probabilities[list(own)].sum()) for kind, own in CLASSES_OF.items()}
    kind = max(chances, key=lambda kind: chances[kind])
    return kind, chances[kind]


def _load(settings: Settings) -> "EfficientNetLite2":
    path = next(weights_folder(settings, WEIGHTS).glob("*.pth"), None)
    if path is None:
        raise ConfigurationError(f"The weights `{WEIGHTS}` are absent. Run: samesense models fetch")
    network = EfficientNetLite2()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=True)
    return network.eval().requires_grad_(False)


def _prepare(image: Image.Image) -> Tensor:
    """Return the middle square as a tensor of shape (3, 260, 260), about -1 to 1.

    As the model was trained: the crop that leaves a margin of 32 px at the model's size, scaled
    with bicubic interpolation.
    """
    side = min(image.size) * SIDE_PX / (SIDE_PX + 32)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    square = image.convert("RGB").resize(
        (SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side)
    )
    return torch.from_numpy((np.array(square, np.float32) - 127) / 128).permute(2, 0, 1)


class EfficientNetLite2(nn.Module):
    """The network without its softmax; module names are those of the weight file."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _SameConv2d(3, _STEM, 3, stride=2)
        self._bn0 = _norm(_STEM)
        blocks, width = [], _STEM
        for expansion, kernel, stride, channels, count in _STAGES:
            for i in range(count):
                blocks.append(_Block(width, channels, expansion, kernel, stride if i == 0 else 1))
                width = channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(width, FEATURES, 1, bias=False)
        self._bn1 = _norm(FEATURES)
        self._fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return feature maps, shape (n, 1280, h / 32, w / 32), of pictures, shape (n, 3, h, w)."""
        x = functional.relu6(self._bn0(self._conv_stem(pixels)))
        for block in self._blocks:
            x = block(x)
        return functional.relu6(self._bn1(self._conv_head(x)))

    def classify(self, features: Tensor) -> Tensor:
        """Return class scores of shape (n, 1000) of pooled maps, before the softmax."""
        return self._fc(features)


class _Block(nn.Module):
    """An inverted residual: widen, convolve each channel, narrow."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        width = inputs * expansion
        self._residual = stride == 1 and inputs == outputs
        self._widens = expansion > 1
        if self._widens:
            self._expand_conv = nn.Conv2d(inputs, width, 1, bias=False)
            self._bn0 = _norm(width)
        self._depthwise_conv = _SameConv2d(width, width, kernel, stride=stride, groups=width)
        self._bn1 = _norm(width)
        self._project_conv = nn.Conv2d(width, outputs, 1, bias=False)
        self._bn2 = _norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self._widens else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self._residual else y


class _SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME: what is odd goes to the right and the bottom."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int, groups: int = 1
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, groups=groups, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        height, width = (max(kernel - (s % stride or stride), 0) for s in input.shape[-2:])
        padding = (width // 2, width - width // 2, height // 2, height - height // 2)
        return super().forward(functional.pad(input, padding))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)
