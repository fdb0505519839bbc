"""The Universal Sentence Encoder, multilingual v3 (Yang et al. 2019, arXiv:1907.04307), in torch.

Word pieces → n-gram convolutions (orders 2, 3 and 5) with residuals → sum over √length → a residual
network → tanh → unit vector of 512. The weights' embedding table is 8-bit and stays so in memory.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from torch import nn
from torch.nn import functional as F

from assistant.models.int8_linear import int8_linear

MAX_TOKENS = 512  # a longer text counts with its beginning
_BLOCKS = 17  # the embedding table is split by `piece id mod 17`, each block with its own scale
_ORDERS = ((2, 0), (3, 1), (5, 2))  # n-gram order, tokens of left context
_JOINED = {"proj": "proj", "proj_b": "proj_b", "ln_in_g": "ln_g", "ln_in_b": "ln_b"}
_BOS, _EOS, _UNKNOWN = 1, 2, 0


class UseEncoder:
    """Turns texts of 16 languages, English and Chinese among them, into comparable unit vectors."""

    dimension = 512

    def __init__(self, folder: Path) -> None:
        """Read `weights.npz` and `sp.model` from `folder`."""
        self.tokenizer = sentencepiece.SentencePieceProcessor()
        self.tokenizer.Load(str(folder / "sp.model"))
        with np.load(folder / "weights.npz", allow_pickle=False) as file:
            blocks = [file[f"q{block + 1}"] for block in range(_BLOCKS)]
            rest = {name: file[name] for name in file.files if not name.startswith("q")}
        self.eps = float(rest.pop("eps"))
        table = np.stack(blocks, axis=1).reshape(-1, self.dimension)  # row = piece id
        self.table = torch.from_numpy(table)  # uint8
        for name, parts in _JOINED.items():
            rest[name] = np.concatenate([rest.pop(f"{parts}{n}") for n, _ in _ORDERS], axis=-1)
        self.convolutions = {
            (layer, n): int8_linear(
                torch.from_numpy(rest.pop(f"w{layer}_{n}").T.copy()),
                torch.from_numpy(rest.pop(f"b{layer}_{n}")),
            )
            for layer in (1, 2)
            for n, _ in _ORDERS
        }
        self.weights = {name: torch.from_numpy(array) for name, array in rest.items()}

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the piece ids of each text between its begin and end marks, at most MAX_TOKENS."""
        pieces: list[list[int]] = self.tokenizer.EncodeAsIds(list(texts))
        return [[_BOS, *(ids[: MAX_TOKENS - 2] or [_UNKNOWN]), _EOS] for ids in pieces]

    @torch.inference_mode()
    def __call__(self, batch: Sequence[Sequence[int]]) -> torch.Tensor:
        """Encode token ids of several texts: unit vectors, shape (len(batch), 512)."""
        w = self.weights
        lengths = torch.tensor([len(ids) for ids in batch])
        padded = nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids in batch], batch_first=True)
        mask = (torch.arange(padded.shape[1]) < lengths[:, None]).unsqueeze(-1)  # (B, L, 1)
        block = (padded % _BLOCKS).unsqueeze(-1)
        embedded = self.table[padded].float() * w["scale"][block] + w["lo"][block]  # (B, L, 512)
        # One layer norm spans the inputs of all three branches, as in the reference.
        joined = self._normed(embedded @ w["proj"] + w["proj_b"], "ln_in")
        branches = zip(joined.split(256, dim=-1), _ORDERS, strict=True)
        features = [embedded, *(self._ngrams(x, mask, n, left) for x, (n, left) in branches)]
        x = self._normed(torch.cat(features, dim=-1), "ln")
        # The sum commutes with the linear projection: project sentences, not tokens.
        summed = (x * mask).sum(dim=1) @ w["cnn_W"] + lengths[:, None] * w["cnn_b"]
        return self._project(summed / lengths[:, None].sqrt())

    def _ngrams(self, x: torch.Tensor, mask: torch.Tensor, n: int, left: int) -> torch.Tensor:
        """Run the two residual convolutions of one n-gram order, shape (B, L, 256)."""
        for layer in (1, 2):
            padded = F.pad(x * mask, (0, 0, left, n - 1 - left))
            windows = torch.cat([padded[:, i : i + x.shape[1]] for i in range(n)], dim=-1)
            x = x + F.relu(self.convolutions[layer, n](windows))
        return x

    def _project(self, mean: torch.Tensor) -> torch.Tensor:
        """Run the residual network that ends the encoder, and scale to unit length."""
        w = self.weights
        y = F.relu(mean @ w["p1"] + F.relu(mean @ w["d0"]) @ w["d1"])
        return F.normalize(torch.tanh(y @ w["p3"] + F.relu(y @ w["d2"]) @ w["d3"]), dim=-1)

    def _normed(self, x: torch.Tensor, name: str) -> torch.Tensor:
        gain, bias = self.weights[f"{name}_g"], self.weights[f"{name}_b"]
        return F.layer_norm(x, gain.shape, gain, bias, self.eps)
