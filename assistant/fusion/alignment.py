"""Pictures and texts as vectors that a cosine compares, in English and Chinese.

Both sides stand on frozen encoders. A picture is the classifier's feature maps and the names of its
colours, of the whole and of each ninth. A text is cut into phrases, `a red car` and `a green cup`,
each a vector of its words without the colour, and the colour. A vector has two halves: what is
shown or named, and its colours. Things have few pictures each, so the first half begins with a
linear map of the whole picture, by ridge regression, and small networks learn what it lacks, with
an attention pool over the parts (as in Ilse, Tomczak and Welling 2018, arXiv:1802.04712) and a
symmetric InfoNCE (Radford et al. 2021, arXiv:2103.00020). On photographs the classifier knows more
than drawings teach: ConSE (Norouzi et al. 2014, arXiv:1312.5650) takes its likeliest labels through
the text side, and a gate mixes both in the first half.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assistant.pictures.colours import MEASURES, NAMES, describe_colours
from assistant.pictures.phrases import Phrase, phrases_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from assistant.models.protocols import ImageTagger
    from knowledge.protocols import TextEmbedder

WEIGHTS = Path(__file__).with_name("weights") / "alignment.safetensors"
NAMED = 256  # width of what a picture shows and a text names; colours come after it
WIDTH = NAMED + len(NAMES)  # of the space
FEATURES, CLASSES, WORDS = 1280, 1000, 896  # widths of the frozen encoders
PARTS = 10  # of a picture: the whole and its ninths
SQUEEZED = 512  # principal components of the features that are kept
HIDDEN = 384
HALVES = (512, 384)  # the text encoders that share a vector; the second knows English only
DROPOUT = 0.8  # share of a frozen vector that what is learnt does without in training
LIKELIEST = 10  # labels that count in ConSE
RIDGE = 1.0  # of the linear map, where a feature has a variance of 1 on average


@dataclass(frozen=True)
class Sights:
    """What the frozen encoders make of n pictures."""

    parts: Tensor  # (n, PARTS, FEATURES, or SQUEEZED) of the whole and each ninth
    colours: Tensor  # (n, PARTS, MEASURES)
    labels: Tensor  # (n, LIKELIEST) places of the likeliest labels
    odds: Tensor  # (n, LIKELIEST) their probabilities


@dataclass(frozen=True)
class Captions:
    """What the frozen encoder makes of n texts of at most p phrases."""

    words: Tensor  # (n, p, WORDS)
    colours: Tensor  # (n, p, 11) 1 where a phrase has a colour
    there: Tensor  # (n, p) 1 where there is a phrase


class AlignmentNetwork(nn.Module):
    """A linear map between both frozen spaces, which `fit` solves for, and what is learnt."""

    label_words: Tensor  # (CLASSES, WORDS) the labels' frozen vectors
    words_mean: Tensor  # (WORDS,) of both halves at unit length
    words_axes: Tensor  # (WORDS, NAMED)
    features_mean: Tensor  # (FEATURES,)
    features_axes: Tensor  # (FEATURES, SQUEEZED)
    linear: Tensor  # (SQUEEZED, NAMED)

    def __init__(self, hidden: int = HIDDEN) -> None:
        """Build it with random weights, and nothing on the linear map yet."""
        super().__init__()
        self.shape = {"hidden": hidden}
        self.features = nn.Linear(SQUEEZED, hidden)
        self.measures = nn.Linear(MEASURES, hidden)
        self.place = nn.Embedding(2, hidden)  # the whole, or a ninth
        self.part = nn.Sequential(nn.LayerNorm(hidden), nn.GELU(), nn.Dropout(0.2))
        self.seen = nn.Linear(hidden, NAMED)
        self.weight = nn.Linear(hidden, 1)
        self.phrase = nn.Sequential(
            nn.Linear(WORDS + len(NAMES), hidden), nn.GELU(), nn.Dropout(0.2)
        )
        self.said = nn.Linear(hidden, NAMED)
        self.gate = nn.Linear(3, 1)
        self.tint = nn.Parameter(torch.tensor(-0.6))  # logarithm of the colours' share
        self.scale = nn.Parameter(torch.tensor(2.5))  # logarithm of the inverse temperature
        for name, shape in {
            "label_words": (CLASSES, WORDS), "words_mean": (WORDS,), "words_axes": (WORDS, NAMED),
            "features_mean": (FEATURES,), "features_axes": (FEATURES, SQUEEZED),
            "linear": (SQUEEZED, NAMED),
        }.items():  # fmt: skip
            self.register_buffer(name, torch.zeros(shape))
        for layer in (self.seen, self.said):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    @torch.no_grad()
    def fit(self, label_words: Tensor, parts: Tensor, captions: Captions) -> None:
        """Solve for the linear map by ridge regression from pictures (n, PARTS, FEATURES) to texts.

        Both frozen spaces are centred and cut down to their principal components first.
        """
        self.label_words.copy_(label_words)
        every = torch.cat([label_words, captions.words[captions.there > 0]])
        lengthened = _halves(every)[0]
        self.words_mean.copy_(lengthened.mean(dim=0))
        self.words_axes.copy_(_axes(lengthened - self.words_mean, NAMED))
        features = _rooted(parts[:, 0])
        self.features_mean.copy_(features.mean(dim=0))
        axes = _axes(features - self.features_mean, SQUEEZED)
        spread = ((features - self.features_mean) @ axes).pow(2).sum(dim=1).mean() / SQUEEZED
        self.features_axes.copy_(axes / spread.sqrt())
        x = (features - self.features_mean) @ self.features_axes
        named = self.words(captions.words) * captions.there[..., None]
        y = F.normalize(named.sum(dim=1), dim=-1)
        penalty = RIDGE * len(x) * torch.eye(SQUEEZED)
        self.linear.copy_(torch.linalg.solve(x.T @ x + penalty, x.T @ y))

    def squeezed(self, sights: Sights) -> Sights:
        """Return pictures by the principal components of their features."""
        parts = (_rooted(sights.parts) - self.features_mean) @ self.features_axes
        return replace(sights, parts=parts)

    def words(self, words: Tensor) -> Tensor:
        """Return frozen vectors of phrases as things of this space, (…, NAMED)."""
        halves, there = _halves(words)
        return (halves - self.words_mean * there) @ self.words_axes

    def texts(self, captions: Captions) -> Tensor:
        """Return unit vectors of texts, (n, WIDTH)."""
        tints = captions.colours.sum(dim=1)
        return self._whole(self.named(captions), tints)

    def named(self, captions: Captions) -> Tensor:
        """Return unit vectors of the things that texts name, (n, NAMED)."""
        words = F.dropout(captions.words, DROPOUT, self.training)
        learnt = self.said(self.phrase(torch.cat([words, captions.colours], dim=-1)))
        named = self.words(captions.words) + learnt
        return F.normalize((named * captions.there[..., None]).sum(dim=1), dim=-1)

    def learnt(self, sights: Sights) -> Tensor:
        """Return unit vectors of squeezed pictures as drawings have taught them, (n, NAMED)."""
        kinds = torch.ones(PARTS, dtype=torch.long)
        kinds[0] = 0
        features = self.features(F.dropout(sights.parts, DROPOUT, self.training))
        held = self.part(features + self.measures(sights.colours) + self.place(kinds))
        learnt = (self.seen(held) * self.weight(held).softmax(dim=1)).sum(dim=1)
        return F.normalize(sights.parts[:, 0] @ self.linear + learnt, dim=-1)

    def conse(self, sights: Sights) -> Tensor:
        """Return unit vectors of pictures by their likeliest labels' texts, (n, NAMED)."""
        places, of = sights.labels.unique(return_inverse=True)
        words = self.label_words[places][:, None]
        ones, colourless = torch.ones(len(places), 1), torch.zeros(len(places), 1, len(NAMES))
        named = self.named(Captions(words, colourless, ones))
        return F.normalize(
            F.embedding_bag(of, named, mode="sum", per_sample_weights=sights.odds), dim=-1
        )

    def pictures(self, sights: Sights, alone: Tensor | None = None) -> Tensor:
        """Return unit vectors of squeezed pictures, (n, WIDTH).

        What they show comes from ConSE alone where `alone`, (n,) bool, is true.
        """
        learnt, conse = self.learnt(sights), self.conse(sights)
        sure = sights.odds[:, :1], sights.odds.sum(dim=1, keepdim=True)
        alike = (learnt * conse).sum(dim=1, keepdim=True)
        share = torch.sigmoid(self.gate(torch.cat([*sure, alike], dim=1)))
        if alone is not None:
            share = torch.where(alone[:, None], 1.0, share)
        shown = F.normalize(share * conse + (1 - share) * learnt, dim=-1)
        return self._whole(shown, sights.colours[:, 0, : len(NAMES)])

    def _whole(self, things: Tensor, tints: Tensor) -> Tensor:
        """Join what is shown or named, (n, NAMED), and its colours, (n, 11), as unit vectors."""
        tints = self.tint.exp() * F.normalize(tints, dim=-1)
        return F.normalize(torch.cat([things, tints], dim=-1), dim=-1)


def _halves(words: Tensor) -> tuple[Tensor, Tensor]:
    """Return frozen vectors with both halves at unit length, and 1 where a half is not zero."""
    halves = [F.normalize(half, dim=-1) for half in words.split(HALVES, dim=-1)]
    there = [(half.abs().sum(dim=-1, keepdim=True) > 0).expand_as(half) for half in halves]
    return torch.cat(halves, dim=-1), torch.cat(there, dim=-1).float()


def _axes(centred: Tensor, count: int) -> Tensor:
    """Return the directions of `count` principal components, (width, count)."""
    return torch.linalg.eigh(centred.T @ centred)[1][:, -count:]


def _rooted(parts: Tensor) -> Tensor:
    """Return features with large ones damped; all are 0 or more."""
    return parts.float().clamp_min(0).sqrt()


class Alignment:
    """Vectors of pictures and texts in one space; loads its weights with the first one."""

    def __init__(
        self, tagger: "ImageTagger", embedder: "TextEmbedder", path: Path = WEIGHTS
    ) -> None:
        """Take the encoders that the weights at `path` were trained on: `encoders` names them."""
        self._tagger, self._embedder, self._path = tagger, embedder, path

    @cached_property
    def encoders(self) -> Mapping[str, str]:
        """The names of the image tagger and the text embedder that the weights belong to."""
        from safetensors import safe_open

        with safe_open(self._path, "np") as file:
            return json.loads(file.metadata()["encoders"])

    def images(self, pictures: "Sequence[Image]") -> np.ndarray:
        """Return unit vectors, float32, shape (len(pictures), 256).

        Raises ConfigurationError when the classifier's weights are absent.
        """
        if not pictures:
            return np.zeros((0, WIDTH), np.float32)
        with torch.inference_mode():
            return self._network.pictures(
                self._network.squeezed(see(pictures, self._tagger))
            ).numpy()

    def texts(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        """Return unit vectors, float32, shape (len(texts), 256); languages are ISO 639-1.

        Raises ConfigurationError when the embedder's weights are absent.
        """
        if not texts:
            return np.zeros((0, WIDTH), np.float32)
        rows = [phrases_of(text) for text in texts]
        words = [phrase.words for row in rows for phrase in row]
        codes = [code for row, code in zip(rows, languages, strict=True) for _ in row]
        with torch.inference_mode():
            vectors = self._embedder.embed_queries(words, codes)
            return self._network.texts(captions_of(rows, vectors)).numpy()

    @cached_property
    def _network(self) -> AlignmentNetwork:
        return load(self._path)


def see(pictures: "Sequence[Image]", tagger: "ImageTagger") -> Sights:
    """Return what the classifier and the colours' names make of pictures."""
    looks = [look for picture in pictures for look in tagger.look([_opaque(picture)])]
    parts = np.stack([np.concatenate([look.features[None], look.cells]) for look in looks])
    colours = np.stack([describe_colours(picture) for picture in pictures])
    odds = torch.from_numpy(np.stack([look.probabilities for look in looks]))
    likeliest = odds.topk(LIKELIEST, dim=1)
    return Sights(
        torch.from_numpy(parts), torch.from_numpy(colours), likeliest.indices, likeliest.values
    )


def _opaque(picture: "Image") -> "Image":
    """Return a picture on white: transparent pixels may hold any colour."""
    from PIL import Image

    if not picture.has_transparency_data:
        return picture
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    white.alpha_composite(picture.convert("RGBA"))
    return white


def captions_of(rows: Sequence[Sequence[Phrase]], vectors: np.ndarray) -> Captions:
    """Return texts as the network takes them; `vectors` are of all phrases one after the other."""
    most = max(len(row) for row in rows)
    words = np.zeros((len(rows), most, WORDS), np.float32)
    colours = np.zeros((len(rows), most, len(NAMES)), np.float32)
    there = np.zeros((len(rows), most), np.float32)
    start = 0
    for place, row in enumerate(rows):
        words[place, : len(row)] = vectors[start : start + len(row)]
        there[place, : len(row)] = 1
        for number, phrase in enumerate(row):
            colours[place, number, [NAMES.index(name) for name in phrase.colours]] = 1
        start += len(row)
    return Captions(*(torch.from_numpy(array) for array in (words, colours, there)))


def write(
    network: AlignmentNetwork,
    path: Path,
    encoders: Mapping[str, str],
    figures: Mapping[str, float] | None = None,
) -> None:
    """Write the weights in half precision, with their encoders' names and what they reached."""
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    half = {name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}
    metadata = {"encoders": json.dumps(encoders), "shape": json.dumps(network.shape),
                "figures": json.dumps(dict(figures or {}))}  # fmt: skip
    save_file(half, path, metadata=metadata)


def load(path: Path = WEIGHTS) -> AlignmentNetwork:
    """Return the trained network."""
    from safetensors import safe_open
    from safetensors.torch import load_file

    with safe_open(path, "pt") as file:
        network = AlignmentNetwork(**json.loads(file.metadata()["shape"]))
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return network.eval()
