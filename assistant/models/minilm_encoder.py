"""all-MiniLM-L6-v2, a small BERT with mean pooling."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from assistant.models.bert import Bert

MAX_TOKENS = 256  # what the model was trained on
_HEADS = 12


class MiniLmEncoder:
    """Turns English texts into comparable unit vectors."""

    dimension = 384

    def __init__(self, folder: Path) -> None:
        """Read `model.safetensors` and `tokenizer.json` from `folder`."""
        self.bert = Bert(load_file(folder / "model.safetensors"), _HEADS)
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
        states = self.bert.states(padded, mask)
        return F.normalize((states * mask[..., None]).sum(dim=1) / lengths[:, None], dim=-1)
