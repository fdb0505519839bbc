"""Paint with the project's own small pipeline, or with the one that `SAMESENSE_PAINTER` names."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from assistant.models.diffusers_painter import DiffusersPainter
from assistant.painting import STEPS
from assistant.settings import Settings
from knowledge.protocols import TextEmbedder

WEIGHTS = Path(__file__).parents[1] / "painting" / "weights" / "painter"


class PocketPainter(DiffusersPainter):
    """Text to picture on a laptop: the prompt is read, its things embedded by `text_embedder`."""

    def __init__(
        self, settings: Settings, text_embedder: Callable[[], TextEmbedder], weights: Path = WEIGHTS
    ) -> None:
        super().__init__(settings, str(weights) if weights.is_dir() else None)
        self._embedder = text_embedder
        self._own = self._model == str(weights)
        if self._own:
            self.steps = STEPS

    def _options(self, pipeline: Any, negative_prompt: str, seeds: Sequence[int]) -> dict[str, Any]:
        """Leave the negative prompt out: it names faults that ours has never seen."""
        return super()._options(pipeline, "" if self._own else negative_prompt, seeds)

    def _read(self, name: str, **options: Any) -> Any:
        if not self._own:
            return super()._read(name, **options)
        from assistant.painting.pipeline import PicturePipeline
        from assistant.painting.wishing import encode

        pipeline = PicturePipeline.from_pretrained(name, low_cpu_mem_usage=False, **options)
        pipeline.encoder = partial(encode, embedder=self._embedder())
        return pipeline


def painter_of(settings: Settings) -> str:
    """Return the pipeline that these settings paint with; "" where there is none."""
    from assistant.profiles import profile

    choice = profile(settings.profile).choices["image_generator"]
    own = str(WEIGHTS) if choice.backend == "pocket" and WEIGHTS.is_dir() else ""
    return settings.painter or str(choice.options.get("model", "")) or own
