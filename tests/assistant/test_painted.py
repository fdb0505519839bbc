"""Painted pictures: looked at, painted once more, composed instead, or given out as they are."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from assistant.checks.painted import asked_of, check_painted, claims_about
from assistant.checks.pictures import judged
from assistant.checks.sight import look, sight_of
from assistant.drawing.compose import compose
from assistant.drawing.easel import paint
from assistant.drawing.enlarge import SIDE_PX, enlarge
from assistant.errors import ConfigurationError, InputError, ModelError
from assistant.models.deterministic import DeterministicMatcher
from assistant.models.protocols import PictureSafety
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.stages.illustrate import draw
from assistant.types import Claim, Picture
from tests.assistant.easels import ColourMatcher, ScriptedPainter, ScriptedSafety, discs, easel

FRUIT = ColourMatcher({"apple": "red", "cup": "blue"})
PIXELS_ALONE = DeterministicMatcher(Settings())


def claims_of(prompt: str, image: Image.Image, matcher: object = FRUIT) -> list[Claim]:
    asked = asked_of(prompt)
    return claims_about(asked, look(image, asked.request.items, matcher))  # pyright: ignore


def verdicts(prompt: str, image: Image.Image, matcher: object = FRUIT) -> dict[str, str]:
    """Return the worst verdict of each kind."""
    claims = claims_of(prompt, image, matcher)
    order = ("supported", "unverified", "contradicted")
    claims.sort(key=lambda claim: order.index(claim.verdict))
    return {claim.kind: claim.verdict for claim in claims}


# What is seen


@pytest.mark.parametrize(
    ("prompt", "image", "wrong"),
    [
        ("a red apple", discs("red"), set()),
        ("一个红苹果", discs("red"), set()),
        ("a red apple", discs("blue"), {"object", "colour"}),
        ("a green apple", discs("red"), {"colour"}),
        ("two red apples", discs("red", "red"), set()),
        ("two red apples", discs("red", "red", "red"), {"count"}),
        ("two red apples", discs("red"), {"count"}),
        ("三个红苹果", discs("red", "red"), {"count"}),
        ("an apple left of a cup", discs("red", "blue"), set()),
        ("an apple right of a cup", discs("red", "blue"), {"position"}),
        ("an apple above a cup", discs("red", "blue", across=False), set()),
        ("an apple above a cup", discs("red", "blue"), {"position"}),
        ("杯子左边有一个苹果", discs("blue", "red"), {"position"}),
        ("a red apple and a blue cup", discs("blue", "red"), set()),
        ("a red apple and a cup", discs("red"), {"object"}),
        ("an apple on a white background", discs("red"), set()),
        ("an apple on a green background", discs("red"), {"colour"}),
        ("an apple", Image.new("RGB", (128, 128), "white"), {"object"}),
    ],
)
def test_a_picture_is_compared_with_what_was_asked_for(
    prompt: str, image: Image.Image, wrong: set[str]
) -> None:
    found = verdicts(prompt, image)
    assert {kind for kind, verdict in found.items() if verdict == "contradicted"} == wrong
    if not wrong:
        assert set(found.values()) == {"supported"}


def test_things_that_touch_are_not_counted_for_certain() -> None:
    one_of_two = Image.new("RGB", (128, 128), "white")
    pen = ImageDraw.Draw(one_of_two)
    for x, y in ((20, 20), (46, 20), (90, 90)):
        pen.ellipse((x, y, x + 28, y + 28), fill="red")
    assert verdicts("three red apples", one_of_two)["count"] == "unverified"


def test_what_no_eye_knows_is_left_open() -> None:
    found = verdicts("a red samovar", discs("blue"))
    assert found == {"object": "unverified", "colour": "contradicted", "count": "unverified"}
    assert verdicts("a red apple", discs("red"), PIXELS_ALONE)["object"] == "unverified"


@pytest.mark.parametrize("prompt", ["?!", "a red green apple", "x" * 500])
def test_of_an_unclear_prompt_only_things_and_colours_are_checked(prompt: str) -> None:
    kinds = {claim.kind for claim in claims_of(prompt, discs("red", "red"))}
    assert kinds <= {"object", "colour"}


def test_claims_say_what_was_seen() -> None:
    count = next(c for c in claims_of("three apples", discs("red", "red")) if c.kind == "count")
    assert count.text == "three apples"
    assert "Seen: 2; asked for: 3" in count.detail


# Painting


def drawn(
    painter: ScriptedPainter,
    tmp_path: Path,
    *,
    request: str = "Draw two red apples",
    language: str = "en",
    safety: PictureSafety | None = None,
    composes: bool = True,
) -> tuple[Picture, list[str], list[float]]:
    """Return the picture, why it was composed, and the progress."""
    reasons: list[str] = []
    progress: list[float] = []
    picture = draw(
        request, language, easel=easel(painter, FRUIT, safety), out=tmp_path / "s1-draw.png",
        seed=7, stop=Event(), on_progress=progress.append,
        composer=compose if composes else None, on_fallback=lambda why: reasons.append(str(why)),
    )  # fmt: skip
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    return picture, reasons, progress


def test_a_right_picture_is_painted_once(tmp_path: Path) -> None:
    painter = ScriptedPainter(discs("red", "red"))
    picture, reasons, _ = drawn(painter, tmp_path)
    assert (picture.kind, painter.seeds, reasons) == ("generated", [7], [])
    assert judged(picture, answer="", percepts=[]).verdict == "supported"
    assert not picture.path.with_suffix(".svg").exists()


def test_a_wrong_picture_is_painted_once_more_with_another_seed(tmp_path: Path) -> None:
    painter = ScriptedPainter(discs("red"), discs("red", "red"))
    picture, reasons, _ = drawn(painter, tmp_path)
    assert (picture.kind, len(set(painter.seeds)), reasons) == ("generated", 2, [])
    with Image.open(picture.path) as written:
        assert written.info["Seed"] == str(painter.seeds[1])
        assert written.size == (SIDE_PX, SIDE_PX)


def test_what_stays_wrong_is_composed(tmp_path: Path) -> None:
    painter = ScriptedPainter(discs("red"), discs("blue"))
    picture, (reason,), _ = drawn(painter, tmp_path)
    assert (picture.kind, len(painter.seeds)) == ("composed", 2)
    assert "two apples" in reason
    assert picture.path.with_suffix(".svg").exists()
    painter = ScriptedPainter(discs("red"), discs("blue"))
    _, (reason,), _ = drawn(painter, tmp_path, request="画两个红苹果", language="zh")
    assert "与要求不符" in reason


def test_what_a_weak_painter_leaves_open_is_composed(tmp_path: Path) -> None:
    pictures = discs("grey"), discs("grey")  # likeness between the thresholds
    for weak, kind in ((False, "generated"), (True, "composed")):
        unsure = replace(easel(ScriptedPainter(*pictures)), weak=weak)
        picture = draw(
            "Draw an apple", "en", easel=unsure, out=tmp_path / "s1-draw.png", seed=7, stop=Event(),
            composer=compose,
        )  # fmt: skip
        assert picture.kind == kind


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("Draw thirteen red apples", "holds up to 12"),
        ("画十三个苹果", "最多放 12 样"),
        ("Draw two dogs above a yellow car and a blue umbrella", "relates two"),
        ("Draw a red green apple", "2 colours"),
    ],
)
def test_a_weak_painter_is_not_tried_where_nothing_right_can_come_of_it(
    request_: str, said: str, tmp_path: Path
) -> None:
    language = "zh" if request_.startswith("画") else "en"
    painter = ScriptedPainter(discs("red"), discs("red"))
    with pytest.raises(InputError, match=said):
        draw(
            request_, language, easel=replace(easel(painter), weak=True),
            out=tmp_path / "s1-draw.png", seed=7, stop=Event(), composer=compose,
        )  # fmt: skip
    assert painter.seeds == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("request_", "language", "said"),
    [
        ("Draw a blorptwig", "en", "no drawing of `blorptwig`"),
        ("画一只麒麟", "zh", "没有`麒麟`的图"),
    ],
)
def test_a_weak_painter_says_that_it_does_not_know_a_word(
    request_: str, language: str, said: str, tmp_path: Path
) -> None:
    weak = replace(easel(ScriptedPainter(discs("grey"), discs("grey"))), weak=True)
    picture = draw(
        request_, language, easel=weak, out=tmp_path / "s1-draw.png", seed=7, stop=Event(),
        composer=compose,
    )  # fmt: skip
    assert picture.kind == "generated"
    assert said in picture.alt


@pytest.mark.parametrize("better", [0, 1])
def test_what_cannot_be_composed_says_what_is_wrong_with_it(better: int, tmp_path: Path) -> None:
    pictures = [discs("blue", "blue", "blue"), discs("blue", "blue", "blue")]
    pictures[better] = discs("red", "red", "red")
    painter = ScriptedPainter(*pictures)
    picture, reasons, _ = drawn(painter, tmp_path, request="Draw two red samovars")
    assert (picture.kind, reasons) == ("generated", [])
    with Image.open(picture.path) as written:
        assert written.info["Seed"] == str(painter.seeds[better])
    claims = check_painted(picture)
    assert "contradicted" in {claim.verdict for claim in claims}
    assert judged(picture, answer="", percepts=[]).verdict == "contradicted"
    assert "does not show what was asked for: two samovars" in picture.alt


@pytest.mark.parametrize(
    "failure", [ModelError("There is not enough memory."), ConfigurationError("No weights.")]
)
def test_where_painting_fails_the_picture_is_composed(failure: Exception, tmp_path: Path) -> None:
    picture, reasons, _ = drawn(ScriptedPainter(failure), tmp_path)
    assert (picture.kind, reasons) == ("composed", [str(failure)])
    with pytest.raises(type(failure)):
        drawn(ScriptedPainter(failure), tmp_path, composes=False)
    with pytest.raises(InputError, match=r"samovar.*(memory|weights)"):
        drawn(ScriptedPainter(failure), tmp_path, request="Draw a samovar")


def test_what_can_be_neither_composed_nor_painted_is_told_in_the_turns_language(
    tmp_path: Path,
) -> None:
    for request, language, said in [
        ("画一只iPad", "zh", "没有`ipad`的图"),
        ("Draw a 龙虾王", "en", "There is no drawing of"),
    ]:
        painter = ScriptedPainter(ModelError("There is not enough memory."))
        with pytest.raises(InputError, match=said) as caught:
            drawn(painter, tmp_path, request=request, language=language)
        assert ("memory" in str(caught.value)) is (language == "en")


def test_memory_that_ends_at_the_second_attempt_costs_only_that(tmp_path: Path) -> None:
    painter = ScriptedPainter(discs("red", "red", "red"), ModelError("not enough memory"))
    picture, _, _ = drawn(painter, tmp_path, request="Draw two red samovars")
    assert picture.kind == "generated"


# Safety


def test_what_is_not_safe_is_painted_anew_or_composed(tmp_path: Path) -> None:
    pictures = discs("red", "red"), discs("red", "red")
    painter = ScriptedPainter(*pictures)
    picture, reasons, _ = drawn(painter, tmp_path, safety=ScriptedSafety(0.9, 0.1))
    assert (picture.kind, len(painter.seeds), reasons) == ("generated", 2, [])
    picture, (reason,), _ = drawn(
        ScriptedPainter(*pictures), tmp_path, safety=ScriptedSafety(0.9, 0.9)
    )
    assert picture.kind == "composed"
    assert "safety check" in reason


@pytest.mark.parametrize(("language", "said"), [("en", "safety check"), ("zh", "安全检查")])
def test_an_unsafe_picture_of_what_cannot_be_composed_is_not_written(
    language: str, said: str, tmp_path: Path
) -> None:
    painter = ScriptedPainter(discs("red"), discs("red"))
    with pytest.raises(InputError, match=said):
        drawn(
            painter, tmp_path, request="Draw a samovar", language=language,
            safety=ScriptedSafety(0.6, 1.0),
        )  # fmt: skip
    assert not list(tmp_path.iterdir())


def test_without_the_safety_model_nothing_painted_is_given_out(tmp_path: Path) -> None:
    class Absent:
        def unsafe(self, images: object) -> np.ndarray:
            raise ConfigurationError("The weights `open-nsfw` are not here.")

    picture, (reason,), _ = drawn(ScriptedPainter(discs("red", "red")), tmp_path, safety=Absent())
    assert picture.kind == "composed"
    assert "open-nsfw" in reason
    with pytest.raises(ConfigurationError, match="open-nsfw"):
        drawn(ScriptedPainter(discs("red")), tmp_path, safety=Absent(), composes=False)


# Cancelling


@pytest.mark.parametrize("moment", ["painting", "checking", "looking", "painting again"])
def test_it_can_be_stopped_at_any_moment(moment: str, tmp_path: Path) -> None:
    stop = Event()

    class StoppingSafety:
        def unsafe(self, images: Sequence[Image.Image]) -> np.ndarray:
            if moment == "checking":
                stop.set()
            return np.zeros(len(images), np.float32)

    class StoppingMatcher(ColourMatcher):
        def match(
            self, images: Sequence[Image.Image], names: Sequence[str], languages: Sequence[str]
        ) -> np.ndarray:
            if moment == "looking":
                stop.set()
            return super().match(images, names, languages)

    def on_progress(fraction: float) -> None:
        if fraction >= {"painting": 0.1, "painting again": 0.6}.get(moment, 2):
            stop.set()

    painter = ScriptedPainter(discs("blue"), discs("red"))
    watched = easel(painter, StoppingMatcher({"apple": "red"}), StoppingSafety())
    with pytest.raises(ModelError, match="stopped"):
        draw(
            "Draw an apple", "en", easel=watched, out=tmp_path / "apple.png", seed=1, stop=stop,
            on_progress=on_progress, composer=compose,
        )  # fmt: skip
    assert len(painter.seeds) == (2 if moment == "painting again" else 1)
    assert not list(tmp_path.iterdir())


def test_what_was_seen_is_kept_with_the_picture(tmp_path: Path) -> None:
    picture, _, _ = drawn(ScriptedPainter(discs("red", "red")), tmp_path)
    painted = paint(
        "two red apples", easel(ScriptedPainter(discs("red", "red")), FRUIT), seed=1, stop=Event()
    )
    assert painted
    assert sight_of(picture.path) == painted.sight
    assert check_painted(picture) == list(painted.claims)


# In a turn


@pytest.mark.parametrize(
    ("text", "kind", "verdict"),
    [
        ("Draw a red apple", "generated", "unverified"),  # fixed rules know no apples
        ("画一个红苹果", "composed", "supported"),  # and paint no red where `red` is not said
        ("Draw two red samovars", "generated", "unverified"),
    ],
)
def test_a_turn_shows_the_claims_of_its_picture(
    text: str, kind: str, verdict: str, tmp_path: Path
) -> None:
    from assistant.intake import read_turn
    from assistant.types import Reply

    settings = Settings(profile="deterministic", data_dir=tmp_path / "data")
    turn = read_turn(text, [], settings=settings)
    *_, reply = Assistant(settings).stream(turn, tmp_path / "out", speak=False)
    assert isinstance(reply, Reply)
    (picture,) = reply.images
    assert (picture.kind, picture.verdict) == (kind, verdict)
    claims = [c for c in reply.verification.claims if c.against == "picture"]
    assert claims
    assert bool(reply.notices) is (kind == "composed")


# Larger pictures


def _psnr(one: Image.Image, other: Image.Image) -> float:
    error = np.asarray(one, float) - np.asarray(other, float)
    return float(10 * np.log10(255**2 / (error**2).mean()))


def test_a_small_drawing_becomes_larger_and_crisper_than_by_interpolation() -> None:
    true = compose(asked_of("a cat left of a red house").request).picture
    small = true.resize((128, 128), Image.Resampling.BOX)
    large = enlarge(small)
    assert large.size == (SIDE_PX, SIDE_PX)
    assert _psnr(large, true) > _psnr(small.resize(true.size, Image.Resampling.LANCZOS), true) + 1
    blurred = true.filter(ImageFilter.GaussianBlur(4))
    assert _psnr(large, true) > _psnr(blurred, true)


@pytest.mark.parametrize("size", [(1, 1), (128, 64), (3, 128)])
def test_any_small_picture_keeps_its_shape(size: tuple[int, int]) -> None:
    large = enlarge(Image.new("RGB", size, "#336699"))
    assert max(large.size) == SIDE_PX
    assert large.width / large.height == pytest.approx(size[0] / size[1], rel=0.05)
    assert large.getpixel((0, 0)) == (0x33, 0x66, 0x99)
