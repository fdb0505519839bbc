"""The command and the public names cost nothing: heavy libraries wait for their capability."""

import subprocess
import sys

import pytest

HEAVY = (
    "av", "chromadb", "cv2", "diffusers", "faster_whisper", "gradio", "hibari", "huggingface_hub",
    "langgraph", "misaki", "onnxruntime", "PIL.Image", "rapidocr", "sentencepiece", "torch",
    "transformers", "xllamacpp",
)  # fmt: skip
LOADED = """
import contextlib, io, sys
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    {program}
print(*[name for name in {heavy} if name in sys.modules])
"""


def loaded_by(program: str) -> str:
    """Return the heavy libraries that a fresh Python holds after a program."""
    code = LOADED.format(program=program, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "program",
    [
        "import assistant.cli; assistant.cli.main(['--help'])",
        "import assistant.cli; assistant.cli.main(['ask', '--help'])",
        "import assistant.cli; assistant.cli.main(['models', 'list'])",
        "import assistant",
        "import assistant.weights_fetch, assistant.doctor, assistant.models.registry",
        "import knowledge.types, knowledge.errors",
    ],
)
def test_nothing_heavy_is_imported(program: str) -> None:
    assert loaded_by(program) == ""


def test_the_assistant_waits_with_vision_sound_and_models() -> None:
    loaded = set(loaded_by("import assistant; assistant.Assistant").split())
    assert loaded <= {"langgraph", "PIL.Image"}  # what every turn runs on


def test_the_check_itself_sees_a_heavy_library() -> None:
    assert loaded_by("import sentencepiece") == "sentencepiece"
