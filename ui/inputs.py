"""What the message box sent, as a `Turn`."""

from collections.abc import Mapping
from pathlib import Path

from gradio.utils import get_upload_folder

from assistant.errors import InputError
from assistant.intake import read_turn
from assistant.settings import Settings
from assistant.types import Turn
from ui.session import Session


def turn_from(message: Mapping[str, object], settings: Settings, session: Session) -> Turn:
    """Return the turn of a message `{"text": str, "files": [path]}` in a tab's conversation.

    Raises InputError when it is malformed, when a file was not uploaded through the page, and for
    everything that `read_turn` refuses.
    """
    text, files = message.get("text"), message.get("files")
    if not isinstance(text, str) or not isinstance(files, list):
        raise InputError("The message could not be read. Reload the page and send it again.")
    paths = [uploaded(file) for file in files]
    return read_turn(
        text,
        paths,
        settings=settings,
        thread_id=session.thread_id,
        knowledge_base=session.knowledge_base or None,
    )


def uploaded(file: object) -> Path:
    """Return the path of an uploaded file; the browser must not name any other file here."""
    folder = Path(get_upload_folder()).resolve()
    path = Path(str(file)).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise InputError(f"`{Path(str(file)).name}` was not uploaded. Add the file again.")
    return path
