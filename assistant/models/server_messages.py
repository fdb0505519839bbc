"""Messages as an OpenAI-compatible server takes them: text, pictures and sound as content parts."""

import base64
import io
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.media import decode_audio, open_image
from assistant.models.control_tokens import broken_up
from assistant.models.protocols import ChatMessage
from assistant.settings import Limits

IMAGE_SIDE_PX = 2048  # larger pictures only cost tokens


def to_parts(messages: Sequence[ChatMessage], limits: Limits) -> list[dict[str, Any]]:
    """Return messages in the form of `/v1/chat/completions`. Raises InputError for broken media."""
    return [{"role": m.role, "content": _content(m, limits)} for m in messages]


def _content(message: ChatMessage, limits: Limits) -> str | list[dict[str, Any]]:
    text = broken_up(message.content)
    if not message.images and not message.audio:
        return text
    images = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_png(path, limits)}"}}
        for path in message.images
    ]
    sounds = [
        {"type": "input_audio", "input_audio": {"data": _wav(path, limits), "format": "wav"}}
        for path in message.audio
    ]
    return [*images, *sounds, {"type": "text", "text": text}]


def _png(path: Path, limits: Limits) -> str:
    """Return a picture upright and in a format that every server reads, base64."""
    image = open_image(path, limits)
    image.thumbnail((IMAGE_SIDE_PX, IMAGE_SIDE_PX))
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _wav(path: Path, limits: Limits) -> str:
    """Return a recording as 16-bit mono WAV, base64."""
    sound = decode_audio(path, limits)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sound.sample_rate)
        writer.writeframes((np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return base64.b64encode(file.getvalue()).decode()
