"""Train the painter: `samesense train painter`, on a GPU where there is one, else on the CPU.

The loss is that of the flow's velocity, the network predicts the picture (see `network`). A running
mean of the weights (EMA) is what paints. Flat areas show through nine tenths of noise, so that most
pictures carry more of it: only then must the words say what they show (Hoogeboom et al. 2023,
arXiv:2301.11093). Matrices of the layers learn by Muon (Jordan et al. 2024;
Liu et al. 2025, arXiv:2502.16982), all else by AdamW: for the same time on a CPU, development
pictures came out closer than by AdamW alone. Everything random comes from the seed and the step.
"""

import json
import math
import random
import sys
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from assistant.checkpoints import resume, save
from assistant.fusion.alignment_data import Wording, wording
from assistant.models.lazy import Models
from assistant.painting.album import SIDE_PX, SOURCES, Album, album
from assistant.painting.lessons import asked, told
from assistant.painting.network import SOONEST, PictureTransformer, Wished
from assistant.painting.pipeline import PicturePipeline, new_scheduler
from assistant.pictures.assets import Asset, collect
from assistant.pictures.packages import pictures_folder
from assistant.settings import Settings

WEIGHTS = Path(__file__).with_name("weights") / "painter"
FREE = 0.1  # share of pictures painted without being asked for, which guidance needs
NOISE = (2.5, 1.5)  # mean and deviation of the logit of the share of noise
EMA = 0.999
WARM = 50  # one in so many steps, in which the learning rate rises
SAVED_EVERY_S = 120
SHEET_EVERY = 10  # savings between two sheets of samples


@dataclass(frozen=True)
class Size:
    """How large a network is trained, on how much."""

    patch: int
    width: int
    depth: int
    heads: int
    sources: tuple[str, ...]  # of the drawings
    pictures: int
    batch: int
    steps: int
    rate: float
    varied: bool = True  # sizes and grounds of what is drawn
    side: int = SIDE_PX

    def network(self) -> PictureTransformer:
        """Return it untrained."""
        return PictureTransformer(
            side=self.side, patch=self.patch, width=self.width, depth=self.depth, heads=self.heads
        )


SIZES = {
    "cpu": Size(16, 256, 6, 4, SOURCES[:1], 20_000, batch=32, steps=6_500, rate=2e-3, varied=False),
    "cuda": Size(8, 384, 12, 6, SOURCES, 60_000, batch=512, steps=20_000, rate=8e-4),
}


class Course:
    """A network in training."""

    def __init__(
        self, size: Size, lesson: Album, assets: Mapping[str, Asset], words: Wording, seed: int
    ) -> None:
        self.size, self._lesson, self._assets, self._words, self._seed = (
            size, lesson, assets, words, seed,
        )  # fmt: skip
        torch.manual_seed(seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network, self.mean = size.network(), size.network()
        for network in (self.network, self.mean):
            nn.Module.to(network, self.device)
        self.mean.requires_grad_(False)
        self.mean.load_state_dict(self.network.state_dict())
        matrices, rest = _matrices(self.network)
        self._optimizers = (
            torch.optim.Muon(matrices, size.rate, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, size.rate, (0.9, 0.95), weight_decay=0.0),
        )
        self.parts = {"network": self.network, "mean": self.mean} | {
            type(optimizer).__name__: optimizer for optimizer in self._optimizers
        }
        self.steps = 0

    def step(self) -> float:
        """Learn from one batch and return the loss."""
        chance = random.Random(f"{self._seed} {self.steps}")
        torch.manual_seed(chance.randrange(2**31))
        rows = [chance.randrange(len(self._lesson.shown)) for _ in range(self.size.batch)]
        known = [told(self._lesson.shown[row], self._assets, chance) for row in rows]
        wishes = asked(known, self._words).where(torch.rand(len(rows)) > FREE)
        pictures = torch.from_numpy(self._lesson.pictures[sorted(rows)])
        order = torch.from_numpy(np.argsort(np.argsort(rows, kind="stable"), kind="stable"))
        clean = (pictures[order].permute(0, 3, 1, 2).float() / 127.5 - 1).to(self.device)
        loss = self._loss(clean, wishes.to(self.device))
        self.network.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self._rate()
            optimizer.step()
        self.steps += 1
        self._average()
        return float(loss.detach())

    def _loss(self, clean: Tensor, wishes: Wished) -> Tensor:
        noise = torch.sigmoid(torch.randn(len(clean)) * NOISE[1] + NOISE[0]).to(clean.device)
        share = noise[:, None, None, None]
        noisy = (1 - share) * clean + share * torch.randn(clean.shape).to(clean.device)
        with torch.autocast(clean.device.type, torch.bfloat16, enabled=_is_fast(clean.device)):
            painted = self.network(noisy, noise, wishes)
        # the velocity's error: both velocities are (noisy - picture) / noise
        errors = (painted.float() - clean) / share.clamp_min(SOONEST)
        return errors.pow(2).mean()

    def _rate(self) -> float:
        """Return the learning rate: it rises for a while, then falls with a cosine."""
        done = self.steps / self.size.steps
        warm = max(1, self.size.steps // WARM)
        return self.size.rate * min(1.0, (self.steps + 1) / warm) * (
            0.02 + 0.98 * (1 + math.cos(math.pi * min(1.0, done))) / 2
        )  # fmt: skip

    @torch.no_grad()
    def _average(self) -> None:
        share = min(EMA, (1 + self.steps) / (10 + self.steps))
        for mean, now in zip(self.mean.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(now, 1 - share)

    def samples(self, count: int = 16) -> Image.Image:
        """Return a sheet of what the network paints of the first pictures' captions."""
        chance = random.Random("samples")
        known = [told(shown, self._assets, chance) for shown in self._lesson.shown[:count]]
        pipeline = PicturePipeline(self.mean, new_scheduler()).to(self.device)
        generators = [torch.Generator("cpu").manual_seed(number) for number in range(count)]
        painted = pipeline.paint(asked(known, self._words), generator=generators)
        return sheet([picture for picture in painted.images if isinstance(picture, Image.Image)])


def _matrices(network: PictureTransformer) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Return the matrices of the layers, and all other weights."""
    found = [p for name, p in network.layers.named_parameters()
             if name.endswith("weight") and p.ndim == 2]  # fmt: skip
    known = {id(matrix) for matrix in found}
    return found, [p for p in network.parameters() if id(p) not in known]


def _is_fast(device: torch.device) -> bool:
    """Tell whether a device multiplies in bfloat16 at once."""
    able = torch.cpu.get_capabilities()
    return device.type == "cuda" or any(able.get(name) for name in ("avx512_bf16", "amx_bf16"))


def sheet(pictures: Sequence[Image.Image], across: int = 8) -> Image.Image:
    """Return pictures of one size side by side."""
    side = pictures[0].width
    whole = Image.new("RGB", (across * side, -(-len(pictures) // across) * side), "white")
    for number, picture in enumerate(pictures):
        whole.paste(picture, (number % across * side, number // across * side))
    return whole


def train(settings: Settings, path: Path = WEIGHTS, seed: int = 0) -> dict[str, object]:
    """Train, write a diffusers pipeline's folder and return the loss and the steps.

    A killed run goes on from its last state, at most `SAVED_EVERY_S` ago. Raises
    ConfigurationError without the encoder's weights or the packages that carry the pictures.
    """
    torch.set_num_threads(settings.threads)
    size = SIZES["cuda" if torch.cuda.is_available() else "cpu"]
    collection, folder = collect(settings), pictures_folder(settings)
    words = wording(settings, collection, Models(settings).text_embedder())
    chosen = collection.of(size.sources)
    lesson = album(
        chosen, folder, count=size.pictures, seed=seed, varied=size.varied, workers=settings.threads
    )
    course = Course(size, lesson, {asset.id: asset for asset in collection.assets}, words, seed)
    digest = zlib.crc32(json.dumps(asdict(size)).encode() + _code())
    kept = folder / f"painter-{seed}-{digest:08x}.pt"
    course.steps = resume(kept, course.parts, course.device)
    mean, saved_s, savings = 0.0, time.monotonic(), 0
    while course.steps < size.steps:
        loss = course.step()
        mean = 0.99 * mean + 0.01 * loss if mean else loss
        if time.monotonic() - saved_s > SAVED_EVERY_S:
            save(kept, course.parts, course.steps)
            row = {"step": course.steps, "of": size.steps, "loss": round(mean, 4)}
            print(json.dumps(row), file=sys.stderr)
            with kept.with_suffix(".jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
            if savings % SHEET_EVERY == 0:
                course.samples().save(kept.with_suffix(".png"))
            saved_s, savings = time.monotonic(), savings + 1
    save(kept, course.parts, course.steps)
    write(course.mean, path)
    return {"steps": course.steps, "loss": round(mean, 4)}


def _code() -> bytes:
    """Return what a course depends on: another one is not taken up."""
    return b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))


def write(network: PictureTransformer, folder: Path) -> None:
    """Write a pipeline's folder, weights in half precision."""
    half = PictureTransformer.from_config(network.config)
    assert isinstance(half, PictureTransformer)
    half.load_state_dict(network.state_dict())
    PicturePipeline(half.half(), new_scheduler()).save_pretrained(folder)
