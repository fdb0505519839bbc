"""Whole turns on the real models of the `pocket` profile: words, regions and order, not strings."""

from pathlib import Path

import pytest

from assistant import Assistant, Reply
from assistant.claims import extract
from assistant.intake import read_turn
from assistant.settings import Settings
from assistant.types import Event, SpeechChunk, StepProgress, TextDelta

pytestmark = [pytest.mark.weights, pytest.mark.timeout(900)]
SAMPLES = Path(__file__).parents[2] / "assistant" / "samples"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    settings = Settings(data_dir=tmp_path_factory.mktemp("pocket"))
    one = Assistant(settings)
    one.warm()
    return one


@pytest.fixture(scope="module")
def sample(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    typed = (SAMPLES / "typed.txt").read_text()
    files = [SAMPLES / "screenshot.png", SAMPLES / "question.wav"]
    turn = read_turn(typed, files, settings=assistant.settings)
    return list(assistant.stream(turn, tmp_path_factory.mktemp("sample")))


def reply_of(events: list[Event]) -> Reply:
    assert isinstance(events[-1], Reply)
    return events[-1]


def ask(assistant: Assistant, text: str, speak: bool = False) -> list[Event]:
    turn = read_turn(text, [], settings=assistant.settings)
    return list(assistant.stream(turn, speak=speak))


def test_the_sample_is_heard_and_read(sample: list[Event]) -> None:
    reply = reply_of(sample)
    heard = next(p for p in reply.percepts if p.modality == "transcript")
    read = next(p for p in reply.percepts if p.modality == "ocr")
    assert "internet light is red" in heard.text.lower()
    error = next(s for s in read.segments if "E-42" in s.text and "authentication" in s.text)
    assert error.box
    assert 240 <= error.box[0] <= 280  # where the sample's error stands, in pixels
    assert 205 <= error.box[1] <= 225


def test_the_sample_is_answered_from_the_right_article_with_the_remedy(
    sample: list[Event],
) -> None:
    reply = reply_of(sample)
    assert "E-42" in reply.text
    for needed in ("PPPoE", "password", "Reconnect"):
        assert needed in reply.text
    cited = {citation.document_id for citation in reply.citations}
    articles = {e.document.uri for e in reply.evidence if e.document.id in cited}
    assert "articles/04-error-codes.md" in articles
    assert reply.verification.verdict in ("consistent", "repaired")


def test_the_samples_speech_says_what_its_text_says(
    assistant: Assistant, sample: list[Event]
) -> None:
    chunks = [event for event in sample if isinstance(event, SpeechChunk)]
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    reply = reply_of(sample)
    assert reply.speech is not None
    heard = assistant.models.speech_to_text().transcribe([reply.speech], "en")[0].text
    assert {"e42", "60"} <= {item.value for item in extract(heard, counts=True)}
    assert "reconnect" in heard.lower()
    assert not [
        claim
        for claim in reply.verification.claims
        if claim.kind == "speech" and claim.verdict == "contradicted"
    ]


def test_the_first_sound_comes_before_the_chat_model_speaks(sample: list[Event]) -> None:
    times = reply_of(sample).timings_s
    assert times["first_audio"] < times["first_token"]


def test_the_error_line_is_boxed_on_the_samples_screenshot(sample: list[Event]) -> None:
    picture = next(p for p in reply_of(sample).images if p.kind == "annotated")
    assert "E-42" in picture.alt
    assert picture.path.stat().st_size > 10_000


def test_chinese_is_answered_in_chinese_from_the_english_manual(assistant: Assistant) -> None:
    reply = reply_of(ask(assistant, "我的路由器显示 E-42，怎么办？", speak=True))
    assert reply.language == "zh"
    assert sum("\u4e00" <= c <= "\u9fff" for c in reply.text) > 20
    assert reply.evidence[0].document.uri == "articles/04-error-codes.md"
    assert reply.speech is not None


def test_a_question_the_manual_does_not_answer_is_not_guessed(assistant: Assistant) -> None:
    reply = reply_of(ask(assistant, "How do I descale my espresso machine?"))
    assert "holds nothing" in reply.text
    assert reply.verification.verdict == "insufficient"


def test_plain_conversation_needs_no_evidence(assistant: Assistant) -> None:
    reply = reply_of(ask(assistant, "Hello! How are you?"))
    assert reply.text
    assert not reply.evidence
    assert reply.verification.verdict == "consistent"


def test_a_language_without_a_voice_is_text_and_the_reason_is_said(assistant: Assistant) -> None:
    reply = reply_of(
        ask(assistant, "Bonjour, comment allez-vous aujourd'hui, mon ami ?", speak=True)
    )
    assert reply.language == "fr"
    assert reply.speech is None
    assert any("French" in notice for notice in reply.notices)


def test_the_urgent_answer_ends_before_a_picture_is_begun(assistant: Assistant) -> None:
    events = ask(
        assistant,
        "Draw me a red apple. And what does E-42 mean? I have a meeting in five minutes!",
    )
    step = {s.action: s.id for s in reply_of(events).plan.steps}
    progress = [
        (e.step_id, e.status) for e in events if isinstance(e, StepProgress) and e.fraction is None
    ]
    done, begun = (step["answer"], "done"), (step["draw"], "running")
    assert progress.index(done) < progress.index(begun)


def test_a_stopped_turn_is_soon_over_and_the_next_one_runs(assistant: Assistant) -> None:
    turn = read_turn("Hello, please tell me a long story.", [], settings=assistant.settings)
    stream = assistant.stream(turn, speak=False)
    for event in stream:
        if isinstance(event, TextDelta):
            break
    stream.close()
    assert reply_of(ask(assistant, "Hello!")).text
