"""What an answer says is read beside its sources: a scripted model of entailment decides."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.checks.grounds import Grounds
from assistant.checks.instructions import check_text
from assistant.checks.mend import faults
from assistant.checks.reading import windows

MANUAL = "# Lamp\nThe lamp switches off after an hour.\nThe red light means that it is too hot."


def grounds(supported: float, manual: str = MANUAL) -> Grounds:
    """Return sources that are read as bearing everything out so far."""

    def judge(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        return np.array([[supported, 0.0, 1 - supported]] * len(pairs))

    def embed(texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), 896))
        rows[:, 0] = rows[:, 512] = 0.5**0.5
        return rows

    return Grounds({"lamp": manual}, embed, judge)


def test_a_statement_that_reading_bears_out_is_supported_with_the_words_that_decide() -> None:
    (claim,) = check_text("The red light says that the lamp is too hot.", grounds(0.99))
    assert (claim.kind, claim.verdict, claim.against) == ("statement", "supported", "lamp")
    assert claim.quote


def test_reading_never_bears_out_a_denial_of_what_is_told() -> None:
    claims = check_text("The red light does not mean that it is too hot.", grounds(0.99))
    assert "supported" not in {claim.verdict for claim in claims}


@pytest.mark.parametrize("text", ["The lamp loves the red kitchen.", "灯喜欢红色的厨房。"])
def test_what_reading_finds_nowhere_is_no_answer(text: str) -> None:
    claims = check_text(text, grounds(0.001))
    assert claims
    assert "supported" not in {claim.verdict for claim in claims}


@pytest.mark.parametrize(
    "text", ["The manual does not say what the blue light means.", "手册没有说明蓝灯的含义。"]
)
def test_saying_that_the_manual_does_not_tell_is_honest(text: str) -> None:
    assert not faults(check_text(text, grounds(0.001)))


@given(st.text(alphabet="ab灯\n ", max_size=4000))
def test_windows_hold_all_lines_and_are_short(text: str) -> None:
    parts = windows(text)
    held = [line.strip() for line in "\n".join(parts).split("\n") if line.strip()]
    assert held == [line.strip() for line in text.split("\n") if line.strip()]
    assert all("\n" not in part or len(part.encode()) <= 1_101 for part in parts)
