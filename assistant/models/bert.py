"""BERT's layers in torch alone (Devlin et al. 2019, arXiv:1810.04805), in 8 bits.

`import transformers` takes seconds, which a text-only turn cannot spare; the network is short.
"""

import re
from collections.abc import Mapping

import torch
from torch.nn import functional as F

from assistant.models.int8_linear import int8_linear

_EPS = 1e-12
_LINEAR = re.compile(r"encoder\.layer\.\d+\..*(query|key|value|dense)\.weight")
_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")


class Bert:
    """Turns token ids into states."""

    def __init__(self, weights: Mapping[str, torch.Tensor], heads: int) -> None:
        """Take weights by the names that transformers gives them."""
        rest = dict(weights)
        linear = [name.removesuffix(".weight") for name in rest if _LINEAR.fullmatch(name)]
        self.linear = {
            name: int8_linear(rest.pop(f"{name}.weight"), rest.pop(f"{name}.bias"))
            for name in linear
        }
        self.weights = rest
        self._heads = heads
        self._layers = 1 + max(int(m[1]) for name in linear if (m := _LAYER.match(name)))

    def states(
        self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the last layer's states, (B, L, width), of ids and parts; `mask` hides padding.

        Ids, mask and parts (0 or 1, all 0 by default) have the shape (B, L).
        """
        table = {name: self.weights[f"embeddings.{name}_embeddings.weight"] for name in
                 ("word", "position", "token_type")}  # fmt: skip
        part = table["token_type"][0] if types is None else table["token_type"][types]
        x = table["word"][ids] + table["position"][: ids.shape[1]] + part
        x = self._normed(x, "embeddings.LayerNorm")
        for layer in range(self._layers):
            x = self._layer(x, mask[:, None, None], f"encoder.layer.{layer}")
        return x

    def _layer(self, x: torch.Tensor, mask: torch.Tensor, name: str) -> torch.Tensor:
        """Run one transformer layer; x is (B, L, width), mask broadcasts to (B, heads, L, L)."""
        query, key, value = (
            self.linear[f"{name}.attention.self.{part}"](x).unflatten(-1, (self._heads, -1))
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
