"""Train the fusion network without one of its parts, to see what each part is for.

A part is taken out of a network in place, before it is trained, so it is missing in training and in
measuring alike, and the network itself holds no switches. What the measures of a segment say of
other channels (`segments.describe`) stays in.
"""

import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from assistant.checkpoints import resume, save
from assistant.fusion.head import load
from assistant.fusion.network import KINDS, Batch, FusionNetwork
from assistant.fusion.train_fusion import EPOCHS, TURNS, Course, digest, lesson, write
from assistant.models.lazy import Models
from assistant.settings import Settings

_OPEN = 10.0  # logit of a gate that lets all through
Row = dict[str, object]
Without = Callable[[FusionNetwork], None]


def open_gates(network: FusionNetwork) -> None:
    """Open every gate fully and for good: in the query vector and in the choice of its words."""
    with torch.no_grad():
        network.gate.weight.zero_()
        network.gate.bias.fill_(_OPEN)
    network.gate.requires_grad_(False)


def see_alone(network: FusionNetwork) -> None:
    """Let each segment see itself alone; it goes through the same layers nevertheless."""

    def alone(_: nn.Module, inputs: tuple[Any, ...], __: dict[str, Any]) -> Any:
        return inputs, {"mask": ~torch.eye(inputs[0].shape[1], dtype=torch.bool)}

    network.layers.register_forward_pre_hook(alone, with_kwargs=True)


def leave_out(encoder: str, network: FusionNetwork) -> None:
    """Leave out the segments of an encoder; turns must have others."""

    def less(_: nn.Module, inputs: tuple[Batch]) -> Batch:
        (turns,) = inputs
        gone = turns.encoders == KINDS.index(encoder)
        return replace(turns, channels=turns.channels.masked_fill(gone, -1))

    network.register_forward_pre_hook(less)


ABLATIONS: Mapping[str, Without] = {
    "no gates": open_gates,
    "no attention": see_alone,
    "no sound windows": partial(leave_out, "sound"),
}


def ablations(
    settings: Settings, measure: Callable[[FusionNetwork], Mapping[str, object]], seed: int = 0
) -> list[Row]:
    """Return what `measure` finds of the shipped network and of each trained without a part.

    Training takes some minutes each; the weights are kept until code or data change. Raises
    ConfigurationError without the encoders' weights.
    """
    folder, of = settings.cache_dir / "fusion", digest(Path(__file__))
    paths = {name: folder / f"{name.replace(' ', '-')}-{seed}-{of:08x}.safetensors"
             for name in ABLATIONS}  # fmt: skip
    _train(settings, {name: path for name, path in paths.items() if not path.exists()}, seed)
    networks = {"whole": load()} | {name: _load(name, path) for name, path in paths.items()}
    return [{"network": name, **measure(network)} for name, network in networks.items()]


def _train(settings: Settings, paths: Mapping[str, Path], seed: int) -> None:
    """Train each network as `train_fusion.train` does the whole one; a killed run goes on."""
    if not paths:
        return
    models = Models(settings)
    learning = lesson(settings, "train", models, TURNS, seed)
    for name, path in paths.items():
        torch.manual_seed(seed)
        torch.set_num_threads(settings.threads)
        network = FusionNetwork()
        ABLATIONS[name](network)
        course, kept = Course(network, learning, seed), path.with_suffix(".pt")
        for number in range(resume(kept, course.parts), EPOCHS):
            loss = course.epoch(number)
            print(f"{name}: epoch {number + 1} of {EPOCHS}, loss {loss:.3f}", file=sys.stderr)
            save(kept, course.parts, number + 1)
        write(network, path, models.text_embedder().name)
        kept.unlink()


def _load(name: str, path: Path) -> FusionNetwork:
    network = deepcopy(load(path))  # what `load` returns is shared
    ABLATIONS[name](network)
    return network
