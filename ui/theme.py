"""The looks Gradio contributes: system fonts only, so that nothing is fetched from elsewhere."""

from pathlib import Path

from gradio.themes import Base

ASSETS = Path(__file__).parent / "assets"
STYLES = ("page.css", "library.css")
FONTS = ("system-ui", "Segoe UI", "Noto Sans", "Noto Sans SC", "PingFang SC", "sans-serif")


def theme() -> Base:
    """Return Gradio's plainest theme with the system's fonts."""
    return Base(font=FONTS, font_mono=("ui-monospace", "monospace"))
