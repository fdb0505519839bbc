"""Videos become moments of speech and a picture a scene, with what is said over it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from knowledge.errors import KnowledgeError
from knowledge.loaders import load
from knowledge.scenes import find_scenes
from knowledge.senses import Senses
from knowledge.types import Document, Segment, Source
from tests.assistant.media_files import RATE, cut, tone, write_huge_png, write_video, write_wav
from tests.knowledge.pictures import page, photograph, write_film
from tests.knowledge.senses import Ears, Eyes, make_senses

PAGES = [page("Status", "Internet: on"), page("E-42 PPPoE failed"), photograph(3, (640, 400))]
LINES = [Segment("E-42")]


def speech(*spans: tuple[float, float], length: float) -> np.ndarray:
    samples = np.zeros(round(length * RATE), np.float32)
    for start, end in spans:
        samples[round(start * RATE) : round(end * RATE)] = tone(round(end - start))
    return samples


def loaded(path: Path, senses: Senses) -> tuple[list[Document], list[Document]]:
    """Return the moments and the pictures of a video."""
    documents = list(load(Source(path, path.name), senses))
    moments = [document for document in documents if document.modality == "audio"]
    pictures = [document for document in documents if document.modality == "image"]
    assert documents == moments + pictures
    assert {document.uri for document in documents} == {path.name}
    return moments, pictures


def spans(documents: list[Document]) -> list[tuple[float, float]]:
    return [(d.locator.start_s or 0, d.locator.end_s or 0) for d in documents]


@pytest.mark.parametrize(
    ("name", "codec", "sound_codec"),
    [("set_up.mp4", "libx264", "aac"), ("set_up.webm", "libvpx", "libopus")],
)
def test_scenes_carry_what_is_said_over_them(
    name: str, codec: str, sound_codec: str, tmp_path: Path
) -> None:
    sound = speech((0.5, 2.5), (3.5, 5.5), length=9)
    film = write_film(tmp_path / name, PAGES, sound, codec=codec, sound_codec=sound_codec)
    senses = make_senses(tmp_path, Eyes(LINES))
    moments, pictures = loaded(film, senses)
    assert [moment.text for moment in moments] == ["Sentence 1. Sentence 2."]
    assert np.array(spans(pictures)) == pytest.approx(np.array([(0, 3), (3, 6), (6, 9)]), abs=0.6)
    assert [picture.text for picture in pictures] == [
        "Sentence 1. Reads: E-42",
        "Sentence 2. Reads: E-42",
        "Reads: E-42",
    ]
    assert {document.metadata["title"] for document in moments + pictures} == {"Set up"}
    for picture, shown in zip(pictures, PAGES, strict=True):
        with Image.open(senses.pictures / picture.metadata["picture"]) as kept:
            difference = np.asarray(kept, float) - np.asarray(shown, float)
            assert np.abs(difference).mean() < 12
    assert senses.omissions == []


def test_a_line_of_text_begins_a_scene_and_a_cursor_does_not(tmp_path: Path) -> None:
    size = (1280, 800)
    before, after = page("Status", size=size), page("Status", "E-31 update failed", size=size)
    pointed = before.copy()
    pointed.paste("black", (700, 500, 712, 519))
    film = write_film(tmp_path / "a.mp4", [before, pointed, after], seconds=2)
    scenes, _ = find_scenes(film, most=60)
    assert [scene.start_s for scene in scenes] == pytest.approx([0, 4], abs=0.6)


def test_a_fade_is_no_scene_of_its_own(tmp_path: Path) -> None:
    fade = [Image.blend(PAGES[0], PAGES[2], step / 6) for step in range(7)]
    stills = [PAGES[0]] * 10 + fade + [PAGES[2]] * 10
    scenes, _ = find_scenes(write_film(tmp_path / "a.mp4", stills, seconds=0.2), most=60)
    assert [scene.start_s for scene in scenes] == pytest.approx([0, 2.7], abs=0.8)
    assert np.abs(np.asarray(scenes[1].open(), float) - np.asarray(PAGES[2])).mean() < 12


def test_a_message_that_shows_for_a_second_is_a_scene(tmp_path: Path) -> None:
    stills = [PAGES[0]] * 4 + [page("Status", "Update failed: E-31")] + [PAGES[0]] * 4
    scenes, _ = find_scenes(write_film(tmp_path / "a.mp4", stills, seconds=1), most=60)
    assert [scene.start_s for scene in scenes] == pytest.approx([0, 4, 5], abs=0.6)


def test_a_picture_that_comes_back_is_merged_and_reported(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", [PAGES[0], PAGES[1], PAGES[0]])
    eyes = Eyes(LINES)
    senses = make_senses(tmp_path, eyes)
    _, pictures = loaded(film, senses)
    assert len(pictures) == eyes.read_pictures == 2
    ((part, reason),) = [(omission.part, omission.reason) for omission in senses.omissions]
    assert part.startswith("the picture at 0:06")
    assert "looks like the one at 0:00.0" in reason


def test_blank_scenes_are_left_out(tmp_path: Path) -> None:
    black = Image.new("RGB", PAGES[0].size, "black")
    senses = make_senses(tmp_path, Eyes(LINES))
    _, pictures = loaded(write_film(tmp_path / "a.mp4", [black, PAGES[0]]), senses)
    assert np.array(spans(pictures)) == pytest.approx(np.array([(3, 6)]), abs=0.6)
    assert [omission.part for omission in senses.omissions] == ["the picture at 0:00.0"]


def test_at_most_60_pictures_are_kept(tmp_path: Path) -> None:
    stills = [photograph(seed, (160, 120)) for seed in range(0, 140, 2)]
    senses = make_senses(tmp_path, Eyes(LINES))
    _, pictures = loaded(write_film(tmp_path / "a.mp4", stills, seconds=1.4), senses)
    assert 50 < len(pictures) <= 60
    (reason,) = [o.reason for o in senses.omissions if o.part == "the pictures"]
    assert "10 scenes" in reason
    edges = spans(pictures)
    assert [end for _, end in edges[:-1]] == [start for start, _ in edges[1:]]


def test_a_video_in_which_nobody_speaks_gives_its_pictures(tmp_path: Path) -> None:
    sound = np.zeros(9 * RATE, np.float32)
    moments, pictures = loaded(write_film(tmp_path / "a.mp4", PAGES, sound), make_senses(tmp_path))
    assert (len(moments), len(pictures)) == (0, 3)
    assert pictures[0].text == "A"


def test_a_video_without_good_pictures_gives_what_is_said(tmp_path: Path) -> None:
    blank = Image.new("RGB", (320, 240), "white")
    film = write_film(tmp_path / "a.mp4", [blank], speech((0, 2), length=3))
    moments, pictures = loaded(film, make_senses(tmp_path))
    assert (len(moments), len(pictures)) == (1, 0)
    only_sound = write_wav(tmp_path / "b.mp4", speech((0, 2), length=3))
    moments, pictures = loaded(only_sound, make_senses(tmp_path))
    assert (len(moments), len(pictures)) == (1, 0)


def test_a_video_with_neither_is_refused(tmp_path: Path) -> None:
    blank = write_video(tmp_path / "a.mp4", ["white"], sound=False)
    with pytest.raises(KnowledgeError, match="nobody speaks and no picture"):
        loaded(blank, make_senses(tmp_path))


def test_a_webm_that_is_cut_off_gives_what_it_holds(tmp_path: Path) -> None:
    stills = [photograph(seed) for seed in (0, 2, 4)]
    film = write_film(tmp_path / "a.webm", stills, codec="libvpx")
    _, pictures = loaded(cut(film, 0.5), make_senses(tmp_path))
    assert 1 <= len(pictures) < 3


@pytest.mark.parametrize("content", [b"", b"no video", bytes(4000)])
def test_what_is_no_video_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    senses = make_senses(tmp_path)
    with pytest.raises(KnowledgeError, match="cannot be read as sound or video"):
        loaded(tmp_path / "a.mp4", senses)
    assert senses.omissions == []


def test_an_mp4_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    film = cut(write_film(tmp_path / "a.mp4", PAGES), 0.5)
    with pytest.raises(KnowledgeError, match="cut off"):
        loaded(film, make_senses(tmp_path))


def test_a_picture_under_the_name_of_a_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="cannot be read as sound or video"):
        loaded(write_huge_png(tmp_path / "a.webm", 2000, 1000), make_senses(tmp_path))


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    film = write_film(tmp_path / "secret.mp4", PAGES[:1])
    (tmp_path / "a.mp4").write_text(f"#EXTM3U\n#EXTINF:3,\n{film}\n#EXT-X-ENDLIST\n")
    (tmp_path / "b.mp4").write_text(f"ffconcat version 1.0\nfile '{film}'\n")
    for name in ("a.mp4", "b.mp4"):
        ears = Ears()
        with pytest.raises(KnowledgeError, match="cannot be read"):
            loaded(tmp_path / name, make_senses(tmp_path, ears=ears))
        assert ears.heard == []


def test_a_long_video_is_looked_at_where_frames_stand_alone(tmp_path: Path) -> None:
    small = [picture.resize((160, 100)) for picture in (*PAGES, page("Wi-Fi"))]
    film = write_film(tmp_path / "a.mp4", small * 13, seconds=12)
    scenes, dropped = find_scenes(film, most=60)
    assert (len(scenes), dropped) == (52, 0)
    assert [scene.start_s for scene in scenes] == pytest.approx(range(0, 624, 12), abs=0.6)
