"""Drives the page as a person does."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

LOCAL = {"127.0.0.1", "localhost", ""}  # "" has data: and blob:
PATIENCE_MS = 60_000


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def launch(chromium: str, microphone: Path) -> Iterator[Browser]:
    """Start a browser whose microphone plays a file."""
    flags = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


class Tab:
    """One tab of the page."""

    def __init__(self, context: BrowserContext, url: str, ready: str = "#message"):
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        self.foreign: list[str] = []  # requests to other machines
        self.faults: list[str] = []  # script errors
        self.page.on("request", self._watch)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(url)
        expect(self.page.locator(ready)).to_be_visible()

    def _watch(self, request) -> None:
        if urlsplit(request.url).hostname not in LOCAL | {None}:
            self.foreign.append(request.url)

    @property
    def box(self):
        return self.page.get_by_role("textbox")

    @property
    def live(self):
        return self.page.locator("#region-live")

    @property
    def answer(self):
        return self.live.locator(".answer")

    def attach(self, *files: Path) -> None:
        """Add files to the message and wait until they have arrived."""
        self.page.set_input_files(".box input[type=file]", [str(file) for file in files])
        expect(self.page.locator(".box .chips li")).to_have_count(len(files))
        expect(self.page.locator(".box .chips li[aria-busy]")).to_have_count(0)

    def record(self, seconds: float) -> None:
        """Speak into the microphone for a while; recording goes on until it is sent or stopped."""
        self.page.get_by_role("button", name=re.compile("Record|录音")).click()
        expect(self.page.locator("form.recording")).to_be_visible()
        self.page.wait_for_timeout(1000 * seconds)

    def send(self, text: str) -> None:
        """Type a message and press Enter."""
        self.box.fill(text)
        self.box.press("Enter")

    def await_state(self, *states: str) -> None:
        """Wait until the running turn is in one of the states."""
        self.live.locator(",".join(f"[data-state={state}]" for state in states)).wait_for()

    def played(self) -> int:
        """Return how many sentences began to sound."""
        return self.page.evaluate("samesense.player.played")

    def speaking(self) -> bool:
        return self.page.evaluate("samesense.player.speaking")
