"""`samesense kb`: fill, search, list and clean a knowledge base."""

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, get_args

from assistant.errors import InputError
from assistant.settings import Settings
from knowledge.types import Modality

if TYPE_CHECKING:
    from assistant.library import Library
    from knowledge.ingest import OnProgress, Progress, Report
    from knowledge.types import Document, Evidence, Locator, Skipped

_LINE_EVERY_S = 2.0  # of progress
_NEAREST, _FAR = 3, 0.05  # how many are shown where none answers, and from which score
_ALIKE = 3  # files left out for one reason that are named one by one


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `kb` with its actions."""
    parser = subparsers.add_parser("kb", help="fill, search, list and clean a knowledge base")
    actions = parser.add_subparsers(dest="kb_action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="take in files, folders and archives")
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    search = actions.add_parser("search", help="find what answers a question")
    search.add_argument("query", nargs="?", default="", metavar="QUERY")
    search.add_argument("--image", type=Path, help="search with what a picture shows and says")
    search.add_argument("--audio", type=Path, help="search with what is said in a recording")
    search.add_argument("-k", type=int, default=5, metavar="N", help="how many (default 5)")
    search.add_argument("--modality", choices=get_args(Modality), help="only this kind")
    search.add_argument("--source", metavar="PATH", help="only in this file or folder")
    search.add_argument("--json", action="store_true", help="print one JSON object")
    lister = actions.add_parser("list", help="list what is stored")
    lister.add_argument("--json", action="store_true", help="print one JSON object")
    remove = actions.add_parser("remove", help="remove documents, sources or folders")
    remove.add_argument("ids", nargs="+", metavar="ID", help="a document's id, or a path")
    export = actions.add_parser("export", help="write everything as JSON Lines with its pictures")
    export.add_argument("target", type=Path, metavar="FILE.jsonl")
    reembed = actions.add_parser("reembed", help="make all vectors again with this profile's model")
    for action in (add, search, lister, remove, export, reembed):
        action.add_argument("--kb", metavar="NAME", help="which knowledge base")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked and return 0; 1 when nothing that was given could be added.

    Raises KnowledgeError for what the store refuses, InputError for an unreadable question.
    """
    from assistant.library import Library
    from assistant.models.lazy import Models

    name, models = args.kb or settings.knowledge_base, Models(settings)
    library = Library(settings, models)
    match args.kb_action:
        case "add":
            return _add(library, name, args.paths)
        case "search":
            return _search(library, name, args)
        case "list":
            return _list(library, name, args.json)
        case "remove":
            _say(f"Removed {library.remove(name, args.ids)} documents.")
        case "export":
            _say(f"Wrote {library.export(name, args.target)} documents to {args.target}.")
        case _:
            _say(f"Made {library.reembed(name, _say_vectors)} vectors again.")
    return 0


def _add(library: "Library", name: str, paths: list[Path]) -> int:
    took_in = failed = 0
    with _interruptible() as stop:
        for path in paths:
            begin = time.monotonic()
            report = library.add(name, path, _show_progress(), stop)
            _say_report(path, report, time.monotonic() - begin)
            took_in += report.added + report.unchanged
            failed += len(report.skipped)
            if report.stopped:
                return 1
    return 1 if failed and not took_in else 0


def _say_report(path: Path, report: "Report", lasted_s: float) -> None:
    for verb, left_out in (("Left out", report.skipped), ("Merged", report.merged)):
        for line in _grouped(left_out):
            _say(f"{verb} {line}")
    rate = f", {report.added / lasted_s:.0f} a second" if report.added and lasted_s else ""
    _say(
        f"{path}: {report.added} documents added in {lasted_s:.0f} s{rate}; {report.removed} "
        f"removed, {report.unchanged} files unchanged, {len(report.skipped)} files or parts left "
        f"out, {len(report.merged)} documents merged."
    )
    if report.stopped:
        _say("Stopped. What is in stays; run the same command again to go on.")


def _grouped(left_out: "Sequence[Skipped]") -> Iterator[str]:
    """Yield a line a file, and one line for many that have the same reason."""
    counts = Counter(skipped.reason for skipped in left_out)
    said: Counter[str] = Counter()
    for skipped in left_out:
        said[skipped.reason] += 1
        place = f"{skipped.path}, {skipped.part}" if skipped.part else str(skipped.path)
        if counts[skipped.reason] <= _ALIKE or said[skipped.reason] < _ALIKE:
            yield f"{place}: {skipped.reason}"
        elif said[skipped.reason] == _ALIKE:
            more = counts[skipped.reason] - _ALIKE
            yield f"{place} and {more} more: {skipped.reason}"


@contextmanager
def _interruptible() -> Iterator[Event]:
    """Let the first Ctrl-C end the run in good order, and the second one at once."""
    stop = Event()
    usual = signal.getsignal(signal.SIGINT)

    def interrupt(number: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, usual)
        _say("Stopping after what is at hand; Ctrl-C again stops at once.")

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, usual)


def _search(library: "Library", name: str, args: argparse.Namespace) -> int:
    from assistant.library import Question
    from knowledge.search import ANSWERS

    if args.k < 1:
        raise InputError(f"`-k {args.k}` finds nothing. Ask for 1 or more.")
    for path in filter(None, (args.image, args.audio)):
        if not path.is_file():
            raise InputError(f"`{path}` is not a file. Give the path of an existing one.")
    question = Question(args.query, args.image, args.audio)
    found = library.search(name, question, args.k, args.modality, args.source or "")
    if args.json:
        print(json.dumps({"results": [_result(e) for e in found]}, ensure_ascii=False))
        return 0
    if not found or found[0].score < ANSWERS:
        found = [evidence for evidence in found[:_NEAREST] if evidence.score >= _FAR]
        print("Nothing here answers this for sure." + (" The nearest:" if found else ""))
    for evidence in found:
        document = evidence.document
        print(f"{evidence.score:.2f}  {_heading(document)}  [{document.uri}{_place(document)}]")
        print(f"      {_shorten(document.text)}")
    return 0


def _list(library: "Library", name: str, as_json: bool) -> int:
    documents = library.find(name).documents()
    if as_json:
        rows = [
            {
                "document_id": d.id,
                "uri": d.uri,
                "modality": d.modality,
                "locator": _where(d.locator),
            }
            for d in documents
        ]
        print(json.dumps({"documents": rows}, ensure_ascii=False))
        return 0
    for document in documents:
        print(f"{document.id}  {document.modality:5}  {document.uri}{_place(document)}")
    _say(f"{len(documents)} documents in `{name}`.")
    return 0


def _result(evidence: "Evidence") -> dict[str, Any]:
    document = evidence.document
    return {
        "document_id": document.id,
        "uri": document.uri,
        "modality": document.modality,
        "locator": _where(document.locator),
        "text": document.text,
        "score": round(evidence.score, 3),
    }


def _where(locator: "Locator") -> dict[str, Any]:
    from dataclasses import asdict

    return {key: value for key, value in asdict(locator).items() if value is not None}


def _heading(document: "Document") -> str:
    return document.locator.heading or document.metadata.get("title", document.uri)


def _place(document: "Document") -> str:
    """Return where in its source a document stands, as people write it."""
    locator = document.locator
    page = f" p. {locator.page}" if locator.page else ""
    if locator.start_s is not None and locator.end_s is not None:
        return f" {_clock(locator.start_s)}–{_clock(locator.end_s)}"
    if document.modality == "text" and locator.heading:
        return f"{page} § {locator.heading.rsplit(' > ', maxsplit=1)[-1]}"
    return page


def _clock(time_s: float) -> str:
    return f"{int(time_s) // 60}:{int(time_s) % 60:02}"


def _shorten(text: str, width: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _show_progress() -> "OnProgress":
    """Return a reporter that writes a line now and then: how far, how fast, how long still."""
    start_s = last_s = time.monotonic()

    def report(progress: "Progress") -> None:
        nonlocal last_s
        now = time.monotonic()
        if not progress.name or now - last_s < _LINE_EVERY_S:
            return
        last_s = now
        line = f"{progress.files} of {progress.total} files, {progress.documents} documents"
        if progress.files:
            left_s = (progress.total - progress.files) * (now - start_s) / progress.files
            line += f", {progress.documents / (now - start_s):.0f} a second, {_span(left_s)} left"
        _say(f"{line}: {progress.name}")

    return report


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _say_vectors(done: int, total: int) -> None:
    _say(f"{done} of {total} vectors")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
