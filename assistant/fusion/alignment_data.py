"""The pictures and captions that teach alignment, as the frozen encoders see them, kept on disk.

Looking at the pictures takes most of the time of training. What is seen goes into files of a few
hundred, so a killed run goes on.
"""

import json
import random
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import count
from pathlib import Path

import numpy as np
import torch

from assistant.data_sets import LANGUAGES, Language, Split
from assistant.fusion.alignment import (
    AlignmentNetwork,
    Captions,
    Sights,
    captions_of,
    see,
)
from assistant.models.protocols import ImageTagger
from assistant.pictures.assets import Asset, Collection
from assistant.pictures.names import without_colour
from assistant.pictures.packages import pictures_folder
from assistant.pictures.phrases import phrases_of
from assistant.pictures.scenes import Scene, Studio, Thing, split_of
from assistant.settings import Settings
from knowledge.protocols import TextEmbedder

SHELF = 200  # scenes of a file
KINDS = ("plain", "painted", "pair", "unpaired")
COUNTS = {  # scenes of a part; plain ones: every asset once. Unpaired: known things, unseen colours
    "train": {"painted": 2400, "pair": 2800},
    "dev": {"painted": 200, "pair": 200, "unpaired": 200},
    "test": {"painted": 400, "pair": 400, "unpaired": 200},
}  # fmt: skip
_VERSION = 1  # of the scenes and the encoders: another one is made anew


@dataclass(frozen=True)
class Gallery:
    """Scenes and what the frozen encoders make of their pictures, row by row."""

    scenes: tuple[Scene, ...]
    sights: Sights

    def __getitem__(self, rows: Sequence[int]) -> "Gallery":
        return Gallery(tuple(self.scenes[row] for row in rows), take(self.sights, rows))


def take(sights: Sights, rows: Sequence[int]) -> Sights:
    """Return some pictures' rows."""
    chosen = torch.as_tensor(rows)
    return Sights(*(getattr(sights, f.name)[chosen] for f in fields(Sights)))


def squeezed(trial: Gallery, network: AlignmentNetwork) -> Gallery:
    """Return a gallery as the network takes it."""
    with torch.no_grad():
        return Gallery(trial.scenes, network.squeezed(trial.sights))


def join(galleries: Sequence[Gallery]) -> Gallery:
    """Return several galleries as one."""
    tensors = {f.name: torch.cat([getattr(g.sights, f.name) for g in galleries])
               for f in fields(Sights)}  # fmt: skip
    return Gallery(tuple(s for g in galleries for s in g.scenes), Sights(**tensors))


def gallery(
    settings: Settings, collection: Collection, tagger: ImageTagger, split: Split, kind: str
) -> Gallery:
    """Return one kind of scenes of one part, drawing and seeing what is not there yet.

    Raises ConfigurationError when the classifier's weights are absent.
    """
    folder = pictures_folder(settings) / f"sights-{_VERSION}"
    folder.mkdir(exist_ok=True)
    studio = Studio(collection)
    pool = [a for a in collection.assets
            if split_of(a) == ("train" if kind == "unpaired" else split)]  # fmt: skip
    wanted = len(pool) if kind == "plain" else COUNTS[split][kind]
    shelves = []
    for number, start in enumerate(range(0, wanted, SHELF)):
        size = min(SHELF, wanted - start)
        path = folder / f"{split}-{kind}-{number}-{size}.npz"
        if not path.exists():
            print(
                f"Seeing {size} {kind} pictures of {split} ({start} of {wanted})", file=sys.stderr
            )
            seed = f"{split} {kind} {number}"
            if kind == "plain":
                scenes = [Scene((Thing(asset),), f"{seed} {asset.id}")
                          for asset in pool[start : start + size]]  # fmt: skip
            else:
                scenes = list(_painted(studio, pool, kind, seed, size))
            _keep(path, scenes, see([studio.draw(scene) for scene in scenes], tagger))
        shelves.append(_read(path, collection))
    return join(shelves)


def _painted(
    studio: Studio, pool: Sequence[Asset], kind: str, seed: str, size: int
) -> Iterator[Scene]:
    """Yield `size` scenes of painted things; every kind of object is as likely."""
    by_head: dict[str, list[Asset]] = {}
    for asset in pool:
        by_head.setdefault(asset.head, []).append(asset)
    heads = sorted(by_head)
    made = 0
    for attempt in count():
        chance = random.Random(f"{seed} {attempt}")
        chosen = chance.sample(heads, 2 if kind == "pair" else 1)
        assets = [chance.choice(by_head[head]) for head in chosen]
        scene = studio.scene(assets, f"{seed} {attempt}", known=kind != "unpaired")
        if scene:
            made += 1
            yield scene
        if made == size:
            return


def _keep(path: Path, scenes: Sequence[Scene], sights: Sights) -> None:
    told = [{"seed": s.seed, "things": [[t.asset.id, t.colour] for t in s.things]} for s in scenes]
    with path.with_suffix(".new").open("wb") as file:
        np.savez(
            file, scenes=np.array(json.dumps(told)), parts=sights.parts.half().numpy(),
            colours=sights.colours.half().numpy(), labels=sights.labels.numpy(),
            odds=sights.odds.numpy(),
        )  # fmt: skip
    path.with_suffix(".new").replace(path)


def _read(path: Path, collection: Collection) -> Gallery:
    assets = {asset.id: asset for asset in collection.assets}
    with np.load(path) as held:
        scenes = tuple(
            Scene(tuple(Thing(assets[name], colour) for name, colour in row["things"]), row["seed"])
            for row in json.loads(str(held["scenes"]))
        )
        tensors = {f.name: torch.from_numpy(held[f.name]) for f in fields(Sights)}
        return Gallery(scenes, Sights(**tensors | {"colours": tensors["colours"].float()}))


class Wording:
    """The frozen vectors of phrases, each embedded once and kept on disk."""

    def __init__(self, embedder: TextEmbedder, path: Path) -> None:
        self._embedder, self._path = embedder, path
        self._known: dict[tuple[str, str], np.ndarray] = {}
        if path.exists():
            with np.load(path) as held:
                keys = json.loads(str(held["keys"]))
                self._known = {
                    (words, language): row
                    for (words, language), row in zip(keys, held["vectors"], strict=True)
                }

    def learn(self, texts: Iterable[tuple[str, Language]]) -> None:
        """Embed the phrases of texts that are not known yet."""
        keys = {(p.words, language) for text, language in texts for p in phrases_of(text)}
        new = sorted(keys - self._known.keys())
        if not new:
            return
        print(f"Embedding {len(new)} phrases", file=sys.stderr)
        vectors = self._embedder.embed_queries([words for words, _ in new], [c for _, c in new])
        self._known |= dict(zip(new, vectors, strict=True))
        with self._path.with_suffix(".new").open("wb") as file:
            keys_text = json.dumps(list(self._known), ensure_ascii=False)
            np.savez(file, keys=np.array(keys_text), vectors=np.stack(list(self._known.values())))
        self._path.with_suffix(".new").replace(self._path)

    def vector(self, words: str, language: Language) -> np.ndarray:
        """Return a known phrase's frozen vector, (896,)."""
        return self._known[words, language]

    def captions(self, texts: Sequence[tuple[str, Language]]) -> Captions:
        """Return texts as the network takes them; their phrases must be known."""
        rows = [phrases_of(text) for text, _ in texts]
        vectors = [
            self._known[phrase.words, language]
            for row, (_, language) in zip(rows, texts, strict=True)
            for phrase in row
        ]
        return captions_of(rows, np.stack(vectors))


def wording(settings: Settings, collection: Collection, embedder: TextEmbedder) -> Wording:
    """Return the vectors of all names and keywords of a collection.

    Raises ConfigurationError when the embedder's weights are absent.
    """
    names = zlib.crc32(embedder.name.encode())
    words = Wording(embedder, pictures_folder(settings) / f"phrases-{names:08x}.npz")
    words.learn(
        (text, language)
        for asset in collection.assets
        for language in LANGUAGES
        if language in asset.names
        for text in texts_of(asset, language)
    )
    return words


def texts_of(asset: Asset, language: Language) -> list[str]:
    """Return what a picture of an asset may be called: its name, and its keywords."""
    bare = without_colour(asset.names).get(language, "")
    return [asset.names[language], *([bare] if bare else []), *asset.keywords.get(language, ())]
