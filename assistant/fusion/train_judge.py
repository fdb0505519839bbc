"""Train the judge of painted pictures: `python -m assistant.fusion.train_judge`.

It learns the objects from drawings that painters must leave out (`is_judges`), and "something
else" from the same sources' drawings of what belongs to "dev" and "test", which painters leave out
anyway. The drawings are painted in other colours, turned, put on all sorts of grounds, made small
and blurred, found by the same segmentation and looked at by the frozen classifier; looks are kept
on disk, so a killed run goes on.
"""

import random
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch.nn import functional

from assistant.models.efficientnet_tagger import EfficientNetTagger
from assistant.models.protocols import ImageTagger
from assistant.pictures.assets import Asset, Collection, collect
from assistant.pictures.colours import NAMES, repaint
from assistant.pictures.judge import OTHER, Judge, Weights, read, standard, whole, write
from assistant.pictures.objects import kind_of, kinds
from assistant.pictures.packages import pictures_folder
from assistant.pictures.scenes import split_of
from assistant.pictures.segmentation import pieces
from assistant.pictures.truth import scene, worn
from assistant.settings import Settings, load_settings

SHARES = {  # sources → pictures of an object, spread over its drawings, and of something else
    ("noto", "openclipart"): (16, 300),  # better on development pictures than (36, 600), (8, 150)
    ("fluent-emoji",): (24, 300),
}
_SHELF = 100  # pictures of a file
_VERSION = 1
_DECAY = 3e-4
_PAINTED, _MIRRORED, _WORN = 0.35, 0.5, 0.75  # chances
_TURNED = 12  # degrees at most


@dataclass(frozen=True)
class Lesson:
    """What is to be rendered and learnt."""

    asset: Asset
    object: str
    seed: str


def judge_of(settings: Settings) -> Judge:
    """Return the judge, trained the first time (about 10 minutes on one core).

    Raises ConfigurationError without the classifier's weights or the packages of pictures.
    """
    tagger = EfficientNetTagger(settings)
    path = _folder(settings) / "judge.npz"
    if not path.exists():
        collection = collect(settings)
        write(fit(*looks(settings, collection, tagger, lessons(collection))), path)
    return Judge(read(path), tagger)


def lessons(collection: Collection) -> list[Lesson]:
    """Return what the judge learns from: source by source, in each in a mixed order."""
    found: list[Lesson] = []
    for sources, (each, others) in SHARES.items():
        by_object: dict[str, list[Asset]] = {}
        for asset in collection.of(sources).assets:
            kind = kind_of(asset)
            if kind:
                by_object.setdefault(kind.word, []).append(asset)
            elif is_something_else(asset):
                by_object.setdefault(OTHER, []).append(asset)
        some = [
            Lesson(assets[number % len(assets)], word, f"{word} {number}")
            for word, assets in by_object.items()
            for number in range(each if word else others)
        ]
        random.Random(0).shuffle(some)
        found += some
    return found


def is_something_else(asset: Asset) -> bool:
    """Tell whether a drawing shows none of the objects, and no painter may have seen its thing."""
    heads = {kind.head for kind in kinds().values()}
    return split_of(asset) != "train" and asset.head not in heads and kind_of(asset) is None


def render(collection: Collection, lesson: Lesson) -> Image.Image:
    """Return a crop that shows a drawing as a painter might have painted it."""
    chance = random.Random(lesson.seed)
    drawing = collection.picture(lesson.asset)
    if chance.random() < _PAINTED:
        drawing = repaint(drawing, chance.choice(NAMES), chance) or drawing
    if chance.random() < _MIRRORED:
        drawing = ImageOps.mirror(drawing)
    drawing = drawing.rotate(chance.uniform(-_TURNED, _TURNED), Image.Resampling.BICUBIC)
    image = scene([drawing], chance)
    if chance.random() < _WORN:
        image = worn(image, chance)
    return whole(image, pieces(image))


def looks(
    settings: Settings, collection: Collection, tagger: ImageTagger, wanted: Sequence[Lesson]
) -> tuple[np.ndarray, list[str]]:
    """Return the classifier's features of lessons, float32 (n, width), and their objects."""
    rows = []
    for start in range(0, len(wanted), _SHELF):
        path = _folder(settings) / f"looks-{start // _SHELF}-{len(wanted)}.npy"
        if not path.exists():
            print(f"The judge sees pictures: {start} of {len(wanted)}", file=sys.stderr)
            some = wanted[start : start + _SHELF]
            _keep(path, np.stack([_look(tagger, render(collection, lesson)) for lesson in some]))
        rows.append(np.load(path).astype(np.float32))
    return np.concatenate(rows), [lesson.object for lesson in wanted]


def fit(features: np.ndarray, objects: Sequence[str], decay: float = _DECAY) -> Weights:
    """Return the softmax that names looks, features (n, width), with L-BFGS.

    Every object counts as much, however many looks it has.
    """
    classes = tuple(sorted(set(objects)))
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    mean = unit.mean(axis=0)
    inputs = torch.from_numpy(standard(features, mean))
    labels = torch.tensor([classes.index(word) for word in objects])
    share = len(labels) / len(classes) / torch.bincount(labels).float()
    matrix = torch.zeros(inputs.shape[1], len(classes), requires_grad=True)
    bias = torch.zeros(len(classes), requires_grad=True)
    solver = torch.optim.LBFGS([matrix, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        solver.zero_grad()
        error = functional.cross_entropy(inputs @ matrix + bias, labels, weight=share)
        error = error + decay * (matrix**2).sum()
        error.backward()
        return error

    solver.step(loss)  # pyright: ignore[reportArgumentType]
    return Weights(classes, mean, matrix.detach().numpy(), bias.detach().numpy())


def _look(tagger: ImageTagger, image: Image.Image) -> np.ndarray:
    return tagger.look([image])[0].features


def _keep(path: Path, rows: np.ndarray) -> None:
    with path.with_suffix(".new").open("wb") as file:
        np.save(file, rows.astype(np.float16))
    path.with_suffix(".new").replace(path)


def _folder(settings: Settings) -> Path:
    """Return the folder of this judge; another table of objects is another judge's."""
    told = f"{_VERSION} {SHARES} {sorted((k, sorted(v.drawings)) for k, v in kinds().items())}"
    folder = pictures_folder(settings) / f"judge-{zlib.crc32(told.encode()):08x}"
    folder.mkdir(exist_ok=True)
    return folder


if __name__ == "__main__":
    judge_of(load_settings())
