"""`samesense ask`: one turn in the terminal."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import ConfigurationError
from assistant.profiles import PROFILES
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.types import Event, Reply
    from knowledge.ingest import OnProgress, Progress

QUIET_S = 2.0  # work that takes longer is reported


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the arguments of `ask`."""
    parser = commands.add_parser("ask", help="answer one turn of text, pictures and recordings")
    parser.add_argument(
        "text", nargs="?", default="", help="the typed part; `-` reads it from stdin"
    )
    parser.add_argument("--image", action="append", type=Path, default=[], metavar="P")
    parser.add_argument("--audio", action="append", type=Path, default=[], metavar="P")
    parser.add_argument("--video", action="append", type=Path, default=[], metavar="P")
    parser.add_argument("--thread", metavar="ID", help="continue an earlier conversation")
    parser.add_argument("--kb", metavar="NAME", help="the knowledge base to answer from")
    parser.add_argument("--language", metavar="CODE", help="answer in this language (en, zh, …)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the reply's files here")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quiet", action="store_true", help="text only, no speech")
    parser.add_argument("--profile", choices=PROFILES, help="which models to use")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Answer the turn; words go to standard output, to a terminal as they come, all else to
    standard error.
    """
    from assistant.intake import read_turn
    from assistant.session import Assistant

    turn = read_turn(
        sys.stdin.read() if args.text == "-" else args.text,
        [*args.image, *args.audio, *args.video],
        settings=settings,
        thread_id=args.thread,
        language=args.language,
        knowledge_base=args.kb,
    )
    assistant = Assistant(settings)
    assistant.library.check(turn.knowledge_base)
    assistant.prepare_knowledge(_report_intake())
    events = assistant.stream(turn, args.out, speak=not args.quiet)
    reply = _show(events, words=not args.json)
    _write(reply, args.out, as_json=args.json)
    return 0 if _answered(reply) else 1


def _answered(reply: "Reply") -> bool:
    """Tell whether anything that was asked for was done; why it was not is in the notices."""
    return any(status == "done" for status in reply.statuses.values())


def _report_intake() -> "OnProgress":
    """Return a progress line for the sample manual that stays silent when there is nothing new."""
    begin = time.monotonic()

    def report(progress: "Progress") -> None:
        if time.monotonic() - begin > QUIET_S:
            done = f"{progress.files} of {progress.total}"
            line = f"Taking in the sample manual, once: {done} {progress.name}"
            print(line.strip(), file=sys.stderr, flush=True)

    return report


def _show(events, *, words: bool) -> "Reply":
    from assistant.turn_printer import TurnPrinter
    from assistant.types import Reply

    printer = TurnPrinter(words=words)
    reply: Event | None = None
    for event in events:
        printer.show(event)
        reply = event
    assert isinstance(reply, Reply)  # the stream's last event
    return reply


def _write(reply: "Reply", out: Path | None, *, as_json: bool) -> None:
    from assistant.report import to_json, to_markdown

    if out:
        report = json.dumps(to_json(reply, out), ensure_ascii=False, indent=2)
        try:
            (out / "reply.json").write_text(report + "\n", encoding="utf-8")
            (out / "reply.md").write_text(to_markdown(reply, out), encoding="utf-8")
        except OSError as exc:
            raise ConfigurationError(
                f"The reply cannot be written to `{out}` ({exc.strerror}). Free some space there, "
                "or name another folder with --out."
            ) from exc
        drawn = [p.path.with_suffix(".svg") for p in reply.images if p.kind == "composed"]
        made = [reply.speech, *(picture.path for picture in reply.images), *drawn]
        names = ["reply.md", "reply.json", *(path.name for path in made if path)]
        print(f"The reply is in {out}/: {', '.join(names)}", file=sys.stderr)
    if as_json:
        print(json.dumps(to_json(reply, out), ensure_ascii=False))
