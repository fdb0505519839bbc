"""A model's hub is the second source where its packages fail."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from assistant.errors import ConfigurationError
from assistant.settings import Settings
from assistant.weights import Catalogue, Hub, weights_folder
from assistant.weights_fetch import FetchProgress, fetch
from tests.assistant.weights_farm import EYES, PIECES, WORDS, assert_complete, sha256


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A model hub on this machine; the test says which files it serves."""
    served: dict[str, bytes] = {}

    class Files(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            data = served.get(Path(self.path).name)
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            self.send_header("X-Repo-Commit", "f" * 40)
            self.send_header("ETag", f'"{sha256(data or b"")}"')
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(served.get(Path(self.path).name, b""))

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture
def voice_on_hub(catalogue: Catalogue, farm: Path) -> Catalogue:
    """The voice, of which one wheel has disappeared, has a hub too; the eyes have none."""
    (farm / "tiny_voice_b-1.0-py3-none-any.whl").unlink()
    voice = replace(catalogue["voice"], hub=Hub("nobody/voice", "f" * 40))
    return {**catalogue, "voice": voice}


def test_the_hub_serves_where_the_package_source_fails(
    cache: Settings, voice_on_hub: Catalogue, hub: dict[str, bytes]
) -> None:
    hub |= {"voice.bin": b"".join(PIECES), "words.txt": WORDS}
    seen: list[FetchProgress] = []
    fetch(cache, ["voice", "eyes"], on_progress=seen.append, catalogue=voice_on_hub)
    assert_complete(cache, voice_on_hub)
    assert any("trying nobody/voice" in progress.detail for progress in seen)


def test_a_file_of_the_hub_that_differs_is_refused(
    cache: Settings, voice_on_hub: Catalogue, hub: dict[str, bytes]
) -> None:
    hub |= {"voice.bin": b"another voice", "words.txt": WORDS}
    with pytest.raises(
        ConfigurationError, match=rf"`voice/voice\.bin`.*{sha256(b'another voice')}"
    ):
        fetch(cache, ["voice"], catalogue=voice_on_hub)
    assert not (cache.weights_dir / "voice" / "voice.bin").exists()


def test_when_both_sources_fail_both_reasons_are_told(
    cache: Settings, voice_on_hub: Catalogue, hub: dict[str, bytes]
) -> None:
    with pytest.raises(ConfigurationError, match=r"`voice`: tiny_voice_b.*then nobody/voice: "):
        fetch(cache, ["voice", "eyes"], catalogue=voice_on_hub)
    assert (weights_folder(cache, "eyes", voice_on_hub) / "eyes.bin").read_bytes() == EYES
