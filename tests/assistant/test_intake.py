"""Whatever a person hands in becomes a valid turn or a message that says what to do."""

import hashlib
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant.errors import InputError
from assistant.intake import read_turn
from assistant.settings import Limits, Settings
from assistant.types import Turn
from tests.assistant.media_files import (
    cut,
    noise,
    tone,
    write_endless_wav,
    write_huge_png,
    write_sound,
    write_video,
    write_wav,
)

SETTINGS = Settings()


def read(text: str | None = "", *paths: Path, limits: Limits | None = None) -> Turn:
    return read_turn(text, paths, settings=replace(SETTINGS, limits=limits or Limits()))


# --- text


@pytest.mark.parametrize(
    "text",
    [
        "It says E-42 since this morning.",
        "我的路由器显示这个错误",
        "🙂",
        "👩‍👩‍👧‍👦 🏳️‍🌈 1️⃣",
        "הנתב שלי מציג שגיאה E-42",
        "مرحبا\u200f، كيف حالك؟",
        "two\nlines\tand a tab",
    ],
)
def test_text_is_kept(text: str) -> None:
    assert read(text).text == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b\x07c\x1b[31md", "abc[31md"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("  spaces around \n", "spaces around"),
        ("cafe\u0301", "café"),
        ("\ufeffmark", "mark"),
        ("half \ud83d a pair", "half  a pair"),
        ("user\u202egnp.exe", "usergnp.exe"),
    ],
)
def test_text_is_cleaned(text: str, kept: str) -> None:
    assert read(text).text == kept


@pytest.mark.parametrize("text", [None, "", "  \n\t ", "\x00\x01", "\u200b\u200d", "\ufe0f"])
def test_an_empty_turn_is_refused(text: str | None) -> None:
    with pytest.raises(InputError, match="empty"):
        read(text)


@pytest.mark.parametrize("length", [20_001, 1_000_000])
def test_too_long_a_text_is_refused_and_pointed_to_the_knowledge_base(length: int) -> None:
    with pytest.raises(InputError, match=r"20,000.*samesense kb add"):
        read("x" * length)


def test_text_at_the_limit_is_taken() -> None:
    assert len(read("x" * 20_000).text) == 20_000


@given(st.text(max_size=300))
def test_any_text_is_cleaned_or_refused(text: str) -> None:
    try:
        turn = read(text)
    except InputError:
        return
    assert turn.text == turn.text.strip() != ""
    assert unicodedata.is_normalized("NFC", turn.text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in turn.text)
    turn.text.encode()
    assert read(turn.text).text == turn.text


# --- ids


def test_ids_are_fresh() -> None:
    one, other = read("a"), read("a")
    assert len({one.id, other.id, one.thread_id, other.thread_id}) == 4


@pytest.mark.parametrize(
    "thread_id", ["", "../x", "a/b", "a\\b", "..", "a b", "a" * 65, "é", "a\n", "\x00", "a;b"]
)
def test_malformed_thread_ids_are_refused(thread_id: str) -> None:
    with pytest.raises(InputError, match="thread id"):
        read_turn("a", [], settings=SETTINGS, thread_id=thread_id)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_wellformed_thread_ids_are_kept(thread_id: str) -> None:
    assert read_turn("a", [], settings=SETTINGS, thread_id=thread_id).thread_id == thread_id


@given(st.text(), st.sampled_from("/\\.:\x00 \n~é"), st.text())
def test_nothing_that_a_path_could_use_is_a_thread_id(before: str, bad: str, after: str) -> None:
    thread_id = before + bad + after
    with pytest.raises(InputError) as refusal:
        read_turn("a", [], settings=SETTINGS, thread_id=thread_id)
    assert str(refusal.value).isprintable()


def test_knowledge_base_and_language() -> None:
    turn = read_turn("a", [], settings=SETTINGS, language="zh", knowledge_base="cars")
    assert (turn.language, turn.knowledge_base) == ("zh", "cars")
    assert read("a").knowledge_base == SETTINGS.knowledge_base
    with pytest.raises(InputError, match="knowledge base"):
        read_turn("a", [], settings=SETTINGS, knowledge_base="../cars")
    with pytest.raises(InputError, match="language"):
        read_turn("a", [], settings=SETTINGS, language="Chinese")


# --- files


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif", "a.bmp", "a.tiff"])
def test_pictures_are_known_by_their_content(name: str, tmp_path: Path) -> None:
    kind = name.partition(".")[2].replace("jpg", "jpeg")
    noise().save(tmp_path / name)
    wrongly_named = (tmp_path / name).rename(tmp_path / "music.wav")
    (attachment,) = read(None, wrongly_named).attachments
    assert attachment.mime_type == f"image/{kind}"
    assert attachment.sha256 == hashlib.sha256(wrongly_named.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "codec", "mime_type"),
    [
        ("a.mp3", "libmp3lame", "audio/mpeg"),
        ("a.ogg", "libopus", "audio/ogg"),
        ("a.flac", "flac", "audio/flac"),
        ("a.m4a", "aac", "audio/mp4"),
        ("a.webm", "libopus", "audio/webm"),
    ],
)
def test_recordings_are_known_by_their_content(
    name: str, codec: str, mime_type: str, tmp_path: Path
) -> None:
    rate = 48_000 if codec == "libopus" else 44_100
    write_sound(tmp_path / name, codec, rate=rate)
    (attachment,) = read("", (tmp_path / name).rename(tmp_path / "picture.png")).attachments
    assert attachment.mime_type == mime_type


def test_wav_and_video_are_known_by_their_content(tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "a.mp3", tone(0.2))
    mp4 = write_video(tmp_path / "b.mp4", ["red"], sound=False)
    webm = write_video(tmp_path / "c.webm", ["red"], sound=False, codec="libvpx")
    types = [attachment.mime_type for attachment in read("", wav, mp4, webm).attachments]
    assert types == ["audio/wav", "video/mp4", "video/webm"]


def test_the_same_file_twice_is_one_attachment(tmp_path: Path) -> None:
    noise().save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    assert len(read("", tmp_path / "a.png", tmp_path / "b.png").attachments) == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.png", b"", "0 bytes"),
        ("notes.png", b"My router shows E-42.\n", "is text"),
        ("\xe4.jpg", "路由器".encode(), "is text"),
        ("manual.pdf", b"%PDF-1.7\n%\xe2\xe3", "samesense kb add"),
        ("manual.png", b"%PDF-1.7\n%\xe2\xe3", "samesense kb add"),
        ("archive.zip", b"PK\x03\x04\x14\x00", "samesense kb add"),
        ("setup.exe", b"MZ\x90\x00\x03\x00", "neither a picture nor a recording"),
        ("noise.bin", bytes(range(256)), "neither a picture nor a recording"),
        ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "JPEG or PNG"),
        ("head.png", b"\x89PNG\r\n\x1a\n\0\0", "cannot be read as a picture"),
        ("head.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "cannot be read as a picture"),
        ("head.wav", b"RIFF\x24\0\0\0WAVE", "cannot be read as sound"),
        ("head.mp4", b"\0\0\0\x18ftypisom\0\0\0\0", "cannot be read as sound"),
        ("list.mp3", b"#EXTM3U\nfile:///etc/passwd\n", "is text"),
    ],
)
def test_unusable_files_are_refused(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says) as refusal:
        read("look", tmp_path / name)
    assert f"`{name}`" in str(refusal.value)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read("look", tmp_path / "absent.png")
    with pytest.raises(InputError, match="folder"):
        read("look", tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read("look", tmp_path / ("long" * 100))


def test_names_cannot_abuse_the_message(tmp_path: Path) -> None:
    bad = tmp_path / "a\x1b[31m\n.png"
    bad.write_bytes(b"")
    with pytest.raises(InputError) as refusal:
        read("look", bad)
    assert str(refusal.value).isprintable()


def test_limits_on_files(tmp_path: Path) -> None:
    paths = []
    for i in range(3):
        noise(seed=i).save(tmp_path / f"{i}.png")
        paths.append(tmp_path / f"{i}.png")
    with pytest.raises(InputError, match="at most 2"):
        read("", *paths, limits=Limits(attachments=2))
    with pytest.raises(InputError, match="MB"):
        read("", paths[0], limits=Limits(file_bytes=1000))


@pytest.mark.parametrize(
    ("width", "height", "says"),
    [(20_000, 10_000, "pixels"), (9_000, 9_000, "9000 × 9000"), (30_000, 10, "30000 × 10")],
)
def test_gigantic_pictures_are_refused_by_their_header(
    width: int, height: int, says: str, tmp_path: Path
) -> None:
    path = write_huge_png(tmp_path / "huge.png", width, height)
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match=says):
        read("", path)


def test_hours_of_sound_are_refused_by_their_header(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"120 minutes.*at most 10"):
        read("", write_endless_wav(tmp_path / "long.wav", seconds=7200))


def test_a_long_or_gigantic_video_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", ["red", "blue", "red"], sound=True)
    with pytest.raises(InputError, match="long"):
        read("", path, limits=Limits(video_s=2.0))
    with pytest.raises(InputError, match="64 × 48"):
        read("", path, limits=Limits(image_pixels=1000))


def test_music_with_a_cover_is_sound(tmp_path: Path) -> None:
    plain = write_sound(tmp_path / "plain.mp3", "libmp3lame")
    cover = tmp_path / "cover.jpg"
    Image.new("RGB", (32, 32), "red").save(cover)
    picture = b"\x00image/jpeg\x00\x03\x00" + cover.read_bytes()
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\x00\x00" + picture
    size = len(frame)
    syncsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    song = tmp_path / "song.mp3"
    song.write_bytes(b"ID3\x03\x00\x00" + syncsafe + frame + plain.read_bytes())
    assert read("", song).attachments[0].mime_type == "audio/mpeg"


def test_a_cut_off_file_whose_header_is_whole_is_taken(tmp_path: Path) -> None:
    path = cut(write_wav(tmp_path / "a.wav", tone(1)), 0.5)
    assert read("", path).attachments[0].mime_type == "audio/wav"
