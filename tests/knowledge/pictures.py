"""Pictures and films that tests are made of."""

from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from PIL import Image, ImageDraw, ImageFilter

from tests.assistant.media_files import RATE, noise

__all__ = ["page", "photograph", "write_film"]

FRAMES_PER_S = 5


def page(*lines: str, size: tuple[int, int] = (640, 400)) -> Image.Image:
    """Draw a screen with a header, a menu and lines of text."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0], size[1] // 8), fill="navy")
    draw.rectangle((0, size[1] // 8, size[0] // 6, size[1]), fill="lightgrey")
    for number, line in enumerate(lines):
        draw.text((size[0] // 5, size[1] // 5 + 40 * number), line, fill="black", font_size=24)
    return image


def photograph(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Return soft shapes under a camera's noise."""
    shapes = noise(8, 6, seed).resize(size, Image.Resampling.BICUBIC)
    grain = noise(*size, seed=seed + 1).filter(ImageFilter.GaussianBlur(0.7))
    return Image.blend(shapes, grain, 0.2)


def write_film(
    path: Path,
    pictures: list[Image.Image],
    sound: np.ndarray | None = None,
    *,
    seconds: float = 3,
    codec: str = "libx264",
    sound_codec: str = "aac",
) -> Path:
    """Write a video that shows each picture for some seconds, over sound at `RATE` or silent."""
    with av.open(str(path), "w") as container:
        quick = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx" else {}
        video = container.add_stream(codec, rate=FRAMES_PER_S, options=quick)
        assert isinstance(video, av.VideoStream)
        video.width, video.height = pictures[0].size
        video.pix_fmt = "yuv420p"
        audio = None if sound is None else container.add_stream(sound_codec, rate=RATE)
        if isinstance(audio, av.AudioStream):
            audio.layout = "mono"
        for picture in pictures:
            frame = av.VideoFrame.from_image(picture).reformat(format="yuv420p")
            for _ in range(round(seconds * FRAMES_PER_S)):
                frame.pts = None
                container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if isinstance(audio, av.AudioStream) and sound is not None:
            _encode(container, audio, sound)
    return path


def _encode(container: OutputContainer, stream: av.AudioStream, samples: np.ndarray) -> None:
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = RATE
    size = stream.codec_context.frame_size or 0
    resampler = av.AudioResampler(stream.format.name, "mono", stream.rate, frame_size=size)
    for given in (frame, None):
        for resampled in resampler.resample(given):
            resampled.pts = None
            container.mux(stream.encode(resampled))
    container.mux(stream.encode(None))
