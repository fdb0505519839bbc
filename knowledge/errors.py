"""The errors of the knowledge base, which `ui/` and `cli.py` show to the user.

KnowledgeError
└── StoreError
"""


class KnowledgeError(Exception):
    """A source cannot be read, or the stored collection does not fit what is asked of it."""


class StoreError(KnowledgeError):
    """The store cannot be read or written: the disk is full, or the server is away."""
