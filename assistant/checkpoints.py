"""Keep the state of a training on disk, so that a killed one goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

DONE = "done"  # the key under which stands how far the training has come


def save(path: Path, parts: Mapping[str, Any], done: int) -> None:
    """Keep the state of the parts of a training (networks, optimizer, …), whole or not at all."""
    state = {name: part.state_dict() for name, part in parts.items()}
    torch.save({**state, DONE: done}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def resume(path: Path, parts: Mapping[str, Any], device: torch.device | str = "cpu") -> int:
    """Give the parts their kept state and return how far it had come; 0 where none is kept."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state[DONE]
