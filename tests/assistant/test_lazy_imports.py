"""The command and the public names cost nothing: heavy libraries wait for their capability."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "av", "chromadb", "cv2", "diffusers", "faster_whisper", "gradio", "hibari", "huggingface_hub",
    "langgraph", "misaki", "onnxruntime", "PIL.Image", "rapidocr", "sentencepiece", "torch",
    "transformers", "xllamacpp",
)  # fmt: skip
SENSES = (
    "av", "ctranslate2", "cv2", "diffusers", "faster_whisper", "PIL", "rapidocr", "torchvision",
)  # fmt: skip
LOADED = """
import contextlib, io, sys
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    {program}
print(*[name for name in {heavy} if name in sys.modules])
"""
PREPARED = """
from pathlib import Path
from assistant import Assistant
from assistant.settings import Settings
one = Assistant(Settings(profile="pocket", data_dir=Path({folder!r})))
"""
SAMPLES_IN = PREPARED + "one.prepare_knowledge()"
TURN = (
    PREPARED
    + """
import sys
from assistant import Reply
from assistant.intake import read_turn
turn = read_turn("How do I reset the router?", [], settings=one.settings)
*_, last = one.stream(turn, speak=False)
assert isinstance(last, Reply) and last.text
print(*[name for name in {senses} if name in sys.modules])
"""
)


def loaded_by(program: str) -> str:
    """Return the heavy libraries that a fresh Python holds after a program."""
    return printed_by(LOADED.format(program=program, heavy=HEAVY))


def printed_by(code: str) -> str:
    """Run code in a fresh Python and return what it prints."""
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


def test_what_paints_and_looks_waits_for_a_request_that_is_not_refused() -> None:
    easel = (
        "from assistant.models.lazy import Models; from assistant.settings import Settings; "
        "models = Models(Settings()); "
        "models.image_generator(), models.picture_matcher(), models.picture_safety()"
    )
    assert not {"torch", "diffusers"} & set(loaded_by(easel).split())


@pytest.mark.weights
def test_a_turn_of_words_alone_loads_neither_vision_nor_sound(tmp_path: Path) -> None:
    printed_by(SAMPLES_IN.format(folder=str(tmp_path)))  # its recordings and screens do need them
    assert printed_by(TURN.format(folder=str(tmp_path), senses=SENSES)) == ""
