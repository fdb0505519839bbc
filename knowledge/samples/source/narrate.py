"""Speak the sample recording again: first-setup.txt → router/recordings/first-setup.ogg.

Run: python knowledge/samples/source/narrate.py
"""

from pathlib import Path

import av
import numpy as np
from hibari import Hibari

SOURCE = Path(__file__).resolve().parent
RECORDING = SOURCE.parent / "router" / "recordings" / "first-setup.ogg"
PAUSE_S = 0.55  # between paragraphs, so that the moments come apart cleanly


def narrate(paragraphs: list[str], target: Path) -> None:
    """Speak the paragraphs and store them as Opus, 24 kbit/s mono."""
    voice = Hibari()
    pause = np.zeros(int(PAUSE_S * voice.sample_rate), dtype=np.float32)
    sound = np.concatenate([part for text in paragraphs for part in (voice(text), pause)])
    sound *= 0.7 / np.abs(sound).max()
    with av.open(str(target), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = 24_000
        frame = av.AudioFrame.from_ndarray(
            (sound * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = voice.sample_rate
        for resampled in av.AudioResampler("s16", "mono", 48_000).resample(frame):
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    text = (SOURCE / "first-setup.txt").read_text(encoding="utf-8")
    narrate([paragraph for paragraph in text.split("\n\n") if paragraph.strip()], RECORDING)
    print(f"{RECORDING.name}: {RECORDING.stat().st_size:,} bytes")
