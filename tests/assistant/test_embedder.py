"""The text encoder without its weights, and with ones of a toy size."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import ConfigurationError
from assistant.models.use_minilm_embedder import UseMiniLmEmbedder
from assistant.settings import Settings


def test_absent_weights_name_the_command_that_mends_it(tmp_path: Path) -> None:
    embedder = UseMiniLmEmbedder(replace(Settings(), cache_dir=tmp_path))
    with pytest.raises(ConfigurationError, match="samesense models fetch"):
        embedder.embed(["Hello"])


def test_the_encoder_is_built_without_loading_anything() -> None:
    embedder = UseMiniLmEmbedder(Settings())
    assert embedder.dimension == 896
