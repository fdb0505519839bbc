"""Builds the page and serves it."""

import asyncio
import logging
import socket

import gradio as gr
import uvicorn
from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import ConfigurationError
from assistant.session import Assistant
from assistant.settings import Settings
from ui.additions import stop_additions
from ui.media import Media
from ui.pages.chat import ChatPage
from ui.pages.library import LibraryPage
from ui.ready import Readiness, prepare
from ui.running import stop_turns
from ui.session import Session
from ui.theme import ASSETS, STYLES, theme

_LAST_PORT = 65_535
# The browser itself refuses whatever would leave this machine. Gradio evaluates its own scripts.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


class Restrict:
    """Adds to every answer what the browser must not do; leaves streams untouched."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", _POLICY)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
            await send(message)

        await self._app(scope, receive, with_headers)


def build(settings: Settings, assistant: Assistant, media: Media | None = None) -> gr.Blocks:
    """Return the page; models are made ready in the background once a browser opens it."""
    readiness, media = Readiness(prepare(settings, assistant)), media or Media()
    library = LibraryPage(settings, assistant, media, readiness)
    chat = ChatPage(
        settings, assistant, media, readiness, sights=library.sight, names=library.names
    )
    with gr.Blocks(title="Samesense", analytics_enabled=False, fill_width=True) as blocks:
        session = gr.State(Session())
        chat.place(session)
        library.place(session)
    return blocks


def mount(settings: Settings, assistant: Assistant) -> FastAPI:
    """Return the web application: the page, its assets, and the files it may show."""
    media = Media()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/page", StaticFiles(directory=ASSETS), name="page")

    app.add_middleware(Restrict)

    @app.get("/library")
    def open_library() -> RedirectResponse:
        """The library is a view of the one page, so that an answer goes on while it is open."""
        return RedirectResponse("./?view=library")

    @app.get("/media/{name}")
    def read_media(name: str) -> Response:
        found = media.find(name)
        if found is None:
            raise HTTPException(404)
        content, mime_type = found
        headers = {
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"
        }
        if isinstance(content, bytes):
            return Response(content, media_type=mime_type, headers=headers)
        return FileResponse(content, media_type=mime_type, headers=headers)

    return gr.mount_gradio_app(
        app,
        build(settings, assistant, media),
        path="/",
        theme=theme(),
        # A link, because Gradio rewrites `css` and loses the rules for dark mode on the way.
        head="".join(f'<link rel="stylesheet" href="page/{sheet}">' for sheet in STYLES),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        max_file_size=settings.limits.file_bytes,
        favicon_path=str(ASSETS / "icon.png"),
    )


class _AnnouncedServer(uvicorn.Server):
    """Says where the page is once the address is listened on."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"Samesense is at {_url(self.config)}  (Ctrl+C ends it)", flush=True)


def _url(config: uvicorn.Config) -> str:
    return f"http://{config.host}:{config.port}"


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether a log line is worth showing: that an open tab was cut off at the end is not."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def serve(settings: Settings) -> None:
    """Serve the page until it is interrupted; it opens at once and the models load behind it.

    Raises ConfigurationError when the address cannot be listened on.
    """
    if not 0 < settings.port <= _LAST_PORT:
        raise ConfigurationError(
            f"`{settings.port}` is no port: a number from 1 to {_LAST_PORT} was expected. Choose "
            "another with --port."
        )
    app = mount(settings, Assistant(settings))
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    server = _AnnouncedServer(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            timeout_graceful_shutdown=1,  # open tabs keep streams that would hold it for ever
        )
    )
    try:
        server.run()
    except SystemExit as exc:  # how uvicorn says that the port is taken
        raise ConfigurationError(
            f"The page cannot be served at `{_url(server.config)}`. Another program may use that "
            "port: choose another with --port."
        ) from exc
    finally:
        stop_additions()
        stop_turns()  # their models would keep the process alive until the answers are complete
