"""The fusion network: segments of every channel see each other, gates weigh the channels.

Adapters bring the frozen encoders' vectors to one width; a few transformer layers (Vaswani et al.
2017, arXiv:1706.03762) over all segments at once are the cross-modal attention, as in one-stream
models (Chen et al., UNITER, 2020, arXiv:1909.11740); a sigmoid gate a channel, over what all
channels hold, weighs it (Arevalo et al. 2017, arXiv:1702.01992). The query is the weighed sum of
the segments' own vectors, so it lies in the knowledge base's space; a learnt correction was tried,
and learnt the training's passages by heart. Pointing out segments follows pointer networks
(Vinyals et al. 2015, arXiv:1506.03134).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assistant.fusion.segments import MEASURES, WIDTHS, Segments
from assistant.types import Channel

WIDTH, LAYERS, HEADS = 160, 2, 4
SOURCES = 16  # percepts told apart


CHANNELS: tuple[Channel, ...] = ("typed", "transcript", "ocr", "image")  # another one is a name
QUERY = 896  # width of the knowledge base's vectors
HALVES = (512, 384)  # the encoders that share a vector; the second knows English only
KINDS = tuple(WIDTHS)
DROPOUT = 0.8  # share of a vector that is left out in training: situations are few


@dataclass(frozen=True)
class Batch:
    """Turns side by side, padded to the longest: b turns of s segments."""

    channels: Tensor  # (b, s) place in CHANNELS, -1 where there is no segment
    sources: Tensor  # (b, s)
    encoders: Tensor  # (b, s) place in WIDTHS, -1 where there is no segment
    vectors: Mapping[str, Tensor]  # encoder → (segments of it in all turns, its width)
    measures: Tensor  # (b, s, MEASURES)
    english: Tensor  # (b,) whether the turn is in English


class Fused(NamedTuple):
    """What the network makes of a batch."""

    query: Tensor  # (b, QUERY), unit length
    gates: Tensor  # (b, channels) logits
    relevance: Tensor  # (b, s) logits


def batch(turns: Sequence[Segments], english: Sequence[bool]) -> Batch:
    """Return the segments of several turns as tensors."""
    shape = len(turns), max(len(turn.channels) for turn in turns)
    channels = np.full(shape, -1, dtype=np.int64)
    sources = np.zeros(shape, dtype=np.int64)
    encoders = np.full(shape, -1, dtype=np.int64)
    measures = np.zeros((*shape, MEASURES), dtype=np.float32)
    for row, turn in enumerate(turns):
        count = len(turn.channels)
        channels[row, :count] = [CHANNELS.index(channel) for channel in turn.channels]
        sources[row, :count] = turn.sources % SOURCES
        encoders[row, :count] = [KINDS.index(kind) for kind in turn.encoders]
        measures[row, :count] = turn.measures
    vectors = {
        kind: torch.from_numpy(np.concatenate([turn.vectors[kind] for turn in turns]))
        for kind in KINDS
    }
    return Batch(
        torch.from_numpy(channels), torch.from_numpy(sources), torch.from_numpy(encoders),
        vectors, torch.from_numpy(measures), torch.tensor(english),
    )  # fmt: skip


class FusionNetwork(nn.Module):
    """Fuses the segments of turns; a channel that no turn of a batch has costs nothing."""

    def __init__(self, width: int = WIDTH, layers: int = LAYERS) -> None:
        """Build it with random weights."""
        super().__init__()
        self.shape = {"width": width, "layers": layers}
        self.adapters = nn.ModuleDict(
            {name: nn.Linear(size, width) for name, size in WIDTHS.items()}
        )
        self.measures = nn.Linear(MEASURES, width)
        self.channel = nn.Embedding(len(CHANNELS), width)
        self.source = nn.Embedding(SOURCES, width)
        layer = nn.TransformerEncoderLayer(
            width, HEADS, 2 * width, dropout=0.15, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), False)
        self.relevance = nn.Linear(width + MEASURES, 1)
        self.share = nn.Linear(width + MEASURES, 1)
        self.gate = nn.Linear(len(CHANNELS) * width, len(CHANNELS))

    def forward(self, turns: Batch) -> Fused:
        """Fuse a batch of turns, each with at least one segment."""
        there = turns.channels >= 0
        mixed = self.layers(self._adapted(turns, there), src_key_padding_mask=~there)
        seen = torch.cat([mixed, turns.measures], dim=-1)
        relevance = self.relevance(seen).squeeze(-1)
        of = F.one_hot(turns.channels.clamp_min(0), len(CHANNELS)).bool() & there[..., None]
        shares = self._shares(self.share(seen).squeeze(-1), of)  # (b, channels, s)
        held = shares @ mixed  # (b, channels, width)
        present = of.any(dim=1)
        gates = self.gate(held.flatten(1)).masked_fill(~present, float("-inf"))
        texts = turns.vectors["text"].new_zeros((*there.shape, QUERY))
        texts[turns.encoders == KINDS.index("text")] = turns.vectors["text"]
        own = F.normalize(shares @ texts, dim=-1)
        weights = torch.sigmoid(gates)
        query = (weights[..., None] * own).sum(dim=1)
        return Fused(_scaled(query, turns.english), gates, relevance.masked_fill(~there, -1e4))

    def _adapted(self, turns: Batch, there: Tensor) -> Tensor:
        x = self.measures(turns.measures) + self.source(turns.sources)
        x = x + self.channel(turns.channels.clamp_min(0))
        for place, (encoder, adapter) in enumerate(self.adapters.items()):
            vectors = turns.vectors[encoder]
            if len(vectors):
                adapted = adapter(F.dropout(vectors, DROPOUT, self.training))
                x = x.index_put((turns.encoders == place,), adapted, accumulate=True)
        return x * there[..., None]

    @staticmethod
    def _shares(logits: Tensor, of: Tensor) -> Tensor:
        """Return how much each segment counts in its channel; an absent channel holds nothing."""
        spread = logits[:, None].masked_fill(~of.transpose(1, 2), -1e4).softmax(dim=-1)
        return spread * of.transpose(1, 2)


def _scaled(query: Tensor, english: Tensor) -> Tensor:
    """Give the query unit length, in other languages by the half that knows them."""
    first, second = query.split(HALVES, dim=-1)
    return F.normalize(torch.cat([first, second * english[:, None]], dim=-1), dim=-1)
