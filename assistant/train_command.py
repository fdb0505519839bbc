"""`samesense train`: train a model of the project's own again, from its data."""

import argparse
import json
from importlib import import_module
from pathlib import Path

from assistant.settings import Settings

_MODULES = {  # what can be trained → where its `train` and the path of its `WEIGHTS` are
    "fusion": "assistant.fusion.train_fusion",
    "alignment": "assistant.fusion.train_alignment",
    "entailment": "assistant.entailment.train_entailment",
    "painter": "assistant.painting.train_painter",
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the arguments of `train`."""
    parser = commands.add_parser("train", help="train a model of the project again")
    parser.add_argument("model", choices=_MODULES)
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default 0)")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where the weights go (default: the shipped ones)"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Train and print the figures on the development part; a killed run goes on."""
    module = import_module(_MODULES[args.model])
    path = args.out or module.WEIGHTS
    print(json.dumps(module.train(settings, path, args.seed)))
    print(f"The weights are in `{path}`.")
    return 0
