"""Measure the alignment of pictures and texts on objects that training never saw.

Every way of comparing gets the same pictures and the same captions. "test" is for the figures
alone; what was chosen was chosen on "dev".
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from assistant.data_sets import LANGUAGES, Language, Split
from assistant.fusion.alignment import AlignmentNetwork, Sights, load
from assistant.fusion.alignment_data import Gallery, Wording, gallery, squeezed, take, wording
from assistant.models.efficientnet_tagger import EfficientNetTagger
from assistant.models.lazy import Models
from assistant.pictures.assets import Asset, collect
from assistant.pictures.colours import NAMES
from assistant.pictures.scenes import (
    Scene,
    with_asset,
    with_colour,
    with_exchanged_colours,
)
from assistant.settings import Settings

AMONG = 100  # pictures that one is sought in
DRAWS = 20
SWAPPED = 5  # wrong captions of a picture
TARGET = 0.85  # of telling a caption from one that is wrong in a word
KINDS = ("plain", "painted", "pair", "unpaired")
BASELINES = ("linear map and colours", "ConSE alone", "the likeliest label", "colours alone")
_COLOURS_SHARE = 0.3  # of their cosine beside the linear map's
Row = dict[str, object]
Told = Sequence[tuple[str, Language]]
Score = Callable[[Sights, Told], Tensor]  # pictures and captions → (pictures, captions)


@dataclass(frozen=True)
class Result:
    """How well one way does a task; `accuracy` is a share of 1."""

    way: str
    task: str
    scenes: str
    language: Language
    pictures: int
    accuracy: float


def measure(settings: Settings, split: Split = "test") -> tuple[Row, dict[str, list[Row]]]:
    """Return the headline figures of the shipped weights, and the tables behind them.

    Raises ConfigurationError without the encoders' weights or the packages that carry the pictures.
    """
    models, tagger, collection = Models(settings), EfficientNetTagger(settings), collect(settings)
    words = wording(settings, collection, models.text_embedder())
    network = load()
    trial = {kind: squeezed(gallery(settings, collection, tagger, split, kind), network)
             for kind in KINDS}  # fmt: skip
    found = results(ways(network, words), trial)
    tables = {"alignment": [asdict(result) for result in found],
              "without the alignment": without_alignment(found)}  # fmt: skip
    return headline(found), tables


def headline(found: Sequence[Result]) -> Row:
    """Return recall against the best baseline's, and the accuracies on objects never seen."""
    row: Row = {}
    for language in LANGUAGES:
        recalls = {result.way: result.accuracy for result in found
                   if (result.task, result.language) == ("find the picture", language)}  # fmt: skip
        best = max(recalls[way] for way in BASELINES)
        value = recalls["alignment"]
        row[f"text_to_image_recall_1_{language}"] = {
            "value": value, "target": f"> {best}", "holds": value > best
        }  # fmt: skip
    for word, tasks in {
        "colour": ("wrong colour",), "object": ("wrong object",),
        "word": ("wrong colour", "wrong object"),
    }.items():  # fmt: skip
        values = [result.accuracy for result in found
                  if result.way == "alignment" and result.task in tasks
                  and result.scenes != "unpaired"]  # fmt: skip
        value = round(float(np.mean(values)), 3)
        row[f"caption_with_wrong_{word}"] = {
            "value": value, "target": f">= {TARGET}", "holds": value >= TARGET
        }  # fmt: skip
    return row


def without_alignment(found: Sequence[Result]) -> list[Row]:
    """Return the network's mean accuracies beside those of its encoders without any alignment.

    Labels' names stand for the pictures then, and nothing was trained on pictures and texts.
    """
    tasks = ("find the picture", "wrong colour", "wrong object")
    rows: list[Row] = []
    for name, way in (("whole", "alignment"), ("no alignment", "ConSE alone")):
        row: Row = {"network": name}
        for task in tasks:
            right = [r.accuracy for r in found if (r.way, r.task) == (way, task)]
            row[task] = round(float(np.mean(right)), 3)
        rows.append(row)
    return rows


def development(
    network: AlignmentNetwork, trial: Mapping[str, Gallery], words: Wording
) -> dict[str, float]:
    """Return the mean of each task's accuracies, for choosing by.

    Which thing has which colour is left out: all that was tried tells it by chance.
    """
    network.eval()
    found: dict[str, list[float]] = {}
    for result in results({"alignment": ways(network, words)["alignment"]}, trial):
        if result.scenes != "unpaired" and result.task != "exchanged colours":
            found.setdefault(f"{result.task} {result.language}", []).append(result.accuracy)
    return {name: round(float(np.mean(values)), 3) for name, values in found.items()}


@torch.inference_mode()
def results(scores: Mapping[str, Score], trial: Mapping[str, Gallery]) -> list[Result]:
    """Return a result of each way, task, kind of scene and language."""
    found: list[Result] = []
    for way, score in scores.items():
        for language in LANGUAGES:
            share, count = recall(trial["plain"], score, language)
            found.append(Result(way, "find the picture", "plain", language, count, round(share, 3)))
            for kind in KINDS[1:]:
                for task, swap in SWAPS.items():
                    if kind in trial and (kind == "pair" or task != "exchanged colours"):
                        share, count = tell(trial[kind], score, language, swap)
                        found.append(Result(way, task, kind, language, count, round(share, 3)))
    return found


def recall(trial: Gallery, score: Score, language: Language) -> tuple[float, int]:
    """Return how often a name finds its picture first among `AMONG` of other names.

    The mean of `DRAWS` draws; where fewer names are known, among as many as there are.
    """
    by_name: dict[str, list[int]] = {}
    for row, scene in enumerate(trial.scenes):
        if language in scene.languages:
            by_name.setdefault(scene.caption(language), []).append(row)
    size = min(AMONG, len(by_name))
    right = []
    for draw in range(DRAWS):
        chance = random.Random(f"recall {language} {draw}")
        names = chance.sample(sorted(by_name), size)
        pictures = trial[[chance.choice(by_name[name]) for name in names]]
        scores = score(pictures.sights, [(name, language) for name in names])
        right.append(float((scores.argmax(dim=0) == torch.arange(size)).float().mean()))
    return float(np.mean(right)), size


Swap = Callable[[Scene, Sequence[Asset], Language, random.Random], Scene]


def _other_colour(
    scene: Scene, others: Sequence[Asset], language: Language, chance: random.Random
) -> Scene:
    del others, language
    place = chance.randrange(len(scene.things))
    was = scene.things[place].colour
    return with_colour(scene, place, chance.choice([name for name in NAMES if name != was]))


def _other_object(
    scene: Scene, others: Sequence[Asset], language: Language, chance: random.Random
) -> Scene:
    heads = {thing.asset.head for thing in scene.things}
    candidates = [a for a in others if language in a.names and a.head not in heads]
    return with_asset(scene, chance.randrange(len(scene.things)), chance.choice(candidates))


def _exchanged_colours(
    scene: Scene, others: Sequence[Asset], language: Language, chance: random.Random
) -> Scene:
    del others, language, chance
    return with_exchanged_colours(scene)


SWAPS: dict[str, Swap] = {
    "wrong colour": _other_colour, "wrong object": _other_object,
    "exchanged colours": _exchanged_colours,
}  # fmt: skip


def tell(trial: Gallery, score: Score, language: Language, swap: Swap) -> tuple[float, int]:
    """Return how often a picture's own caption scores above the same with something swapped.

    Each of `SWAPPED` captions is compared; a tie counts half.
    """
    chance = random.Random(f"tell {language}")
    others = [thing.asset for scene in trial.scenes for thing in scene.things]
    right = []
    for row, scene in enumerate(trial.scenes):
        if language in scene.languages:
            wrong = [swap(scene, others, language, chance) for _ in range(SWAPPED)]
            told: list[tuple[str, Language]] = [
                (each.caption(language), language) for each in (scene, *wrong)
            ]
            own, *other = score(take(trial.sights, [row]), told)[0].tolist()
            right.append(np.mean([0.5 + 0.5 * np.sign(round(own - each, 6)) for each in other]))
    return float(np.mean(right)), len(right)


def ways(network: AlignmentNetwork, words: Wording) -> dict[str, Score]:
    """Return the ways of comparing: the network, its parts, and simpler ones."""
    network.eval()

    def named(told: Told) -> Tensor:
        captions = words.captions(told)
        return F.normalize((captions.words * captions.there[..., None]).sum(dim=1), dim=-1)

    def fused(sights: Sights, told: Told) -> Tensor:
        return network.pictures(sights) @ network.texts(words.captions(told)).T

    def learnt(sights: Sights, told: Told) -> Tensor:
        return network.learnt(sights) @ network.named(words.captions(told)).T

    def linear(sights: Sights, told: Told) -> Tensor:
        captions = words.captions(told)
        texts = (network.words(captions.words) * captions.there[..., None]).sum(dim=1)
        pictures = F.normalize(sights.parts[:, 0] @ network.linear, dim=-1)
        return pictures @ F.normalize(texts, dim=-1).T

    def conse(sights: Sights, told: Told) -> Tensor:
        labels = network.label_words[sights.labels]
        return F.normalize((labels * sights.odds[..., None]).sum(dim=1), dim=-1) @ named(told).T

    def label(sights: Sights, told: Told) -> Tensor:
        return F.normalize(network.label_words[sights.labels[:, 0]], dim=-1) @ named(told).T

    def colours(sights: Sights, told: Told) -> Tensor:
        asked = words.captions(told).colours.sum(dim=1)
        shares = sights.colours[:, 0, :-1]
        return F.normalize(shares, dim=-1) @ F.normalize(asked, dim=-1).T

    def summed(sights: Sights, told: Told) -> Tensor:
        return linear(sights, told) + _COLOURS_SHARE * colours(sights, told)

    return {
        "alignment": fused, "without ConSE": learnt, "linear map alone": linear,
        "linear map and colours": summed, "ConSE alone": conse,
        "the likeliest label": label, "colours alone": colours,
    }  # fmt: skip
