"""A turn beside the page, the way to ready, and the files the browser may fetch."""

import socket
import threading
import time
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import uvicorn

from assistant.errors import ConfigurationError, ModelError
from assistant.settings import Settings
from assistant.types import Notice
from assistant.weights_fetch import FetchProgress
from ui import media
from ui.app import serve
from ui.media import Media, wav_bytes
from ui.ready import Readiness
from ui.running import Failure, RunningTurn, stop_turns


def collect(turn: RunningTurn) -> list:
    return [event for batch in turn.batches() for event in batch]


def test_events_come_in_order_until_the_turn_ends() -> None:
    notices = [Notice(str(n)) for n in range(50)]
    assert collect(RunningTurn(lambda stop: (notice for notice in notices))) == notices


def test_models_that_set_the_flag_when_they_are_done_lose_nothing() -> None:
    def stream(stop: threading.Event):
        yield Notice("last")
        stop.set()

    turn = RunningTurn(stream)
    time.sleep(0.2)  # the turn is over before anyone looks
    assert collect(turn) == [Notice("last")]


def test_an_error_is_the_last_event() -> None:
    def stream(stop):
        yield Notice("a")
        raise ModelError("The model broke.")

    assert collect(RunningTurn(stream)) == [Notice("a"), Failure("The model broke.")]


def test_a_fault_of_our_own_is_told_without_its_trace(capsys: pytest.CaptureFixture) -> None:
    def stream(stop):
        yield Notice("a")
        raise ZeroDivisionError("secret")

    assert collect(RunningTurn(stream)) == [Notice("a"), Failure("")]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_stop_reaches_a_model_that_has_nothing_to_say_yet() -> None:
    closed = threading.Event()

    def stream(stop: threading.Event):
        try:
            yield Notice("a")
            stop.wait(60)
            yield Notice("b")
        finally:
            closed.set()

    turn = RunningTurn(stream)
    batches = turn.batches()
    assert next(batches) == [Notice("a")]
    turn.stop()
    assert list(batches) == []
    assert closed.wait(10)


def test_the_page_does_not_wait_for_a_model_that_ignores_stop() -> None:
    working = threading.Event()

    def stream(stop: threading.Event):
        yield Notice("a")
        working.wait(60)
        yield Notice("b")

    turn = RunningTurn(stream)
    batches = turn.batches()
    assert next(batches) == [Notice("a")]
    turn.stop()
    assert list(batches) == []
    working.set()


def test_the_turns_of_one_conversation_can_be_stopped_and_awaited() -> None:
    kept: list[str] = []

    def patient(name: str):
        def stream(stop: threading.Event):
            yield Notice(name)
            stop.wait(60)
            kept.append(name)

        return stream

    mine, other = RunningTurn(patient("mine"), "a"), RunningTurn(patient("other"), "b")
    try:
        assert stop_turns("a") == [mine]
        mine.wait()
        assert kept == ["mine"]
        assert stop_turns("a") == []
        assert not other.stopped
    finally:
        other.stop()
        other.wait()


def test_serving_ends_with_its_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stream(stop: threading.Event):
        stop.wait(60)
        yield from ()

    turns: list[RunningTurn] = []

    def interrupted(server: uvicorn.Server) -> None:
        turns.append(RunningTurn(stream))
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        serve(Settings(profile="deterministic", data_dir=tmp_path, cache_dir=tmp_path))
    assert turns[0].stopped


@pytest.mark.parametrize("port", [0, -1, 70_000])
def test_a_number_that_is_no_port_is_named(port: int, tmp_path: Path) -> None:
    settings = Settings(profile="deterministic", data_dir=tmp_path, cache_dir=tmp_path, port=port)
    with pytest.raises(ConfigurationError, match=f"`{port}` is no port"):
        serve(settings)


def test_the_address_is_told_only_where_it_is_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        taken = Settings(profile="deterministic", data_dir=tmp_path, cache_dir=tmp_path, port=port)
        with pytest.raises(ConfigurationError, match="choose another with --port"):
            serve(taken)
    assert capsys.readouterr().out == ""


def test_a_turn_that_waits_for_the_models_can_be_stopped() -> None:
    go, stop = threading.Event(), threading.Event()

    def prepare(report) -> None:
        go.wait(60)

    ready = Readiness(prepare)
    ready.start()
    stop.set()
    assert not ready.wait(stop)
    go.set()
    assert ready.wait(threading.Event())


def settled(ready: Readiness) -> None:
    for _ in range(1000):
        if ready.state != "starting":
            return
        time.sleep(0.01)


def test_ready_after_news() -> None:
    go = threading.Event()

    def prepare(report) -> None:
        report(FetchProgress("a", 5, 10))
        go.wait(10)

    ready = Readiness(prepare)
    ready.start()
    while not isinstance(ready.news, FetchProgress):
        time.sleep(0.01)
    assert ready.news == FetchProgress("a", 5, 10)
    assert ready.state == "starting"
    go.set()
    ready.wait(threading.Event())
    assert ready.state == "ready"


def test_what_failed_is_said_and_can_be_tried_again() -> None:
    outcomes = [ConfigurationError("The weights are not here."), None]

    def prepare(report) -> None:
        if outcome := outcomes.pop(0):
            raise outcome

    ready = Readiness(prepare)
    ready.start()
    with pytest.raises(ConfigurationError, match="The weights are not here"):
        ready.wait(threading.Event())
    assert ready.state == "failed"
    ready.start()
    ready.wait(threading.Event())
    assert ready.state == "ready"


def test_only_files_that_were_shown_can_be_fetched(tmp_path: Path) -> None:
    shown, other = tmp_path / "a.png", tmp_path / "b.png"
    library = Media()
    url = library.file_url(shown)
    assert url == library.file_url(shown)
    assert library.find(url.removeprefix("media/")) == (shown, "image/png")
    assert library.find(other.name) is None
    assert library.find("../" + shown.name) is None


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("a.svg", "application/octet-stream"),
        ("a.html", "text/plain; charset=utf-8"),
        ("a.md", "text/plain; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.exe", "application/octet-stream"),
    ],
)
def test_no_file_runs_in_the_browser(name: str, mime_type: str) -> None:
    library = Media()
    url = library.file_url(Path(name))
    assert library.find(url.removeprefix("media/")) == (Path(name), mime_type)


def test_the_oldest_sentences_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "SPEECH_BYTES", 5000)
    library = Media()
    urls = [library.speech_url(np.zeros(1000, np.float32), 16000) for _ in range(4)]
    kept = [library.find(url.removeprefix("media/")) is not None for url in urls]
    assert kept == [False, False, True, True]


def test_a_sentence_is_a_wav_that_players_take() -> None:
    with wave.open(BytesIO(wav_bytes(np.array([0, 0.5, -2], np.float32), 24000))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (24000, 1, 2)
        samples = np.frombuffer(sound.readframes(3), "<i2")
    assert samples.tolist() == [0, 16383, -32767]
