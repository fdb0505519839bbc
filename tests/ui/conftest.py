"""The page on a scripted assistant, served in this process, and a browser to drive it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext

from assistant.settings import Settings
from tests.ui.browser import Tab, free_port, launch
from tests.ui.fakes import ScriptedAssistant
from ui.app import mount

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def manual() -> Path:
    """The sample manual, whose figures the scripted evidence shows."""
    return REPOSITORY / "knowledge" / "samples" / "router"


@pytest.fixture
def serve_page(manual: Path, tmp_path: Path) -> Iterator[Callable[[ScriptedAssistant], str]]:
    """Serve the page of a scripted assistant and return its address."""
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def serve(assistant: ScriptedAssistant) -> str:
        port = free_port()
        settings = Settings(profile="deterministic", data_dir=tmp_path, cache_dir=tmp_path)
        app = mount(settings, assistant)  # pyright: ignore[reportArgumentType]  # matches by shape
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{port}/"

    yield serve
    for server, thread in servers:
        server.force_exit = server.should_exit = True
        thread.join(10)


@pytest.fixture
def scripted(manual: Path, tmp_path: Path) -> ScriptedAssistant:
    """An assistant that plays the same turn each time."""
    return ScriptedAssistant(manual, tmp_path)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser whose microphone hears the sample question."""
    with launch(chromium, REPOSITORY / "assistant" / "samples" / "question.wav") as started:
        yield started


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Callable[..., Tab]]:
    """Open tabs of the browser; they close with the test, since an open one keeps a core busy."""
    contexts: list[BrowserContext] = []

    def open_one(url: str, ready: str = "#message", **context: Any) -> Tab:
        contexts.append(browser.new_context(**context))
        return Tab(contexts[-1], url, ready)

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def samples() -> Path:
    """The sample turn's files."""
    return REPOSITORY / "assistant" / "samples"
