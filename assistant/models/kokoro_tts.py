"""Mandarin speech with Kokoro-82M: misaki's phonemes, with English words in the same voice.

Kokoro (https://huggingface.co/hexgrad/Kokoro-82M) reads one phoneme alphabet for all its
languages, so a product name or an error code is said by the voice that says the sentence.
"""

import json
import logging
import re

import numpy as np

from assistant.settings import Settings
from assistant.weights import weights_folder

WEIGHTS = "kokoro-82m"
VOICE = "jm_kumo"  # understood better than the other packaged voices
MAX_PHONEMES = 500  # the model's position table has 512 rows
_EDGE_LEVEL = 0.01  # samples below it at both ends are silence
_EDGE = 720  # samples of silence that stay at both ends: 30 ms
_LATIN = re.compile(r"([A-Za-z][A-Za-z'’.-]*(?: [A-Za-z][A-Za-z'’.-]*)*)")


class Kokoro:
    """The loaded model, one voice and the two pronouncing dictionaries."""

    def __init__(self, settings: Settings) -> None:
        import jieba
        import onnxruntime
        from hibari.g2p import G2P
        from misaki.zh import ZHG2P

        folder = weights_folder(settings, WEIGHTS)
        # jieba reports its loading, and would keep a cache where any user may write.
        jieba.setLogLevel(logging.WARNING)
        jieba.dt.tmp_dir = str(settings.cache_dir)  # pyright: ignore[reportAttributeAccessIssue]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings.threads
        options.log_severity_level = 3
        # Waiting threads sleep: the chat model needs the cores while this speaks.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "kokoro-v1.0.int8.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._vocabulary: dict[str, int] = json.loads((folder / "vocab.json").read_text("utf-8"))[
            "vocab"
        ]
        with np.load(folder / "voices_ja.npz") as voices:
            self._styles = voices[VOICE]  # (510, 1, 256): one row per number of phonemes
        self._mandarin = ZHG2P()
        self._english = G2P(british=False)

    def say(self, text: str) -> np.ndarray:
        """Return a text as samples at 24 kHz, float32."""
        parts = [self._infer(part) for part in _parts(self.phonemes(text))]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def phonemes(self, text: str) -> str:
        """Return a text in Kokoro's phoneme alphabet; Latin words are read as English."""
        runs = _LATIN.split(text)  # Chinese at even places, Latin at odd ones
        said = [
            self._english(run) if i % 2 else self._mandarin(run)[0]
            for i, run in enumerate(runs)
            if run.strip()
        ]
        return " ".join(part for part in said if part)

    def _infer(self, phonemes: str) -> np.ndarray:
        tokens = [self._vocabulary[symbol] for symbol in phonemes if symbol in self._vocabulary]
        if not tokens:
            return np.zeros(0, np.float32)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": self._styles[len(tokens) - 1].reshape(1, 256).astype(np.float32),
            "speed": np.ones(1, np.float32),
        }
        (samples, *_) = self._session.run(None, inputs)
        return _trim(np.asarray(samples, np.float32).ravel())


def _parts(phonemes: str) -> list[str]:
    """Cut phonemes into pieces that the model takes, at pauses where there are any."""
    parts = [""]
    for clause in re.split(r"(?<=[,.!?;:]) ", phonemes):
        if len(parts[-1]) + len(clause) >= MAX_PHONEMES:
            parts.append("")
        parts[-1] += clause + " "
    return [
        part[i : i + MAX_PHONEMES]
        for part in parts
        for i in range(0, len(part), MAX_PHONEMES)
        if part[i : i + MAX_PHONEMES].strip()
    ]


def _trim(samples: np.ndarray) -> np.ndarray:
    """Drop the silence at both ends, so that sentences follow each other without a gap."""
    loud = np.flatnonzero(np.abs(samples) > _EDGE_LEVEL)
    if not loud.size:
        return samples
    return samples[max(loud[0] - _EDGE, 0) : loud[-1] + _EDGE]
