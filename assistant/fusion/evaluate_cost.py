"""Measure what fusing costs: the network, the branches that a turn does not need, 8-bit weights.

Every figure is of this machine, warm; times are medians.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from assistant.fusion.head import WEIGHTS
from assistant.fusion.int8_network import in_int8, kept_bytes
from assistant.fusion.network import Batch, FusionNetwork, batch
from assistant.fusion.segments import Embed, describe
from assistant.fusion.train_fusion import Known, Lesson, as_batch, figures
from assistant.fusion.turns import SupportTurn
from assistant.intake import read_turn
from assistant.models.lazy import Models
from assistant.settings import Settings
from assistant.stages.perceive import perceive
from assistant.types import Turn

_SAMPLES = Path(__file__).parents[1] / "samples"
_REPEATS = 5  # of one measurement
_TIMED = 60  # turns that are timed
Row = dict[str, object]


def network_cost(
    network: FusionNetwork, turns: Mapping[str, Sequence[SupportTurn]], embed: Embed
) -> list[Row]:
    """Return the time and the work of the network after the encoders, by kind of turn.

    The time is of one turn; MFLOP counts the multiplications and additions of its products of
    matrices, as torch does.
    """
    rows: list[Row] = []
    for kind, some in turns.items():
        batches = [_batch(turn, embed) for turn in some]
        rows.append({
            "turns": kind,
            "segments": float(np.median([turn.channels.shape[1] for turn in batches])),
            "network ms": _rounded(_network_ms(network, batches)),
            "network MFLOP": _rounded(_megaflop(network, batches)),
            "parameters": sum(p.numel() for p in network.parameters()),
            "weights MB": round(WEIGHTS.stat().st_size / 1e6, 2),
        })  # fmt: skip
    return rows


def branch_cost(
    settings: Settings, models: Models, network: FusionNetwork,
    full: Sequence[SupportTurn], typed: Sequence[SupportTurn],
) -> list[Row]:  # fmt: skip
    """Return what each part costs a turn of all channels, and one of typed words alone.

    What is perceived is the sample turn's, once with its voice and screenshot and once without;
    text vectors and network are those of `full` and `typed`, turns of all channels and of one. In
    the program words alone do without the network altogether; here it counts.
    """
    words = (_SAMPLES / "typed.txt").read_text().strip()
    paths = [_SAMPLES / "question.wav", _SAMPLES / "screenshot.png"]
    sample = read_turn(words, paths, settings=settings)
    parts: dict[str, tuple[float, float]] = {}
    perceived = [
        _median_ms([lambda turn=turn: _perceive(turn, models, settings)] * _REPEATS)
        for turn in (sample, replace(sample, attachments=()))
    ]
    parts["recogniser, reader and tagger"] = perceived[0], perceived[1]
    embed = models.text_embedder().embed_queries
    both = [list(some)[:_TIMED] for some in (full, typed)]
    vectors = [_median_ms([lambda t=t: describe(t.percepts, t.language, embed) for t in some])
               for some in both]  # fmt: skip
    batches = [[_batch(turn, embed) for turn in some] for some in both]
    networks = [_network_ms(network, some) for some in batches]
    parts |= {"text vectors": (vectors[0], vectors[1]), "network": (networks[0], networks[1])}
    whole = [sum(took) for took in zip(*parts.values(), strict=True)]
    flops = [_megaflop(network, some) for some in batches]
    return [
        *(_saving(name, "ms", *took) for name, took in parts.items()),
        _saving("the whole", "ms", *whole),
        _saving("the network alone", "MFLOP", *flops),
    ]


def int8_cost(network: FusionNetwork, trial: Lesson) -> list[Row]:
    """Return size, speed and figures of the network with weights of 32, 16 and 8 bits.

    16 bits are what is shipped; it computes in 32 bits, so that only its size is another. In 8 bits
    are all linear layers, what they take included; the rest is kept in 16.
    """
    whole, small = kept_bytes(network, torch.float32), in_int8(network)
    measured = _speed(network, trial.turns) | figures(network, trial)
    quantized = _speed(small, trial.turns) | figures(small, trial)
    sizes = {"32 bits": (whole, measured), "16 bits, as shipped": (kept_bytes(network), measured),
             "8 bits": (kept_bytes(small), quantized)}  # fmt: skip
    return [
        {"weights": name, "MB": round(size / 1e6, 3), "of 32 bits": round(size / whole, 3), **found}
        for name, (size, found) in sizes.items()
    ]


def _batch(turn: SupportTurn, embed: Embed) -> Batch:
    segments = describe(turn.percepts, turn.language, embed)
    return batch([segments], [turn.language == "en"])


def _perceive(turn: Turn, models: Models, settings: Settings) -> None:
    for _ in perceive(
        turn, speech_to_text=models.speech_to_text, screen_reader=models.screen_reader,
        image_tagger=models.image_tagger, limits=settings.limits, stop=Event(),
    ):  # fmt: skip
        pass


def _speed(network: FusionNetwork, turns: Sequence[Known]) -> dict[str, float]:
    """Return the milliseconds of one turn, and of many at once."""
    alone = [as_batch([turn]) for turn in turns[:_TIMED]]
    together = [as_batch(turns[:_TIMED])] * _REPEATS
    return {"network ms": _rounded(_network_ms(network, alone)),
            f"{_TIMED} turns at once ms": _rounded(_network_ms(network, together))}  # fmt: skip


def _network_ms(network: FusionNetwork, batches: Sequence[Batch]) -> float:
    with torch.inference_mode():
        return _median_ms([lambda some=some: network(some) for some in batches])


def _megaflop(network: FusionNetwork, batches: Sequence[Batch]) -> float:
    """Return the mean of the turns; with gradients, since the fused kernels are not counted."""
    counted = []
    for some in batches:
        with FlopCounterMode(display=False) as counter:
            network(some)
        counted.append(counter.get_total_flops() / 1e6)
    return float(np.mean(counted))


def _median_ms(runs: Sequence[Callable[[], object]]) -> float:
    """Return the median time of some runs, after the first one has been done for warmth."""
    runs[0]()
    took_s = []
    for run in runs:
        begin = time.perf_counter()
        run()
        took_s.append(time.perf_counter() - begin)
    return float(np.median(took_s)) * 1e3


def _saving(part: str, unit: str, full: float, typed: float) -> Row:
    return {"part": part, "unit": unit, "all channels": _rounded(full),
            "typed alone": _rounded(typed), "saved": round(1 - typed / full, 3)}  # fmt: skip


def _rounded(value: float) -> float:
    return round(value, 2)
