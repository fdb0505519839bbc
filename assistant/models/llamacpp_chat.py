"""Chat through llama.cpp's server, inside this process: a 1.5B model answers on a laptop's CPU."""

import ctypes
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any

from assistant.errors import AssistantError, ConfigurationError, InputError, ModelError
from assistant.models.control_tokens import broken_up
from assistant.models.memory import free_bytes
from assistant.models.protocols import ChatMessage
from assistant.models.streaming import Ended, Put, streamed
from assistant.settings import Settings
from assistant.weights import weights_folder

WEIGHTS = "qwen2.5-coder-1.5b-instruct"
CONTEXT_TOKENS = 4096
BATCH_TOKENS = 128  # a stop while the prompt is read takes effect after one batch, 1 to 2 s
PROMPT_CACHE_MB = 256  # prompts of other threads that are kept, 29 KB a token
MEMORY_FACTOR = 1.4  # memory for the weights, their copy in the CPU's layout and the context


class LlamaCppChat:
    """One model and one context; streams that start at the same time run one after the other."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker = ThreadPoolExecutor(1, "llamacpp")
        self._server: Any = None  # the binding has no types

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        stop: Event,
        temperature: float = 0.0,
        stop_at: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the answer piece by piece; setting `stop` or closing the iterator ends it.

        Raises InputError for a prompt longer than the context, ConfigurationError when weights or
        memory are missing, ModelError when the backend fails.
        """
        request = {
            "messages": [{"role": m.role, "content": broken_up(m.content)} for m in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stop": list(stop_at),
            "stream": True,
            "return_progress": True,  # calls back while the prompt is read, so that it can stop
        }
        yield from streamed(self._worker, partial(self._generate, request), stop)

    def warm(self, messages: Sequence[ChatMessage]) -> None:
        """Load the model and keep the prompt prefix in its cache."""
        for _ in self.stream(messages, max_tokens=0, stop=Event()):
            pass

    def _generate(self, request: Mapping[str, Any], put: Put, ended: Ended) -> None:
        """Run one request to its end; only ever called in the worker thread."""
        failures: list[AssistantError] = []

        def take(chunk: Mapping[str, Any]) -> bool:
            if "error" in chunk:
                failures.append(_typed(chunk["error"]))
                return True
            for choice in chunk["choices"]:
                if piece := choice["delta"].get("content"):
                    put(piece)
            return ended()

        if self._server is None:
            self._server = _load(self._settings)
        try:
            self._server.handle_chat_completions(request, take)
        except RuntimeError as exc:
            raise ModelError(f"llama.cpp failed while it answered: {exc}.") from exc
        if failures:
            raise failures[0]


def _typed(error: Mapping[str, Any]) -> AssistantError:
    if error.get("type") == "exceed_context_size_error":
        return InputError(
            f"The message is too long for the chat model: `{error['n_prompt_tokens']}` tokens, but "
            f"it reads at most {error['n_ctx']}. Shorten it or start a new thread."
        )
    return ModelError(f"llama.cpp refused the request: {error.get('message')}.")


def _load(settings: Settings) -> Any:
    """Load the weights. Raises ConfigurationError when they or the memory for them are missing."""
    path = next(weights_folder(settings, WEIGHTS).glob("*.gguf"))
    needed, free = round(path.stat().st_size * MEMORY_FACTOR), free_bytes()
    if free is not None and free < needed:
        raise ConfigurationError(
            f"The chat model `{WEIGHTS}` needs {needed / 1e9:.1f} GB of memory, but only "
            f"`{free / 1e9:.1f} GB` is free. Close other programs, or let a server answer: "
            "samesense --profile remote."
        )
    _read_ahead(path)
    xllamacpp = _binding()
    try:
        return xllamacpp.Server(_parameters(xllamacpp.CommonParams(), path, settings.threads))
    except RuntimeError as exc:
        raise ConfigurationError(
            f"llama.cpp cannot load `{path}`: {exc}. Close other programs to free memory, and run: "
            "samesense models verify"
        ) from exc


def _read_ahead(path: Path) -> None:
    """Read the file once, so that loading finds it in memory.

    The binding holds the interpreter's lock while it loads; a cold disk would make every other
    thread wait for it.
    """
    block = bytearray(1 << 24)
    with path.open("rb", buffering=0) as file:
        while file.readinto(block):
            pass


def _binding() -> Any:
    """Import xllamacpp with torch's OpenMP library where the system has none."""
    try:
        return import_module("xllamacpp")
    except ImportError:
        torch = find_spec("torch")
        libraries = Path(torch.origin).parent / "lib" if torch and torch.origin else Path()
        for library in libraries.glob("libgomp*.so*"):
            ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
        return import_module("xllamacpp")


def _parameters(parameters: Any, path: Path, threads: int) -> Any:
    """Fill in the fastest measured settings for a CPU, quiet and closed to the outside."""
    parameters.model.path = str(path)
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.cache_ram_mib = PROMPT_CACHE_MB
    parameters.fit_params = parameters.warmup = False  # both only cost time on a CPU
    parameters.verbosity = -1
    # The binding opens a port on loopback that nothing here uses: no one else may use it either.
    parameters.api_keys = [secrets.token_hex(32)]
    parameters.ui = parameters.endpoint_slots = False
    return parameters
