"""The diffusers painter, on a toy-size Stable Diffusion pipeline with random weights."""

import json
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from assistant.errors import ConfigurationError, InputError, ModelError
from assistant.models.diffusers_painter import STEPS, DiffusersPainter
from assistant.models.registry import load
from assistant.settings import Settings
from assistant.stages.illustrate import draw
from tests.assistant.easels import easel

LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a Stable Diffusion pipeline of a few thousand weights and return its folder."""
    import torch
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import (
        StableDiffusionPipeline,
    )
    from diffusers.schedulers.scheduling_ddim import DDIMScheduler
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.set_num_threads(1)  # at this size, threads that wait for each other cost more than help
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("painter")
    words = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(f"{letter}</w>" for letter in LETTERS)]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(vocabulary), str(folder / "merges.txt"), model_max_length=16)
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(words), hidden_size=32, intermediate_size=37, num_hidden_layers=2,
            num_attention_heads=4, max_position_embeddings=16, bos_token_id=0, eos_token_id=1,
            pad_token_id=1, projection_dim=32,
        )
    )  # fmt: skip
    unet = UNet2DConditionModel(
        sample_size=8, block_out_channels=(32, 64), layers_per_block=1, in_channels=4,
        out_channels=4, cross_attention_dim=32, norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(32,), in_channels=3, out_channels=3, latent_channels=4,
        down_block_types=("DownEncoderBlock2D",), up_block_types=("UpDecoderBlock2D",),
        norm_num_groups=8,
    )  # fmt: skip
    parts: dict[str, Any] = {
        "vae": vae, "text_encoder": text_encoder, "tokenizer": tokenizer, "unet": unet,
        "scheduler": DDIMScheduler(clip_sample=False, steps_offset=1), "safety_checker": None,
        "feature_extractor": None,
    }  # fmt: skip
    built = StableDiffusionPipeline(**parts, requires_safety_checker=False)
    built.save_pretrained(folder / "toy")
    return folder / "toy"


@pytest.fixture(scope="module")
def painter(pipeline: Path) -> DiffusersPainter:
    return load("image_generator", "diffusers", Settings(painter=str(pipeline)))


def test_paints_each_prompt_and_reports_every_step(painter: DiffusersPainter) -> None:
    steps: list[tuple[int, int]] = []
    pictures = painter.generate(
        ["a red fox", "a blue bird"],
        seed=7,
        stop=Event(),
        on_step=lambda step, whole: steps.append((step, whole)),
    )
    assert [picture.size for picture in pictures] == [(8, 8)] * 2
    assert steps == [(step, STEPS) for step in range(1, STEPS + 1)]
    assert not np.array_equal(np.asarray(pictures[0]), np.asarray(pictures[1]))


def test_the_same_seed_paints_the_same_picture(painter: DiffusersPainter) -> None:
    first, again, other = (
        np.asarray(painter.generate(["a fox"], seed=seed, stop=Event())[0]) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_ends_soon_after_stop_and_paints_again_later(painter: DiffusersPainter) -> None:
    stop, steps = Event(), []

    def on_step(step: int, whole: int) -> None:
        steps.append(step)
        if step == 3:
            stop.set()

    assert painter.generate(["a fox"], seed=1, stop=stop, on_step=on_step) == []
    assert steps == [1, 2, 3]
    assert len(painter.generate(["a fox"], seed=1, stop=Event())) == 1


def test_draw_writes_a_picture_that_says_how_it_was_made(
    painter: DiffusersPainter, tmp_path: Path
) -> None:
    from PIL import Image

    progress: list[float] = []
    picture = draw(
        "Please draw me a picture of a red fox.",
        "en",
        easel=easel(painter),
        out=tmp_path / "fox.png",
        seed=5,
        stop=Event(),
        on_progress=progress.append,
    )
    assert (picture.kind, picture.prompt, picture.verdict) == (
        "generated",
        "a red fox",
        "unverified",
    )
    assert "a red fox" in picture.alt
    assert progress[-1] == 1.0
    with Image.open(picture.path) as written:
        notes = written.info
    assert notes["Prompt"] == "a red fox"
    assert notes["Seed"] == "5"
    assert notes["Model"] == "toy"  # never the folder it lies in
    assert "generated" in notes["Source"]


def test_draw_that_is_stopped_writes_nothing(painter: DiffusersPainter, tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(ModelError, match="stopped"):
        draw("Draw a fox", "en", easel=easel(painter), out=tmp_path / "fox.png", seed=1, stop=stop)
    assert not list(tmp_path.iterdir())


def test_an_empty_prompt_is_refused(painter: DiffusersPainter) -> None:
    with pytest.raises(InputError, match="empty"):
        painter.generate(["  "], seed=1, stop=Event())


def test_a_profile_without_a_painter_says_what_adds_one() -> None:
    painter = DiffusersPainter(Settings())
    with pytest.raises(ConfigurationError, match="SAMESENSE_PAINTER") as caught:
        painter.generate(["a fox"], seed=1, stop=Event())
    assert "--profile studio" in str(caught.value)


@pytest.mark.parametrize("name", ["{tmp}", "{tmp}/absent", "./absent"])
def test_a_folder_that_is_no_pipeline_is_named(name: str, tmp_path: Path) -> None:
    painter = DiffusersPainter(Settings(painter=name.format(tmp=tmp_path)))
    with pytest.raises(ConfigurationError, match=r"model_index\.json"):
        painter.generate(["a fox"], seed=1, stop=Event())


def test_pocket_never_asks_the_hub() -> None:
    painter = DiffusersPainter(Settings(painter="nobody/such-a-pipeline"))
    with pytest.raises(ConfigurationError, match="--profile studio"):
        painter.generate(["a fox"], seed=1, stop=Event())


def test_a_damaged_pipeline_is_named(pipeline: Path, tmp_path: Path) -> None:
    import shutil

    damaged = shutil.copytree(pipeline, tmp_path / "damaged")
    for weights in damaged.glob("unet/*.safetensors"):
        weights.write_bytes(b"not weights")
    painter = DiffusersPainter(Settings(painter=str(damaged)))
    with pytest.raises(ConfigurationError, match="damaged"):
        painter.generate(["a fox"], seed=1, stop=Event())


def test_out_of_memory_comes_with_advice(pipeline: Path) -> None:
    painter = DiffusersPainter(Settings(painter=str(pipeline)))

    def exhaust(step: int, whole: int) -> None:
        raise MemoryError

    with pytest.raises(ModelError, match="smaller pipeline"):
        painter.generate(["a fox"], seed=1, stop=Event(), on_step=exhaust)
