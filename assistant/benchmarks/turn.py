"""The sample turn against the naive cascade on the same weights, cold and warm.

The cascade transcribes, reads, retrieves, writes the whole answer and speaks the whole answer, one
after the other. Each system runs in a process of its own: the first turn there is the cold one.
Between measured turns an unrelated question is answered, so that the chat model's cache holds
nothing of the measured prompt but what every prompt begins with.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

from assistant.settings import Settings, load_settings

LASTS = "about 4 minutes"
WARM_TURNS = 3
SAMPLES = Path(__file__).parents[1] / "samples"
OTHER = "How do I turn on the guest network?"
Times = dict[str, float]


def run(settings: Settings) -> dict:
    """Return the headline figures and tables of both systems."""
    with tempfile.TemporaryDirectory() as data_dir:
        settings = replace(settings, data_dir=Path(data_dir))
        prepare(settings)
        rows = {name: _measure(name, settings) for name in ("samesense", "cascade", "text")}
    ours, naive, text = rows["samesense"], rows["cascade"], rows["text"]
    ratio = ours["warm"]["first_audio"] / naive["warm"]["first_audio"]
    headline = {
        "first_audio_s": _figure(ours["warm"]["first_audio"], "≤ 3", 3),
        "first_audio_ratio_to_cascade": _figure(ratio, "≤ 1/6", 1 / 6),
        "first_token_s": _figure(ours["warm"]["first_token"], "≤ 6", 6),
        "text_first_token_s": _figure(text["warm"]["first_token"], "≤ 2", 2),
        "peak_memory_gb": _figure(ours["peak_gb"], "≤ 4", 4),
    }
    table = [
        {"system": name, "run": kind, **{k: round(v, 2) for k, v in measured[kind].items()}}
        for name, measured in rows.items()
        for kind in ("cold", "warm")
    ]
    columns = dict.fromkeys(key for row in table for key in row)
    seconds = [{column: row.get(column, "") for column in columns} for row in table]
    memory = [{"system": name, "peak_gb": row["peak_gb"]} for name, row in rows.items()]
    return {"headline": headline, "tables": {"seconds": seconds, "memory": memory}}


def prepare(settings: Settings) -> None:
    """Take the sample knowledge base in, once, before anything is measured."""
    from assistant.session import Assistant

    Assistant(settings).prepare_knowledge()


def _figure(value: float, target: str, limit: float) -> dict:
    return {"value": round(value, 3), "target": target, "holds": value <= limit}


def _measure(system: str, settings: Settings) -> dict:
    print(f"Measuring {system}…", file=sys.stderr)
    command = [sys.executable, "-m", __name__, system, "--data-dir", str(settings.data_dir)]
    command += ["--profile", settings.profile]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _child() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--profile", required=True)
    args = parser.parse_args()
    settings = load_settings(data_dir=args.data_dir, profile=args.profile)
    turn_of, other = SYSTEMS[args.system](settings)
    cold = turn_of()
    warm = []
    for _ in range(WARM_TURNS):
        other()
        warm.append(turn_of())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    medians = {name: statistics.median(times[name] for times in warm) for name in warm[0]}
    print(json.dumps({"cold": cold, "warm": medians, "peak_gb": round(peak, 2)}))


Turner = tuple[Callable[[], Times], Callable[[], Times]]


def _samesense(settings: Settings) -> Turner:
    from assistant.intake import read_turn
    from assistant.session import Assistant
    from assistant.types import Reply

    assistant = Assistant(settings)

    def ask(text: str, paths: list[Path]) -> Times:
        turn = read_turn(text, paths, settings=settings)
        *_, reply = assistant.stream(turn)
        assert isinstance(reply, Reply)
        return dict(reply.timings_s)

    typed = (SAMPLES / "typed.txt").read_text().strip()
    files = [SAMPLES / "screenshot.png", SAMPLES / "question.wav"]
    return lambda: ask(typed, files), lambda: ask(OTHER, [])


def _text(settings: Settings) -> Turner:
    from assistant.intake import read_turn
    from assistant.session import Assistant
    from assistant.types import Reply

    assistant = Assistant(settings)

    def ask(text: str) -> Times:
        *_, reply = assistant.stream(read_turn(text, [], settings=settings), speak=False)
        assert isinstance(reply, Reply)
        return dict(reply.timings_s)

    return lambda: ask("My router shows E-42. What do I do?"), lambda: ask(OTHER)


def _cascade(settings: Settings) -> Turner:
    from assistant.media import open_image
    from assistant.models.lazy import Models
    from assistant.models.protocols import ChatMessage
    from assistant.prompts import PREFIX, grounded_prompt
    from knowledge.search import search
    from knowledge.store import KnowledgeBase

    models = Models(settings)
    typed = (SAMPLES / "typed.txt").read_text().strip()

    def answer(question: str, screen: list[str], begin: float, times: Times) -> Times:
        base = KnowledgeBase.open(
            settings.knowledge_dir, settings.knowledge_base, models.text_embedder()
        )
        found = search(base, models.text_embedder(), f"{question} {' '.join(screen)}", "en", k=4)
        messages = [
            *PREFIX,
            ChatMessage("user", grounded_prompt(question, "en", found, screen)),
        ]
        words = []
        limit = settings.limits.answer_tokens
        for piece in models.chat().stream(messages, max_tokens=limit, stop=Event()):
            times.setdefault("first_token", time.perf_counter() - begin)
            words.append(piece)
        models.text_to_speech().speak(["".join(words)], "en")
        times["first_audio"] = times["total"] = time.perf_counter() - begin
        return times

    def sample() -> Times:
        begin = time.perf_counter()
        times: Times = {}
        heard = models.speech_to_text().transcribe([SAMPLES / "question.wav"])[0]
        times["transcribe"] = time.perf_counter() - begin
        image = open_image(SAMPLES / "screenshot.png", settings.limits)
        lines = [segment.text for segment in models.screen_reader().read([image])[0]]
        times["read"] = time.perf_counter() - begin
        return answer(f"{heard.text} {typed}", lines, begin, times)

    return sample, lambda: answer(OTHER, [], time.perf_counter(), {})


SYSTEMS = {"samesense": _samesense, "cascade": _cascade, "text": _text}

if __name__ == "__main__":
    _child()
