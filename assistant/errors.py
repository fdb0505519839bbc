"""The errors a caller can expect.

AssistantError
├── ConfigurationError   the user can fix it: a missing extra, absent weights, a bad setting
├── InputError           media or text that cannot be read, or that a limit refuses
└── ModelError           a backend failed while it worked

`knowledge.errors.KnowledgeError` is the counterpart for the knowledge base. Only `ui/` and
`cli.py` catch these bases. A message says what failed, the value in backticks, what was expected
and what to do.
"""


class AssistantError(Exception):
    """Base of every error the assistant raises on purpose."""


class ConfigurationError(AssistantError):
    """Something on this machine is missing or set wrongly, and the user can fix it."""


class InputError(AssistantError):
    """What the user handed in cannot be read, or goes over a limit."""


class ModelError(AssistantError):
    """A model backend failed while it worked."""
