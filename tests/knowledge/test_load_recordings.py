"""Recordings become moments with their times; what cannot be heard becomes a message."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import KnowledgeError
from knowledge.loaders import load
from knowledge.senses import Heard, Senses
from knowledge.types import Document, Source
from tests.assistant.media_files import RATE, cut, tone, write_endless_wav, write_sound, write_wav
from tests.knowledge.pictures import page
from tests.knowledge.senses import Ears, make_senses


def speech(*spans: tuple[float, float], length: float) -> np.ndarray:
    """Return sound that is silent but for a tone in each span of seconds."""
    samples = np.zeros(round(length * RATE), np.float32)
    for start, end in spans:
        samples[round(start * RATE) : round(end * RATE)] = tone(round(end - start))
    return samples


def loaded(path: Path, senses: Senses) -> list[Document]:
    return list(load(Source(path, path.name), senses))


def test_sentences_become_moments_of_about_15_seconds(tmp_path: Path) -> None:
    sound = speech(*((n * 5.0, n * 5.0 + 4) for n in range(6)), length=30)
    first, second = loaded(write_wav(tmp_path / "first-set_up.wav", sound), make_senses(tmp_path))
    assert first.text == "Sentence 1. Sentence 2. Sentence 3."
    assert (first.locator.start_s, first.locator.end_s) == pytest.approx((0, 14), abs=0.2)
    assert (second.locator.start_s, second.locator.end_s) == pytest.approx((15, 29), abs=0.2)
    assert (first.modality, first.uri) == ("audio", "first-set_up.wav")
    assert dict(first.metadata) == {
        "title": "First set up",
        "language": "en",
        "duration_s": "30.0",
    }


def test_a_long_silence_begins_a_new_moment(tmp_path: Path) -> None:
    sound = speech((0, 2), (3, 5), (9, 11), length=12)
    moments = loaded(write_wav(tmp_path / "a.wav", sound), make_senses(tmp_path))
    assert [moment.text for moment in moments] == ["Sentence 1. Sentence 2.", "Sentence 3."]


def test_chinese_sentences_are_joined_without_spaces(tmp_path: Path) -> None:
    ears = Ears(language="zh", sentence="第{}句。")
    sound = write_wav(tmp_path / "设置.wav", speech((0, 2), (3, 5), length=6))
    (moment,) = loaded(sound, make_senses(tmp_path, ears=ears))
    assert moment.text == "第1句。第2句。"


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.ogg", "libopus")],
)
def test_each_kind_of_recording_is_heard(name: str, codec: str, tmp_path: Path) -> None:
    (moment,) = loaded(
        write_sound(tmp_path / name, codec, seconds=2, rate=48_000), make_senses(tmp_path)
    )
    assert (moment.locator.start_s, moment.locator.end_s) == pytest.approx((0, 2), abs=0.3)


def test_a_long_recording_is_heard_in_parts_that_end_in_silence(tmp_path: Path) -> None:
    ears = Ears()
    spans = [(n * 20.0, n * 20.0 + 14) for n in range(35)]
    path = write_wav(tmp_path / "call.wav", speech(*spans, length=700))
    moments = loaded(path, make_senses(tmp_path, ears=ears))
    assert len(ears.heard) == 3
    assert sum(ears.heard) == pytest.approx(700, abs=0.1)
    assert max(ears.heard) <= 301
    starts = [moment.locator.start_s for moment in moments]
    assert starts == pytest.approx([start for start, _ in spans], abs=0.3)


def test_a_killed_run_hears_only_the_parts_that_are_left(tmp_path: Path) -> None:
    class Dying(Ears):
        def transcribe(self, recordings: Sequence[Path]) -> list[Heard]:
            if len(self.heard) == 1:
                raise KeyboardInterrupt
            return super().transcribe(recordings)

    path = write_wav(tmp_path / "call.wav", speech((0, 5), (400, 405), length=410))
    senses, ears = make_senses(tmp_path, ears=Dying()), Ears()
    with pytest.raises(KeyboardInterrupt):
        loaded(path, senses)
    senses.transcriber = lambda: ears
    assert len(loaded(path, senses)) == 2
    assert len(ears.heard) == 1


def test_a_recording_that_is_cut_off_gives_what_it_holds(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", speech((0, 2), (8, 10), length=10))
    (moment,) = loaded(cut(path, 0.5), make_senses(tmp_path))
    assert moment.locator.end_s == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("seconds", [5, 400])
def test_a_recording_in_which_nobody_speaks_is_refused(seconds: int, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros(seconds * RATE, np.float32))
    with pytest.raises(KnowledgeError, match="Nobody speaks"):
        loaded(path, make_senses(tmp_path))


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a", "a.ogg"])
@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\0\0\0\0WAVE", b"\xff\xfb\x90"])
def test_what_is_no_recording_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(KnowledgeError, match=f"`{name}`"):
        loaded(tmp_path / name, make_senses(tmp_path))


def test_a_picture_under_the_name_of_a_recording_is_refused(tmp_path: Path) -> None:
    page("E-42").save(tmp_path / "a.mp3", "PNG")
    with pytest.raises(KnowledgeError, match="cannot be read as sound"):
        loaded(tmp_path / "a.mp3", make_senses(tmp_path))


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.wav"])
@pytest.mark.parametrize("kind", ["hls", "concat", "sdp"])
def test_a_playlist_opens_no_other_file(name: str, kind: str, tmp_path: Path) -> None:
    secret = write_wav(tmp_path / "secret.wav", tone(3))
    playlist = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{secret}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{secret}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    }[kind]
    (tmp_path / name).write_text(playlist)
    ears = Ears()
    with pytest.raises(KnowledgeError, match="cannot be read as sound"):
        loaded(tmp_path / name, make_senses(tmp_path, ears=ears))
    assert ears.heard == []


def test_five_hours_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    ears = Ears()
    with pytest.raises(KnowledgeError, match="longer than 4 hours"):
        loaded(write_endless_wav(tmp_path / "a.wav", 5 * 3600), make_senses(tmp_path, ears=ears))
    assert ears.heard == []
