"""Fusion on the deterministic encoder: gates, relevance, query, language."""

import numpy as np
import pytest

from assistant.fusion.model import Fuser
from assistant.fusion.routes import OUTPUTS
from assistant.models.deterministic import DeterministicEmbedder
from assistant.settings import Settings
from assistant.types import Exchange, FusedState, Percept, Segment

EMBEDDER = DeterministicEmbedder(Settings())
SCREEN = ("Kestrel R7", "Overview", "Wi-Fi: 4 devices", "E-42 PPPoE authentication failed", "Help")
TYPED = Percept("typed", "typed", "It says E-42 since this morning.", 1.0)
SPOKEN = Percept("transcript", "q.wav", "My router shows this error. What should I do?", 0.9)
EARLIER = Exchange("t0", "How do I set up the guest network?", "Open Settings.", "en")


def ocr(*lines: str) -> Percept:
    return Percept("ocr", "a.png", "\n".join(lines), 0.9, tuple(Segment(line) for line in lines))


def fused(
    *percepts: Percept, history: tuple[Exchange, ...] = (), language: str | None = None
) -> FusedState:
    return Fuser(lambda: EMBEDDER).fuse(percepts, history, language)


def test_the_line_that_this_error_means_comes_first() -> None:
    state = fused(TYPED, SPOKEN, ocr(*SCREEN))
    weights = state.relevance[2]
    assert len(weights) == len(SCREEN)
    assert SCREEN[int(np.argmax(weights))] == "E-42 PPPoE authentication failed"
    assert "E-42 PPPoE authentication failed" in state.query
    assert "Help" not in state.query


def test_a_code_that_the_user_names_beats_another_error() -> None:
    state = fused(Percept("typed", "typed", "what is E-17", 1.0), ocr("E-42 failed", "E-17 failed"))
    assert state.relevance[1][1] > state.relevance[1][0]


def test_gates_weigh_only_the_channels_that_hold_something() -> None:
    empty = Percept("transcript", "q.wav", "", 0.0, note="nobody speaks in this recording")
    state = fused(TYPED, empty, ocr(*SCREEN))
    assert set(state.gates) == {"typed", "ocr"}
    assert sum(state.gates.values()) == pytest.approx(1, abs=0.01)


def test_a_doubtful_channel_counts_less() -> None:
    sure, doubtful = (
        fused(TYPED, Percept("transcript", "q.wav", SPOKEN.text, confidence)).gates["transcript"]
        for confidence in (0.95, 0.2)
    )
    assert doubtful < sure


def test_a_screen_of_trifles_counts_less_than_one_with_the_error() -> None:
    assert fused(TYPED, ocr("Home", "Help")).gates["ocr"] < fused(TYPED, ocr(*SCREEN)).gates["ocr"]


def test_the_query_vector_has_unit_length() -> None:
    for percepts in ((TYPED,), (TYPED, ocr(*SCREEN)), (ocr(*SCREEN),), ()):
        assert np.linalg.norm(fused(*percepts).query_vector) == pytest.approx(1, abs=1e-4)


def test_the_screen_moves_the_query_towards_it() -> None:
    words = Percept("typed", "typed", "what is this?", 1.0)
    target = EMBEDDER.embed(["E-42 PPPoE authentication failed"])[0]
    assert fused(words, ocr(*SCREEN)).query_vector @ target > fused(words).query_vector @ target


def test_a_short_follow_up_brings_the_question_before() -> None:
    state = fused(Percept("typed", "typed", "and then?", 1.0), history=(EARLIER,))
    assert "guest network" in state.query
    alone = fused(
        Percept("typed", "typed", "How do I replace the oven's lamp?", 1.0), history=(EARLIER,)
    )
    assert "guest network" not in alone.query


def test_the_language_is_that_of_the_users_own_words() -> None:
    chinese = Percept("typed", "typed", "这个错误怎么办？", 1.0)
    assert fused(chinese, ocr(*SCREEN)).language == "zh"
    assert fused(ocr("错误", "网络已断开连接")).language == "en"
    assert fused(ocr(*SCREEN), history=(Exchange("t0", "怎么办", "重启", "zh"),)).language == "zh"
    assert fused(chinese, language="en").language == "en"


def test_a_code_alone_leaves_the_language_to_the_thread() -> None:
    code = Percept("typed", "typed", "E-42", 1.0)
    assert fused(code, history=(Exchange("t0", "怎么办", "重启", "zh"),)).language == "zh"


def test_routes_name_every_output() -> None:
    assert set(fused(TYPED).routes) == set(OUTPUTS)


def test_narrow_turns_the_query_to_one_request() -> None:
    fuser = Fuser(lambda: EMBEDDER)
    state = fuser.fuse([TYPED], [], None)
    narrowed = fuser.narrow(state, "change the password")
    assert narrowed.query == "change the password"
    target = EMBEDDER.embed(["change the password"])[0]
    assert narrowed.query_vector @ target > state.query_vector @ target


@pytest.mark.parametrize(
    "text", ["", "🙂" * 500, "مرحبا كيف أصلح الراوتر", "x " * 10_000, "\u202e\u0000"]
)
def test_any_text_can_be_fused(text: str) -> None:
    assert np.isfinite(fused(Percept("typed", "typed", text, 1.0)).query_vector).all()
