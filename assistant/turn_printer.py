"""Show a turn in the terminal: words on standard output, all else on standard error.

A person at a terminal reads the words as they come, and beneath them the lines that the check
changed; a file or a pipe gets the checked answer alone, once.
"""

import sys
from difflib import SequenceMatcher

from assistant.prompts import title_of
from assistant.report import proof_of
from assistant.types import (
    Draft,
    Event,
    Evidence,
    Notice,
    Percept,
    Picture,
    Plan,
    Reply,
    StepProgress,
    TextDelta,
    Verification,
)


class TurnPrinter:
    """Print events in the order they come; `words` is False where the answer goes elsewhere."""

    def __init__(self, *, words: bool) -> None:
        self._words = words
        self._streams = words and sys.stdout.isatty()
        self._streamed = ""
        self._step = ""  # whose words were streamed last
        self._streaming = False  # whether more of them may come
        self._titles: dict[str, str] = {}  # of the evidence, by its document's id
        self._painting: set[tuple[str, bool]] = set()  # what was told: a step, and if it was done
        self._bar = False  # whether the terminal's last line is a progress, to be written over

    def show(self, event: Event) -> None:
        """Print one event."""
        match event:
            case TextDelta():
                self._stream(event)
            case Percept():
                self._say(event.modality, _brief(event.text or event.note))
            case Plan():
                for step in event.steps:
                    self._say(step.action, f"{step.priority}. {step.request} — {step.reason}")
            case Evidence():
                self._titles[event.document.id] = title_of(event)
            case StepProgress():
                self._progress(event)
            case Draft():
                self._end(event.text)
            case Picture():
                self._say(event.kind, f"{event.path}: {event.alt}")
            case Verification():
                self._say("check", event.verdict)
                for claim in event.claims:
                    self._say("", proof_of(claim, self._titles))
            case Notice():
                self._say("note", event.text)
            case Reply():
                times = ", ".join(f"{k} {v:.2f} s" for k, v in event.timings_s.items())
                self._say("times", times)
                self._say("thread", event.thread_id)

    def _stream(self, delta: TextDelta) -> None:
        if not self._streams:
            return
        if self._step and delta.step_id != self._step:
            self._write("\n\n")
        self._step, self._streaming = delta.step_id, True
        self._write(delta.text)

    def _end(self, text: str) -> None:
        """Print the checked answer; of one that was streamed, only what the check changed in it."""
        if not self._streamed:
            if text and self._words:
                print(text, flush=True)
            return
        self._close_line()
        was, now = _lines(self._streamed), _lines(text)
        for change, a0, a1, b0, b1 in SequenceMatcher(None, was, now, False).get_opcodes():
            if change == "delete":
                for line in was[a0:a1]:
                    self._say("taken back", line)
            elif change != "equal":
                for line in now[b0:b1]:
                    self._say("corrected", line)

    def _close_line(self) -> None:
        """End the line that words have been streamed to, so that the rest stands on its own."""
        self._streaming = False
        if self._is_line_open():
            self._write("\n")

    def _is_line_open(self) -> bool:
        return bool(self._streamed) and not self._streamed.endswith("\n")

    def _write(self, text: str) -> None:
        self._end_bar()
        self._streamed += text
        print(text, end="", flush=True)

    def _progress(self, step: StepProgress) -> None:
        """Show how far a picture is: on one line of a terminal, else when it begins and ends.

        It waits while words are streamed to the same terminal, whose line it would write over.
        """
        if step.status != "running":
            if step.step_id == self._step:
                self._close_line()
        elif step.fraction is not None and sys.stderr.isatty():
            if self._streaming:
                return
            print(f"\r{'painting':>10}  {step.fraction:4.0%}", end="", file=sys.stderr, flush=True)
            self._bar = True
        elif step.fraction and (told := (step.step_id, step.fraction == 1)) not in self._painting:
            self._painting.add(told)
            self._say("painting", f"{step.fraction:.0%}")

    def _say(self, label: str, text: str) -> None:
        self._end_bar()
        if self._is_line_open() and sys.stderr.isatty():
            print(file=sys.stderr)
        line = f"{label:>10}  {text}"
        print(" ".join(line.splitlines()), file=sys.stderr, flush=True)

    def _end_bar(self) -> None:
        if self._bar:
            print(file=sys.stderr, flush=True)
            self._bar = False


def _brief(text: str, chars: int = 160) -> str:
    """Return the beginning of a long text, such as a screen full of lines, and how long it is."""
    return text if len(text) <= chars else f"{text[:chars]}… ({len(text.splitlines())} lines)"


def _lines(text: str) -> list[str]:
    """Return the lines that hold something, white space evened out."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
