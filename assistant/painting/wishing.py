"""Turn a prompt into what the painter takes: its things, read and embedded."""

from collections.abc import Sequence

import numpy as np
import torch

from assistant.drawing.request import Request, parse
from assistant.errors import InputError
from assistant.language import detect_language
from assistant.painting.network import Wished
from assistant.painting.wishes import MOST_THINGS, WORDS, Place, Wish, measures_of
from assistant.pictures.phrases import phrases_of
from knowledge.protocols import TextEmbedder

_PLACES: dict[str, tuple[Place, Place]] = {
    "left of": ("left", "right"), "right of": ("right", "left"),
    "above": ("above", "below"), "below": ("below", "above"),
}  # fmt: skip


def wishes_of(prompt: str) -> tuple[Wish, ...]:
    """Return the things that a prompt names, at least one; what cannot be read is one thing."""
    try:
        return _of_request(parse(prompt))
    except InputError:
        return tuple(Wish(phrase.words, next(iter(phrase.colours), ""))
                     for phrase in phrases_of(prompt)[:MOST_THINGS])  # fmt: skip


def _of_request(request: Request) -> tuple[Wish, ...]:
    items = request.items[:MOST_THINGS]
    places = _PLACES.get(request.relation, ("",) * len(items))
    return tuple(
        Wish(item.words, item.colour, item.count, place)
        for item, place in zip(items, places, strict=True)
    )


def encode(prompts: Sequence[str], embedder: TextEmbedder) -> Wished:
    """Return prompts as the network takes them."""
    rows = [wishes_of(prompt) for prompt in prompts]
    names = [wish.words for row in rows for wish in row]
    codes = [
        detect_language(prompt) for prompt, row in zip(prompts, rows, strict=True) for _ in row
    ]
    return wished(rows, embedder.embed_queries(names, codes))


def wished(rows: Sequence[Sequence[Wish]], vectors: np.ndarray) -> Wished:
    """Return wishes as the network takes them; `vectors` are of all names one after the other."""
    words = np.zeros((len(rows), MOST_THINGS, WORDS), np.float32)
    there = np.zeros((len(rows), MOST_THINGS), np.float32)
    start = 0
    for place, row in enumerate(rows):
        words[place, : len(row)] = vectors[start : start + len(row)]
        there[place, : len(row)] = 1
        start += len(row)
    measures = np.stack([measures_of(row) for row in rows])
    return Wished(*(torch.from_numpy(array) for array in (words, measures, there)))
