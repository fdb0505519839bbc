"""Show a turn in the terminal: words on standard output, all else on standard error."""

import sys

from assistant.report import proof_of
from assistant.types import (
    Draft,
    Event,
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
        self._streamed = ""
        self._step = ""

    def show(self, event: Event) -> None:
        """Print one event."""
        match event:
            case TextDelta():
                self._stream(event)
            case Percept():
                _say(f"{event.modality:>10}  {_brief(event.text or event.note)}")
            case Plan():
                for step in event.steps:
                    _say(f"{step.action:>10}  {step.priority}. {step.request} — {step.reason}")
            case StepProgress(status="running", fraction=float(fraction)):
                _say(f"{'painting':>10}  {fraction:.0%}")
            case StepProgress(status="done" | "failed" | "skipped"):
                self._close_line()
            case Draft():
                self._end(event.text)
            case Picture():
                _say(f"{event.kind:>10}  {event.path}: {event.alt}")
            case Verification():
                _say(f"{'check':>10}  {event.verdict}")
                for claim in event.claims:
                    _say(f"{'':>10}  {proof_of(claim)}")
            case Notice():
                _say(f"{'note':>10}  {event.text}")
            case Reply():
                times = ", ".join(f"{k} {v:.2f} s" for k, v in event.timings_s.items())
                _say(f"{'times':>10}  {times}")
                _say(f"{'thread':>10}  {event.thread_id}")

    def _stream(self, delta: TextDelta) -> None:
        if self._step and delta.step_id != self._step:
            self._write("\n\n")
        self._step = delta.step_id
        self._write(delta.text)

    def _end(self, text: str) -> None:
        """Print the checked answer again where it is not what was streamed."""
        if not text:
            return
        if text.split() != self._streamed.split():
            self._write(f"\n\n{text}" if self._streamed else text)
        self._close_line()

    def _close_line(self) -> None:
        """End the line that words have been streamed to, so that the rest stands on its own."""
        if self._streamed and not self._streamed.endswith("\n"):
            self._write("\n")

    def _write(self, text: str) -> None:
        self._streamed += text
        if self._words:
            print(text, end="", flush=True)


def _brief(text: str, chars: int = 160) -> str:
    """Return the beginning of a long text, such as a screen full of lines, and how long it is."""
    return text if len(text) <= chars else f"{text[:chars]}… ({len(text.splitlines())} lines)"


def _say(line: str) -> None:
    print(" ".join(line.splitlines()), file=sys.stderr, flush=True)
