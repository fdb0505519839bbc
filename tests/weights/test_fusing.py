"""The trained fusion network on screens that were really read."""

from pathlib import Path

import pytest

from assistant.data_sets import Language
from assistant.fusion.material import alike
from assistant.fusion.model import Fuser
from assistant.fusion.screens import draw_screen
from assistant.fusion.situations import Situation, read_domains
from assistant.models.lazy import Models
from assistant.settings import load_settings
from assistant.types import FusedState, Percept, Segment

pytestmark = pytest.mark.weights

MODELS = Models(load_settings())
DOMAIN = read_domains("dev")[0]
CODED = [situation for situation in DOMAIN.situations if situation.code]


def read(situation: Situation | None, language: Language, name: str) -> Percept:
    screen = draw_screen(
        DOMAIN, situation or DOMAIN.situations[0].product, "settings", language, name
    )
    segments = tuple(MODELS.screen_reader().read([screen.image])[0])
    text = "\n".join(segment.text for segment in segments)
    return Percept("ocr", name, text, 0.95, segments, size_px=screen.image.size)


def said(words: str, channel: str = "transcript") -> Percept:
    segments = (Segment(words, confidence=0.9),)
    if channel == "typed":
        return Percept("typed", "typed", words, 1.0, segments)
    return Percept("transcript", "question.wav", words, 0.9, segments)


def fused(*percepts: Percept, language: str = "en") -> FusedState:
    return Fuser(MODELS.text_embedder).fuse(percepts, [], language)


def best(state: FusedState, percepts: list[Percept]) -> tuple[str, str]:
    """Return the screenshot and the line that count most."""
    pairs = zip(percepts, state.relevance, strict=True)
    weighed = [
        (weight, percept.source, segment.text)
        for percept, row in pairs
        if percept.modality == "ocr"
        for weight, segment in zip(row, percept.segments, strict=True)
    ]
    return max(weighed)[1:]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_does_this_mean_is_resolved_to_the_right_screen_and_line(language: Language) -> None:
    question = {"en": "What does this mean?", "zh": "这是什么意思？"}[language]
    right = 0
    for situation in CODED[:8]:
        percepts = [
            said(question), read(None, language, "calm.png"), read(situation, language, "alarm.png")
        ]  # fmt: skip
        source, line = best(fused(*percepts, language=language), percepts)
        right += source == "alarm.png" and any(
            alike(line, own) for own in situation.screen[language]
        )
    assert right >= 7


def test_the_words_choose_between_two_screens_with_errors() -> None:
    right = 0
    for situation, other in zip(CODED[:6], CODED[6:12], strict=True):
        percepts = [
            said(situation.precise["en"], "typed"),
            read(other, "en", "other.png"),
            read(situation, "en", "meant.png"),
        ]
        right += best(fused(*percepts), percepts)[0] == "meant.png"
    assert right >= 5


def test_a_garbled_recording_counts_less_than_a_clear_one() -> None:
    situation = CODED[0]
    screen, typed = read(situation, "en", "a.png"), said(situation.precise["en"], "typed")
    garbled = "Thank you the the oven is a very nice colour of Tuesday."
    clear, noise = (
        fused(typed, said(words), screen).gates["transcript"]
        for words in (situation.spoken["en"], garbled)
    )
    assert noise < clear


def test_the_shipped_weights_are_small() -> None:
    from assistant.fusion.head import WEIGHTS

    assert Path(WEIGHTS).stat().st_size < 20_000_000


def test_words_alone_are_asked_as_they_are() -> None:
    question = said("How do I turn the holiday mode off? I leave on Sunday.", "typed")
    own = MODELS.text_embedder().embed_queries([question.text], ["en"])[0]
    assert fused(question).query_vector @ own == pytest.approx(1, abs=1e-3)


def test_a_photograph_alone_is_asked_by_what_it_shows() -> None:
    tags = (Segment("espresso maker", confidence=0.6), Segment("cup", confidence=0.2))
    state = fused(Percept("image", "photo.jpg", "probably an espresso maker", 0.6, tags))
    assert "espresso maker" in state.query
    assert set(state.gates) == {"image"}
