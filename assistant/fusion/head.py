"""The trained fusion network in a turn: one query, a gate a channel, a relevance a segment."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.fusion.screen_choice import Find, meant
from assistant.fusion.segments import SPOKEN, Embed, describe
from assistant.types import Channel, Percept
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from assistant.fusion.network import FusionNetwork

WEIGHTS = Path(__file__).with_name("weights") / "fusion.safetensors"
RELEVANT = 0.5  # from here on a segment is what the turn is about
MAX_WORDS_CHARS = 600  # of a channel in a query; what is beyond blurs its vector
SCREEN_LINES = 3  # of the screens, in a query
_ALSO_MEANT = 0.5  # of the foremost screen's share: another one with less does not count
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

    def __init__(self, path: Path = WEIGHTS, network: "FusionNetwork | None" = None) -> None:
        """Take the weights behind `path`, or a network in their place, of the same embedder."""
        self._path = path
        self._network = network

    @cached_property
    def embedder_name(self) -> str:
        """The embedder whose vectors the weights were trained on."""
        return _metadata(self._path)["embedder"]

    def weigh(
        self,
        percepts: Sequence[Percept],
        language: str,
        embed: Embed,
        find: Find | None = None,
    ) -> Weighed:
        """Return what the channels amount to together.

        At least one percept must have segments, of channels that the network knows. `language` is
        the turn's, ISO 639-1; `embed` is `embed_queries` of the embedder the weights name. With
        `find`, which searches the knowledge base, the words choose between several screens.
        """
        import torch

        from assistant.fusion.network import CHANNELS, batch

        network = self._network or load(self._path)
        segments = describe(percepts, language, embed)
        turn = batch([segments], [language == "en"])
        with torch.inference_mode():
            fused = network(turn)
            texts = len(segments.vectors["text"])
            weights = torch.sigmoid(fused.relevance[0, :texts]).numpy()
            rows = _rows(percepts, weights, segments.sources[:texts])
            if find and (shares := _screens_meant(percepts, rows, language, find)):
                rows = [tuple(weight * shares.get(i, 1.0) for weight in row)
                        for i, row in enumerate(rows)]  # fmt: skip
                gone = _not_meant(percepts, shares)
                turn.channels[0, torch.from_numpy(np.isin(segments.sources, gone))] = -1
                fused = network(turn)
            opened = torch.sigmoid(fused.gates[0]).tolist()
        every: dict[Channel, float] = dict(zip(CHANNELS, opened, strict=True))
        gates: dict[Channel, float] = {
            name: gate for name, gate in every.items() if name in segments.channels
        }
        query, vector = _query(percepts, gates, rows), fused.query[0].numpy()
        if len(gates.keys() - {"image"}) > 1:  # its words together say a little more than apart
            vector = vector + embed([query[:MAX_WORDS_CHARS]], [language])[0]
            vector /= np.linalg.norm(vector)
        return Weighed(query, vector, gates, tuple(rows))


def _rows(
    percepts: Sequence[Percept], weights: np.ndarray, sources: np.ndarray
) -> list[tuple[float, ...]]:
    """Deal out the weights of segments to their percepts; segments that do not count have none."""
    rows: list[tuple[float, ...]] = []
    for number, percept in enumerate(percepts):
        row = weights[sources == number].tolist()
        rows.append((*row, *[0.0] * (len(percept.segments) - len(row))))
    return rows


def _screens_meant(
    percepts: Sequence[Percept],
    rows: Sequence[tuple[float, ...]],
    language: str,
    find: Find,
) -> dict[int, float]:
    """Return how much each of several screens is meant, 1 the most; nothing where words lack."""
    screens = [i for i, p in enumerate(percepts) if p.modality == "ocr" and p.segments]
    words = " ".join(p.text for name in SPOKEN for p in percepts if p.modality == name)
    if len(screens) < 2 or not words.strip():
        return {}
    texts = [percepts[i].text.replace("\n", " ")[:MAX_WORDS_CHARS] for i in screens]
    wrong = [max(rows[i]) for i in screens]
    try:
        shares = meant(words[:MAX_WORDS_CHARS], texts, wrong, language, find)
    except KnowledgeError:  # a turn that needs no evidence goes on without it
        return {}
    return dict(zip(screens, (shares / shares.max()).tolist(), strict=True))


def _not_meant(percepts: Sequence[Percept], shares: Mapping[int, float]) -> list[int]:
    """Return the percepts of screens that do not count, and of what their pictures show."""
    others = {(percepts[i].source, percepts[i].attachment)
              for i, share in shares.items() if share < _ALSO_MEANT}  # fmt: skip
    return [i for i, p in enumerate(percepts) if (p.source, p.attachment) in others]


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
