"""Keep the trained network in 8 bits with its tokenizer, and read it back."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file, save_file

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_NETWORK, _TOKENIZER = "entailment.safetensors", "tokenizer.json"
_SCALE = ".scale"  # of the rows of the tensor whose name it ends


def write(weights: Mapping[str, torch.Tensor], tokenizer: "Tokenizer", folder: Path) -> None:
    """Write the weights, matrices as 8-bit rows with a scale each, and the tokenizer."""
    kept: dict[str, torch.Tensor] = {}
    for name, tensor in weights.items():
        if tensor.ndim == 2 and min(tensor.shape) > 3:
            scale = (tensor.abs().amax(dim=1) / 127).clamp_min(1e-8).half()
            kept[name] = (tensor / scale.float()[:, None]).round().clamp(-127, 127).to(torch.int8)
            kept[name + _SCALE] = scale
        else:
            kept[name] = tensor.half()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(kept, folder / _NETWORK)
    tokenizer.save(str(folder / _TOKENIZER), pretty=False)


def read(folder: Path) -> tuple[dict[str, torch.Tensor], Path]:
    """Return the weights in 32 bits and where the tokenizer is."""
    kept = load_file(folder / _NETWORK)
    weights = {
        name: tensor.float() * kept[name + _SCALE].float()[:, None]
        if name + _SCALE in kept
        else tensor.float()
        for name, tensor in kept.items()
        if not name.endswith(_SCALE)
    }
    return weights, folder / _TOKENIZER
