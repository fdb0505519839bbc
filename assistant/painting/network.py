"""A small transformer that turns noise into a picture of what is asked for.

It works on patches of pixels, without a second model that compresses them, and predicts the clean
picture, from which the velocity of the flow follows (Li and He 2025, "Back to Basics: Let Denoising
Generative Models Denoise", arXiv:2511.13720; flow matching: Lipman et al. 2022, arXiv:2210.02747).
What is asked for stands as tokens before the patches, one for each thing; its mean and the time
scale and shift every layer, with one table for all of them (PixArt-α: Chen et al. 2023,
arXiv:2310.00426).
"""

import math
from dataclasses import dataclass, fields

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

from assistant.painting.wishes import MEASURES, MOST_THINGS, WORDS

CHANNELS = 3
SOONEST = 0.05  # noise left below which the velocity is not divided further


@dataclass(frozen=True)
class Wished:
    """What n pictures should show, as the network takes it; all zeros ask for nothing at all."""

    words: Tensor  # (n, MOST_THINGS, WORDS) frozen vectors of the things' names
    measures: Tensor  # (n, MOST_THINGS, MEASURES) colour, count and place of each
    there: Tensor  # (n, MOST_THINGS) 1 where there is a thing

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> "Wished":
        """Return it on a device."""
        return Wished(*(getattr(self, f.name).to(device, dtype) for f in fields(self)))

    def __getitem__(self, rows: Tensor) -> "Wished":
        return Wished(*(getattr(self, f.name)[rows] for f in fields(self)))

    def where(self, kept: Tensor) -> "Wished":
        """Ask for nothing where `kept`, (n,) bool, is false."""
        mask = kept[:, None, None]
        return Wished(self.words * mask, self.measures * mask, self.there * kept[:, None])


class PictureTransformer(ModelMixin, ConfigMixin):
    """Predicts clean pictures, (n, 3, side, side) in -1 to 1, from noisy ones."""

    @register_to_config
    def __init__(
        self, side: int = 128, patch: int = 8, width: int = 384, depth: int = 12, heads: int = 6
    ) -> None:
        """Build it with random weights; `side` is a multiple of `patch`, both in pixels."""
        super().__init__()
        self.patch, self.grid = patch, side // patch
        held = CHANNELS * patch * patch
        self.patches = nn.Sequential(
            nn.Linear(held, min(held, 128)), nn.Linear(min(held, 128), width)
        )
        self.words = nn.Linear(WORDS, width)
        self.measures = nn.Linear(MEASURES, width)
        self.nothing = nn.Parameter(torch.zeros(width))
        self.rank = nn.Parameter(torch.randn(MOST_THINGS, width) * 0.02)
        self.register_buffer("places", _places(self.grid, width), persistent=False)
        self.time = nn.Sequential(nn.Linear(_WAVES, width), nn.SiLU(), nn.Linear(width, width))
        self.shared = nn.Linear(width, 6 * width)
        self.layers = nn.ModuleList(_Layer(width, heads) for _ in range(depth))
        self.last = nn.Linear(width, 2 * width)
        self.norm = nn.RMSNorm(width, elementwise_affine=False)
        self.pixels = nn.Linear(width, held)
        for layer in (self.shared, self.last, self.pixels):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, noisy: Tensor, noise: Tensor, wished: Wished) -> Tensor:
        """Return clean pictures; `noise`, (n,), is its share in each noisy one, 0 to 1."""
        named = wished.words * WORDS**0.5  # components of about 1, as those of the pixels
        asked = self.words(named) + self.measures(wished.measures) + self.rank
        there = wished.there[..., None]
        asked = asked * there + self.nothing * (1 - there)
        seen = self.patches(_cut(noisy, self.patch)) + self.places
        led = F.silu(self.time(_waves(noise).to(noisy.dtype)) + asked.mean(dim=1))
        shared = self.shared(led).unflatten(-1, (6, -1))
        tokens = torch.cat([asked, seen], dim=1)
        for layer in self.layers:
            tokens = layer(tokens, shared)
        scale, shift = self.last(led)[:, None].chunk(2, dim=-1)
        shown = self.norm(tokens[:, asked.shape[1] :]) * (1 + scale) + shift
        return _join(self.pixels(shown), self.patch, self.grid)

    def velocity(self, noisy: Tensor, noise: Tensor, wished: Wished) -> Tensor:
        """Return the way from the clean picture to the noise, as a flow-matching scheduler asks."""
        clean = self(noisy, noise, wished)
        return (noisy - clean) / noise.clamp_min(SOONEST)[:, None, None, None]


class _Layer(nn.Module):
    """Self-attention and a gated feed-forward network, scaled and shifted."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        hidden = width * 8 // 3
        self.table = nn.Parameter(torch.randn(6, width) / width**0.5)
        self.first = nn.RMSNorm(width, elementwise_affine=False)
        self.second = nn.RMSNorm(width, elementwise_affine=False)
        self.query = nn.RMSNorm(width // heads)
        self.key = nn.RMSNorm(width // heads)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width)
        self.gated = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width)

    def forward(self, tokens: Tensor, shared: Tensor) -> Tensor:
        shift, scale, gate, shift_2, scale_2, gate_2 = (
            part[:, None] for part in (shared + self.table).unbind(dim=1)
        )
        tokens = tokens + gate * self._attend(self.first(tokens) * (1 + scale) + shift)
        held, open_ = self.gated(self.second(tokens) * (1 + scale_2) + shift_2).chunk(2, dim=-1)
        return tokens + gate_2 * self.down(held * F.silu(open_))

    def _attend(self, tokens: Tensor) -> Tensor:
        qkv = self.qkv(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key = self.query(qkv[0]).to(qkv.dtype), self.key(qkv[1]).to(qkv.dtype)
        # written out: of so few tokens a CPU learns six times as fast as by the fused function
        weights = (query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(dim=-1)
        return self.out((weights @ qkv[2]).transpose(1, 2).flatten(2))


_WAVES = 128


def _waves(noise: Tensor) -> Tensor:
    """Return sines and cosines of the share of noise, (n, _WAVES)."""
    rates = torch.exp(
        -math.log(10_000) * torch.arange(_WAVES // 2, device=noise.device) / (_WAVES // 2)
    )
    angles = 1000 * noise.float()[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def _places(grid: int, width: int) -> Tensor:
    """Return fixed sines and cosines of rows and columns, (grid², width)."""
    rates = 10_000 ** -(torch.arange(width // 4) / (width // 4))
    angles = torch.arange(grid)[:, None] * rates
    one = torch.cat([angles.sin(), angles.cos()], dim=-1)
    down = one[:, None].expand(grid, grid, -1)
    return torch.cat([down, down.transpose(0, 1)], dim=-1).reshape(grid * grid, width)


def _cut(pictures: Tensor, patch: int) -> Tensor:
    """Return the patches of pictures, (n, patches, 3 · patch²)."""
    return F.unfold(pictures, patch, stride=patch).transpose(1, 2)


def _join(patches: Tensor, patch: int, grid: int) -> Tensor:
    side = patch * grid
    return F.fold(patches.transpose(1, 2), (side, side), patch, stride=patch)
