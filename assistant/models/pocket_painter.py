"""Paint with the project's own small pipeline, or with the one that `SAMESENSE_PAINTER` names."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from assistant.errors import ConfigurationError
from assistant.models.diffusers_painter import NO_PAINTER, DiffusersPainter
from assistant.settings import Settings
from knowledge.protocols import TextEmbedder

WEIGHTS = Path(__file__).parents[1] / "painting" / "weights" / "painter"


class PocketPainter(DiffusersPainter):
    """Text to picture on a laptop: the prompt is read, its things embedded by `text_embedder`."""

    def __init__(
        self, settings: Settings, text_embedder: Callable[[], TextEmbedder], weights: Path = WEIGHTS
    ) -> None:
        super().__init__(settings)
        self._own = not self._model
        self._embedder, self._weights = text_embedder, weights
        if self._own and weights.is_dir():
            self._model = str(weights)

    @property
    def _steps(self) -> int:
        if not self._own:
            return super()._steps
        from assistant.painting.pipeline import STEPS

        return STEPS

    def _options(self, pipeline: Any, negative_prompt: str, seeds: Sequence[int]) -> dict[str, Any]:
        """Leave the negative prompt out: it names faults that ours has never seen."""
        return super()._options(pipeline, "" if self._own else negative_prompt, seeds)

    def _load(self) -> Any:
        if not self._own:
            return super()._load()
        if not self._model:
            raise ConfigurationError(NO_PAINTER)
        import torch

        from assistant.painting.pipeline import PicturePipeline
        from assistant.painting.wishing import encode

        pipeline = PicturePipeline.from_pretrained(self._model, dtype=torch.float32)
        pipeline.encoder = partial(encode, embedder=self._embedder())
        return pipeline
