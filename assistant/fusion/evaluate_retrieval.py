"""Measure how well the fused query finds the passage that answers, against simpler ways of asking.

Every way goes through the same search of the same knowledge bases: the manuals' passages in English
and in Chinese.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.data_sets import LANGUAGES, Language
from assistant.fusion.head import MAX_WORDS_CHARS, FusionHead
from assistant.fusion.kinds import kinds, turns_of
from assistant.fusion.model import Fuser
from assistant.fusion.segments import Embed
from assistant.fusion.turns import CHANNELS, SupportTurn, TurnMaker
from assistant.types import Channel, Percept
from knowledge.documents import full_text, make_document
from knowledge.protocols import TextEmbedder
from knowledge.search import search
from knowledge.store import KnowledgeBase
from knowledge.types import Locator

_DEPTH = 10  # documents of a ranking that are looked at
_RANK_OFFSET = 60  # of reciprocal ranks
Row = dict[str, object]
Asked = tuple[str, np.ndarray]  # words and vector of a query


@dataclass(frozen=True)
class Bench:
    """The turns, the manuals, the encoder and the network that every figure is made with."""

    maker: TurnMaker
    bases: Mapping[str, KnowledgeBase]
    ids: Mapping[tuple[Language, str], str]  # language and situation → the document that answers
    embedder: TextEmbedder
    head: FusionHead

    @property
    def embed(self) -> Embed:
        return self.embedder.embed_queries

    def find(self, words: str, language: str) -> list[str]:
        """Return the documents of a manual that some words find, best first."""
        return _found(self, language, (words, self.embed([words], [language])[0]))


def make_bench(folder: Path, maker: TurnMaker, embedder: TextEmbedder) -> Bench:
    """Return the manuals of the maker's situations, in `folder`, with the shipped network."""
    bases: dict[str, KnowledgeBase] = {}
    ids: dict[tuple[Language, str], str] = {}
    for language in LANGUAGES:
        documents = [
            make_document(
                s.passage[language], "text", f"{s.product.name}.md",
                Locator(heading=f"{s.product.name} > {s.heading[language]}"), {},
            )
            for s in maker.situations
        ]  # fmt: skip
        base = KnowledgeBase.open(folder, f"manuals-{language}", embedder)
        base.add(documents, embedder.embed([full_text(document) for document in documents]))
        bases[language] = base
        ids |= {(language, s.id): d.id for s, d in zip(maker.situations, documents, strict=True)}
    return Bench(maker, bases, ids, embedder, FusionHead())


def measure_retrieval(bench: Bench) -> list[Row]:
    """Return recall@1 and the mean reciprocal rank of every way of asking, by kind of turn."""
    rows: list[Row] = []
    for kind in kinds():
        print(f"Asking {kind} turns…", file=sys.stderr)
        ranks: dict[str, list[int]] = {}
        for turn in turns_of(bench.maker, kind):
            for way, rank in _ranks(bench, turn).items():
                ranks.setdefault(way, []).append(rank)
        rows += [
            {"turns": kind, "way": way, "count": len(found),
             "recall@1": round(float(np.mean([rank == 1 for rank in found])), 3),
             "MRR": round(float(np.mean([1 / rank if rank else 0 for rank in found])), 3)}
            for way, found in ranks.items()
        ]  # fmt: skip
    return rows


def _ranks(bench: Bench, turn: SupportTurn) -> dict[str, int]:
    """Return the rank of the right passage by each way of asking, 0 where it is not found."""
    right = bench.ids[turn.language, turn.situation.id]
    channels = {name: _text(turn.percepts, name) for name in CHANNELS}
    channels = {name: text for name, text in channels.items() if text}
    vectors = {name: bench.embed([text], [turn.language])[0] for name, text in channels.items()}
    joined = " ".join(channels.values())
    mean = np.mean(list(vectors.values()), axis=0)
    lists = {name: _found(bench, turn.language, (channels[name], vectors[name]))
             for name in channels}  # fmt: skip
    ways = {f"{name} alone": ids for name, ids in lists.items()}
    ways["all text joined"] = _found(
        bench, turn.language, (joined, bench.embed([joined], [turn.language])[0])
    )
    ways["mean of vectors"] = _found(bench, turn.language, (joined, mean / np.linalg.norm(mean)))
    ways["reciprocal ranks"] = _merged(list(lists.values()))
    by_hand = Fuser(lambda: bench.embedder, None).fuse(turn.percepts, (), turn.language)
    asked = by_hand.query, np.array(by_hand.query_vector, dtype=np.float32)
    ways["weighed by hand"] = _found(bench, turn.language, asked)
    ranks = {way: ids.index(right) + 1 if right in ids else 0 for way, ids in ways.items()}
    return ranks | {"fused": fused_rank(bench, turn)}


def fused_rank(bench: Bench, turn: SupportTurn) -> int:
    """Return the rank of the right passage as the turn asks for it, 0 where it is not found."""
    fused = Fuser(lambda: bench.embedder, bench.head).fuse(turn.percepts, (), turn.language)
    asked = fused.query, np.array(fused.query_vector, dtype=np.float32)
    ids, right = _found(bench, turn.language, asked), bench.ids[turn.language, turn.situation.id]
    return ids.index(right) + 1 if right in ids else 0


def _text(percepts: Sequence[Percept], channel: Channel) -> str:
    return " ".join(p.text.replace("\n", " ") for p in percepts if p.modality == channel).strip()


def _found(bench: Bench, language: str, asked: Asked) -> list[str]:
    text, vector = asked
    evidence = search(
        bench.bases[language], bench.embedder, text[:MAX_WORDS_CHARS], language,
        query_vector=vector, k=_DEPTH,
    )  # fmt: skip
    return [e.document.id for e in evidence]


def _merged(lists: Sequence[Sequence[str]]) -> list[str]:
    scores: dict[str, float] = {}
    for ids in lists:
        for rank, identity in enumerate(ids):
            scores[identity] = scores.get(identity, 0.0) + 1 / (_RANK_OFFSET + 1 + rank)
    return sorted(scores, key=lambda identity: -scores[identity])
