"""A reply on paper and in the terminal shows each claim with its mark and its proof."""

from pathlib import Path

import pytest

from assistant.report import to_json, to_markdown
from assistant.turn_printer import TurnPrinter
from assistant.types import Claim, Plan, Reply, Verification

WAIT = Claim("90 seconds", "number", "contradicted", 0.0, "d1", "The manual says 60 seconds.",
             "wait about 60 seconds")  # fmt: skip
CODE = Claim("E-42", "code", "supported", 1.0, "typed", "Your message holds it.")
CHECKED = Verification("inconsistent", (WAIT, CODE))
REPLY = Reply(
    "t1", "thread", "en", "Wait 90 seconds.", (), None, (), CHECKED, Plan(()),
    {}, (), (), {}, (), {},
)  # fmt: skip
LINES = (
    "✗ contradicted, number “90 seconds”: The manual says 60 seconds. “wait about 60 seconds”",
    "✓ supported, code “E-42”: Your message holds it.",
)


def test_the_page_of_a_reply_shows_marks_verdicts_and_quotes() -> None:
    page = to_markdown(REPLY, Path("out"))
    assert "## Check: inconsistent\n\n" + "\n".join(f"- {line}" for line in LINES) in page


def test_the_terminal_shows_marks_verdicts_and_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    TurnPrinter(words=True).show(CHECKED)
    shown = capsys.readouterr()
    assert [line.strip() for line in shown.err.splitlines()] == ["check  inconsistent", *LINES]
    assert shown.out == ""


def test_json_carries_the_quote() -> None:
    claims = to_json(REPLY, None)["verification"]["claims"]
    assert [claim["quote"] for claim in claims] == ["wait about 60 seconds", ""]
