"""Tell how much pictures look like named things, by the alignment of pictures and texts.

A cosine says little by itself: some pictures are close to many names, others to none. So it is
compared with those of the labels, of the classifier's 1000, that are closest to the picture.
"""

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from assistant.pictures.colours import NAMES
from assistant.pictures.phrases import Phrase
from assistant.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image
    from torch import Tensor

    from assistant.fusion.alignment import AlignmentNetwork
    from assistant.models.protocols import ImageTagger, TextEmbedder

CLOSEST = 20  # labels whose mean cosine is taken away


class AlignedMatcher:
    """Implements `PictureMatcher` with a tagger and an embedder, which load their own weights.

    PyTorch waits for the first picture: a request that is refused is never painted.
    """

    def __init__(
        self,
        settings: Settings,
        image_tagger: "Callable[[], ImageTagger]",
        text_embedder: "Callable[[], TextEmbedder]",
    ) -> None:
        del settings
        self._tagger, self._embedder = image_tagger, text_embedder
        self._lock = Lock()

    def match(
        self, images: "Sequence[Image.Image]", names: Sequence[str], languages: Sequence[str]
    ) -> np.ndarray:
        """Return how much each picture looks like each name, float32, (images, names).

        Raises ConfigurationError when the weights of either encoder are absent.
        """
        if not images or not names:
            return np.zeros((len(images), len(names)), np.float32)
        import torch
        from torch.nn import functional

        from assistant.fusion.alignment import NAMED, captions_of, see

        with self._lock:
            network, labels = self._loaded
        with torch.inference_mode():
            shown = network.pictures(network.squeezed(see(images, self._tagger())))[:, :NAMED]
            shown = functional.normalize(shown, dim=-1)
            vectors = self._embedder().embed_queries(names, languages)
            phrases = [(Phrase(name, ()),) for name in names]
            named = network.named(captions_of(phrases, vectors))
            closest = (shown @ labels.T).topk(CLOSEST, dim=1).values
            return (shown @ named.T - closest.mean(dim=1, keepdim=True)).numpy()

    @cached_property
    def _loaded(self) -> "tuple[AlignmentNetwork, Tensor]":
        import torch

        from assistant.fusion.alignment import CLASSES, Captions, load

        network = load()
        colourless = torch.zeros(CLASSES, 1, len(NAMES))
        labels = Captions(network.label_words[:, None], colourless, torch.ones(CLASSES, 1))
        with torch.inference_mode():
            return network, network.named(labels)
