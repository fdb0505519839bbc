"""Pictures come out upright in 8-bit RGB, sound as 16 kHz mono, damaged files as a message."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from assistant.errors import InputError
from assistant.media import check_recording, decode_audio, open_image, resample, video_frames
from assistant.models.protocols import Waveform
from assistant.settings import Limits
from knowledge.looks import is_blank, is_dark, looks_drawn, sharpness
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

LIMITS = Limits()
RED, WHITE, BLUE = (255, 0, 0), (255, 255, 255), (0, 0, 255)


def opened(path: Path, image: Image.Image, **options: Any) -> Image.Image:
    image.save(path, **options)
    result = open_image(path, LIMITS)
    assert result.mode == "RGB"
    return result


# --- pictures


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste(RED, (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its left side
    upright = opened(tmp_path / "a.jpg", image, exif=exif, quality=95)
    assert upright.size == (20, 40)
    assert near(upright.getpixel((10, 5)), RED)
    assert near(upright.getpixel((10, 35)), WHITE)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_becomes_white(mode: str, tmp_path: Path) -> None:
    image = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 5, 10))
    result = opened(tmp_path / "a.png", image.convert(mode))
    assert result.getpixel((8, 5)) == WHITE
    assert result.getpixel((2, 5)) == (0, 0, 0)


def test_half_transparency_is_blended(tmp_path: Path) -> None:
    result = opened(tmp_path / "a.png", Image.new("RGBA", (4, 4), (255, 0, 0, 128)))
    assert near(result.getpixel((1, 1)), (255, 127, 127))


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "white")]
    result = opened(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert result.getpixel((4, 4)) == RED


@pytest.mark.parametrize("name", ["a.png", "a.tiff"])
def test_16_bit_grey_is_scaled_not_clipped(name: str, tmp_path: Path) -> None:
    levels = np.linspace(0, 65_535, 256).astype(np.uint16)
    result = np.asarray(opened(tmp_path / name, Image.fromarray(np.tile(levels, (4, 1)))))
    assert np.abs(result[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_float_pixels_use_their_range(tmp_path: Path) -> None:
    values = np.array([[0.0, 0.5, 1.0]], np.float32)
    result = np.asarray(opened(tmp_path / "a.tiff", Image.fromarray(values)))
    assert result[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_other_modes_become_rgb(mode: str, tmp_path: Path) -> None:
    name = "a.jpg" if mode in ("CMYK", "YCbCr") else "a.png"
    result = opened(tmp_path / name, Image.new("RGB", (16, 16), "white").convert(mode))
    assert near(result.getpixel((8, 8)), WHITE)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.bmp", "a.tiff", "a.webp"])
def test_a_truncated_picture_is_refused(name: str, tmp_path: Path) -> None:
    noise(200, 200).save(tmp_path / name)
    with pytest.raises(InputError, match=r"damaged"):
        open_image(cut(tmp_path / name, 0.6), LIMITS)


def test_a_gigantic_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = write_huge_png(tmp_path / "huge.png", 20_000, 10_000)
    with pytest.raises(InputError, match="at most 60 million"):
        open_image(path, LIMITS)


def test_sharpness_falls_with_blur() -> None:
    sharp = drawn()
    values = [sharpness(sharp.filter(ImageFilter.GaussianBlur(r))) for r in (0, 2, 8)]
    assert 1 >= values[0] > 0.8 > values[1] > values[2] >= 0


def test_blank_and_dark_pictures_are_told() -> None:
    page = Image.new("RGB", (640, 400), "white")
    grain = np.random.default_rng(0).integers(118, 124, (400, 640, 3)).astype(np.uint8)
    assert is_blank(page)
    assert is_blank(Image.fromarray(grain))
    assert is_blank(Image.new("RGB", (1, 1)))
    ImageDraw.Draw(page).text((300, 200), "E-42", fill="black")
    assert not is_blank(page)
    assert is_dark(Image.eval(noise(), lambda level: level // 16))
    assert not is_dark(noise())


def test_drawn_pictures_are_told_from_photographs(tmp_path: Path) -> None:
    assert looks_drawn(drawn())
    assert looks_drawn(opened(tmp_path / "a.jpg", drawn(), quality=80))
    assert not looks_drawn(noise(300, 200).filter(ImageFilter.GaussianBlur(2)))


def drawn() -> Image.Image:
    image = Image.new("RGB", (640, 400), "white")
    draw = ImageDraw.Draw(image)
    for i in range(12):
        draw.text((20, 20 + 30 * i), f"Line {i}: the internet light is red", fill="black")
        draw.rectangle((400, 20 + 30 * i, 420 + 10 * i, 40 + 30 * i), fill="navy")
    return image


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    return float(np.abs(np.asarray(pixel, int) - colour).max()) <= 8


# --- sound


def test_8_khz_stereo_becomes_16_khz_mono(tmp_path: Path) -> None:
    one_ear = np.stack([tone(1, 440, 8000), np.zeros(8000)], axis=1)
    sound = decode_audio(write_wav(tmp_path / "a.wav", one_ear, 8000), LIMITS)
    assert sound.sample_rate == 16_000
    assert sound.samples.dtype == np.float32
    assert sound.duration_s == pytest.approx(1, abs=0.02)
    assert pitch(sound) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("codec", ["libmp3lame", "flac", "aac"])
def test_compressed_sound_is_decoded(codec: str, tmp_path: Path) -> None:
    name = {"libmp3lame": "a.mp3", "flac": "a.flac", "aac": "a.m4a"}[codec]
    sound = decode_audio(write_sound(tmp_path / name, codec), LIMITS)
    assert sound.duration_s == pytest.approx(1, abs=0.1)
    assert pitch(sound) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame")])
def test_truncated_sound_gives_what_is_there(name: str, codec: str, tmp_path: Path) -> None:
    path = cut(write_sound(tmp_path / name, codec, seconds=2), 0.5)
    assert 0.5 < decode_audio(path, LIMITS).duration_s < 1.3


def test_damage_in_the_middle_is_skipped(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.mp3", "libmp3lame", seconds=3)
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 800] = bytes(800)
    path.write_bytes(data)
    assert decode_audio(path, LIMITS).duration_s > 2


@pytest.mark.parametrize("length", [20, 44, 46])
def test_a_wav_without_samples_is_refused(length: int, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(1))
    path.write_bytes(path.read_bytes()[:length])
    if length == 46:
        assert len(decode_audio(path, LIMITS).samples) == 1
        return
    with pytest.raises(InputError):
        decode_audio(path, LIMITS)


def test_sound_that_is_not_finite_is_mended(tmp_path: Path) -> None:
    samples = tone(0.1)
    samples[100:200] = np.nan
    samples[300] = np.inf
    data = samples.astype("<f4").tobytes()
    header = struct.pack("<4sI4s", b"RIFF", len(data) + 36, b"WAVE")
    header += struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, 16_000, 64_000, 4, 32)
    path = tmp_path / "a.wav"
    path.write_bytes(header + struct.pack("<4sI", b"data", len(data)) + data)
    sound = decode_audio(path, LIMITS)
    assert np.isfinite(sound.samples).all()
    assert np.abs(sound.samples).max() <= 1


def test_hours_of_sound_are_refused_before_decoding(tmp_path: Path) -> None:
    path = write_endless_wav(tmp_path / "a.wav", seconds=7200)
    with pytest.raises(InputError, match="120 minutes"):
        decode_audio(path, LIMITS)


def test_decoding_stops_at_the_limit_where_the_header_lies(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.webm", "libopus", seconds=4, rate=48_000)
    data = path.read_bytes()
    at = data.index(b"\x44\x89\x88") + 3  # Matroska's duration, a big-endian double in ms
    path.write_bytes(data[:at] + struct.pack(">d", 500.0) + data[at + 8 :])
    check_recording(path, Limits(audio_s=2))
    with pytest.raises(InputError, match="long"):
        decode_audio(path, Limits(audio_s=2))


def test_resampling_keeps_the_pitch() -> None:
    sound = resample(Waveform(tone(1, 440, 24_000), 24_000), 16_000)
    assert sound.sample_rate == 16_000
    assert sound.duration_s == pytest.approx(1, abs=0.01)
    assert pitch(sound) == pytest.approx(440, abs=3)


def pitch(sound: Waveform) -> float:
    spectrum = np.abs(np.fft.rfft(sound.samples * np.hanning(len(sound.samples))))
    return float(spectrum.argmax() / sound.duration_s)


# --- video


def test_a_video_without_sound(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", ["red"], sound=False)
    assert check_recording(path, LIMITS) == (False, True)
    with pytest.raises(InputError, match="holds no sound"):
        decode_audio(path, LIMITS)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.webm", "libvpx")])
def test_a_video_gives_evenly_spaced_pictures(name: str, codec: str, tmp_path: Path) -> None:
    path = write_video(tmp_path / name, ["red", "white", "blue"], sound=False, codec=codec)
    frames = video_frames(path, LIMITS)
    assert [time_s for time_s, _ in frames] == pytest.approx([0.5, 1.5, 2.5], abs=0.1)
    for (_, frame), colour in zip(frames, (RED, WHITE, BLUE), strict=True):
        assert frame.size == (64, 48)
        assert np.abs(np.asarray(frame.getpixel((32, 24)), int) - colour).max() < 40


def test_the_sound_of_a_video_is_decoded(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", ["red", "blue"], sound=True)
    assert check_recording(path, LIMITS) == (True, True)
    assert decode_audio(path, LIMITS).duration_s == pytest.approx(2, abs=0.2)


def test_pictures_are_not_looked_for_in_sound(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no moving pictures"):
        video_frames(write_wav(tmp_path / "a.wav", tone(1)), LIMITS)
