"""Settings from the environment (prefix `SAMESENSE_`) and from flags.

Everything that comes from outside has a limit here; going over it is an `InputError`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from assistant.errors import ConfigurationError

PREFIX = "SAMESENSE_"


@dataclass(frozen=True)
class Limits:
    """The largest input of each kind that a turn takes."""

    text_chars: int = 20_000
    attachments: int = 8
    file_bytes: int = 100_000_000
    image_pixels: int = 60_000_000
    image_side_px: int = 20_000
    audio_s: float = 600.0
    video_s: float = 600.0
    answer_tokens: int = 400
    repair_s: float = 15.0  # for writing sentences of one answer again


@dataclass(frozen=True)
class Settings:
    """What a process runs with."""

    profile: str = "pocket"
    knowledge_base: str = "router"
    cache_dir: Path = field(default_factory=lambda: user_cache_path("samesense"))  # weights
    data_dir: Path = field(
        default_factory=lambda: user_data_path("samesense")
    )  # threads, documents
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)  # for the models
    host: str = "127.0.0.1"
    port: int = 7860
    chroma_url: str = ""  # of a Chroma server; empty: Chroma keeps `data_dir`
    server_url: str = ""  # the OpenAI-compatible server of the `remote` profile
    server_key: str = ""
    painter: str = ""  # a diffusers pipeline: a folder or a hub name; empty: the profile's own
    limits: Limits = Limits()

    @property
    def weights_dir(self) -> Path:
        return self.cache_dir / "weights"

    @property
    def threads_db(self) -> Path:
        return self.data_dir / "threads.sqlite"

    @property
    def knowledge_dir(self) -> Path:
        return self.data_dir / "knowledge"

    @property
    def replies_dir(self) -> Path:
        return self.data_dir / "replies"


_EXPECTED = {int: "a whole number", Path: "a folder", str: "text"}
_CASTS = {"threads": int, "port": int, "cache_dir": Path, "data_dir": Path}


def load_settings(environ: Mapping[str, str] | None = None, **flags: object) -> Settings:
    """Read settings from the environment, then from flags that are not None.

    Raises ConfigurationError for an unknown `SAMESENSE_` variable or a value of the wrong kind.
    """
    environ = os.environ if environ is None else environ
    known = {f.name for f in fields(Settings)} - {"limits"}
    values: dict[str, object] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable[len(PREFIX) :].lower()
        if name not in known:
            choices = ", ".join(sorted(PREFIX + n.upper() for n in known))
            raise ConfigurationError(f"Unknown setting `{variable}`. Known settings: {choices}.")
        cast = _CASTS.get(name, str)
        try:
            values[name] = cast(value)
        except ValueError as exc:
            raise ConfigurationError(
                f"`{variable}` is `{value}`; {_EXPECTED[cast]} was expected."
            ) from exc
    values.update({name: value for name, value in flags.items() if value is not None})
    return replace(Settings(), **values)  # pyright: ignore[reportArgumentType]
