"""Every source of a turn is put into words, at once, with only the models that it needs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import NoReturn

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from PIL.PngImagePlugin import PngInfo

from assistant.errors import InputError, ModelError
from assistant.intake import read_turn
from assistant.models.deterministic import (
    HEARD,
    LINES,
    DeterministicReader,
    DeterministicSpeechToText,
    DeterministicTagger,
)
from assistant.models.protocols import ImageTagger, Look, ScreenReader, SpeechToText, Tag
from assistant.settings import Settings
from assistant.stages.perceive import in_source_order, perceive
from assistant.types import Exchange, Percept, Segment, Turn
from tests.assistant.media_files import cut, noise, tone, write_video, write_wav

SETTINGS = Settings()


def unused() -> NoReturn:
    raise AssertionError("a model was loaded that the turn does not need")


def run(
    turn: Turn,
    *,
    hear: Callable[[], SpeechToText] = unused,
    read: Callable[[], ScreenReader] = unused,
    tag: Callable[[], ImageTagger] = unused,
    stop: Event | None = None,
    history: Sequence[Exchange] = (),
) -> list[Percept]:
    percepts = perceive(
        turn,
        speech_to_text=hear,
        screen_reader=read,
        image_tagger=tag,
        limits=SETTINGS.limits,
        stop=stop or Event(),
        history=history,
    )
    return list(in_source_order(list(percepts), turn))


def hear() -> SpeechToText:
    return DeterministicSpeechToText(SETTINGS)


def read() -> ScreenReader:
    return DeterministicReader(SETTINGS)


def tag() -> ImageTagger:
    return DeterministicTagger(SETTINGS)


def turn_of(text: str = "", *paths: Path) -> Turn:
    return read_turn(text, paths, settings=SETTINGS)


def photo(path: Path, seed: int = 0) -> Path:
    noise(300, 200, seed).filter(ImageFilter.GaussianBlur(1)).save(path)
    return path


def screen(path: Path) -> Path:
    image = Image.new("RGB", (640, 400), "white")
    for i in range(12):
        ImageDraw.Draw(image).text((20, 20 + 30 * i), f"Line {i} of the page", fill="black")
    image.save(path)
    return path


def test_typed_text_needs_no_model() -> None:
    (typed,) = run(turn_of("It says E-42. What should I do?"))
    assert (typed.modality, typed.source, typed.language) == ("typed", "typed", "en")
    assert [s.text for s in typed.segments] == ["It says E-42.", "What should I do?"]
    assert run(turn_of("路由器的灯是红色的。怎么办？"))[0].language == "zh"


def test_a_recording_gives_a_transcript(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "question.wav", tone(1))
    (heard,) = run(turn_of("", path), hear=hear)
    assert (heard.modality, heard.source, heard.text) == ("transcript", "question.wav", HEARD)
    assert heard.language == "en"
    assert heard.segments[0].end_s == pytest.approx(1)


def test_silence_gives_an_empty_transcript_with_a_reason(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros(16_000))
    (heard,) = run(turn_of("", path), hear=hear)
    assert heard.text == ""
    assert heard.language is None
    assert "Nobody speaks" in heard.note


def test_a_photograph_gives_its_lines_and_tags(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png")
    lines, seen = run(turn_of("", path), read=read, tag=tag)
    assert lines.text.split("\n") == [segment.text for segment in lines.segments] == list(LINES)
    assert all(segment.box for segment in lines.segments)
    assert seen.text == "probably a gray"
    assert seen.size_px == lines.size_px == (300, 200)
    assert seen.sharpness is not None
    assert lines.attachment == seen.attachment == turn_of("", path).attachments[0].sha256


def test_a_screenshot_is_not_tagged_as_an_object(tmp_path: Path) -> None:
    _, seen = run(turn_of("", screen(tmp_path / "a.png")), read=read)
    assert seen.text == "a screenshot"


def test_a_blank_picture_needs_no_model_and_says_so(tmp_path: Path) -> None:
    Image.new("RGB", (640, 400), "white").save(tmp_path / "a.png")
    percepts = run(turn_of("", tmp_path / "a.png"))
    assert [p.modality for p in percepts] == ["ocr", "image"]
    assert all(p.text == "" and not p.segments and "blank" in p.note for p in percepts)


class Unsure:
    """Has its doubts about every picture, and reads nothing."""

    def __init__(self, *probabilities: float) -> None:
        self._tags = [Tag(f"{x}pple", p) for x, p in zip("aio", probabilities, strict=False)]

    def tag(self, images: Sequence[Image.Image]) -> list[list[Tag]]:
        return [self._tags for _ in images]

    def look(self, images: Sequence[Image.Image]) -> list[Look]:
        raise NotImplementedError

    def embed_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        raise NotImplementedError

    def read(self, images: Sequence[Image.Image]) -> list[list[Segment]]:
        return [[] for _ in images]


@pytest.mark.parametrize(
    ("probabilities", "words"),
    [
        ((0.1, 0.05), ""),
        ((0.3, 0.2, 0.1), "perhaps an apple or an ipple"),
        ((0.8, 0.16), "probably an apple"),
    ],
)
def test_words_are_as_modest_as_the_tags(
    probabilities: tuple[float, ...], words: str, tmp_path: Path
) -> None:
    unsure = Unsure(*probabilities)
    path = photo(tmp_path / "a.png")
    lines, seen = run(turn_of("", path), read=lambda: unsure, tag=lambda: unsure)
    assert seen.text == words
    assert ("not recognised" in seen.note) == (words == "")
    assert "No text was found" in lines.note


def test_blurred_and_dark_pictures_are_noted(tmp_path: Path) -> None:
    noise(16, 10).resize((640, 400)).save(tmp_path / "blurred.png")
    Image.eval(noise(300, 200), lambda level: level // 7).save(tmp_path / "dark.png")
    for name, note in (("blurred", "blurred"), ("dark", "dark")):
        percepts = run(turn_of("", tmp_path / f"{name}.png"), read=read, tag=tag)
        assert all(note in p.note for p in percepts)


def test_a_video_is_heard_and_seen(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", ["red", "white", "blue"], sound=True)
    percepts = run(turn_of("", path), hear=hear)
    assert [p.modality for p in percepts] == ["transcript"] + 3 * ["ocr", "image"]
    assert percepts[0].text == HEARD


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", ["red", "white", "blue"], sound=False)
    heard, *seen = run(turn_of("", path))
    assert (heard.modality, heard.text) == ("transcript", "")
    assert "no sound" in heard.note
    assert [p.source for p in seen[::2]] == [f"a.mp4 at 0:0{i}.5" for i in range(3)]


def test_everything_at_once_in_the_order_of_the_turn(tmp_path: Path) -> None:
    paths = [
        photo(tmp_path / "b.png", 1),
        write_wav(tmp_path / "z.wav", tone(1)),
        photo(tmp_path / "a.png", 2),
    ]
    percepts = run(turn_of("Look.", *paths), hear=hear, read=read, tag=tag)
    assert [(p.source, p.modality) for p in percepts] == [
        ("typed", "typed"), ("b.png", "ocr"), ("b.png", "image"), ("z.wav", "transcript"),
        ("a.png", "ocr"), ("a.png", "image"),
    ]  # fmt: skip


def described(*images: Path) -> list[Exchange]:
    return [Exchange("t", "Describe this picture", "…", "en", images=images)]


def test_a_question_about_an_earlier_picture_looks_at_it_again(tmp_path: Path) -> None:
    earlier = described(photo(tmp_path / "a.png"))
    percepts = run(turn_of("What colour is it?"), read=read, tag=tag, history=earlier)
    assert [p.modality for p in percepts] == ["typed", "ocr", "image"]
    assert percepts[2].view is not None
    assert "grey" in percepts[2].view.colours
    assert [p.modality for p in run(turn_of("Thank you!"), history=earlier)] == ["typed"]


def test_another_look_is_closer_and_beside_the_first(tmp_path: Path) -> None:
    earlier = described(photo(tmp_path / "a.png"))
    seen = run(turn_of("再看一次"), read=read, tag=tag, history=earlier)[1:]
    assert [(p.modality, p.view and p.view.again) for p in seen] == [
        ("ocr", False), ("image", False), ("ocr", True), ("image", True)
    ]  # fmt: skip
    assert seen[2].segments[0].box is not None


def test_an_earlier_picture_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    _, seen = run(turn_of("look again"), history=described(tmp_path / "gone.png"))
    assert seen.view is not None
    assert seen.view.fault == "gone"


@pytest.mark.parametrize(
    ("software", "words"), [("Samesense 1.0", "two cats"), ("Paintbox 1.0", "")]
)
def test_the_file_of_a_drawing_tells_what_it_was_drawn_from(
    software: str, words: str, tmp_path: Path
) -> None:
    notes = PngInfo()
    notes.add_itxt("Software", software)
    notes.add_itxt("Prompt", "two\x1b\n cats\u202e")
    noise(300, 200).save(tmp_path / "a.png", pnginfo=notes)
    *_, seen = run(turn_of("", tmp_path / "a.png"), read=read, tag=tag)
    assert seen.view is not None
    assert seen.view.made_from == words


def test_a_dark_photograph_is_named_in_full_contrast(tmp_path: Path) -> None:
    soft = noise(300, 200).filter(ImageFilter.GaussianBlur(1))
    Image.eval(soft, lambda level: level // 12).save(tmp_path / "a.png")
    levels: list[int] = []

    class Measuring(DeterministicTagger):
        def tag(self, images: Sequence[Image.Image]) -> list[list[Tag]]:
            levels.append(int(np.asarray(images[0]).max()))
            return super().tag(images)

    *_, seen = run(turn_of("", tmp_path / "a.png"), read=read, tag=lambda: Measuring(SETTINGS))
    assert seen.view is not None
    assert seen.view.fault == "dark"
    assert levels == [255]


def test_a_ready_percept_does_not_wait_for_a_slow_source(tmp_path: Path) -> None:
    released = Event()

    class Slow(DeterministicReader):
        def read(self, images: Sequence[Image.Image]) -> list[list[Segment]]:
            assert released.wait(20)
            return super().read(images)

    turn = turn_of("Look.", photo(tmp_path / "a.png"), write_wav(tmp_path / "a.wav", tone(1)))
    percepts = perceive(
        turn,
        speech_to_text=hear,
        screen_reader=lambda: Slow(SETTINGS),
        image_tagger=tag,
        limits=SETTINGS.limits,
        stop=Event(),
    )
    assert {next(percepts).modality, next(percepts).modality} == {"typed", "transcript"}
    released.set()
    assert [p.modality for p in percepts] == ["ocr", "image"]


def test_stop_ends_it_while_a_model_works(tmp_path: Path) -> None:
    stop, released = Event(), Event()

    class Endless(DeterministicReader):
        def read(self, images: Sequence[Image.Image]) -> list[list[Segment]]:
            stop.set()
            released.wait(20)
            return []

    turn = turn_of("", photo(tmp_path / "a.png"))
    worker = Thread(target=lambda: run(turn, read=lambda: Endless(SETTINGS), stop=stop))
    worker.start()
    worker.join(10)
    assert not worker.is_alive()
    released.set()


def test_damaged_media_are_an_input_error(tmp_path: Path) -> None:
    noise(200, 200).save(tmp_path / "a.png")
    turn = turn_of("Look.", cut(tmp_path / "a.png", 0.6))
    with pytest.raises(InputError, match="damaged"):
        run(turn)


def test_a_failing_model_is_not_swallowed(tmp_path: Path) -> None:
    def broken() -> NoReturn:
        raise ModelError("The reader failed.")

    turn = turn_of("", photo(tmp_path / "a.png"))
    with pytest.raises(ModelError, match="reader"):
        run(turn, read=broken)
