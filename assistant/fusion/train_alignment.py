"""Train the alignment of pictures and texts: `samesense train alignment`.

Everything random comes from the seed. Sizes, losses and the number of epochs were chosen on the
development objects; the test objects are seen by `evaluate_alignment` alone.
"""

import json
import random
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from assistant.checkpoints import resume, save
from assistant.data_sets import LANGUAGES, Language
from assistant.fusion.alignment import WEIGHTS, AlignmentNetwork, write
from assistant.fusion.alignment_data import Gallery, Wording, gallery, join, squeezed, take, wording
from assistant.fusion.evaluate_alignment import development
from assistant.fusion.shipped import compared, figures_of
from assistant.models.efficientnet_tagger import WEIGHTS as TAGGER
from assistant.models.efficientnet_tagger import EfficientNetTagger
from assistant.models.lazy import Models
from assistant.pictures.assets import Asset, collect
from assistant.pictures.colours import NAMES
from assistant.pictures.names import without_colour
from assistant.pictures.packages import pictures_folder
from assistant.pictures.scenes import Scene, with_asset, with_colour
from assistant.settings import Settings

EPOCHS = 20
BATCH = 256
RATE = 1e-3
ALONE = 0.15  # share of pictures whose learnt vector is left out, so that ConSE works alone
DECAY = 1.0
TOLERANCE = 0.03  # of the figures: seeds and machines differ by as much


class Course:
    """A network in training; everything random comes from the seed and the epoch's number."""

    def __init__(
        self, network: AlignmentNetwork, lesson: Gallery, words: Wording, seed: int, *,
        epochs: int = EPOCHS, rate: float = RATE,
    ) -> None:  # fmt: skip
        self.network, self._lesson, self._words, self._seed = network, lesson, words, seed
        self._others: dict[Language, list[Asset]] = {
            language: [t.asset for s in lesson.scenes for t in s.things
                       if language in without_colour(t.asset.names)]
            for language in LANGUAGES
        }  # fmt: skip
        self._optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=DECAY)
        steps = epochs * (len(lesson.scenes) // BATCH + 1)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(self._optimizer, rate, steps)
        self.parts = {
            "network": network, "optimizer": self._optimizer, "schedule": self._schedule
        }  # fmt: skip

    def epoch(self, number: int) -> float:
        """Go through all pictures once and return the mean loss."""
        self.network.train()
        chance = random.Random(f"{self._seed} {number}")
        torch.manual_seed(chance.randrange(2**31))
        order = chance.sample(range(len(self._lesson.scenes)), len(self._lesson.scenes))
        losses = []
        for start in range(0, len(order), BATCH):
            loss = self._loss(order[start : start + BATCH], chance)
            self._optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self._optimizer.step()
            self._schedule.step()
            losses.append(loss.item())
        return float(np.mean(losses))

    def _loss(self, rows: Sequence[int], chance: random.Random) -> Tensor:
        """Return the symmetric InfoNCE of pictures and captions.

        Captions with something wrong compete with the right ones; pictures of the same thing do not
        compete with each other.
        """
        scenes = [self._lesson.scenes[row] for row in rows]
        languages: list[Language] = [chance.choice(scene.languages) for scene in scenes]
        texts = [caption(s, c, chance) for s, c in zip(scenes, languages, strict=True)]
        told: list[tuple[str, Language]] = [*zip(texts, languages, strict=True)]
        for scene, language in zip(scenes, languages, strict=True):
            told.extend((text, language) for text in self._wrong(scene, language, chance))
        sights = take(self._lesson.sights, rows)
        alone = torch.rand(len(rows)) < ALONE
        pictures = self.network.pictures(sights, alone)
        captions = self.network.texts(self._words.captions(told))
        scale = self.network.scale.clamp(max=4.6).exp()
        logits = scale * pictures @ captions.T
        same = _same(scenes)
        right = logits[:, : len(rows)].masked_fill(same, -1e4)
        targets = torch.arange(len(rows))
        seen = F.cross_entropy(torch.cat([right, logits[:, len(rows) :]], dim=1), targets)
        return (seen + F.cross_entropy(right.T, targets)) / 2

    def _wrong(self, scene: Scene, language: Language, chance: random.Random) -> list[str]:
        """Return a painted scene's caption with a colour wrong, and with a thing wrong."""
        if not scene.things[0].colour:
            return []
        heads = {thing.asset.head for thing in scene.things}
        other = chance.choice(self._others[language])
        while other.head in heads:
            other = chance.choice(self._others[language])
        place, at = (chance.randrange(len(scene.things)) for _ in range(2))
        colour = chance.choice([name for name in NAMES if name != scene.things[place].colour])
        scenes = with_colour(scene, place, colour), with_asset(scene, at, other)
        return [wrong.caption(language) for wrong in scenes]


def caption(scene: Scene, language: Language, chance: random.Random) -> str:
    """Return what a picture may be called; plain ones by their keywords, too."""
    asset = scene.things[0].asset
    keywords = asset.keywords.get(language, ())
    if scene.things[0].colour or not keywords or chance.random() < 0.6:
        return scene.caption(language)
    return ", ".join(chance.sample(keywords, min(len(keywords), chance.randint(1, 4))))


def _same(scenes: Sequence[Scene]) -> Tensor:
    """Tell which captions hold of another row's picture, too: the same things, (n, n) bool."""
    heads = [tuple(sorted(thing.asset.head for thing in scene.things)) for scene in scenes]
    names = [tuple(sorted(thing.names["en"] for thing in scene.things)) for scene in scenes]
    colours = [tuple(sorted(thing.colour for thing in scene.things)) for scene in scenes]
    numbers = {head: number for number, head in enumerate(dict.fromkeys(heads))}
    things = torch.tensor([numbers[head] for head in heads])
    kinds = {colour: number for number, colour in enumerate(dict.fromkeys(colours))}
    painted = torch.tensor([kinds[colour] for colour in colours])
    plain = torch.tensor([not scene.things[0].colour for scene in scenes])
    called = {name: number for number, name in enumerate(dict.fromkeys(names))}
    name = torch.tensor([called[n] for n in names])
    both_plain = plain[:, None] & plain[None]
    alike = things[:, None] == things[None]
    alike &= torch.where(
        both_plain, name[:, None] == name[None],
        (painted[:, None] == painted[None]) | plain[:, None] | plain[None],
    )  # fmt: skip
    return alike & ~torch.eye(len(scenes), dtype=torch.bool)


def begin(network: AlignmentNetwork, lesson: Gallery, words: Wording, labels: np.ndarray) -> None:
    """Solve for the network's linear map on the English captions of pictures of one thing.

    `labels` are the frozen vectors of the classifier's labels, (1000, 896).
    """
    rows = [row for row, scene in enumerate(lesson.scenes) if len(scene.things) == 1]
    single = lesson[rows]
    captions = words.captions([(scene.caption("en"), "en") for scene in single.scenes])
    network.fit(torch.from_numpy(labels), single.sights.parts, captions)


def train(settings: Settings, path: Path = WEIGHTS, seed: int = 0) -> dict[str, object]:
    """Train, write the weights and return the figures on the development objects.

    Beside them stand those that the weights came with that were shipped before.

    A killed run goes on from its last epoch. Raises ConfigurationError without the encoders'
    weights or the packages that carry the pictures.
    """
    torch.set_num_threads(settings.threads)
    models = Models(settings)
    tagger = EfficientNetTagger(settings)
    collection = collect(settings)
    words = wording(settings, collection, models.text_embedder())
    lesson = join([gallery(settings, collection, tagger, "train", kind)
                   for kind in ("plain", "painted", "pair")])  # fmt: skip
    trial = {kind: gallery(settings, collection, tagger, "dev", kind)
             for kind in ("plain", "painted", "pair", "unpaired")}  # fmt: skip
    torch.manual_seed(seed)
    network = AlignmentNetwork()
    labels = models.text_embedder().embed_queries(tagger.labels, ["en"] * len(tagger.labels))
    begin(network, lesson, words, labels)
    trial = {kind: squeezed(scenes, network) for kind, scenes in trial.items()}
    course = Course(network, squeezed(lesson, network), words, seed)
    kept = pictures_folder(settings) / f"training-{seed}-{_digest():08x}.pt"
    for number in range(resume(kept, course.parts), EPOCHS):
        begin_s = time.monotonic()
        loss = course.epoch(number)
        row = {"epoch": number + 1, "loss": round(loss, 4), **development(network, trial, words),
               "seconds": round(time.monotonic() - begin_s)}  # fmt: skip
        print(json.dumps(row), file=sys.stderr)
        with kept.with_suffix(".jsonl").open("a") as log:
            log.write(json.dumps(row) + "\n")
        save(kept, course.parts, number + 1)
    names = {"image_tagger": TAGGER, "text_embedder": models.text_embedder().name}
    found, shipped = development(network, trial, words), figures_of(WEIGHTS)
    write(network, path, names, found)
    kept.unlink()
    return compared(found, shipped, TOLERANCE)


def _digest() -> int:
    """Return a number that changes with the code, so that no other course is taken up."""
    folder = Path(__file__).parent
    sources = sorted([*(folder.parent / "pictures").glob("*.py"), *folder.glob("*alignment*.py")])
    return zlib.crc32(b"".join(source.read_bytes() for source in sources))
