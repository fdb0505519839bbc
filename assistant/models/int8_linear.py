"""A linear layer with 8-bit weights: on CPUs two to four times as fast, a quarter of the memory."""

import warnings
from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional as F


def int8_linear(weight: torch.Tensor, bias: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return x ↦ x·Wᵀ + b for W of shape (outputs, inputs), with a scale for each row of W.

    x is quantized as it comes, so a text's vector depends a little on its batch (cosine 0.99).
    Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference", 2018. Stays in 32 bits on processors that torch has no x86
    kernels for.
    """
    if "x86" not in torch.backends.quantized.supported_engines:
        return partial(F.linear, weight=weight, bias=bias)
    scales = weight.abs().amax(dim=1).clamp_min(1e-8) / 127
    zeros = torch.zeros(len(scales), dtype=torch.int64)
    with warnings.catch_warnings():  # torch is pinned; its successor is a package of its own
        warnings.filterwarnings("ignore", "torch.quantize_per_tensor", UserWarning)
        rows = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
    packed = torch.ops.quantized.linear_prepack(rows, bias)
    return lambda x: torch.ops.quantized.linear_dynamic(x, packed)
