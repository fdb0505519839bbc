"""Paint with any diffusers text-to-image pipeline: a local folder or a hub name."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from assistant.errors import ConfigurationError, InputError, ModelError
from assistant.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

STEPS = 25
TURBO_STEPS = 4  # distilled pipelines (SD-Turbo, SDXL-Turbo) are trained for one to four steps

NO_PAINTER = (
    "No painter is set up, so only everyday things are drawn. Set `SAMESENSE_PAINTER` to the "
    "folder of a diffusers text-to-image pipeline, or use `--profile studio`, which takes one from "
    "the hub."
)


class DiffusersPainter:
    """Text to picture. `SAMESENSE_PAINTER` goes before the profile's own `model`."""

    def __init__(self, settings: Settings, model: str | None = None) -> None:
        self._model = settings.painter or model or ""
        # Nothing leaves the machine in `pocket`: a hub name must be in the local cache there.
        self._offline = settings.profile == "pocket"
        self.steps = TURBO_STEPS if self._turbo else STEPS
        self._pipeline: Any = None
        self._lock = Lock()  # a pipeline's scheduler holds state: one picture at a time

    def generate(
        self,
        prompts: Sequence[str],
        *,
        negative_prompt: str = "",
        seed: int,
        stop: Event,
        on_step: Callable[[int, int], None] = lambda step, steps: None,
    ) -> list["Image"]:
        """Paint each prompt, the same picture for the same seed; nothing once `stop` is set.

        Raises InputError for an empty prompt, ConfigurationError without a usable pipeline,
        ModelError when painting fails.
        """
        if not all(prompt.strip() for prompt in prompts):
            raise InputError("The prompt is empty. Say what the picture should show.")

        def after_step(
            running: object, step: int, timestep: object, tensors: dict[str, Any]
        ) -> dict[str, Any]:
            on_step(step + 1, self.steps)
            if stop.is_set():
                raise _Stopped
            return tensors

        with self._lock:
            pipeline = self._loaded()
            if stop.is_set():
                return []
            seeds = range(seed, seed + len(prompts))
            options = self._options(pipeline, negative_prompt, seeds)
            return self._paint(pipeline, prompts, options, after_step)

    def provenance(self) -> Mapping[str, str]:
        """Return the model, the library and the number of steps, for the picture's metadata."""
        import diffusers

        if not self._model:
            raise ConfigurationError(NO_PAINTER)
        local = Path(self._model)
        name = local.name if local.is_dir() else self._model  # no private folder in a picture
        return {
            "model": name,
            "library": f"diffusers {diffusers.__version__}",
            "steps": str(self.steps),
        }

    @property
    def _turbo(self) -> bool:
        return "turbo" in self._model.lower()

    def _paint(
        self,
        pipeline: Any,
        prompts: Sequence[str],
        options: dict[str, Any],
        after_step: Callable[..., dict[str, Any]],
    ) -> list["Image"]:
        import torch

        try:
            result = pipeline(
                list(prompts),
                num_inference_steps=self.steps,
                callback_on_step_end=after_step,
                **options,
            )
        except _Stopped:
            return []
        except (torch.OutOfMemoryError, MemoryError) as exc:
            raise ModelError(_out_of_memory(self._model)) from exc
        except Exception as exc:  # a pipeline of any make: whatever it raises, the painter failed
            if "allocate memory" in str(exc):
                raise ModelError(_out_of_memory(self._model)) from exc
            raise ModelError(f"Painting with `{self._model}` failed: {exc}") from exc
        return [picture.convert("RGB") for picture in result.images]

    def _options(self, pipeline: Any, negative_prompt: str, seeds: Sequence[int]) -> dict[str, Any]:
        """Return what this make of pipeline takes; one generator a picture, on the CPU, so that a
        seed paints the same on every machine and in every batch."""
        import torch

        options: dict[str, Any] = {
            "generator": [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        }
        if self._turbo:
            options["guidance_scale"] = 0.0
        elif negative_prompt and "negative_prompt" in inspect.signature(pipeline).parameters:
            options["negative_prompt"] = [negative_prompt] * len(seeds)
        return options

    def _loaded(self) -> Any:
        if self._pipeline is None:
            self._pipeline = self._load()
        return self._pipeline

    def _load(self) -> Any:
        """Load the pipeline on the GPU in half precision, or on the CPU."""
        if not self._model:
            raise ConfigurationError(NO_PAINTER)
        folder = Path(self._model).expanduser()
        looks_local = folder.is_absolute() or self._model.startswith((".", "~")) or folder.exists()
        if looks_local and not (folder / "model_index.json").is_file():
            raise ConfigurationError(
                f"`{self._model}` is no diffusers pipeline: a folder with `model_index.json` was "
                "expected. Set `SAMESENSE_PAINTER` to one that `save_pretrained` wrote."
            )
        import torch
        from diffusers.utils.logging import disable_progress_bar

        disable_progress_bar()  # of loading: the turn's own progress is shown
        cuda = torch.cuda.is_available()
        try:
            pipeline = self._read(
                str(folder) if looks_local else self._model,
                dtype=torch.float16 if cuda else torch.float32,
                local_files_only=looks_local or self._offline,
            )
            pipeline = pipeline.to("cuda" if cuda else "cpu")
        except (torch.OutOfMemoryError, MemoryError) as exc:
            raise ModelError(_out_of_memory(self._model)) from exc
        except Exception as exc:  # damaged files, unknown classes, no network: all end here
            hint = (
                "The `pocket` profile uses only what lies on this machine; `--profile studio` may "
                "fetch it from the hub."
                if self._offline and not looks_local
                else "Check the folder or name in `SAMESENSE_PAINTER`."
            )
            raise ConfigurationError(f"`{self._model}` cannot be loaded: {exc} {hint}") from exc
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def _read(self, name: str, **options: Any) -> Any:
        """Load any text-to-image pipeline; one that diffusers does not list, by its own class."""
        from diffusers.pipelines.auto_pipeline import AutoPipelineForText2Image
        from diffusers.pipelines.pipeline_utils import DiffusionPipeline

        try:
            return AutoPipelineForText2Image.from_pretrained(name, **options)
        except ValueError:
            return DiffusionPipeline.from_pretrained(name, **options)


class _Stopped(Exception):
    """Leaves the pipeline's loop: not every pipeline looks at `_interrupt`."""


def _out_of_memory(model: str) -> str:
    return (
        f"There is not enough memory to paint with `{model}`. Close other programs, or set "
        "`SAMESENSE_PAINTER` to a smaller pipeline."
    )
