"""PDFs that tests are made of, drawn at places that are known."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SIZE = (612.0, 792.0)  # points: US letter
CHINESE = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))

Draw = Callable[[Canvas], None]


def write_pdf(path: Path, *pages: Draw, **settings: Any) -> Path:
    """Write a PDF of pages that are drawn by functions."""
    canvas = Canvas(str(path), pagesize=settings.pop("size", SIZE), **settings)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


def text(
    canvas: Canvas, x: float, top: float, *lines: str, size: float = 11, font: str = "Helvetica"
) -> None:
    """Write lines below `top`, points from the page's upper edge."""
    canvas.setFont(font, size)
    for n, line in enumerate(lines):
        canvas.drawString(x, SIZE[1] - top - size - n * 1.25 * size, line)


def words(*lines: str, **style: Any) -> Draw:
    """Return a page with lines of text."""
    return lambda canvas: text(canvas, 72, 150, *lines, **style)


def picture(canvas: Canvas, image: Image.Image, x: float, top: float, width: float) -> None:
    """Show a picture; its box in pixels of 144 dots an inch is twice these points."""
    height = width * image.height / image.width
    canvas.drawImage(ImageReader(image), x, SIZE[1] - top - height, width, height)


def scan(image: Image.Image) -> Draw:
    """Return a page that is nothing but a picture."""
    return lambda canvas: picture(canvas, image, 0, 0, SIZE[0])


def png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
