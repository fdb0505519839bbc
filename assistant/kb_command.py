"""`samesense kb`: fill, search, list and clean a knowledge base."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import InputError
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.models.lazy import Models
    from assistant.models.protocols import Transcription
    from knowledge.ingest import Progress
    from knowledge.store import KnowledgeBase
    from knowledge.types import Document, Evidence, Locator

_LINE_EVERY_S = 2.0  # of progress


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `kb` with its actions."""
    parser = subparsers.add_parser("kb", help="fill, search, list and clean a knowledge base")
    actions = parser.add_subparsers(dest="kb_action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="take in files and folders")
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    search = actions.add_parser("search", help="find what answers a question")
    search.add_argument("query", nargs="?", default="", metavar="QUERY")
    search.add_argument("--image", type=Path, help="search with what is written in a picture")
    search.add_argument("--audio", type=Path, help="search with what is said in a recording")
    search.add_argument("-k", type=int, default=5, metavar="N", help="how many (default 5)")
    search.add_argument("--json", action="store_true", help="print one JSON object")
    lister = actions.add_parser("list", help="list what is stored")
    lister.add_argument("--json", action="store_true", help="print one JSON object")
    remove = actions.add_parser("remove", help="remove documents, or all of a source")
    remove.add_argument("ids", nargs="+", metavar="ID", help="a document's id, or a source's path")
    reembed = actions.add_parser("reembed", help="make all vectors again with this profile's model")
    for action in (add, search, lister, remove, reembed):
        action.add_argument("--kb", metavar="NAME", help="which knowledge base")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked and return 0; 1 when nothing that was given could be added.

    Raises KnowledgeError for what the store refuses, InputError for an unreadable question.
    """
    from assistant.models.lazy import Models
    from knowledge.reembed import reembed
    from knowledge.store import KnowledgeBase

    name, models = args.kb or settings.knowledge_base, Models(settings)
    if args.kb_action == "reembed":
        count = reembed(settings.knowledge_dir, name, models.text_embedder(), _say_vectors)
        _say(f"Made {count} vectors again.")
        return 0
    kb = KnowledgeBase.open(settings.knowledge_dir, name, models.text_embedder())
    match args.kb_action:
        case "add":
            return _add(kb, models, args.paths)
        case "search":
            _fill_at_first(kb, models)
            return _search(kb, models, args, settings)
        case "list":
            _fill_at_first(kb, models)
            return _list(kb, args.json)
        case _:
            return _remove(kb, args.ids)


def _add(kb: "KnowledgeBase", models: "Models", paths: list[Path]) -> int:
    from knowledge.ingest import ingest

    took_in = failed = 0
    for path in paths:
        report = ingest(
            kb,
            path,
            embedder=models.text_embedder(),
            reader=models.screen_reader,
            transcriber=lambda: _Listener(models),
            on_progress=_show_progress(),
        )
        for skipped in report.skipped:
            _say(f"Left out {skipped.path}: {skipped.reason}")
        _say(
            f"{path}: {report.added} documents added, {report.removed} removed, "
            f"{report.unchanged} files unchanged, {len(report.skipped)} left out."
        )
        took_in += report.added + report.unchanged
        failed += len(report.skipped)
    return 1 if failed and not took_in else 0


def _fill_at_first(kb: "KnowledgeBase", models: "Models") -> None:
    """Take in the sample manual when nothing is stored yet, as the first turn would."""
    from knowledge.ingest import ensure_samples

    if kb.count() == 0:
        ensure_samples(
            kb,
            embedder=models.text_embedder(),
            reader=models.screen_reader,
            transcriber=lambda: _Listener(models),
            on_progress=_show_progress(),
        )


def _search(
    kb: "KnowledgeBase", models: "Models", args: argparse.Namespace, settings: Settings
) -> int:
    from assistant.language import detect_language
    from knowledge.search import ANSWERS, search

    query = _question(models, args, settings)
    found = search(kb, models.text_embedder(), query, detect_language(query), k=args.k)
    if args.json:
        print(json.dumps({"results": [_result(e) for e in found]}, ensure_ascii=False))
        return 0
    if not found or found[0].score < ANSWERS:
        print("Nothing here answers this." + (" The nearest:" if found else ""))
    for evidence in found:
        document = evidence.document
        print(f"{evidence.score:.2f}  {_heading(document)}  [{document.uri}{_place(document)}]")
        print(f"      {_shorten(document.text)}")
    return 0


def _question(models: "Models", args: argparse.Namespace, settings: Settings) -> str:
    """Return the question in words: typed, said and read from the picture."""
    if args.k < 1:
        raise InputError(f"`-k {args.k}` finds nothing. Ask for 1 or more.")
    words = [args.query.strip()]
    if args.audio:
        heard = models.speech_to_text().transcribe([_existing(args.audio)])[0]
        words.append(heard.text)
    if args.image:
        from assistant.media import open_image

        picture = open_image(_existing(args.image), settings.limits)
        words += [line.text for line in models.screen_reader().read([picture])[0]]
    query = " ".join(filter(None, words))[: settings.limits.text_chars]
    if not query:
        raise InputError(
            "There is nothing to search for. Give a QUERY, an `--image` with readable text, or an "
            "`--audio` in which somebody speaks."
        )
    return query


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"`{path}` is not a file. Give the path of an existing one.")
    return path


def _list(kb: "KnowledgeBase", as_json: bool) -> int:
    documents = kb.documents()
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
    _say(f"{len(documents)} documents in `{kb.name}`.")
    return 0


def _remove(kb: "KnowledgeBase", names: list[str]) -> int:
    from knowledge.errors import KnowledgeError

    documents = kb.documents()
    chosen: list[str] = []
    for name in names:
        source = Path(name).expanduser().absolute().as_posix()
        ids = [d.id for d in documents if name in (d.id, d.uri) or d.uri == source]
        if not ids:
            raise KnowledgeError(
                f"`{name}` is neither a document nor a source of `{kb.name}`. "
                f"Run: samesense kb list --kb {kb.name}"
            )
        chosen += ids
    _say(f"Removed {kb.remove(chosen)} documents.")
    return 0


class _Listener:
    """The transcriber as the knowledge base knows it: a bad recording is its error."""

    def __init__(self, models: "Models") -> None:
        self._models = models

    def transcribe(self, recordings: Sequence[Path]) -> "Sequence[Transcription]":
        from knowledge.errors import KnowledgeError

        try:
            return self._models.speech_to_text().transcribe(recordings)
        except InputError as exc:
            raise KnowledgeError(str(exc)) from exc


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
    if locator.start_s is not None and locator.end_s is not None:
        return f" {_clock(locator.start_s)}–{_clock(locator.end_s)}"
    if document.modality == "text" and locator.heading:
        return f" § {locator.heading.rsplit(' > ', maxsplit=1)[-1]}"
    return ""


def _clock(time_s: float) -> str:
    return f"{int(time_s) // 60}:{int(time_s) % 60:02}"


def _shorten(text: str, width: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _show_progress() -> "Progress":
    """Return a reporter that writes a line now and then: how far, how fast, how long still."""
    start_s = last_s = time.monotonic()

    def report(done: int, total: int, name: str) -> None:
        nonlocal last_s
        now = time.monotonic()
        if done and name and now - last_s >= _LINE_EVERY_S:
            last_s = now
            rate = done / (now - start_s)
            left_s = (total - done) / rate
            _say(f"{done} of {total} files, {rate:.1f} a second, {left_s:.0f} s left: {name}")

    return report


def _say_vectors(done: int, total: int) -> None:
    _say(f"{done} of {total} vectors")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
