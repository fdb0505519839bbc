"""Draw the sample figures and the sample screenshot again from their HTML, with headless Chromium.

Run: python knowledge/samples/source/render.py [PATH OF CHROMIUM]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

SOURCE = Path(__file__).resolve().parent
FIGURES = SOURCE.parent / "router" / "figures"
SCREENSHOT = SOURCE.parents[2] / "assistant" / "samples" / "screenshot.png"

# picture → page, width, height in pixels
PICTURES = {
    FIGURES / "light-panel.png": ("hardware.html#light-panel", 1280, 640),
    FIGURES / "back-panel.png": ("hardware.html#back-panel", 1280, 640),
    FIGURES / "reset-button.png": ("hardware.html#reset-button", 1280, 640),
    FIGURES / "mesh-placement.png": ("hardware.html#mesh-placement", 1280, 640),
    FIGURES / "status-ok.png": ("pages.html#status-ok", 1280, 800),
    FIGURES / "status-e24.png": ("pages.html#status-e24", 1280, 800),
    FIGURES / "pppoe.png": ("pages.html#pppoe", 1280, 800),
    FIGURES / "wifi.png": ("pages.html#wifi", 1280, 800),
    FIGURES / "guest-network.png": ("pages.html#guest", 1280, 800),
    FIGURES / "parental-controls.png": ("pages.html#parental", 1280, 800),
    FIGURES / "firmware.png": ("pages.html#firmware", 1280, 800),
    SCREENSHOT: ("pages.html?framed#status-e42", 1280, 800),
}


def render(chromium: str, page: str, width: int, height: int, target: Path) -> None:
    """Take a screenshot of one page and store it as PNG."""
    file, end = page.split(".html")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        subprocess.run(
            [
                chromium, "--headless", "--no-sandbox", "--hide-scrollbars",
                f"--window-size={width},{height + 200}", f"--screenshot={shot}",
                f"{(SOURCE / file).as_uri()}.html{end}",
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip
        # Headless Chromium counts its own frame in the window size, so the page is cut out.
        Image.open(shot).convert("RGB").crop((0, 0, width, height)).save(target, optimize=True)


if __name__ == "__main__":
    for target, (page, width, height) in PICTURES.items():
        render(sys.argv[1] if len(sys.argv) > 1 else "chromium", page, width, height, target)
        print(f"{target.name}: {target.stat().st_size:,} bytes")
