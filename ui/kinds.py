"""The kinds of files that a library holds, told by their names."""

from knowledge.loaders import SUFFIXES

# As people tell files apart; a test keeps these and what is taken in the same.
KINDS = {
    "article": (".md", ".markdown", ".txt", ".html", ".htm"),
    "pdf": (".pdf",),
    "office": (".docx", ".pptx"),
    "table": (".csv", ".xlsx", ".jsonl"),
    "picture": (".png", ".jpg", ".jpeg", ".webp"),
    "recording": (".wav", ".ogg", ".mp3", ".m4a"),
    "video": (".mp4", ".webm"),
}
ACCEPTED = ",".join((*SUFFIXES, ".zip"))  # for the browser's file picker


def kind_of(name: str) -> str:
    """Return the kind of a file by its name; "article" for what a later version may take in."""
    suffix = f".{name.rsplit('.', maxsplit=1)[-1].lower()}"
    return next((kind for kind, suffixes in KINDS.items() if suffix in suffixes), "article")
