"""`samesense bench`: measure a part of the assistant on this machine."""

import argparse
import json
import os
import platform
import sys
from importlib import import_module

from assistant.settings import Settings

SUITES = {  # name → module with `run(settings) -> dict` and `LASTS`, how long it takes
    "turn": "assistant.benchmarks.turn",
    "planner": "assistant.fusion.evaluate_routes",
    "knowledge": "assistant.benchmarks.knowledge",
    "fusion": "assistant.fusion.evaluate_fusion",
    "painter": "assistant.benchmarks.painter",
    "verify": "assistant.benchmarks.verify",
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the arguments of `bench`."""
    parser = commands.add_parser("bench", help="measure speed and quality on this machine")
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run a suite and print its headline figures against their targets, then its tables."""
    suite = import_module(SUITES[args.suite])
    print(f"Measuring `{args.suite}`; this takes {suite.LASTS}.", file=sys.stderr)
    result = {"suite": args.suite, "machine": _machine(), **suite.run(settings)}
    if args.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print(result)
    return 0


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _print(result: dict) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    machine = result["machine"]
    console.print(f"{result['suite']} on {machine['cores']} cores, {machine['system']}")
    headline = Table("figure", "value", "target", "holds", title="Headline")
    for name, row in result["headline"].items():
        held = {True: "yes", False: "NO", None: "—"}[row["holds"]]
        headline.add_row(name, str(row["value"]), str(row["target"]), held)
    console.print(headline)
    for title, rows in result["tables"].items():
        table = Table(*rows[0], title=title)
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        console.print(table)
