"""Whole turns on the deterministic backends: from text, sound and pictures to a checked reply."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant import Assistant, Reply
from assistant.intake import read_turn
from assistant.models.deterministic import DeterministicEmbedder
from assistant.models.registry import BACKENDS, BackendSpec
from assistant.report import to_json, to_markdown
from assistant.settings import Settings
from assistant.types import (
    Draft,
    Event,
    Evidence,
    FusedState,
    Notice,
    Percept,
    Picture,
    Plan,
    SpeechChunk,
    TextDelta,
    Verification,
)
from knowledge.errors import KnowledgeError
from knowledge.store import KnowledgeBase
from tests.fakes import EndlessChat, ScriptedChat

SAMPLES = Path(__file__).parents[2] / "assistant" / "samples"
FILES = [SAMPLES / "screenshot.png", SAMPLES / "question.wav"]
TYPED = "It says E-42 since this morning."


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Take the sample knowledge base in once for all tests of this file."""
    data_dir = tmp_path_factory.mktemp("filled")
    Assistant(Settings(profile="deterministic", data_dir=data_dir)).prepare_knowledge()
    return data_dir


@pytest.fixture
def rules(filled: Path, tmp_path: Path) -> Settings:
    data_dir = tmp_path / "data"
    shutil.copytree(filled, data_dir)
    return Settings(profile="deterministic", data_dir=data_dir)


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> type[ScriptedChat]:
    scripted = BackendSpec("tests.fakes", "ScriptedChat")
    monkeypatch.setitem(BACKENDS["chat"], "deterministic", scripted)
    ScriptedChat.answers.clear()
    ScriptedChat.prompts.clear()
    return ScriptedChat


def ask(
    assistant: Assistant,
    text: str,
    files: Sequence[Path] = (),
    thread_id: str | None = None,
    knowledge_base: str | None = None,
) -> list[Event]:
    turn = read_turn(
        text,
        files,
        settings=assistant.settings,
        thread_id=thread_id,
        knowledge_base=knowledge_base,
    )
    return list(assistant.stream(turn))


def reply_of(events: list[Event]) -> Reply:
    assert isinstance(events[-1], Reply)
    return events[-1]


def test_a_turn_of_voice_picture_and_text_yields_every_stage_in_order(rules: Settings) -> None:
    events = ask(Assistant(rules), TYPED, FILES)
    first = {}
    for i, event in enumerate(events):
        first.setdefault(type(event), i)
    flow = [Percept, FusedState, Plan, Evidence, TextDelta, Picture, Draft, Verification, Reply]
    assert [kind for kind in flow if kind not in first] == []
    assert [first[kind] for kind in flow] == sorted(first[kind] for kind in flow)
    assert {e.modality for e in events if isinstance(e, Percept)} == {
        "typed",
        "transcript",
        "ocr",
        "image",
    }


def test_the_report_follows_the_contract(rules: Settings, tmp_path: Path) -> None:
    turn = read_turn(TYPED, FILES, settings=rules)
    reply = reply_of(list(Assistant(rules).stream(turn, tmp_path / "out")))
    report = json.loads(json.dumps(to_json(reply, tmp_path / "out")))
    assert set(report) >= {
        "turn_id", "thread_id", "language", "percepts", "gates", "plan", "evidence", "answer",
        "citations", "speech", "images", "verification", "timings_s",
    }  # fmt: skip
    assert set(report["plan"][0]) == {
        "id", "action", "request", "priority", "depends_on", "reason", "status",
    }  # fmt: skip
    assert (tmp_path / "out" / report["speech"]).stat().st_size > 1000
    assert [image["kind"] for image in report["images"]] == ["annotated"]
    assert (tmp_path / "out" / report["images"][0]["path"]).is_file()
    assert {citation["document_id"] for citation in report["citations"]} <= {
        evidence["document_id"] for evidence in report["evidence"]
    }
    assert report["verification"]["verdict"] in ("consistent", "repaired")
    assert set(report["timings_s"]) >= {
        "transcribe", "read", "fuse", "plan", "retrieve", "first_token", "first_audio", "total",
    }  # fmt: skip
    page = to_markdown(reply, tmp_path / "out")
    assert reply.text in page
    assert "s2-annotate.png" in page


def test_speech_starts_before_the_chat_model_has_said_a_word(rules: Settings) -> None:
    reply = reply_of(ask(Assistant(rules), TYPED, FILES))
    assert reply.timings_s["first_audio"] <= reply.timings_s["first_token"]
    assert reply.text.startswith("I heard: “My router shows this error")


def test_a_wrong_digit_never_leaves_and_the_verdict_says_so(
    rules: Settings, chat: type[ScriptedChat]
) -> None:
    chat.enqueue(
        "E-42 means the provider did not accept the password.\n"
        "1. Open *Settings > Internet > PPPoE*.\n"
        "2. Wait about 90 seconds.\n",
        "I do not know.",
    )
    events = ask(Assistant(rules), "My router shows E-42. What should I do?")
    reply = reply_of(events)
    spoken = " ".join(e.text for e in events if isinstance(e, SpeechChunk))
    streamed = "".join(e.text for e in events if isinstance(e, TextDelta))
    for words in (reply.text, spoken, streamed):
        assert "90" not in words
    assert reply.verification.verdict == "repaired"
    assert any("90" in claim.text for claim in reply.verification.claims)


def test_nothing_found_is_said_and_nothing_is_guessed(
    rules: Settings, chat: type[ScriptedChat]
) -> None:
    chat.enqueue("The moon is 12 metres wide.")
    KnowledgeBase.open(rules.knowledge_dir, "empty", DeterministicEmbedder(rules))
    question = "How do I fix error ZX-9981 on the Quokka 77 toaster?"
    reply = reply_of(ask(Assistant(rules), question, knowledge_base="empty"))
    assert "holds nothing" in reply.text
    assert reply.verification.verdict == "insufficient"
    assert not chat.prompts


def test_a_thread_survives_a_restart_and_reaches_the_next_prompt(
    rules: Settings, chat: type[ScriptedChat]
) -> None:
    chat.enqueue("Well, thank you.", "No.")
    ask(Assistant(rules), "Good evening! How are you?", thread_id="t-1")
    again = Assistant(rules)
    assert [e.question for e in again.history("t-1")] == ["Good evening! How are you?"]
    ask(again, "Tell me a joke", thread_id="t-1")
    sent = [message.content for message in chat.prompts[-1]]
    assert "Good evening! How are you?" in sent
    assert [e.answer for e in again.history("t-1")] == ["Well, thank you.", "No."]
    assert [thread.id for thread in again.threads()] == ["t-1"]
    again.delete_thread("t-1")
    assert again.threads() == []


def test_threads_do_not_see_each_other(rules: Settings) -> None:
    assistant = Assistant(rules)
    ask(assistant, "Hello there!", thread_id="a")
    ask(assistant, "Good evening!", thread_id="b")
    assert len(assistant.history("a")) == len(assistant.history("b")) == 1
    assert [thread.id for thread in assistant.threads()] == ["b", "a"]


def test_closing_the_stream_ends_generation_and_keeps_the_thread(
    rules: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = BackendSpec("tests.fakes", "EndlessChat")
    monkeypatch.setitem(BACKENDS["chat"], "deterministic", endless)
    EndlessChat.stopped.clear()
    assistant = Assistant(rules)
    turn = read_turn("Tell me a joke", [], settings=rules, thread_id="stop")
    stream = assistant.stream(turn)
    for event in stream:
        if isinstance(event, TextDelta):
            break
    stream.close()
    assert EndlessChat.stopped.is_set()
    assert len(assistant.history("stop")) == 1


def test_a_picture_that_cannot_be_drawn_leaves_the_answer_alone(
    rules: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        BACKENDS["image_generator"],
        "deterministic",
        BackendSpec("assistant.models.diffusers_painter", "DiffusersPainter"),
    )
    events = ask(Assistant(rules), "What does E-42 mean? Also draw me a brass samovar.")
    reply = reply_of(events)
    statuses = {step.action: reply.statuses[step.id] for step in reply.plan.steps}
    assert statuses["answer"] == "done"
    assert statuses["draw"] == "failed"
    assert any("SAMESENSE_PAINTER" in notice for notice in reply.notices)


def test_a_picture_alone_is_described_and_a_voice_alone_is_answered(rules: Settings) -> None:
    assistant = Assistant(rules)
    seen = reply_of(ask(assistant, "", [SAMPLES / "screenshot.png"]))
    assert [s.action for s in seen.plan.steps] == ["describe"]
    assert "Error E-42" in seen.text
    heard = reply_of(ask(assistant, "", [SAMPLES / "question.wav"]))
    assert "answer" in [s.action for s in heard.plan.steps]


def test_a_silent_turn_makes_no_sound(rules: Settings) -> None:
    assistant = Assistant(rules)
    turn = read_turn("What does E-42 mean?", [], settings=rules)
    events = list(assistant.stream(turn, speak=False))
    assert not any(isinstance(e, SpeechChunk) for e in events)
    assert reply_of(events).speech is None


def test_a_misspelt_knowledge_base_is_named_and_not_made(rules: Settings) -> None:
    with pytest.raises(KnowledgeError, match="typo"):
        ask(Assistant(rules), "What does E-42 mean?", knowledge_base="typo")
    assert not (rules.knowledge_dir / "typo").exists()


def test_sound_that_cannot_be_checked_costs_a_notice_and_not_the_answer(
    rules: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = BackendSpec("tests.fakes", "DeafSpeechToText")
    monkeypatch.setitem(BACKENDS["speech_to_text"], "deterministic", deaf)
    assistant = Assistant(rules)
    reply = reply_of(ask(assistant, "What does E-42 mean?", thread_id="deaf"))
    assert reply.text
    assert any("could not be checked" in notice for notice in reply.notices)
    assert len(assistant.history("deaf")) == 1


def test_the_reply_comes_last_even_when_it_cannot_be_remembered(rules: Settings) -> None:
    assistant = Assistant(rules)
    ask(assistant, "Hello!", thread_id="full")
    turn = read_turn("Hello again!", [], settings=rules, thread_id="full")
    stream = assistant.stream(turn, speak=False)
    first = next(stream)  # the history was read; from here on nothing can be written
    with sqlite3.connect(rules.threads_db) as other:
        other.execute("BEGIN EXCLUSIVE")
        events = [first, *stream]
        other.rollback()
    assert isinstance(events[-1], Reply)
    assert any(isinstance(e, Notice) and "could not be kept" in e.text for e in events)
    assert len(assistant.history("full")) == 1


def test_two_turns_at_once_in_one_thread_are_both_remembered(rules: Settings) -> None:
    assistant = Assistant(rules)
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(lambda text: ask(assistant, text, thread_id="t"), ["Hello!", "Good evening!"])
        )
    assert {e.question for e in assistant.history("t")} == {"Hello!", "Good evening!"}


def test_an_old_recording_is_not_taken_for_the_speech_of_a_silent_turn(
    rules: Settings, tmp_path: Path
) -> None:
    assistant = Assistant(rules)
    for speak in (True, False):
        turn = read_turn("What does E-42 mean?", [], settings=rules)
        reply = reply_of(list(assistant.stream(turn, tmp_path, speak=speak)))
    assert reply.speech is None


def test_two_questions_are_answered_one_after_the_other(rules: Settings) -> None:
    events = ask(
        Assistant(rules), "What does E-42 mean? Also how do I set up the guest network?", FILES
    )
    order = [e.step_id for e in events if isinstance(e, TextDelta)]
    assert order == sorted(order)
    reply = reply_of(events)
    assert reply.text.count("I heard:") == 1


def test_deleting_a_thread_removes_what_was_made_for_it(rules: Settings) -> None:
    assistant = Assistant(rules)
    ask(assistant, "What does E-42 mean?", thread_id="gone")
    assert (rules.replies_dir / "gone").is_dir()
    assistant.delete_thread("gone")
    assert not (rules.replies_dir / "gone").exists()
    assert assistant.history("gone") == []


def test_a_thread_does_not_grow_by_more_than_it_remembers(rules: Settings) -> None:
    assistant = Assistant(rules)
    for _ in range(4):
        ask(assistant, "Hello!", thread_id="long")
    with sqlite3.connect(rules.threads_db) as database:
        states = database.execute("SELECT COUNT(*) FROM checkpoints").fetchone()[0]
    assert states == 1
    assert len(assistant.history("long")) == 4


def test_the_longest_allowed_text_fits_the_prompt(
    rules: Settings, chat: type[ScriptedChat]
) -> None:
    chat.enqueue("Well.")
    ask(Assistant(rules), "What does E-42 mean? " + "路由器" * 6_000)
    assert sum(len(message.content) for message in chat.prompts[-1]) < 6_000


def test_a_number_that_was_said_wrongly_is_said_again_spelled_out(
    rules: Settings, chat: type[ScriptedChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    mumbling = BackendSpec("tests.fakes", "MumblingTextToSpeech")
    monkeypatch.setitem(BACKENDS["text_to_speech"], "deterministic", mumbling)
    chat.enqueue("Wait about 60 seconds.")
    events = ask(Assistant(rules), "Hello!")
    said = [e for e in events if isinstance(e, SpeechChunk)]
    assert [chunk.index for chunk in said] == list(range(len(said)))
    assert [chunk.text for chunk in said].count("Wait about 60 seconds.") == 2
    verification = reply_of(events).verification
    assert verification.verdict == "repaired"
    assert not [c for c in verification.claims if c.verdict == "contradicted"]
