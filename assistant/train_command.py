"""`samesense train`: train a model of the project's own again, from its data."""

import argparse
import json
from pathlib import Path

from assistant.settings import Settings


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the arguments of `train`."""
    parser = commands.add_parser("train", help="train a model of the project again")
    parser.add_argument("model", choices=("fusion",))
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default 0)")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where the weights go (default: the shipped ones)"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Train and print the figures on the development part; a killed run goes on."""
    from assistant.fusion.head import WEIGHTS
    from assistant.fusion.train_fusion import train

    path = args.out or WEIGHTS
    print(json.dumps(train(settings, path, args.seed)))
    print(f"The weights are in `{path}`.")
    return 0
