"""A wheelhouse of tiny weights, their catalogue and an empty cache."""

import os
from pathlib import Path

import pytest

from assistant.settings import Settings, load_settings
from assistant.weights import Catalogue
from tests.assistant.weights_farm import build_farm


@pytest.fixture
def farm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheelhouse, which pip finds through its own configuration."""
    folder = tmp_path / "wheel house"
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nno-index = true\nfind-links =\n    {folder.as_uri()}\n")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    return folder


@pytest.fixture
def catalogue(farm: Path) -> Catalogue:
    return build_farm(farm)


@pytest.fixture
def cache(tmp_path: Path) -> Settings:
    return load_settings({}, cache_dir=tmp_path / "cache", data_dir=tmp_path / "data")
