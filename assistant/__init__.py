"""Samesense: answers voice, screenshots and text at once, and checks that all of it agrees."""

import os
from typing import TYPE_CHECKING

from assistant.errors import AssistantError, ConfigurationError, InputError, ModelError

# Threads that wait for each other by spinning slow the chat model down tenfold as soon as anything
# else (the voice, another program) wants a core; threads that sleep at once cost a third of its
# speed on an idle machine. A short spin has neither fault. OpenMP reads this when it is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

if TYPE_CHECKING:
    from assistant.session import Assistant
    from assistant.threads import ThreadSummary
    from assistant.types import Reply, Turn

__all__ = [
    "Assistant",
    "AssistantError",
    "ConfigurationError",
    "InputError",
    "ModelError",
    "Reply",
    "ThreadSummary",
    "Turn",
]

_HOMES = {
    "Assistant": "assistant.session",
    "ThreadSummary": "assistant.threads",
    "Reply": "assistant.types",
    "Turn": "assistant.types",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that the command starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module `assistant` has no attribute `{name}`")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
