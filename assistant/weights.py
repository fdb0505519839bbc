"""The catalogue of weight files: where each comes from, what it must hash to, fetching and checking."""

from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.settings import Settings


def weights_folder(settings: Settings, name: str) -> Path:
    """Return the folder that holds the verified files of one model.

    Raises ConfigurationError, naming the command that mends it, when they are absent.
    """
    folder = settings.weights_dir / name
    if not folder.is_dir():
        raise ConfigurationError(
            f"The weights `{name}` are not in `{settings.weights_dir}`. Run: samesense models fetch"
        )
    return folder
