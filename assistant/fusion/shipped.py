"""Compare what training reached with what the shipped weights reached when they were made."""

import json
from collections.abc import Mapping
from pathlib import Path


def figures_of(path: Path) -> dict[str, float]:
    """Return the development figures that a file's metadata holds; none where it has none."""
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        return json.loads(file.metadata().get("figures", "{}"))


def compared(
    found: Mapping[str, float], shipped: Mapping[str, float], tolerance: float
) -> dict[str, object]:
    """Return figures beside the shipped ones, and whether each is the same within `tolerance`."""
    return {
        "figures": dict(found),
        "shipped": dict(shipped),
        "tolerance": tolerance,
        "reproduced": bool(shipped)
        and all(abs(found[name] - value) <= tolerance for name, value in shipped.items()),
    }
