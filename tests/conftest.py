"""What every test gets: no network, its own data folder, and a reason where it cannot run."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from assistant.profiles import PROFILES
from assistant.settings import PREFIX, Settings, load_settings
from assistant.weights import MEND, list_weights

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
NOWHERE = "http://127.0.0.1:9"  # nothing listens there
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_DATA = pytest.StashKey[tempfile.TemporaryDirectory]()


def pytest_configure(config: pytest.Config) -> None:
    """Point everything that a test or a process it starts may write or call at harmless places."""
    config.stash[_DATA] = tempfile.TemporaryDirectory(prefix="samesense-tests-")
    for variable in [name for name in os.environ if name.startswith(PREFIX)]:
        if variable != f"{PREFIX}CACHE_DIR":  # the weights a machine already has serve the tests
            del os.environ[variable]
    os.environ |= {
        f"{PREFIX}DATA_DIR": config.stash[_DATA].name,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "ANONYMIZED_TELEMETRY": "False",
        # pytest-socket does not reach into child processes; a dead proxy does
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
        "ALL_PROXY": NOWHERE,
        "http_proxy": NOWHERE,
        "https_proxy": NOWHERE,
        "all_proxy": NOWHERE,
        "NO_PROXY": ",".join(LOOPBACK),
        "no_proxy": ",".join(LOOPBACK),
    }


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the data folder of the run."""
    config.stash[_DATA].cleanup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, saying what to install."""
    absent = [
        status.model.name
        for status in list_weights(load_settings(), PROFILES["pocket"].weights)
        if status.state == "absent"
    ]
    no_weights = pytest.mark.skip(reason=f"weights absent ({', '.join(absent)}); run: {MEND}")
    no_browser = pytest.mark.skip(
        reason="no Chromium; install it: apt-get install chromium, or playwright install chromium"
    )
    for item in items:
        if absent and item.get_closest_marker("weights"):
            item.add_marker(no_weights)
        if item.get_closest_marker("browser") and find_chromium() is None:
            item.add_marker(no_browser)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Refuse every connection but to this machine; pytest-socket lifts it after the test."""
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


def find_chromium() -> str | None:
    """Return the browser that drives the page: the system's, else the one Playwright brought."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "~/.cache/ms-playwright")).expanduser()
    return next(map(str, sorted(folder.glob("chromium-*/chrome-*/chrome"))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; tests that ask for it carry the `browser` mark."""
    path = find_chromium()
    assert path is not None
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with the machine's own weights and a fresh data folder."""
    return load_settings({}, cache_dir=load_settings().cache_dir, data_dir=tmp_path / "data")
