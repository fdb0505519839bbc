"""What the voices say is understood by a recogniser: codes, addresses, numbers and names."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from assistant.checks.speech import check_speech
from assistant.models.faster_whisper_stt import FasterWhisper
from assistant.models.pocket_tts import PocketSpeech
from assistant.settings import Settings, load_settings
from assistant.spoken import spoken_form

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings()


@pytest.fixture(scope="module")
def voice(settings: Settings) -> PocketSpeech:
    return PocketSpeech(settings)


@pytest.fixture(scope="module")
def ears(settings: Settings) -> FasterWhisper:
    return FasterWhisper(settings, model="base")


def hear(voice: PocketSpeech, ears: FasterWhisper, written: str, language: str) -> list[str]:
    """Return the details of everything that was not heard as it was written."""
    (sound,) = voice.speak([spoken_form(written, language)], language)
    assert sound.sample_rate == 24_000
    (heard,) = ears.transcribe([sound], language)
    claims = check_speech(written, heard)
    return [f"{c.detail} in {heard.text!r}" for c in claims if c.verdict != "supported"]


@pytest.mark.parametrize(
    "written",
    [
        "E-42 means that PPPoE authentication failed.",
        "Open http://192.168.7.1 and go to **Settings > Internet**.",
        "Press **Reconnect** and wait 60 s until the Internet light is green.",
        "The 2.4 GHz band of the Kestrel R7 reaches 100 Mbit/s.",
    ],
)
def test_english_is_understood(voice: PocketSpeech, ears: FasterWhisper, written: str):
    assert hear(voice, ears, written, "en") == []


@pytest.mark.parametrize(
    "written",
    [
        "打开 192.168.7.1，进入设置。",
        "点击 Reconnect，等待 60 秒。",
        "固件版本是 2.1.7。",
    ],
)
def test_chinese_with_codes_is_understood(voice: PocketSpeech, ears: FasterWhisper, written: str):
    assert hear(voice, ears, written, "zh") == []


def test_a_long_run_without_a_pause_is_said_to_its_end(voice: PocketSpeech):
    short, long = voice.speak(["打开设置" * 10, "打开设置" * 60], "zh")
    assert long.duration_s > 4 * short.duration_s


def test_nothing_to_say_is_silence(voice: PocketSpeech):
    for language in ("en", "zh"):
        assert [len(sound.samples) for sound in voice.speak([""], language)] == [0]


def test_english_loads_no_chinese(loaded_modules: Sequence[str]):
    assert "hibari" in loaded_modules
    assert not {"misaki", "jieba", "torch"} & set(loaded_modules)


@pytest.fixture
def loaded_modules() -> list[str]:
    """The libraries of a process that has said one English sentence."""
    import json
    import subprocess
    import sys

    code = (
        "import json, sys\n"
        "from assistant.models.pocket_tts import PocketSpeech\n"
        "from assistant.settings import Settings\n"
        "PocketSpeech(Settings()).speak(['Hello.'], 'en')\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_the_first_chinese_sentence_reports_nothing() -> None:
    code = (
        "from assistant.models.kokoro_tts import Kokoro\n"
        "from assistant.settings import Settings\n"
        "Kokoro(Settings()).phonemes('请重新启动路由器。')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
