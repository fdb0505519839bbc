"""The painter as a diffusers pipeline: `PicturePipeline.from_pretrained(folder)`."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline, ImagePipelineOutput
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image
from torch import Tensor

from assistant.painting import STEPS
from assistant.painting.network import PictureTransformer, Wished

GUIDANCE = 3.0
AfterStep = Callable[[Any, int, Tensor, dict[str, Tensor]], dict[str, Tensor]]
GUIDED = 0.5  # share of noise down to which guidance helps and does no harm
SHIFT = 6.0  # of the steps towards the noise, where it is settled what a picture shows


class PicturePipeline(DiffusionPipeline):
    """Paints what prompts ask for; a scheduler of diffusers takes the steps.

    `from_pretrained` loads network and scheduler; `encoder`, which turns prompts into what the
    network takes, is set afterwards: its frozen text encoders are loaded elsewhere. Guidance is
    classifier-free (Ho and Salimans 2022, arXiv:2207.12598), where there is much noise
    (Kynkäänniemi et al. 2024, arXiv:2404.07724).
    """

    transformer: PictureTransformer
    scheduler: Any  # its annotations are narrower than what it takes
    encoder: Callable[[Sequence[str]], Wished]

    def __init__(
        self, transformer: PictureTransformer, scheduler: FlowMatchEulerDiscreteScheduler
    ) -> None:
        """Take the network and how steps are taken."""
        super().__init__()
        self.register_modules(transformer=transformer, scheduler=scheduler)

    def __call__(
        self,
        prompt: Sequence[str],
        *,
        negative_prompt: Sequence[str] | None = None,
        num_inference_steps: int = STEPS,
        guidance_scale: float = GUIDANCE,
        generator: Sequence[torch.Generator] | None = None,
        callback_on_step_end: AfterStep | None = None,
    ) -> ImagePipelineOutput:
        """Return RGB pictures of the network's side, one a prompt.

        Guidance leads away from the negative prompt; where none is given, from nothing in
        particular. `callback_on_step_end` gets the pipeline, the step's number, its timestep and,
        as `clean`, what the picture will be, (n, 3, side, side) in -1 to 1.
        """
        return self.paint(
            self.encoder(prompt),
            self.encoder(negative_prompt) if negative_prompt else None,
            steps=num_inference_steps, guidance=guidance_scale, generator=generator,
            after_step=callback_on_step_end,
        )  # fmt: skip

    @torch.inference_mode()
    def paint(
        self, wished: Wished, unwished: Wished | None = None, *, steps: int = STEPS,
        guidance: float = GUIDANCE, generator: Sequence[torch.Generator] | None = None,
        after_step: AfterStep | None = None,
    ) -> ImagePipelineOutput:  # fmt: skip
        """Paint what vectors ask for, as `__call__` does what prompts ask for."""
        network, scheduler = self.transformer, self.scheduler
        count, side = len(wished.words), network.config["side"]
        wished = wished.to(self.device, self.dtype)
        if unwished is None:
            unwished = wished.where(torch.zeros(count, dtype=self.dtype, device=self.device))
        both = join([wished, unwished.to(self.device, self.dtype)])
        drawn = list(generator) if generator else None
        noisy = randn_tensor((count, 3, side, side), drawn, self.device, self.dtype)
        scheduler.set_timesteps(steps, device=self.device)
        for number, step in enumerate(scheduler.timesteps):
            noise = (step / scheduler.config["num_train_timesteps"]).expand(count)
            if float(noise[0]) > GUIDED:
                twice = noisy.repeat(2, 1, 1, 1), noise.repeat(2)
                led, free = network.velocity(*twice, both).chunk(2)
                velocity = free + guidance * (led - free)
            else:
                velocity = network.velocity(noisy, noise, wished)
            clean = noisy - noise[:, None, None, None] * velocity
            noisy = scheduler.step(velocity, step, noisy, return_dict=False)[0]
            if after_step:
                after_step(self, number, step, {"clean": clean})
        return ImagePipelineOutput(images=pictures_of(noisy))


def pictures_of(values: Tensor) -> list[Image.Image]:
    """Return RGB pictures of values in -1 to 1, (n, 3, side, side)."""
    levels = ((values.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return [Image.fromarray(row) for row in levels.permute(0, 2, 3, 1).cpu().numpy()]


def new_scheduler() -> FlowMatchEulerDiscreteScheduler:
    """Return how steps are taken: straight ones, most of them near the noise.

    For the shift see Esser et al. 2024, arXiv:2403.03206.
    """
    return FlowMatchEulerDiscreteScheduler(shift=SHIFT)


def join(wishes: Sequence[Wished]) -> Wished:
    """Return several as one."""
    return Wished(*(torch.cat([getattr(w, name) for w in wishes])
                    for name in ("words", "measures", "there")))  # fmt: skip
