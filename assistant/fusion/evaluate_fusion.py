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

from assistant.fusion.head import WEIGHTS, FusionHead, Weighed, load
from assistant.fusion.material import prepare
from assistant.fusion.model import Fuser
from assistant.fusion.relevance import line_relevance
from assistant.fusion.segments import SPOKEN, describe
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
_LONGEST = 600  # characters of a query, as in a turn
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
        focus, gates = _focus(bench, maker), _gates(bench, maker)
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
    maker: TurnMaker, states: Callable[[random.Random], States], kind: str, screens: int = 1
) -> Iterator[SupportTurn]:
    for situation in maker.situations:
        for language in LANGUAGES:
            key = f"measure {kind} {situation.id} {language}"
            turn = maker.turn(
                situation, language, states(random.Random(f"states {key}")), screens, key
            )
            if turn.solvable:
                yield turn


def _retrieval(bench: Bench, maker: TurnMaker) -> list[Row]:
    """Return recall@1 and the mean reciprocal rank of every way of asking, by kind of turn."""
    rows: list[Row] = []
    for kind, states in _kinds().items():
        print(f"Asking {kind} turns…", file=sys.stderr)
        ranks: dict[str, list[int]] = {}
        for turn in _turns(maker, states, kind):
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
        bench.bases[language], bench.embedder, text[:_LONGEST], language,
        query_vector=vector, k=_DEPTH,
    )  # fmt: skip
    return [e.document.id for e in evidence]


def _merged(lists: Sequence[Sequence[str]]) -> list[str]:
    scores: dict[str, float] = {}
    for ids in lists:
        for rank, identity in enumerate(ids):
            scores[identity] = scores.get(identity, 0.0) + 1 / (_RANK_OFFSET + 1 + rank)
    return sorted(scores, key=lambda identity: -scores[identity])


def _focus(bench: Bench, maker: TurnMaker) -> list[Row]:
    """Return how often the line that matters comes first, and the right one of two screens."""
    ways: dict[str, Callable[[SupportTurn, Weighed], list[list[float]]]] = {
        "fused": lambda turn, weighed: _on_screens(turn, weighed.relevance),
        "similarity": lambda turn, weighed: _similar(bench, turn),
        "BM25": lambda turn, weighed: _lexical(turn),
        "hand-written rule": lambda turn, weighed: _ruled(bench, turn),
    }
    rows: list[Row] = []
    for kind in ("clean", "vague"):
        lines: dict[str, list[float]] = {way: [] for way in ways}
        screens: dict[str, list[float]] = {way: [] for way in ways}
        for count in (1, 2):
            for turn in _turns(maker, _kinds()[kind], f"focus {kind}", count):
                truth = _on_screens(turn, turn.relevant)
                if not any(any(flags) for flags in truth):
                    continue
                weighed = bench.head.weigh(turn.percepts, turn.language, bench.embed)
                for way, weigh in ways.items():
                    weights = weigh(turn, weighed)
                    if count == 1:
                        lines[way].append(_right(weights[0], truth[0]))
                    else:
                        best = [max(row, default=-1.0) for row in weights]
                        screens[way].append(_right(best, [float(any(flags)) for flags in truth]))
        rows += [
            {"turns": kind, "way": way, "screens": len(lines[way]),
             "line first": round(float(np.mean(lines[way])), 3),
             "right one of two": round(float(np.mean(screens[way])), 3)}
            for way in ways
        ]  # fmt: skip
    return rows


def _right(weights: Sequence[float], truth: Sequence[float]) -> float:
    """Return whether the first is right; of several that tie, how many are."""
    best = np.array(weights) == max(weights)
    return float(np.array(truth)[best].mean())


def _on_screens(turn: SupportTurn, rows: Sequence[Sequence[float]]) -> list[list[float]]:
    pairs = zip(turn.percepts, rows, strict=True)
    return [list(row) for percept, row in pairs if percept.modality == "ocr"]


def _words(turn: SupportTurn) -> str:
    return " ".join(p.text for p in turn.percepts if p.modality in SPOKEN)


def _similar(bench: Bench, turn: SupportTurn) -> list[list[float]]:
    asked = bench.embed([_words(turn)], [turn.language])[0]
    rows = []
    for percept in turn.percepts:
        if percept.modality == "ocr":
            texts = [segment.text for segment in percept.segments]
            rows.append((bench.embed(texts, [turn.language] * len(texts)) @ asked).tolist())
    return rows


def _lexical(turn: SupportTurn) -> list[list[float]]:
    """Score the lines of all screens against the words by BM25 (k1 1.2, b 0.75)."""
    from knowledge.terms import terms

    lines = [[terms(segment.text) for segment in percept.segments]
             for percept in turn.percepts if percept.modality == "ocr"]  # fmt: skip
    every = [line for screen in lines for line in screen]
    mean = np.mean([len(line) for line in every]) + 1e-9
    asked = set(terms(_words(turn)))
    held = {t: sum(t in line for line in every) for t in asked}
    rarity = {t: np.log(1 + (len(every) - n + 0.5) / (n + 0.5)) for t, n in held.items()}

    def score(line: Sequence[str]) -> float:
        length = 1.2 * (0.25 + 0.75 * len(line) / mean)
        counts = {t: line.count(t) for t in asked & set(line)}
        return float(sum(rarity[t] * 2.2 * n / (n + length) for t, n in counts.items()))

    return [[score(line) for line in screen] for screen in lines]


def _ruled(bench: Bench, turn: SupportTurn) -> list[list[float]]:
    rows = []
    for percept, cosines in zip(
        (p for p in turn.percepts if p.modality == "ocr"), _similar(bench, turn), strict=True
    ):
        texts = [segment.text for segment in percept.segments]
        sure = [segment.confidence for segment in percept.segments]
        rows.append(list(line_relevance(texts, sure, np.array(cosines), _words(turn))))
    return rows


def _gates(bench: Bench, maker: TurnMaker) -> tuple[list[Row], float]:
    """Return the mean gate of each channel by kind of turn and state, and the AUROC."""
    rows: list[Row] = []
    scored: list[tuple[float, bool]] = []
    for kind in ("clean", "vague", "corrupted"):
        gates: dict[tuple[Channel, State], list[float]] = {}
        for turn in _turns(maker, _kinds()[kind], f"gates {kind}"):
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

    network, _ = load()
    rows: list[Row] = []
    for kind in ("clean", "typed alone"):
        turns = list(_turns(maker, _kinds()[kind], "cost"))[:60]
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
