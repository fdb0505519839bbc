"""The fold of a turn's events."""

from pathlib import Path

from assistant.types import Attachment, Exchange, Notice, StepProgress, TextDelta, Turn
from tests.ui.fakes import ANSWER, EVIDENCE, GATES, STEPS, TIMINGS, ScriptedAssistant
from ui.view import ExchangeView, fold, open_view, recall_view

TURN = Turn("t1", "thread", "It says E-42.", (Attachment(Path("a.png"), "image/png", "0"),))


def view_of(scripted: ScriptedAssistant, until: int | None = None) -> ExchangeView:
    view = open_view(TURN)
    for event in list(scripted.stream(TURN))[:until]:
        view = fold(view, event, lambda chunk: f"media/{chunk.index}.wav")
    return view


def test_a_whole_turn_ends_as_the_reply_says(scripted: ScriptedAssistant) -> None:
    view = view_of(scripted)
    assert view.state == "done"
    assert view.text == ANSWER
    assert view.gates == GATES
    assert view.evidence == EVIDENCE
    assert view.timings_s == TIMINGS
    assert {step.id: view.progress[step.id].status for step in STEPS} == {
        "s1": "done",
        "s2": "done",
    }
    assert [sentence.url for sentence in view.spoken] == ["media/0.wav", "media/1.wav"]
    assert len(view.pictures) == 1
    assert view.verification is not None
    assert len(view.notices) == 1


def test_the_answer_is_readable_while_it_streams(scripted: ScriptedAssistant) -> None:
    view = view_of(scripted, until=15)
    assert view.state == "running"
    assert view.text
    assert ANSWER.startswith(view.text.strip())


def test_words_of_parallel_steps_stand_in_the_order_of_the_plan(
    scripted: ScriptedAssistant,
) -> None:
    view = view_of(scripted, until=7)
    for event in (TextDelta("s2", "second"), TextDelta("s1", "first"), TextDelta("s2", " too")):
        view = fold(view, event, lambda chunk: "")
    assert view.text == "first\n\nsecond too"


def test_an_event_starts_a_turn_that_waited() -> None:
    waiting = ExchangeView("t1", "hello", state="waiting")
    assert fold(waiting, StepProgress("s1", "running"), lambda chunk: "").state == "running"


def test_an_earlier_turn_is_shown_as_the_thread_remembers_it() -> None:
    view = recall_view(Exchange("t0", "Why?", "Because.", "en", (Path("shot.png"),)))
    assert (view.question, view.text, view.state) == ("Why?", "Because.", "done")
    assert view.files == (Path("shot.png"),)


def test_pictures_of_an_earlier_turn_are_called_what_they_are() -> None:
    names = ("s2-annotate.png", "s3-diagram.png", "s1-draw.png")
    view = recall_view(Exchange("t0", "Why?", "So.", "en", (), tuple(map(Path, names))))
    assert [picture.kind for picture in view.pictures] == ["annotated", "diagram", "generated"]


def test_a_composed_picture_of_an_earlier_turn_is_known_by_its_svg(tmp_path: Path) -> None:
    (tmp_path / "s1-draw.svg").write_text("<svg/>")
    view = recall_view(Exchange("t0", "", "", "en", (), (tmp_path / "s1-draw.png",)))
    assert [picture.kind for picture in view.pictures] == ["composed"]


def test_a_late_notice_does_not_reopen_a_finished_turn(scripted: ScriptedAssistant) -> None:
    view = fold(view_of(scripted), Notice("It could not be kept."), lambda chunk: "")
    assert view.state == "done"
    assert view.notices[-1] == "It could not be kept."
