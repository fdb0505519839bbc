"""Break text into lines of a given width, Latin between words, Chinese between characters."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

# a Chinese character with the closing marks that must not begin a line, or a word with its space
_PIECE = re.compile(
    r"[\u2e80-\u9fff\uff00-\uffef「『（“][，。！？；：、」』）”]*|[^\s\u2e80-\u9fff]+|\s+"
)


def wrap(text: str, font: "FreeTypeFont", width: float, most_lines: int = 12) -> list[str]:
    """Return the lines of `text`, each at most `width` pixels; an ellipsis ends what is cut off."""
    lines = [""]
    for piece in _pieces(text, font, width):
        if font.getlength((lines[-1] + piece).rstrip()) <= width:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    lines = [line.strip() for line in lines if line.strip()]
    if len(lines) <= most_lines:
        return lines
    last = lines[most_lines - 1]
    while last and font.getlength(last + "…") > width:
        last = last[:-1]
    return [*lines[: most_lines - 1], last + "…"]


def _pieces(text: str, font: "FreeTypeFont", width: float) -> Iterator[str]:
    """Yield what may not be broken; a word wider than a line is broken all the same."""
    for match in _PIECE.finditer(" ".join(text.split())):
        piece = match[0]
        while font.getlength(piece) > width and len(piece) > 1:
            cut = len(piece) - 1
            while cut > 1 and font.getlength(piece[:cut]) > width:
                cut -= 1
            yield piece[:cut]
            piece = piece[cut:]
        yield piece
