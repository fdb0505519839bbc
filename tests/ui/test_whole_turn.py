"""A whole turn as a person takes it: `samesense serve`, a browser, a microphone."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.browser import Tab, free_port

pytestmark = pytest.mark.browser
TYPED = "It says E-42 since this morning."


@pytest.fixture
def samesense(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Run the command that serves the page and return its address."""
    processes: list[subprocess.Popen] = []

    def serve(profile: str) -> str:
        port = free_port()
        process = subprocess.Popen(
            [Path(sys.executable).with_name("samesense"), "serve", "--port", str(port)],
            env={
                **os.environ,
                "SAMESENSE_PROFILE": profile,
                "SAMESENSE_DATA_DIR": str(tmp_path / "data"),
                "GRADIO_TEMP_DIR": str(tmp_path / "uploads"),
            },
        )
        processes.append(process)
        url = f"http://127.0.0.1:{port}/"
        await_page(url, process)
        return url

    yield serve
    for process in processes:
        process.terminate()
        process.wait(30)


def await_page(url: str, process: subprocess.Popen) -> None:
    """Wait until the page answers."""
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"The page ended with status {process.returncode}.")


def take_turn(tab: Tab, samples: Path) -> None:
    """Send voice, screenshot and text at once, and wait for the checked answer."""
    tab.attach(samples / "screenshot.png")
    tab.record(7.5)
    tab.send(TYPED)
    tab.page.wait_for_function("samesense.player.played > 0", timeout=240_000)
    tab.live.locator("[data-state=done], [data-state=failed]").wait_for(timeout=240_000)
    expect(tab.live.locator(".error")).to_have_count(0)


def check_turn(tab: Tab) -> None:
    """The turn shows what was sent, heard and read, its plan, answer, sources and verdict."""
    live = tab.live
    expect(live.locator(".asked")).to_have_text(TYPED)
    expect(live.locator(".percept.transcript")).to_contain_text("router")
    expect(live.locator(".percept.ocr .lines")).to_contain_text("E-42")
    expect(live.locator(".step.done").first).to_be_visible()
    expect(live.locator(".answer")).to_contain_text("E-42")
    expect(live.locator(".card").first).to_be_visible()
    expect(live.locator(".verdict")).to_be_visible()
    expect(live.locator(".gates li").first).to_be_visible()
    assert tab.played() > 0
    assert tab.page.evaluate("samesense.player.clock.time") > 0
    assert tab.foreign == []
    assert tab.faults == []


def test_voice_screenshot_and_text_get_a_spoken_checked_answer(
    samesense: Callable[[str], str], open_tab: Callable[..., Tab], samples: Path
) -> None:
    tab = open_tab(samesense("deterministic"))
    take_turn(tab, samples)
    check_turn(tab)
    tab.page.reload()
    expect(tab.page.locator("#region-past .asked")).to_have_count(1)
    expect(tab.page.locator("#region-past .answer")).to_contain_text("E-42")
    expect(tab.page.locator(".thread")).to_have_count(1)


@pytest.mark.weights
@pytest.mark.timeout(600)
def test_the_same_on_real_models(
    samesense: Callable[[str], str], open_tab: Callable[..., Tab], samples: Path
) -> None:
    tab = open_tab(samesense("pocket"))
    take_turn(tab, samples)
    check_turn(tab)
    expect(tab.answer).to_contain_text("Reconnect")
    expect(tab.live.locator(".answer .cite").first).to_be_visible()
