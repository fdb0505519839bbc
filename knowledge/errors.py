"""The error of the knowledge base, which `ui/` and `cli.py` show to the user."""


class KnowledgeError(Exception):
    """A source cannot be read, or the stored collection does not fit what is asked of it."""
