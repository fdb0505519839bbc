"""A small OpenAI-compatible server on loopback that answers as a test tells it to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


class ChatServer:
    """What the server says next, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.lines: list[str] = []  # of the event stream, in order
        self.endless = False  # repeats the last line until the client hangs up
        self.silent = False  # accepts the request and never answers
        self.asked = Event()
        self.hung_up = Event()
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    def say(self, *words: str) -> None:
        """Answer with these words, one event each."""
        self.lines = [event(word) for word in words] + [event("", "stop"), "data: [DONE]"]


def event(text: str, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return "data: " + json.dumps({"choices": [choice]})


@contextmanager
def serving() -> Iterator[ChatServer]:
    """Run the server while the block runs."""
    chat = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            chat.keys.append(self.headers["Authorization"])
            self._reply(chat.status, json.dumps({"data": [{"id": "first-model"}]}).encode())

        def do_POST(self) -> None:
            chat.keys.append(self.headers["Authorization"])
            chat.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            chat.asked.set()
            if chat.status != 200:
                self._reply(chat.status, b'{"error": {"message": "said no"}}')
                return
            if chat.silent:
                self.rfile.read(1)  # returns when the client hangs up
                chat.hung_up.set()
                return
            self.send_response(200)
            self.end_headers()
            try:
                for line in chat.lines:
                    self._send(line)
                while chat.endless:
                    self._send(chat.lines[-1])
            except OSError:
                chat.hung_up.set()

        def _send(self, line: str) -> None:
            self.wfile.write(f"{line}\n\n".encode())
            self.wfile.flush()

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    chat.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield chat
    finally:
        chat.endless = False
        server.shutdown()
        server.server_close()
