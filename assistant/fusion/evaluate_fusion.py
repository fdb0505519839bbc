"""Measure the fused model on the test domains, which nothing was chosen on.

The figures of `samesense bench fusion`; all are of the shipped weights.
"""

import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from assistant.data_sets import Split
from assistant.fusion import evaluate_alignment
from assistant.fusion.ablate import ablations
from assistant.fusion.evaluate_cost import branch_cost, int8_cost, network_cost
from assistant.fusion.evaluate_focus import measure_focus
from assistant.fusion.evaluate_prompt import chat_reader, prompt_cost, sample_asked, support_asked
from assistant.fusion.evaluate_retrieval import Bench, fused_rank, make_bench, measure_retrieval
from assistant.fusion.evaluate_spoken_routes import routes
from assistant.fusion.head import FusionHead, load
from assistant.fusion.kinds import turns_of
from assistant.fusion.material import prepare
from assistant.fusion.model import Fuser
from assistant.fusion.network import FusionNetwork
from assistant.fusion.situations import read_domains
from assistant.fusion.train_fusion import Remembering, auroc, lesson
from assistant.fusion.turns import CHANNELS, State, TurnMaker
from assistant.models.lazy import Models
from assistant.settings import Settings
from assistant.types import Channel

LASTS = "about 20 minutes, the first time an hour more: what it compares with is trained then"
_PROMPTS = 12  # support turns whose prompts the chat model reads
_TRIALS = 2  # turns of a situation and language, for 8 bits
Row = dict[str, object]


def run(settings: Settings, split: Split = "test") -> dict:
    """Return the headline figures and the tables behind them.

    Raises ConfigurationError without the weights, or without the packages of the pictures.
    """
    _say("Comparing pictures and texts…")
    aligned, alignment = evaluate_alignment.measure(settings, split)
    models = Models(settings)
    maker = TurnMaker(read_domains(split), prepare(settings, split))
    with tempfile.TemporaryDirectory() as folder:
        bench = make_bench(Path(folder), maker, Remembering(models.text_embedder()))
        retrieval = measure_retrieval(bench)
        focus = _focus(bench)
        gates, gates_auroc = _gates(bench)
        _say("Training what the network is compared with, where it is not yet there…")
        ablation = ablations(settings, lambda network: _measured(bench, network))
    _say("Planning typed and spoken messages…")
    routed = routes(settings)
    _say("Taking times…")
    costs = _costs(settings, models, bench, split)
    return {
        "headline": _headline(retrieval, focus, gates_auroc) | _routes_headline(routed)
        | aligned | _cost_headline(costs),
        "tables": {"retrieval": retrieval, "focus": focus, "mean gates": gates,
                   "without a part": ablation, **alignment, "routes": routed, **costs},
    }  # fmt: skip


def _say(what: str) -> None:
    print(what, file=sys.stderr)


def _focus(bench: Bench) -> list[Row]:
    return [
        row
        for kind in ("clean", "vague")
        for row in measure_focus(
            kind, turns_of(bench.maker, kind, "focus "), turns_of(bench.maker, kind, "focus ", 2),
            head=bench.head, embed=bench.embed, find=bench.find,
        )
    ]  # fmt: skip


def _gates(bench: Bench) -> tuple[list[Row], float]:
    """Return the mean gate of each channel by kind of turn and state, and the AUROC."""
    rows: list[Row] = []
    scored: list[tuple[float, bool]] = []
    for kind in ("clean", "vague", "corrupted"):
        gates: dict[tuple[Channel, State], list[float]] = {}
        for turn in turns_of(bench.maker, kind, "gates "):
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


def _measured(bench: Bench, network: FusionNetwork) -> Row:
    """Return the main figures of a network in the place of the shipped one."""
    own = replace(bench, head=FusionHead(network=network))
    found: Row = {}
    for kind in ("clean", "corrupted"):
        ranks = [fused_rank(own, turn) for turn in turns_of(own.maker, kind)]
        found[f"recall@1, {kind}"] = round(float(np.mean([rank == 1 for rank in ranks])), 3)
    focus = [row for row in _focus(own) if row["way"] == "fused"]
    for measure in ("line first", "right one of two"):
        found[measure] = _mean(focus, measure)
    return found | {"gates AUROC": _gates(own)[1]}


def _costs(
    settings: Settings, models: Models, bench: Bench, split: Split
) -> dict[str, Sequence[Row]]:
    network, fuser = load(), Fuser(lambda: bench.embedder, bench.head)
    full, typed = (list(turns_of(bench.maker, kind)) for kind in ("clean", "typed alone"))
    some = random.Random("prompts").sample(full, _PROMPTS)
    asked = {"support": support_asked(some, fuser),
             "the sample's dense screen": [sample_asked(settings)]}  # fmt: skip
    return {
        "the network": network_cost(network, {"clean": full, "typed alone": typed}, bench.embed),
        "what absent channels save": branch_cost(settings, models, network, full, typed),
        "8 bits": int8_cost(network, lesson(settings, split, models, _TRIALS, 0)),
        "prompt": prompt_cost(asked, chat_reader(settings)),
    }


def _headline(retrieval: Sequence[Row], focus: Sequence[Row], gates: float) -> Row:
    def recall(kind: str, way: str) -> float:
        found = [row["recall@1"] for row in retrieval if (row["turns"], row["way"]) == (kind, way)]
        return float(str(found[0]))

    others = {str(row["way"]) for row in retrieval if row["turns"] == "corrupted"}
    others -= {"fused"}
    gain = recall("corrupted", "fused") - max(recall("corrupted", way) for way in others)
    alone = [recall(f"{name} alone", "fused") - recall(f"{name} alone", f"{name} alone")
             for name in CHANNELS]  # fmt: skip
    first = [row for row in focus if row["way"] == "fused"]
    return {
        "corrupted_recall_1_gain": _at_least(gain, 0.1),
        "worst_loss_where_one_channel_is_alone": _at_least(min(alone), -0.01),
        "line_first": _at_least(_mean(first, "line first"), 0.9),
        "right_one_of_two_screens": _at_least(_mean(first, "right one of two"), 0.95),
        "gates_auroc": _at_least(gates, 0.9),
    }


def _routes_headline(routed: Sequence[Row]) -> Row:
    return {
        f"{name}_{row['language']}": _at_least(float(str(row[measure])), target)
        for row in routed if row["messages"] == "typed, all"
        for name, measure, target in (
            ("exact_steps", "exact set of steps", 0.95), ("order", "priorities", 0.9)
        )
    }  # fmt: skip


def _cost_headline(costs: dict[str, Sequence[Row]]) -> Row:
    slowest = max(float(str(row["network ms"])) for row in costs["the network"])
    saved = {str(row["part"]): float(str(row["saved"])) for row in
             costs["what absent channels save"]}  # fmt: skip
    size = float(str(costs["8 bits"][-1]["of 32 bits"]))
    prompt = float(str(costs["prompt"][0]["tokens saved"]))
    return {
        "network_ms": {"value": slowest, "target": "< 15", "holds": slowest < 15},
        "saved_by_typed_words_alone": _at_least(saved["the whole"], 0.3),
        "size_in_8_bits": {"value": size, "target": "≈ 0.25", "holds": size <= 0.26},
        "prompt_tokens_saved": {"value": prompt, "target": None, "holds": None},
    }


def _mean(rows: Sequence[Row], measure: str) -> float:
    return round(float(np.mean([float(str(row[measure])) for row in rows])), 3)


def _at_least(value: float, target: float) -> Row:
    return {"value": round(value, 3), "target": f"≥ {target}", "holds": value >= target - 1e-9}
