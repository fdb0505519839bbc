"""Train the fusion network on support turns: `samesense train fusion`.

Everything random comes from the seed. The learning rate, the number of epochs and the sizes were
chosen on the development domains; the test domains are read by `evaluate_fusion` alone.
"""

import json
import random
import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from assistant.checkpoints import resume, save
from assistant.data_sets import LANGUAGES, Language, Split
from assistant.fusion.head import WEIGHTS
from assistant.fusion.material import prepare
from assistant.fusion.network import CHANNELS, KINDS, SOURCES, Batch, FusionNetwork, batch
from assistant.fusion.segments import Embed, Segments, describe
from assistant.fusion.shipped import compared, figures_of
from assistant.fusion.situations import passage_text, read_domains
from assistant.fusion.turns import SupportTurn, TurnMaker, random_states
from assistant.models.lazy import Models
from assistant.settings import Settings
from knowledge.protocols import TextEmbedder

TURNS = 24  # of a situation in a language
EPOCHS = 14
BATCH = 64
RATE = 2e-3
TEMPERATURE = 0.05
ABROAD = 0.2  # share of turns that are asked of a manual in the other language
TRIALS = 4  # of the same, on the development domains
CROWDED = 0.3  # share of screens that stand among the lines of a whole desktop
DROPOUT = 0.1  # share of segments left out, so that none is relied on alone
TOLERANCE = 0.02  # of the figures: seeds and machines differ by as much
_SOURCES = (  # what the weights depend on
    "network", "segments", "relevance", "situations", "screens", "sounds", "material", "turns",
    "train_fusion",
)  # fmt: skip
_POOL = 8  # batches whose turns are sorted by length together


@dataclass(frozen=True)
class Known:
    """A turn as the network sees it, and what it should make of it."""

    segments: Segments
    english: bool
    target: int  # the passage that answers, by number
    relevant: np.ndarray  # (n,) bool
    good: np.ndarray  # (channels,) 1 tells what is wrong, 0 does not, -1 is absent


class Remembering:
    """A text embedder that embeds each question once; turns share most of their texts."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self.name, self.dimension, self.embed = embedder.name, embedder.dimension, embedder.embed
        self._embedder = embedder
        self._known: dict[tuple[str, str], np.ndarray] = {}

    def embed_queries(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        """Return unit vectors of questions, as the embedder gives them."""
        keys = list(zip(texts, languages, strict=True))
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        if new:
            vectors = self._embedder.embed_queries([t for t, _ in new], [code for _, code in new])
            self._known |= dict(zip(new, vectors, strict=True))
        return np.stack([self._known[key] for key in keys])


@dataclass(frozen=True)
class Lesson:
    """The turns of one part with its passages, those of one language after the other's."""

    turns: list[Known]
    passages: np.ndarray  # (languages × situations, QUERY)


def lesson(settings: Settings, split: Split, models: Models, turns: int, seed: int) -> Lesson:
    """Return `turns` turns of each situation and language of a part."""
    domains = read_domains(split)
    crowded = CROWDED if split == "train" else 0.0
    maker = TurnMaker(domains, prepare(settings, split), crowded)
    embedder = Remembering(models.text_embedder())
    texts = [passage_text(s, language) for language in LANGUAGES for s in maker.situations]
    known: list[Known] = []
    for number in range(turns):
        for place, situation in enumerate(maker.situations):
            for language in LANGUAGES:
                key = f"{seed} {number} {situation.id} {language}"
                chance = random.Random(key)
                screens = chance.choice((1, 2))
                states = random_states(random.Random(f"states {key}"))
                turn = maker.turn(situation, language, states, screens, key)
                abroad = chance.random() < ABROAD
                if turn.solvable:
                    known.append(
                        as_known(turn, place, abroad, len(maker.situations), embedder.embed_queries)
                    )
    return Lesson(known, embedder.embed(texts))


def as_known(turn: SupportTurn, place: int, abroad: bool, situations: int, embed: Embed) -> Known:
    """Return a turn as the network takes it; `place` is its situation's among `situations`."""
    segments = describe(turn.percepts, turn.language, embed)
    relevant = np.zeros(len(segments.channels), dtype=bool)
    rows = [flag for flags in turn.relevant for flag in flags][: len(segments.vectors["text"])]
    relevant[: len(rows)] = rows
    manual: Language = turn.language if not abroad else ("zh" if turn.language == "en" else "en")
    good = [{None: -1, "good": 1}.get(turn.states.get(name), 0) for name in CHANNELS]
    return Known(
        segments,
        turn.language == "en",
        LANGUAGES.index(manual) * situations + place,
        relevant,
        np.array(good),
    )


class Course:
    """A network in training; everything random comes from the seed and the epoch's number."""

    def __init__(
        self, network: FusionNetwork, lesson: Lesson, seed: int, rate: float = RATE
    ) -> None:
        self.network, self._lesson, self._seed = network, lesson, seed
        self._passages = torch.from_numpy(lesson.passages)
        self._optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.05)
        steps = EPOCHS * (len(lesson.turns) // BATCH + 1)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(self._optimizer, rate, steps)
        self.parts = {
            "network": network, "optimizer": self._optimizer, "schedule": self._schedule
        }  # fmt: skip

    def epoch(self, number: int) -> float:
        """Go through all turns once and return the mean loss."""
        self.network.train()
        chance = random.Random(f"{self._seed} {number}")
        torch.manual_seed(chance.randrange(2**31))
        losses = []
        for known in _batches(self._lesson.turns, chance):
            loss = _loss(self.network, known, self._passages)
            self._optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self._optimizer.step()
            self._schedule.step()
            losses.append(loss.item())
        return float(np.mean(losses))


def train(settings: Settings, path: Path = WEIGHTS, seed: int = 0) -> dict[str, object]:
    """Train, write the weights and return the figures on the development domains.

    Beside them stand those that the weights came with that were shipped before.

    A killed run goes on from its last epoch. Raises ConfigurationError without the encoders'
    weights.
    """
    models = Models(settings)
    learning = lesson(settings, "train", models, TURNS, seed)
    trial = lesson(settings, "dev", models, TRIALS, seed)
    torch.manual_seed(seed)
    torch.set_num_threads(settings.threads)
    course = Course(FusionNetwork(), learning, seed)
    kept = settings.cache_dir / "fusion" / f"training-{seed}-{digest():08x}.pt"
    for number in range(resume(kept, course.parts), EPOCHS):
        begin_s = time.monotonic()
        loss = course.epoch(number)
        row = {"epoch": number + 1, "loss": round(loss, 4), **figures(course.network, trial),
               "seconds": round(time.monotonic() - begin_s)}  # fmt: skip
        print(json.dumps(row), file=sys.stderr)
        with kept.with_suffix(".jsonl").open("a") as log:
            log.write(json.dumps(row) + "\n")
        save(kept, course.parts, number + 1)
    found = figures(course.network, trial)
    shipped = figures_of(WEIGHTS)
    write(course.network, path, models.text_embedder().name, found)
    kept.unlink()
    return compared(found, shipped, TOLERANCE)


def digest(*more: Path) -> int:
    """Return a number that changes with what is trained, and on what: no other course goes on.

    `more` are further files that it depends on.
    """
    folder = Path(__file__).parent
    data = sorted((folder / "data" / "situations" / "train").glob("*.json"))
    sources = [*(folder / f"{name}.py" for name in _SOURCES), *data]
    return zlib.crc32(b"".join(source.read_bytes() for source in (*sources, *more)))


def _batches(turns: Sequence[Known], chance: random.Random) -> Iterator[list[Known]]:
    """Yield all turns in batches of like length, in an order of their own."""
    order = chance.sample(range(len(turns)), len(turns))
    for start in range(0, len(order), _POOL * BATCH):
        pool = sorted(
            order[start : start + _POOL * BATCH], key=lambda i: len(turns[i].segments.channels)
        )
        groups = [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
        for group in chance.sample(groups, len(groups)):
            yield [turns[i] for i in group]


def as_batch(known: Sequence[Known]) -> Batch:
    """Return turns as the network takes them."""
    return batch([turn.segments for turn in known], [turn.english for turn in known])


def _loss(network: FusionNetwork, known: Sequence[Known], passages: Tensor) -> Tensor:
    """Add what is asked: find the passage (InfoNCE), the lines that matter, the good channels.

    Passages of the language of the manual that is asked compete with each other.
    """
    turns = as_batch(known)
    dropped = torch.rand(turns.channels.shape) < DROPOUT
    dropped[:, 0] = False
    turns.channels[dropped] = -1
    turns.sources.copy_(torch.randperm(SOURCES)[turns.sources])  # a number means nothing
    fused = network(turns)
    logits = fused.query @ passages.T / TEMPERATURE
    half = len(passages) // 2
    targets = torch.tensor([turn.target for turn in known])
    same = (torch.arange(len(passages))[None] // half) == (targets // half)[:, None]
    found = F.cross_entropy(logits.masked_fill(~same, -1e4), targets)
    there = turns.channels >= 0
    truth = torch.zeros_like(fused.relevance)
    for row, turn in enumerate(known):
        truth[row, : len(turn.relevant)] = torch.from_numpy(turn.relevant).float()
    truth[~there] = 0
    texts = there & (turns.encoders == KINDS.index("text"))
    pointed = F.binary_cross_entropy_with_logits(fused.relevance[texts], truth[texts])
    lines = turns.channels == CHANNELS.index("ocr")
    first = _first(fused.relevance.masked_fill(~lines, -1e4), truth.bool() & lines)
    good = torch.from_numpy(np.stack([turn.good for turn in known]))
    judged = (good >= 0) & torch.isfinite(fused.gates)
    weighed = F.binary_cross_entropy_with_logits(fused.gates[judged], good[judged].float())
    return found + 2 * pointed + first + 0.5 * weighed


def _first(relevance: Tensor, meant: Tensor) -> Tensor:
    """Return how unsure it is which line of all screens comes first, as pointer networks do."""
    shown = meant.any(dim=1)
    right = relevance.masked_fill(~meant, -1e4).logsumexp(dim=1)
    return (relevance.logsumexp(dim=1) - right)[shown].sum() / shown.sum().clamp_min(1)


@torch.inference_mode()
def figures(network: FusionNetwork, trial: Lesson) -> dict[str, float]:
    """Return recall@1, how often the first line is right, and the gates' AUROC."""
    network.eval()
    right: list[bool] = []
    lines: list[bool] = []
    gates: list[tuple[float, bool]] = []
    passages = torch.from_numpy(trial.passages)
    half = len(passages) // 2
    for start in range(0, len(trial.turns), BATCH):
        known = trial.turns[start : start + BATCH]
        fused = network(as_batch(known))
        for row, turn in enumerate(known):
            manual = turn.target // half * half
            best = int((passages[manual : manual + half] @ fused.query[row]).argmax())
            right.append(best + manual == turn.target)
            ocr = np.array([name == "ocr" for name in turn.segments.channels])
            if (turn.relevant & ocr).any():
                weights = fused.relevance[row, : len(ocr)].numpy() + np.where(ocr, 0, -1e6)
                lines.append(bool(turn.relevant[weights.argmax()]))
            judged = (turn.good >= 0) & torch.isfinite(fused.gates[row]).numpy()
            judged[CHANNELS.index("image")] = False  # it never tells what is wrong
            gates += [(float(fused.gates[row, place]), turn.good[place] == 1)
                      for place in np.flatnonzero(judged)]  # fmt: skip
    return {"recall@1": _share(right), "line@1": _share(lines), "gates AUROC": auroc(gates)}


def auroc(scored: Sequence[tuple[float, bool]]) -> float:
    """Return how often a good one scores above one that is not."""
    good = np.array([score for score, yes in scored if yes])
    bad = np.sort([score for score, yes in scored if not yes])
    below = np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")
    return round(float(below.mean() / 2 / len(bad)), 3)


def _share(values: Sequence[bool]) -> float:
    return round(float(np.mean(values)), 3)


def write(
    network: FusionNetwork, path: Path, embedder: str, found: Mapping[str, float] | None = None
) -> None:
    """Write the weights in half precision, with their encoder's name and what they reached."""
    from safetensors.torch import save_file

    path.parent.mkdir(exist_ok=True)
    half = {name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}
    metadata = {"embedder": embedder, "shape": json.dumps(network.shape),
                "figures": json.dumps(dict(found or {}))}  # fmt: skip
    save_file(half, path, metadata=metadata)
