"""Fuse the channels of a turn into one query, with weights that explain it.

The fusion network does (`head.py`). Vectors of an embedder that it was not trained on, and turns of
words or a photograph alone, are weighed by hand: a sigmoid gate a channel (Arevalo et al. 2017,
arXiv:1702.01992) over three measures that a person can check: how sure the recogniser was, how
much the channel holds, how well it agrees with the others.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.fusion.head import MAX_WORDS_CHARS, RELEVANT, SCREEN_LINES, FusionHead, Weighed
from assistant.fusion.relevance import line_relevance
from assistant.fusion.routes import OUTPUTS, RouteHead
from assistant.fusion.screen_choice import Find
from assistant.fusion.segments import SPOKEN
from assistant.language import detect_language
from assistant.types import Channel, Exchange, FusedState, Percept, Segment
from knowledge.protocols import TextEmbedder

_SCREEN_SHARE = 0.6  # of a screen's relevant lines beside the words, at equal gates
_FOLLOW_UP_SHARE = 0.8  # of the question before, in a short follow-up
_GATE = {"confidence": 3.0, "content": 3.0, "agreement": 2.0, "bias": -4.0}
_FOLLOW_UP = re.compile(
    r"^(?:and|so|then|next|what about|how about|what if|why|how so|what else|go on|ok)\b"
    r"|\b(?:it|that|this|those|them|step|one|next|else|after)\b"
    r"|[呢吗]|然后|接下来|下一步|第[一二三四五六七八九十\d]+步|这|那|它|还|为什么",
    re.IGNORECASE,
)
_SHORT = {"words": 8, "characters": 12}


_TRAINED = FusionHead()


@dataclass(frozen=True)
class _Channel:
    """What all percepts of one channel amount to."""

    vector: np.ndarray
    confidence: float
    content: float  # 0 to 1


class Fuser:
    """Weighs the channels of a turn; loads the encoder only when a turn holds any words."""

    def __init__(
        self, embedder: Callable[[], TextEmbedder], trained: FusionHead | None = _TRAINED
    ) -> None:
        """Take the encoder behind a callable, and the network; None weighs everything by hand."""
        self._embedder = embedder
        self._head = RouteHead()
        self._trained = trained

    def fuse(
        self,
        percepts: Sequence[Percept],
        history: Sequence[Exchange],
        language: str | None,
        find: Find | None = None,
    ) -> FusedState:
        """Return the turn as one query; `language` overrules what the percepts say.

        `find` searches the knowledge base, which tells which of several screens is meant.
        """
        embedder = self._embedder()
        language = language or turn_language(percepts, history)
        words = own_words(percepts)[:MAX_WORDS_CHARS]
        asked = _follow_up(words, history)
        before = asked.removesuffix(words)
        if weighed := self._weighed(percepts, before, language, embedder, find):
            return FusedState(
                query=weighed.query,
                query_vector=tuple(weighed.query_vector.tolist()),
                gates=_shares(weighed.gates),
                relevance=weighed.relevance,
                routes=self._routes(words, language, embedder),
                language=language,
            )
        topic = asked or " ".join(p.text for p in percepts if p.modality in ("ocr", "image"))[:300]
        topic_vector = embedder.embed_queries([topic], [language])[0]
        relevance = tuple(self._relevance(p, words, topic_vector, embedder) for p in percepts)
        lines = _top_lines(percepts, relevance)
        gates = self._gates(percepts, relevance, topic_vector, embedder)
        query = " ".join(dict.fromkeys(text for text in (asked, *lines) if text)) or topic
        return FusedState(
            query=query,
            query_vector=self._query_vector(topic_vector, lines, gates, embedder),
            gates=gates,
            relevance=relevance,
            routes=self._routes(words, language, embedder),
            language=language,
        )

    def narrow(self, fused: FusedState, request: str) -> FusedState:
        """Return the state with its query turned to one of the turn's several requests."""
        vector = self._embedder().embed_queries([request], [fused.language])[0]
        mixed = _unit(vector + 0.25 * np.array(fused.query_vector, dtype=np.float32))
        return replace(fused, query=request, query_vector=tuple(mixed.tolist()))

    def _weighed(
        self,
        percepts: Sequence[Percept],
        before: str,
        language: str,
        embedder: TextEmbedder,
        find: Find | None,
    ) -> Weighed | None:
        """Return what the network makes of a turn that leans on the question before it, or not.

        None where there is nothing to fuse, such as words alone, and for vectors that it does not
        know.
        """
        channels = {percept.modality for percept in percepts if percept.segments} - {"image"}
        if not channels or channels in ({"typed"}, {"transcript"}):
            return None
        if self._trained is None or embedder.name != self._trained.embedder_name:
            return None
        asked = list(percepts)
        place = next((i for i, p in enumerate(asked) if before and p.modality in SPOKEN), None)
        if place is not None:  # the question before stands in the channel that leans on it
            own = asked[place]
            text, lines = f"{before} {own.text}", (Segment(before), *own.segments)
            asked[place] = replace(own, text=text, segments=lines)
        weighed = self._trained.weigh(asked, language, embedder.embed_queries, find)
        rows = [row[1:] if i == place else row for i, row in enumerate(weighed.relevance)]
        return replace(weighed, relevance=tuple(rows))

    def _relevance(
        self, percept: Percept, words: str, topic: np.ndarray, embedder: TextEmbedder
    ) -> tuple[float, ...]:
        """Return how much each segment of a percept is what the turn is about, 0 to 1."""
        texts = [segment.text for segment in percept.segments]
        if not texts:
            return ()
        cosines = embedder.embed(texts) @ topic
        if percept.modality != "ocr":
            return tuple(float(value) for value in cosines.clip(0, 1))
        sure = [segment.confidence for segment in percept.segments]
        return line_relevance(texts, sure, cosines, words)

    def _gates(
        self,
        percepts: Sequence[Percept],
        relevance: Sequence[tuple[float, ...]],
        topic: np.ndarray,
        embedder: TextEmbedder,
    ) -> dict[str, float]:
        """Return one weight for each channel that holds anything; they add up to 1."""
        channels: dict[Channel, _Channel] = {}
        for percept, weights in zip(percepts, relevance, strict=True):
            if not percept.text.strip():
                continue
            if percept.modality == "ocr":  # a screen counts with its lines that matter
                content = max(weights, default=0.0)
                text = " ".join(_top_lines([percept], [weights])) or percept.text[:300]
            else:
                content = 1 - float(np.exp(-len(_tokens(percept.text)) / 6))
                text = percept.text[:MAX_WORDS_CHARS]
            vector = embedder.embed([text])[0]
            before = channels.get(percept.modality)
            if before is None or content > before.content:  # the fullest percept stands for all
                channels[percept.modality] = _Channel(vector, percept.confidence, content)
        opened: dict[Channel, float] = {
            name: _sigmoid(
                _GATE["bias"]
                + _GATE["confidence"] * channel.confidence
                + _GATE["content"] * channel.content
                + _GATE["agreement"] * _agreement(name, channels, topic)
            )
            for name, channel in channels.items()
        }
        return _shares(opened)

    def _query_vector(
        self,
        topic: np.ndarray,
        lines: Sequence[str],
        gates: dict[str, float],
        embedder: TextEmbedder,
    ) -> tuple[float, ...]:
        """Mix the words with the lines of the screen that they mean, weighed by the gates."""
        if lines:
            spoken = max((gates.get(name, 0.0) for name in SPOKEN), default=0.0)
            share = _SCREEN_SHARE * gates.get("ocr", 0.0) / max(spoken, 0.1)
            text = " ".join(lines)
            screen = embedder.embed_queries([text], [detect_language(text)])[0]
            topic = topic + min(share, 1.0) * screen
        return tuple(_unit(topic).tolist())

    def _routes(self, words: str, language: str, embedder: TextEmbedder) -> dict[str, float]:
        """Return the probability of each action, and of urgent and grounded, for the whole turn."""
        vectors = self._head.vectors([words], language, embedder)
        row = self._head.predict([words], vectors)[0]
        return {name: round(float(value), 3) for name, value in zip(OUTPUTS, row, strict=True)}


def own_words(percepts: Sequence[Percept]) -> str:
    """Return what the user typed and said, typed first."""
    texts = [p.text.strip() for name in SPOKEN for p in percepts if p.modality == name]
    return "\n".join(text for text in texts if text)


def turn_language(percepts: Sequence[Percept], history: Sequence[Exchange]) -> str:
    """Return the language of the user's own words, else the thread's, else English."""
    for name in SPOKEN:
        for percept in percepts:
            if percept.modality == name and percept.text.strip():
                language = percept.language or detect_language(percept.text, default="")
                if language:
                    return language
    return history[-1].language if history else "en"


def _follow_up(words: str, history: Sequence[Exchange]) -> str:
    """Return the words, behind the question before when they lean on it."""
    tokens = _tokens(words)
    characters = sum(len(token) == 1 for token in tokens)
    short = len(tokens) - characters <= _SHORT["words"] and characters <= _SHORT["characters"]
    if history and words and short and _FOLLOW_UP.search(words):
        return f"{history[-1].question[:MAX_WORDS_CHARS]} {words}"
    return words


def _top_lines(percepts: Sequence[Percept], relevance: Sequence[tuple[float, ...]]) -> list[str]:
    """Return the screens' most relevant lines, best first."""
    weighed = [
        (weight, segment.text)
        for percept, weights in zip(percepts, relevance, strict=True)
        if percept.modality == "ocr"
        for weight, segment in zip(weights, percept.segments, strict=True)
        if weight >= RELEVANT
    ]
    weighed.sort(key=lambda pair: -pair[0])
    return list(dict.fromkeys(text for _, text in weighed))[:SCREEN_LINES]


def _shares(gates: Mapping[Channel, float]) -> dict[str, float]:
    """Return how much of the whole each gate is; they add up to 1."""
    total = sum(gates.values())
    return {name: round(value / total, 3) for name, value in gates.items()}


def _agreement(name: Channel, channels: dict[Channel, _Channel], topic: np.ndarray) -> float:
    """Return how close a channel is to the nearest other one, or to the topic when it is alone."""
    others = [other.vector for key, other in channels.items() if key != name] or [topic]
    return max(float(channels[name].vector @ other) for other in others)


def _tokens(text: str) -> list[str]:
    """Return words, and characters of scripts that do not part words."""
    return re.findall(r"[\u3040-\u9fff]|[^\W\u3040-\u9fff]+", text)


def _sigmoid(value: float) -> float:
    return 1 / (1 + float(np.exp(-value)))


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
