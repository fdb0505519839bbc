"""A reply on paper and in the terminal shows each claim with its mark and its proof."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.report import to_json, to_markdown
from assistant.turn_printer import TurnPrinter
from assistant.types import (
    Claim,
    Draft,
    Event,
    Evidence,
    Picture,
    Plan,
    Reply,
    StepProgress,
    TextDelta,
    Verification,
)
from knowledge.types import Document, Locator

MANUAL = Document("d1", "Wait about 60 seconds.", "text", "reset.md", Locator(heading="Reset"))
EVIDENCE = Evidence(MANUAL, 0.9, "reset")
WAIT = Claim("90 seconds", "number", "contradicted", 0.0, "d1", "`d1` says 60 seconds.",
             "wait about 60 seconds")  # fmt: skip
CODE = Claim("E-42", "code", "supported", 1.0, "typed", "Your message holds it.")
CHECKED = Verification("inconsistent", (WAIT, CODE))
REPLY = Reply(
    "t1", "thread", "en", "Wait 90 seconds.", (), None, (), CHECKED, Plan(()),
    {}, (), (EVIDENCE,), {}, (), {},
)  # fmt: skip
LINES = (
    "✗ contradicted, number “90 seconds”: “Reset” says 60 seconds. “wait about 60 seconds”",
    "✓ supported, code “E-42”: Your message holds it.",
)


def test_the_page_of_a_reply_shows_marks_verdicts_and_quotes() -> None:
    page = to_markdown(REPLY, Path("out"))
    assert "## Check: inconsistent\n\n" + "\n".join(f"- {line}" for line in LINES) in page


def test_the_terminal_shows_marks_verdicts_and_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    printer = TurnPrinter(words=True)
    printer.show(EVIDENCE)
    printer.show(CHECKED)
    shown = capsys.readouterr()
    assert [line.strip() for line in shown.err.splitlines()] == ["check  inconsistent", *LINES]
    assert shown.out == ""


class Terminal(io.StringIO):
    """Text that a person sees as it is written."""

    def isatty(self) -> bool:
        return True


PAINTING: list[Event] = [
    *(StepProgress("s1", "running", fraction=done / 20) for done in range(1, 21)),
    StepProgress("s1", "running", fraction=1.0),  # composed, after it was painted
    Picture(Path("apple.png"), "generated", "an apple", "Generated picture: an apple"),
]
STREAMED: list[Event] = [
    TextDelta("s1", "Do this:\n1. Press the bu"),
    TextDelta("s1", "Press the switch.\n2. Wait.\n3. Dri"),
]
ANSWER = "Do this:\n1. Press the switch.\n2. Wait."


def shown_in_a_terminal(events: Sequence[Event], patch: pytest.MonkeyPatch) -> tuple[str, str]:
    out, err = Terminal(), Terminal()
    patch.setattr(sys, "stdout", out)
    patch.setattr(sys, "stderr", err)
    printer = TurnPrinter(words=True)
    for event in events:
        printer.show(event)
    return out.getvalue(), err.getvalue()


def test_a_terminal_shows_progress_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    _, err = shown_in_a_terminal(PAINTING, monkeypatch)
    bar, picture = err.splitlines(keepends=False)[-2:]
    assert err.count("\n") == 2
    assert bar.endswith("100%")
    assert picture.split(maxsplit=1) == ["generated", "apple.png: Generated picture: an apple"]


def test_a_picture_that_is_painted_meanwhile_leaves_the_words_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = Terminal()
    monkeypatch.setattr(sys, "stdout", both)
    monkeypatch.setattr(sys, "stderr", both)
    printer = TurnPrinter(words=True)
    for event in (
        StepProgress("s2", "running", fraction=0.1),
        TextDelta("s1", "Press the "),
        StepProgress("s2", "running", fraction=0.5),
        TextDelta("s1", "switch."),
        *PAINTING[-1:],
        StepProgress("s2", "done"),
        TextDelta("s1", " Wait."),
        StepProgress("s1", "done"),
        StepProgress("s3", "running", fraction=0.6),
    ):
        printer.show(event)
    bar, words, picture, rest, last = both.getvalue().split("\n")
    assert (bar.split(), last.split()) == (["painting", "10%"], ["painting", "60%"])
    assert (words, rest) == ("Press the switch.", " Wait.")
    assert picture.split()[0] == "generated"


def test_a_file_gets_the_beginning_and_the_end_of_painting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printer = TurnPrinter(words=True)
    for event in PAINTING:
        printer.show(event)
    lines = [line.split()[:2] for line in capsys.readouterr().err.splitlines()]
    assert lines == [["painting", "5%"], ["painting", "100%"], ["generated", "apple.png:"]]


def test_a_terminal_tells_of_a_mended_answer_only_what_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, err = shown_in_a_terminal([*STREAMED, Draft(ANSWER)], monkeypatch)
    assert out.count("Wait.") == 1
    lines = [" ".join(line.split()) for line in err.splitlines()]
    assert lines == ["corrected 1. Press the switch.", "taken back 3. Dri"]
    out, err = shown_in_a_terminal([TextDelta("s1", ANSWER), Draft(ANSWER)], monkeypatch)
    assert (out, err) == (f"{ANSWER}\n", "")


def test_a_pipe_gets_the_checked_answer_once(capsys: pytest.CaptureFixture[str]) -> None:
    printer = TurnPrinter(words=True)
    for event in (*STREAMED, Draft(ANSWER)):
        printer.show(event)
    assert capsys.readouterr().out == f"{ANSWER}\n"


def test_json_carries_the_quote() -> None:
    claims = to_json(REPLY, None)["verification"]["claims"]
    assert [claim["quote"] for claim in claims] == ["wait about 60 seconds", ""]
