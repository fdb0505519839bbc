"""all-MiniLM-L6-v2, a small BERT with mean pooling, in torch alone.

`import transformers` takes seconds, which a text-only turn cannot spare; the network is short.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from assistant.models.int8_linear import int8_linear

MAX_TOKENS = 256  # what the model was trained on
_LAYERS, _HEADS, _EPS = 6, 12, 1e-12
_LINEAR = re.compile(r"encoder\.layer\..*(query|key|value|dense)\.weight")


class MiniLmEncoder:
    """Turns English texts into comparable unit vectors."""

    dimension = 384

    def __init__(self, folder: Path) -> None:
        """Read `model.safetensors` and `tokenizer.json` from `folder`."""
        weights = load_file(folder / "model.safetensors")
        linear = [k.removesuffix(".weight") for k in weights if _LINEAR.fullmatch(k)]
        self.linear = {
            name: int8_linear(weights.pop(f"{name}.weight"), weights.pop(f"{name}.bias"))
            for name in linear
        }
        self.weights = weights
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the word piece ids of each text, at most MAX_TOKENS."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]

    @torch.inference_mode()
    def __call__(self, batch: Sequence[Sequence[int]]) -> torch.Tensor:
        """Encode token ids of several texts: unit vectors, shape (len(batch), 384)."""
        lengths = torch.tensor([len(ids) for ids in batch])
        padded = nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids in batch], batch_first=True)
        mask = torch.arange(padded.shape[1]) < lengths[:, None]  # (B, L)
        table = {name: self.weights[f"embeddings.{name}_embeddings.weight"] for name in
                 ("word", "position", "token_type")}  # fmt: skip
        x = table["word"][padded] + table["position"][: padded.shape[1]] + table["token_type"][0]
        x = self._normed(x, "embeddings.LayerNorm")
        for layer in range(_LAYERS):
            x = self._layer(x, mask[:, None, None], f"encoder.layer.{layer}")
        return F.normalize((x * mask[..., None]).sum(dim=1) / lengths[:, None], dim=-1)

    def _layer(self, x: torch.Tensor, mask: torch.Tensor, name: str) -> torch.Tensor:
        """Run one transformer layer; x is (B, L, 384), mask broadcasts to (B, heads, L, L)."""
        query, key, value = (
            self.linear[f"{name}.attention.self.{part}"](x).unflatten(-1, (_HEADS, -1))
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(
            query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), attn_mask=mask
        )
        mixed = self.linear[f"{name}.attention.output.dense"](mixed.transpose(1, 2).flatten(2))
        x = self._normed(x + mixed, f"{name}.attention.output.LayerNorm")
        hidden = F.gelu(self.linear[f"{name}.intermediate.dense"](x))
        return self._normed(
            x + self.linear[f"{name}.output.dense"](hidden), f"{name}.output.LayerNorm"
        )

    def _normed(self, x: torch.Tensor, name: str) -> torch.Tensor:
        gain, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.layer_norm(x, gain.shape, gain, bias, _EPS)
