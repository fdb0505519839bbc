"""The trained fusion network in a turn: one query, a gate a channel, a relevance a segment."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.fusion.segments import SPOKEN, Embed, describe
from assistant.types import Channel, Percept

if TYPE_CHECKING:
    from assistant.fusion.network import FusionNetwork

WEIGHTS = Path(__file__).with_name("weights") / "fusion.safetensors"
RELEVANT = 0.5  # from here on a segment is what the turn is about
MAX_WORDS_CHARS = 600  # of a channel in a query; what is beyond blurs its vector
SCREEN_LINES = 3  # of the screens, in a query
_HEARD = 0.5  # of the strongest spoken channel's gate: a weaker one's words are left out


@dataclass(frozen=True)
class Weighed:
    """A turn as the network sees it."""

    query: str  # the words of the channels that count, and the lines that matter
    query_vector: np.ndarray  # unit length, as `embed_queries` gives it
    gates: Mapping[Channel, float]  # 0 to 1, of the channels present
    relevance: tuple[tuple[float, ...], ...]  # a row a percept, a weight a segment


class FusionHead:
    """Fuses the percepts of a turn; loads its weights with the first one."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        self._path = path

    @cached_property
    def embedder_name(self) -> str:
        """The embedder whose vectors the weights were trained on."""
        return _metadata(self._path)["embedder"]

    def weigh(self, percepts: Sequence[Percept], language: str, embed: Embed) -> Weighed:
        """Return what the channels amount to together.

        At least one percept must have segments, of channels that the network knows. `language` is
        the turn's, ISO 639-1; `embed` is `embed_queries` of the embedder the weights name.
        """
        import torch

        from assistant.fusion.network import NAMES, batch

        network = load(self._path)
        segments = describe(percepts, language, embed)
        with torch.inference_mode():
            fused = network(batch([segments], [language == "en"]))
            opened = torch.sigmoid(fused.gates[0]).tolist()
            weights = torch.sigmoid(fused.relevance[0]).tolist()
        every: dict[Channel, float] = dict(zip(NAMES, opened, strict=True))
        gates: dict[Channel, float] = {
            name: gate for name, gate in every.items() if name in segments.channels
        }
        weights += [0.0] * (sum(len(p.segments) for p in percepts) - len(weights))
        rows: list[tuple[float, ...]] = []
        for percept in percepts:
            row, weights = weights[: len(percept.segments)], weights[len(percept.segments) :]
            rows.append(tuple(row))
        query, vector = _query(percepts, gates, rows), fused.query[0].numpy()
        if len(gates.keys() - {"image"}) > 1:  # its words together say a little more than apart
            vector = vector + embed([query[:MAX_WORDS_CHARS]], [language])[0]
            vector /= np.linalg.norm(vector)
        return Weighed(query, vector, gates, tuple(rows))


@cache
def load(path: Path = WEIGHTS) -> "FusionNetwork":
    """Return the trained network."""
    from safetensors.torch import load_file

    from assistant.fusion.network import FusionNetwork

    network = FusionNetwork(**json.loads(_metadata(path)["shape"]))
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return network.eval()


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        return file.metadata()


def _query(
    percepts: Sequence[Percept],
    gates: Mapping[Channel, float],
    relevance: Sequence[Sequence[float]],
) -> str:
    spoken: list[Channel] = [name for name in SPOKEN if name in gates]
    least = _HEARD * max((gates[name] for name in spoken), default=0.0)
    words = [p.text for name in spoken if gates[name] >= least
             for p in percepts if p.modality == name]  # fmt: skip
    lines = [(weight, segment.text)
             for percept, row in zip(percepts, relevance, strict=True) if percept.modality == "ocr"
             for weight, segment in zip(row, percept.segments, strict=True)]  # fmt: skip
    lines.sort(key=lambda line: -line[0])
    meant = [text for weight, text in lines if weight >= RELEVANT] or [t for _, t in lines[:1]]
    texts = [text[:MAX_WORDS_CHARS] for text in (*words, *meant[:SCREEN_LINES]) if text]
    return " ".join(dict.fromkeys(texts or [percept.text for percept in percepts if percept.text]))
