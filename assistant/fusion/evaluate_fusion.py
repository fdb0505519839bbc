"""Measure the fusion network on the test domains, which nothing was chosen on.

Every way of asking goes through the same search of the same knowledge bases: the manuals' passages
in English and in Chinese. The figures are of the shipped weights.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.fusion.evaluate_focus import measure_focus
from assistant.fusion.head import MAX_WORDS_CHARS, WEIGHTS, FusionHead, load
from assistant.fusion.material import prepare
from assistant.fusion.model import Fuser
from assistant.fusion.segments import describe
from assistant.fusion.situations import LANGUAGES, Language, Situation, Split, read_domains
from assistant.fusion.train_fusion import TextVectors, auroc
from assistant.fusion.turns import CHANNELS, State, States, SupportTurn, TurnMaker
from assistant.models.lazy import Models
from assistant.settings import Settings
from assistant.types import Channel, Percept
from knowledge.documents import full_text, make_document
from knowledge.protocols import TextEmbedder
from knowledge.search import search
from knowledge.store import KnowledgeBase
from knowledge.types import Locator

LASTS = "about 10 minutes, the first time 10 more"
_DEPTH = 10  # documents of a ranking that are looked at
_RANK_OFFSET = 60  # of reciprocal ranks
Row = dict[str, object]
Asked = tuple[str, np.ndarray]  # words and vector of a query
_GOOD: States = {"typed": "good", "transcript": "good", "ocr": "good"}


@dataclass(frozen=True)
class Bench:
    """The manuals, the vectors and the network that every figure is made with."""

    bases: Mapping[Language, KnowledgeBase]
    ids: Mapping[tuple[Language, str], str]  # language and situation → the document that answers
    embedder: TextEmbedder
    embed: TextVectors
    head: FusionHead


def run(settings: Settings, split: Split = "test") -> dict:
    """Return the headline figures and the tables behind them."""
    domains = read_domains(split)
    maker = TurnMaker(domains, prepare(settings, split))
    embedder = Models(settings).text_embedder()
    with tempfile.TemporaryDirectory() as folder:
        bases, ids = _manuals(Path(folder), maker.situations, embedder)
        bench = Bench(bases, ids, embedder, TextVectors(embedder), FusionHead())
        retrieval = _retrieval(bench, maker)
        gates = _gates(bench, maker)
        focus = [
            row
            for kind in ("clean", "vague")
            for row in measure_focus(
                kind, _turns(maker, kind, "focus "), _turns(maker, kind, "focus ", 2),
                bench.head, bench.embed,
            )
        ]  # fmt: skip
        cost = _cost(bench, maker)
    tables = {"retrieval": retrieval, "focus": focus, "mean gates": gates[0], "cost": cost}
    return {"headline": _headline(retrieval, focus, gates[1], cost), "tables": tables}


def _manuals(
    folder: Path, situations: Sequence[Situation], embedder: TextEmbedder
) -> tuple[dict[Language, KnowledgeBase], dict[tuple[Language, str], str]]:
    bases: dict[Language, KnowledgeBase] = {}
    ids: dict[tuple[Language, str], str] = {}
    for language in LANGUAGES:
        documents = [
            make_document(
                s.passage[language], "text", f"{s.product.name}.md",
                Locator(heading=f"{s.product.name} > {s.heading[language]}"), {},
            )
            for s in situations
        ]  # fmt: skip
        base = KnowledgeBase.open(folder, f"manuals-{language}", embedder)
        base.add(documents, embedder.embed([full_text(document) for document in documents]))
        bases[language] = base
        ids |= {(language, s.id): d.id for s, d in zip(situations, documents, strict=True)}
    return bases, ids


def _kinds() -> dict[str, Callable[[random.Random], States]]:
    """Return the kinds of turns, each with how its channels are."""

    def spoilt(chance: random.Random) -> States:
        """Spoil one or two of the three channels; at least one tells what is wrong."""
        bad = chance.sample(CHANNELS, chance.choice((1, 2)))
        return {name: "spoilt" if name in bad else "good" for name in CHANNELS}

    def but(*without: Channel) -> Callable[[random.Random], States]:
        states: dict[Channel, State] = {
            name: "absent" if name in without else "good" for name in CHANNELS
        }
        return lambda chance: states

    return {
        "clean": lambda chance: _GOOD, "corrupted": spoilt,
        "vague": lambda chance: {**_GOOD, "typed": "vague"},
        "no typed": but("typed"), "no transcript": but("transcript"), "no ocr": but("ocr"),
        "typed alone": but("transcript", "ocr"), "transcript alone": but("typed", "ocr"),
        "ocr alone": but("typed", "transcript"),
    }  # fmt: skip


def _turns(
    maker: TurnMaker, kind: str, purpose: str = "", screens: int = 1
) -> Iterator[SupportTurn]:
    """Yield a turn of every situation and language in which some channel tells what is wrong."""
    for situation in maker.situations:
        for language in LANGUAGES:
            key = f"measure {purpose}{kind} {situation.id} {language}"
            states = _kinds()[kind](random.Random(f"states {key}"))
            turn = maker.turn(situation, language, states, screens, key)
            if turn.solvable:
                yield turn


def _retrieval(bench: Bench, maker: TurnMaker) -> list[Row]:
    """Return recall@1 and the mean reciprocal rank of every way of asking, by kind of turn."""
    rows: list[Row] = []
    for kind in _kinds():
        print(f"Asking {kind} turns…", file=sys.stderr)
        ranks: dict[str, list[int]] = {}
        for turn in _turns(maker, kind):
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
    weighed = bench.head.weigh(turn.percepts, turn.language, bench.embed)
    ways["fused"] = _found(bench, turn.language, (weighed.query, weighed.query_vector))
    return {way: ids.index(right) + 1 if right in ids else 0 for way, ids in ways.items()}


def _text(percepts: Sequence[Percept], channel: Channel) -> str:
    return " ".join(p.text.replace("\n", " ") for p in percepts if p.modality == channel).strip()


def _found(bench: Bench, language: Language, asked: Asked) -> list[str]:
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


def _gates(bench: Bench, maker: TurnMaker) -> tuple[list[Row], float]:
    """Return the mean gate of each channel by kind of turn and state, and the AUROC."""
    rows: list[Row] = []
    scored: list[tuple[float, bool]] = []
    for kind in ("clean", "vague", "corrupted"):
        gates: dict[tuple[Channel, State], list[float]] = {}
        for turn in _turns(maker, kind, "gates "):
            weighed = bench.head.weigh(turn.percepts, turn.language, bench.embed)
            for name, gate in weighed.gates.items():
                gates.setdefault((name, turn.states[name]), []).append(gate)
                if turn.states[name] in ("good", "spoilt"):
                    scored.append((gate, turn.states[name] == "good"))
        rows += [
            {"turns": kind, "channel": name, "state": state, "count": len(found),
             "mean gate": round(float(np.mean(found)), 3)}
            for (name, state), found in sorted(gates.items())
        ]  # fmt: skip
    return rows, auroc(scored)


def _cost(bench: Bench, maker: TurnMaker) -> list[Row]:
    """Return the time of the network after the encoders, and its size."""
    import torch

    from assistant.fusion.network import batch

    network = load()
    rows: list[Row] = []
    for kind in ("clean", "typed alone"):
        turns = list(_turns(maker, kind, "cost "))[:60]
        took_s = []
        for turn in turns:
            segments = describe(turn.percepts, turn.language, bench.embed)
            begin = time.perf_counter()
            with torch.inference_mode():
                network(batch([segments], [turn.language == "en"]))
            took_s.append(time.perf_counter() - begin)
        rows.append({
            "turns": kind, "network ms": round(float(np.median(took_s)) * 1e3, 2),
            "parameters": sum(p.numel() for p in network.parameters()),
            "weights MB": round(WEIGHTS.stat().st_size / 1e6, 2),
        })  # fmt: skip
    return rows


def _headline(
    retrieval: Sequence[Row], focus: Sequence[Row], gates: float, cost: Sequence[Row]
) -> Row:
    def recall(kind: str, way: str) -> float:
        found = [row["recall@1"] for row in retrieval if (row["turns"], row["way"]) == (kind, way)]
        assert isinstance(found[0], float)
        return found[0]

    others = {str(row["way"]) for row in retrieval if row["turns"] == "corrupted"}
    others -= {"fused"}
    gain = recall("corrupted", "fused") - max(recall("corrupted", way) for way in others)
    alone = [recall(f"{name} alone", "fused") - recall(f"{name} alone", f"{name} alone")
             for name in CHANNELS]  # fmt: skip
    first = [row for row in focus if row["way"] == "fused"]
    lines = float(np.mean([row["line first"] for row in first]))  # pyright: ignore
    screens = float(np.mean([row["right one of two"] for row in first]))  # pyright: ignore
    slowest = max(float(str(row["network ms"])) for row in cost)
    return {
        "corrupted_recall_1_gain": _at_least(gain, 0.1),
        "worst_loss_where_one_channel_is_alone": _at_least(min(alone), -0.01),
        "line_first": _at_least(lines, 0.9),
        "right_one_of_two_screens": _at_least(screens, 0.95),
        "gates_auroc": _at_least(gates, 0.9),
        "network_ms": {"value": slowest, "target": "< 15", "holds": slowest < 15},
    }


def _at_least(value: float, target: float) -> Row:
    return {"value": round(value, 3), "target": f"≥ {target}", "holds": round(value, 3) >= target}
