"""Speech against words: are planted slips of the voice caught, and is right speech let alone?

100 sentences full of codes and amounts, half English, half Chinese, are spoken as they are written
and once with one planted change: another number, code or name, or a negation left out. A change is
caught when any claim is not supported; a false alarm is such a claim about right speech, whether
the voice mispronounced it or the recogniser misunderstood it. Such a sentence is said again, as in
a turn; what is flagged then is what a user sees. Rules were made on the development half alone.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from assistant.errors import ModelError
from assistant.listening import listen, said_again
from assistant.models.lazy import Models
from assistant.models.protocols import SpeechToText
from assistant.settings import Settings
from assistant.spoken import spoken_form
from assistant.stages.speak import say_again
from assistant.types import Reply, SpeechChunk

LASTS = "about 6 minutes"
QUESTION = "My router shows E-42. What do I do?"
OTHER = "How do I turn on the guest network?"  # so that no prompt is in the chat model's cache
_DATA = Path(__file__).parent / "data" / "verify" / "spoken_sentences.jsonl"
_TURNS = 3
Row = dict[str, object]


@dataclass(frozen=True)
class Sentence:
    """A sentence, and how it is said wrongly."""

    language: str
    kind: str  # of the planted change
    part: str  # "dev" or "test"
    words: str
    changed: str


@dataclass(frozen=True)
class Outcome:
    """What the check made of a sentence, said rightly and wrongly."""

    sentence: Sentence
    caught: bool  # the planted change
    alarmed: bool  # about right speech
    flagged: bool  # about right speech, still so after it was said again


def measure(settings: Settings) -> tuple[Row, dict[str, list[Row]]]:
    """Return the headline figures of the test half, and the tables behind them.

    Raises ConfigurationError without the weights.
    """
    sentences = [Sentence(**json.loads(line)) for line in _DATA.read_text("utf-8").splitlines()]
    models = Models(settings)
    found = [_outcome(sentence, models) for sentence in _shown(sentences)]
    cost = added_time(settings)
    test = [outcome for outcome in found if outcome.sentence.part == "test"]
    caught, alarmed = _rate([o.caught for o in test]), _rate([o.alarmed for o in test])
    with_check, without = cost[1], cost[0]
    later = round(
        float(str(with_check["first sound, s"])) - float(str(without["first sound, s"])), 3
    )
    longer = round(float(str(with_check["reply, s"])) / float(str(without["reply, s"])) - 1, 3)
    headline: Row = {
        "speech_planted_caught": _figure(caught, "≥ 0.9", caught >= 0.9),
        "speech_false_alarms": _figure(alarmed, "≤ 0.1", alarmed <= 0.1),
        "speech_flagged_after_saying_again": _figure(_rate([o.flagged for o in test]), "—", None),
        "speech_first_sound_added_s": _figure(later, "≤ 0.1", later <= 0.1),
        "speech_reply_time_added": _figure(longer, "< 0.15", longer < 0.15),
    }
    return headline, {"speech": rows_of(found), "speech: seconds of a turn": cost}


def rows_of(found: Sequence[Outcome]) -> list[Row]:
    """Return the shares of each half, language and kind of change."""
    rows: list[Row] = []
    kinds = dict.fromkeys(outcome.sentence.kind for outcome in found)
    for part, language, kind in product(("test", "dev"), ("en", "zh"), (*kinds, "all")):
        some = [
            o for o in found
            if (o.sentence.part, o.sentence.language) == (part, language)
            and kind in (o.sentence.kind, "all")
        ]  # fmt: skip
        rows.append({
            "half": part, "language": language, "planted": kind, "sentences": len(some),
            "caught": _rate([o.caught for o in some]),
            "false alarms": _rate([o.alarmed for o in some]),
            "flagged after saying again": _rate([o.flagged for o in some]),
        })  # fmt: skip
    return rows


def added_time(settings: Settings) -> list[Row]:
    """Return the seconds of the same turn with and without the check, the quickest of three."""
    from assistant.intake import read_turn
    from assistant.session import Assistant

    with tempfile.TemporaryDirectory() as data_dir:
        settings = replace(settings, data_dir=Path(data_dir))
        assistant = Assistant(settings)
        assistant.warm()

        def seconds(question: str) -> tuple[float, float, float]:
            begin = time.process_time()
            *_, reply = assistant.stream(read_turn(question, [], settings=settings))
            assert isinstance(reply, Reply)
            times = reply.timings_s
            return times["first_audio"], times["total"], time.process_time() - begin

        rows: list[Row] = []
        for name, hearing in (("without the check", _deaf), ("with the check", _hearing)):
            print(f"Answering {name}…", file=sys.stderr)
            measured = []
            for _ in range(_TURNS):
                with _deaf(assistant.models):
                    seconds(OTHER)
                with hearing(assistant.models):
                    measured.append(seconds(QUESTION))
            first, total, work = (min(column) for column in zip(*measured, strict=True))
            rows.append({
                "turn": name, "first sound, s": round(first, 3), "reply, s": round(total, 3),
                "processor time, s": round(work, 2),
            })  # fmt: skip
        return rows


@contextmanager
def _hearing(models: Models) -> Iterator[None]:
    del models
    yield


@contextmanager
def _deaf(models: Models) -> Iterator[None]:
    """Take a turn's ears away: its speech goes out unchecked."""

    def refuse() -> SpeechToText:
        raise ModelError("Nobody listens in this run.")

    models.speech_to_text = refuse
    try:
        yield
    finally:
        del models.speech_to_text


def _outcome(sentence: Sentence, models: Models) -> Outcome:
    language, voice, ears = sentence.language, models.text_to_speech(), models.speech_to_text()

    def said(words: str) -> SpeechChunk:
        (sound,) = voice.speak([spoken_form(words, language)], language)
        return SpeechChunk(0, sentence.words, sound.samples, sound.sample_rate)

    wrong = listen(said(sentence.changed), ears, language)
    right = listen(said(sentence.words), ears, language)
    final = right
    if right.misheard:
        again = say_again(right.chunk, right.misheard, voice, language)
        final = said_again(right, listen(again, ears, language))
    return Outcome(sentence, bool(wrong.misheard), bool(right.misheard), bool(final.misheard))


def _shown(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    for number, sentence in enumerate(sentences):
        if number % 20 == 0:
            print(f"Speaking and hearing: {number} of {len(sentences)}…", file=sys.stderr)
        yield sentence


def _rate(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 3)


def _figure(value: float, target: str, holds: bool | None) -> Row:
    return {"value": value, "target": target, "holds": holds}
