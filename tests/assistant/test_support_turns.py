"""Drawn screens, spoilt sounds, and the turns put together of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.data_sets import LANGUAGES, Language
from assistant.fusion.evaluate_focus import measure_focus
from assistant.fusion.head import FusionHead
from assistant.fusion.material import SCREENS, SOUNDS, Heard, Material, Read
from assistant.fusion.network import QUERY, FusionNetwork
from assistant.fusion.screens import draw_screen, holds, on_desktop, spoil
from assistant.fusion.segments import WIDTHS
from assistant.fusion.situations import Situation, Style, read_domains
from assistant.fusion.sounds import noisy
from assistant.fusion.train_fusion import write
from assistant.fusion.turns import States, TurnMaker
from assistant.models.protocols import Waveform
from knowledge.types import Segment

DOMAIN = read_domains("train")[0]
SITUATION = DOMAIN.situations[0]
SOUND = np.ones((2, WIDTHS["sound"]))
GOOD: States = {"typed": "good", "transcript": "good", "ocr": "good"}
STYLES: tuple[Style, ...] = ("dialog", "settings", "terminal", "device")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", STYLES)
def test_a_screen_shows_the_lines_that_matter_inside_its_edges(
    style: Style, language: Language
) -> None:
    for seed in "abc":
        screen = draw_screen(DOMAIN, SITUATION, style, language, seed)
        assert len(screen.decisive) >= len(SITUATION.screen[language])
        width, height = screen.image.size
        for left, top, right, bottom in screen.decisive:
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height


def test_the_same_seed_draws_the_same_screen_and_another_one_another() -> None:
    first, again, other = (
        draw_screen(DOMAIN, SITUATION, "device", "en", seed).image.tobytes() for seed in "aab"
    )
    assert first == again != other


def test_an_idle_screen_has_nothing_that_matters() -> None:
    assert not draw_screen(DOMAIN, SITUATION.product, "settings", "zh", "a").decisive


def test_a_desktop_holds_the_screen_where_its_lines_are_said_to_be() -> None:
    screen = draw_screen(DOMAIN, SITUATION, "dialog", "en", "a")
    desktop = on_desktop(screen, DOMAIN.clutter["en"], "b")
    assert len(desktop.decisive) == len(screen.decisive)
    for before, after in zip(screen.decisive, desktop.decisive, strict=True):
        same = screen.image.crop(before).tobytes() == desktop.image.crop(after).tobytes()
        assert same
    assert desktop.image.width > screen.image.width


def test_a_box_lies_on_a_line_only_when_it_is_level_with_it() -> None:
    assert holds([(10, 10, 100, 30)], (12, 12, 90, 28))
    assert not holds([(10, 10, 100, 30)], (12, 40, 90, 60))


def test_a_spoilt_screen_is_smaller_and_the_same_for_the_same_seed() -> None:
    image = draw_screen(DOMAIN, SITUATION, "dialog", "en", "a").image
    worse, again = spoil(image, "s", 0.9), spoil(image, "s", 0.9)
    assert worse.width < image.width
    assert worse.tobytes() == again.tobytes()


def test_noise_is_louder_the_worse_the_place() -> None:
    tone = Waveform(np.sin(np.arange(24_000) / 8).astype(np.float32) * 0.3, 24_000)
    others = np.random.default_rng(1).normal(size=24_000)
    quiet, loud = (noisy(tone, 5, strength, others) for strength in (0.0, 1.0))

    def share(sound: Waveform) -> float:
        """Return how much of the sound is the tone."""
        spectrum = np.abs(np.fft.rfft(sound.samples)) ** 2
        return float(spectrum.max() / spectrum.sum())

    assert share(loud) < share(quiet)
    assert np.abs(loud.samples).max() <= 1
    assert np.array_equal(loud.samples, noisy(tone, 5, 1.0, others).samples)


def toy_material() -> Material:
    """Return material without recognisers: what was written is what was read and heard."""
    screens, sounds = {}, {}
    for situation in DOMAIN.situations:
        for language in LANGUAGES:
            lines = tuple(Segment(t, box=(0, 0, 9, 9)) for t in situation.screen[language])
            for variant in SCREENS:
                screens[situation.id, language, variant] = Read(
                    lines, (True,) * len(lines), (99, 99)
                )
            for variant in SOUNDS:
                words = Segment(situation.spoken[language])
                sounds[situation.id, language, variant] = Heard((words,), SOUND)
            for number in range(3):
                idle = Read((Segment("Ready", box=(0, 0, 9, 9)),), (False,), (99, 99))
                screens[situation.product.name, language, f"idle {number}"] = idle
    return Material(screens, sounds)


def test_a_turn_has_the_channels_it_was_asked_for() -> None:
    maker = TurnMaker([DOMAIN], toy_material())
    states: States = {"typed": "vague", "transcript": "absent", "ocr": "good"}
    turn = maker.turn(SITUATION, "en", states, 2, "seed")
    assert [p.modality for p in turn.percepts] == ["typed", "ocr", "image", "ocr", "image"]
    assert turn.percepts[0].text == "\n".join(s.text for s in turn.percepts[0].segments)
    assert not any(turn.relevant[0])
    assert sum(any(flags) for flags in turn.relevant[1:]) == 1
    shown = next(p for p, flags in zip(turn.percepts, turn.relevant, strict=True) if any(flags))
    assert [s.text for s in shown.segments] == list(SITUATION.screen["en"])


def test_a_crowded_screen_holds_the_same_lines_that_matter_among_more() -> None:
    plain, crowded = (
        TurnMaker([DOMAIN], toy_material(), share).turn(SITUATION, "zh", GOOD, 1, "seed")
        for share in (0.0, 1.0)
    )
    marked = [
        [s.text for s, yes in zip(turn.percepts[2].segments, turn.relevant[2], strict=True) if yes]
        for turn in (plain, crowded)
    ]
    assert marked[0] == marked[1] == list(SITUATION.screen["zh"])
    screen = crowded.percepts[2]
    assert screen.size_px
    assert len(screen.segments) >= len(plain.percepts[2].segments) + 15
    assert screen.size_px == (99 + 520, 99 + 260)
    assert all(s.box and s.box[3] <= screen.size_px[1] for s in screen.segments)


def test_what_was_misheard_or_not_read_does_not_count_as_good() -> None:
    material = toy_material()
    for language in LANGUAGES:
        misheard = Heard((Segment("Thank you for watching."),), SOUND)
        material.sounds[SITUATION.id, language, "quiet"] = misheard
        unread = Read((Segment("Rcady", box=(0, 0, 9, 9)),), (False,), (99, 99))
        for variant in SCREENS:
            material.screens[SITUATION.id, language, variant] = unread
    for language in LANGUAGES:
        turn = TurnMaker([DOMAIN], material).turn(SITUATION, language, GOOD, 1, "s")
        assert turn.states["transcript"] == turn.states["ocr"] == "spoilt"
        assert turn.solvable


def test_focus_is_measured_on_every_way_of_pointing(tmp_path: Path) -> None:
    write(FusionNetwork(), tmp_path / "random.safetensors", "e")
    maker = TurnMaker([DOMAIN], toy_material())
    some: list[tuple[Situation, Language]] = [
        (s, language) for s in DOMAIN.situations[:3] for language in LANGUAGES
    ]
    one, two = (
        [maker.turn(s, language, GOOD, screens, "s") for s, language in some] for screens in (1, 2)
    )
    head = FusionHead(tmp_path / "random.safetensors")
    rows = measure_focus("clean", one, two, head=head, embed=embed, find=lambda *_: ["a", "b"])
    assert [row["way"] for row in rows] == [
        "fused", "network alone", "similarity", "BM25", "hand-written rule",
        "similarity of whole screens", "what both find",
    ]  # fmt: skip
    first = [row["line first"] for row in rows]
    assert first == [1] * 5 + [None] * 2  # these screens hold nothing else
    assert all(0 <= float(str(row["right one of two"])) <= 1 for row in rows)


def embed(texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
    del languages
    rows = [np.random.default_rng(sum(map(ord, text))).normal(size=QUERY) for text in texts]
    return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)
