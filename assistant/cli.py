"""The `samesense` command. Exit status: 0 done, 2 input or usage at fault, 1 anything else."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from assistant import (
    ask_command,
    bench_command,
    doctor,
    kb_command,
    models_command,
    train_command,
)
from assistant.errors import AssistantError, InputError
from assistant.profiles import PROFILES, profile
from assistant.settings import Settings, load_settings
from knowledge.errors import KnowledgeError


@dataclass(frozen=True)
class Command:
    """A subcommand: how its arguments are declared and what runs it."""

    add_parser: Callable[["argparse._SubParsersAction[argparse.ArgumentParser]"], None]
    run: Callable[[argparse.Namespace, Settings], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; errors are one message, never a trace."""
    args = _parser().parse_args(arguments)
    try:
        settings = load_settings(profile=getattr(args, "profile", None))
        profile(settings.profile)
    except AssistantError as exc:
        return _fail(exc, 2)
    try:
        return COMMANDS[args.command].run(args, settings)
    except (InputError, KnowledgeError) as exc:
        return _fail(exc, 2)
    except AssistantError as exc:
        return _fail(exc, 1)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of a pipe, `| head`, has gone
        sys.stderr.close()
        return 1


def _fail(error: Exception, status: int) -> int:
    print(f"samesense: {error}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="samesense",
        description="Answers voice, screenshots and text at once, and checks that its words, "
        "pictures, speech and evidence agree.",
        epilog="Settings come from the environment too: SAMESENSE_PROFILE, SAMESENSE_DATA_DIR, …",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        command.add_parser(commands)
    return parser


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    defaults = Settings()
    parser = commands.add_parser("serve", help="serve the page")
    parser.add_argument("--host", help=f"address to listen on (default {defaults.host})")
    parser.add_argument("--port", type=int, help=f"port (default {defaults.port})")
    parser.add_argument("--profile", choices=PROFILES, help="which models to use")


def _serve(args: argparse.Namespace, settings: Settings) -> int:
    settings = replace(settings, host=args.host or settings.host, port=args.port or settings.port)
    # What is uploaded to the page stays with its thread, beyond the system's temporary files.
    os.environ.setdefault("GRADIO_TEMP_DIR", str(settings.data_dir / "uploads"))
    from ui.app import serve

    with suppress(KeyboardInterrupt):  # the way to end it
        serve(settings)
    return 0


COMMANDS = {
    "serve": Command(_add_serve, _serve),
    "ask": Command(ask_command.add_parser, ask_command.run),
    "kb": Command(kb_command.add_parser, kb_command.run),
    "models": Command(models_command.add_parser, models_command.run),
    "doctor": Command(doctor.add_parser, doctor.run),
    "bench": Command(bench_command.add_parser, bench_command.run),
    "train": Command(train_command.add_parser, train_command.run),
}


if __name__ == "__main__":
    sys.exit(main())
