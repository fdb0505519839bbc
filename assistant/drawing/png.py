"""Write pictures with a note of what made them and what they show."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import ConfigurationError

if TYPE_CHECKING:
    from PIL.Image import Image

BOXES_KEY = "samesense:boxes"  # JSON: [{"mark": "1", "text": …, "label": …, "box": […]}, …]
NODES_KEY = "samesense:nodes"  # JSON: ["first step", …]
THINGS_KEY = "samesense:things"  # JSON: [{"words": …, "drawing": …, "colour": …, "box": […]}, …]
SIGHT_KEY = "samesense:sight"  # JSON: [what was seen in a painted picture], a `checks.sight.Sight`
PAGE_KEY = "samesense:page"  # the background's colour: "#rrggbb"

_MAKER = "Samesense"
_MOST_CHARS = 300  # of the words that a file is believed to be drawn from


def save_png(image: "Image", out: Path, notes: Mapping[str, str | Sequence[object]]) -> None:
    """Write a PNG whose text chunks hold `notes`; lists become JSON.

    Raises ConfigurationError when the file cannot be written.
    """
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("Software", f"{_MAKER} {version('samesense')}")
    for key, note in notes.items():
        written = note if isinstance(note, str) else json.dumps(note, ensure_ascii=False)
        info.add_itxt(key, written)
    with _written(out):
        image.save(out, format="PNG", pnginfo=info)


def save_svg(svg: str, out: Path) -> None:
    """Write an SVG. Raises ConfigurationError when the file cannot be written."""
    with _written(out):
        out.write_text(svg, encoding="utf-8")


@contextmanager
def _written(out: Path) -> Iterator[None]:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as exc:
        raise ConfigurationError(
            f"The picture `{out}` could not be written: {exc.strerror or exc}. "
            "Free some space there or choose another folder."
        ) from exc


def made_from(path: Path) -> str:
    """Return the words that a picture was drawn from by the assistant; "" where it says nothing.

    Anybody may have written them, so nothing is passed on that is not to be seen.
    """
    if not note_of(path, "Software").startswith(_MAKER):
        return ""
    words = " ".join(note_of(path, "Prompt").split())
    return "".join(filter(str.isprintable, words))[:_MOST_CHARS]


def note_of(path: Path, key: str) -> str:
    """Return what a PNG's text chunk of a name holds; "" where there is none."""
    from PIL import Image

    with Image.open(path) as image:
        return str(image.info.get(key, ""))
