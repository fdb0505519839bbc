"""Chat through any OpenAI-compatible server (vLLM, llama.cpp, a hosted one), with media.

The wire format is https://platform.openai.com/docs/api-reference/chat/streaming.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

from assistant.errors import ConfigurationError, InputError, ModelError
from assistant.models.protocols import ChatMessage
from assistant.models.server_messages import to_parts
from assistant.models.streaming import STOP_CHECK_S, Ended, Put, streamed
from assistant.settings import Settings

if TYPE_CHECKING:
    import httpx

CONNECT_S = 10.0
ANSWER_S = 120.0  # between two pieces; a busy server may read a long prompt first
CONVERSATIONS = 16  # at the same time
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 400, 401, 403, 404


class OpenAIChat:
    """Asks `settings.server_url` for a streamed completion of `model`, or of its first model."""

    def __init__(self, settings: Settings, model: str = "") -> None:
        self._settings = settings
        self._model = model
        self._worker = ThreadPoolExecutor(CONVERSATIONS, "openai-chat")

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        stop: Event,
        temperature: float = 0.0,
        stop_at: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the answer as it comes; setting `stop` or closing the iterator hangs up.

        Raises ConfigurationError for a wrong address, key or model, InputError for a message that
        the server refuses, ModelError when it fails or breaks off.
        """
        request = {
            "messages": to_parts(messages, self._settings.limits),
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stream": True,
        }
        if stop_at:
            request["stop"] = list(stop_at)
        yield from streamed(self._worker, partial(self._converse, request), stop)

    def warm(self, messages: Sequence[ChatMessage]) -> None:
        """Let the server read a prompt prefix, which it may keep."""
        for _ in self.stream(messages, max_tokens=1, stop=Event()):
            pass

    def _converse(self, request: dict[str, Any], put: Put, ended: Ended) -> None:
        """Hold one conversation in an event loop, where it can be cancelled while it waits."""

        async def converse() -> None:
            answer = asyncio.create_task(self._answer(request, put))
            while not answer.done():
                await asyncio.wait({answer}, timeout=STOP_CHECK_S)
                if ended():
                    answer.cancel()
                    return
            answer.result()

        asyncio.run(converse())

    async def _answer(self, request: dict[str, Any], put: Put) -> None:
        import httpx

        url = _base_url(self._settings.server_url)
        key = self._settings.server_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        try:
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout) as client:
                self._model = self._model or await _first_model(client)
                body = request | {"model": self._model}
                async with client.stream("POST", "chat/completions", json=body) as response:
                    await _check(response, self._model)
                    async for piece in _pieces(response):
                        put(piece)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.ConnectError) as exc:
            raise ConfigurationError(
                f"No server answers at `{url}` ({exc}). Start it, or set SAMESENSE_SERVER_URL to "
                "its address, such as http://127.0.0.1:8000/v1."
            ) from exc
        except httpx.TimeoutException as exc:
            raise ModelError(
                f"The server at `{url}` did not answer in time. Try again, or look at its log."
            ) from exc
        except httpx.TransportError as exc:
            raise ModelError(f"The server at `{url}` broke off: {exc}. Try again.") from exc


def _base_url(address: str) -> str:
    """Return the address with its version path. Raises ConfigurationError when there is none."""
    if not address:
        raise ConfigurationError(
            "The `remote` profile needs a server. Set SAMESENSE_SERVER_URL to its address, such as "
            "http://127.0.0.1:8000/v1."
        )
    address = address.rstrip("/")
    return f"{address}/" if address.rsplit("/", 1)[-1].startswith("v") else f"{address}/v1/"


async def _first_model(client: "httpx.AsyncClient") -> str:
    response = await client.get("models")
    await _check(response, "")
    try:
        return response.json()["data"][0]["id"]
    except (ValueError, LookupError, TypeError) as exc:
        raise ModelError(
            f"The server at `{client.base_url}` lists no model: `{response.text[:200]}`."
        ) from exc


async def _check(response: "httpx.Response", model: str) -> None:
    """Raise what an error status means to the user."""
    if response.is_success:
        return
    said = (await response.aread()).decode(errors="replace")[:300].strip()
    url, status = response.request.url, response.status_code
    if status in (_UNAUTHORIZED, _FORBIDDEN):
        raise ConfigurationError(
            f"The server at `{url}` refused the key ({status}). Set SAMESENSE_SERVER_KEY. {said}"
        )
    if status == _NOT_FOUND:
        raise ConfigurationError(
            f"The server has no `{url}` or no model `{model}` ({status}). Check "
            f"SAMESENSE_SERVER_URL. {said}"
        )
    if _BAD_REQUEST <= status < 500 and status != 429:
        raise InputError(f"The server refused the message ({status}): {said}")
    raise ModelError(f"The server at `{url}` failed ({status}). Try again later. {said}")


async def _pieces(response: "httpx.Response") -> AsyncIterator[str]:
    """Yield the words of a stream of server-sent events. Raises ModelError when it is malformed."""
    finished = False
    async for line in response.aiter_lines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        try:
            event = json.loads(data)
            if "error" in event:
                raise ModelError(f"The server failed while it answered: {event['error']}.")
            for choice in event["choices"]:
                finished = finished or bool(choice.get("finish_reason"))
                if piece := choice["delta"].get("content"):
                    yield piece
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            raise ModelError(f"The server's answer is malformed: `{data[:200]}`.") from exc
    if not finished:
        raise ModelError("The server's answer broke off before its end. Try again.")
