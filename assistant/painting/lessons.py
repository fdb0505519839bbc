"""Put into words what a picture shows, and words into numbers, as the painter takes them."""

import random
from collections.abc import Mapping, Sequence

import numpy as np

from assistant.data_sets import Language
from assistant.fusion.alignment_data import Wording
from assistant.painting.album import Drawn
from assistant.painting.network import Wished
from assistant.painting.wishes import Wish
from assistant.painting.wishing import wished
from assistant.pictures.assets import Asset
from assistant.pictures.names import without_colour
from assistant.pictures.phrases import Phrase, phrases_of

_BY_KEYWORD = 0.15  # share of things that are called by a keyword
_CHINESE = 0.4  # share of pictures described in Chinese, where all things have a name in it
_COLOUR_TOLD = 0.4  # share of things in their own colour whose colour is said


def told(
    shown: Sequence[Drawn], assets: Mapping[str, Asset], chance: random.Random
) -> tuple[tuple[Wish, ...], Language]:
    """Return what could be asked for to get a picture, and in which language."""
    chinese = all("zh" in assets[drawn.asset].names for drawn in shown)
    language: Language = "zh" if chinese and chance.random() < _CHINESE else "en"
    return tuple(_wish(drawn, assets[drawn.asset], language, chance) for drawn in shown), language


def _wish(drawn: Drawn, asset: Asset, language: Language, chance: random.Random) -> Wish:
    colour = drawn.colour if drawn.painted or chance.random() < _COLOUR_TOLD else ""
    bare = without_colour(asset.names) if colour else asset.names
    keywords = asset.keywords.get(language, ())
    if keywords and drawn.count == 1 and not drawn.place and chance.random() < _BY_KEYWORD:
        name = phrase(chance.choice(keywords))
    else:
        name = phrase(bare.get(language) or asset.names[language])
    colour = colour or next(iter(name.colours), "")
    return Wish(name.words, colour, drawn.count, drawn.place)


def phrase(text: str) -> Phrase:
    """Return the first thing that a text names."""
    return phrases_of(text)[0]


def asked(told_of: Sequence[tuple[Sequence[Wish], Language]], words: Wording) -> Wished:
    """Return wishes as the network takes them; the names must be known to `words`."""
    vectors = [
        words.vector(wish.words, language) for wishes, language in told_of for wish in wishes
    ]
    return wished([wishes for wishes, _ in told_of], np.stack(vectors))
