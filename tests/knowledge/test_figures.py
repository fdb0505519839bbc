"""A picture becomes one document, or none with the reason."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter

from knowledge.chunking import estimate_tokens
from knowledge.figures import picture_documents
from knowledge.looks import difference_hash, is_blurred
from knowledge.types import Document, Locator, Segment, Source, Tag
from tests.assistant.media_files import noise
from tests.knowledge.pictures import page, photograph
from tests.knowledge.senses import Eyes, make_senses

SOURCE = Source(Path("guide.pdf"), "guide.pdf")


def documents(tmp_path: Path, image: Image.Image, eyes: Eyes, **more: Any) -> list[Document]:
    return picture_documents(
        image, SOURCE, Locator(page=3), make_senses(tmp_path, eyes), title="Guide", **more
    )


def test_the_text_says_what_is_told_shown_and_written(tmp_path: Path) -> None:
    eyes = Eyes(
        [Segment("Lights"), Segment("noise", confidence=0.4), Segment("amber: starting")],
        [Tag("modem", 0.8), Tag("radio", 0.35), Tag("toaster", 0.1)],
    )
    (document,) = documents(
        tmp_path, photograph(), eyes, caption="The front panel", picture="abc.png"
    )
    assert document.text == ("The front panel. Shows: modem, radio. Reads: Lights; amber: starting")
    assert (document.modality, document.uri, document.locator.page) == ("image", "guide.pdf", 3)
    assert dict(document.metadata) == {
        "title": "Guide",
        "caption": "The front panel",
        "picture": "abc.png",
        "width": "320",
        "height": "240",
        "looks": difference_hash(photograph()),
    }


def test_a_caption_keeps_its_own_full_stop(tmp_path: Path) -> None:
    for caption in ("状态页。", "What now?"):
        (document,) = documents(tmp_path, page("E-42"), Eyes([Segment("E-42")]), caption=caption)
        assert document.text == f"{caption} Reads: E-42"


def test_a_screenshot_is_not_tagged(tmp_path: Path) -> None:
    eyes = Eyes([Segment("E-42 failed")], [Tag("web site", 0.9)])
    (document,) = documents(tmp_path, page("E-42 failed"), eyes)
    assert document.text == "Reads: E-42 failed"
    assert eyes.tagged_pictures == 0


def test_a_good_picture_without_words_goes_in_under_its_title(tmp_path: Path) -> None:
    (document,) = picture_documents(
        photograph(), SOURCE, Locator(), make_senses(tmp_path), title="back-panel_2"
    )
    assert document.text == "back panel 2"


def test_all_that_a_full_screen_says_is_kept_up_to_a_bound(tmp_path: Path) -> None:
    few = [Segment(f"Line {n} of the status page names code E-{n}") for n in range(30)]
    (document,) = documents(tmp_path, page("x"), Eyes(few))
    assert "E-0;" in document.text
    assert "E-29" in document.text
    many = [Segment("OK"), *few * 4, Segment("The longest line of all tells what went wrong here")]
    (document,) = documents(tmp_path, page("x"), Eyes(many))
    assert estimate_tokens(document.text) < 600
    assert document.text.endswith("what went wrong here")


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (Image.new("RGB", (47, 400), "red"), "small"),
        (Image.new("RGB", (400, 300), "white"), "blank"),
        (Image.eval(photograph(), lambda level: level // 7), "dark"),
        (page("E-42 failed").filter(ImageFilter.GaussianBlur(5)), "blurred"),
    ],
    ids=["icon", "blank", "dark", "blurred"],
)
def test_what_is_not_worth_keeping_is_left_out_unread(
    image: Image.Image, reason: str, tmp_path: Path
) -> None:
    eyes = Eyes([Segment("noise")])
    senses = make_senses(tmp_path, eyes)
    made = picture_documents(
        image, SOURCE, Locator(), senses, title="Guide", caption="An icon", part="page 3", keep=True
    )
    assert made == []
    ((part, told),) = [(omission.part, omission.reason) for omission in senses.omissions]
    assert part == "page 3"
    assert reason in told
    assert eyes.read_pictures == 0
    assert not senses.pictures.exists()


def test_a_good_picture_is_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    senses = make_senses(tmp_path)
    (document,) = picture_documents(
        page("E-42"), SOURCE, Locator(), senses, title="Guide", keep=True
    )
    with Image.open(senses.pictures / document.metadata["picture"]) as kept:
        assert kept.convert("RGB").tobytes() == page("E-42").tobytes()


def test_a_sparse_drawing_or_one_sharp_corner_is_not_blurred() -> None:
    sparse = Image.new("RGB", (1200, 800), "white")
    ImageDraw.Draw(sparse).line((100, 700, 1100, 100), fill="gray", width=2)
    assert not is_blurred(sparse)
    portrait = photograph().filter(ImageFilter.GaussianBlur(6))
    assert is_blurred(portrait)
    portrait.paste(page("a").resize((128, 80)), (96, 80))
    assert not is_blurred(portrait)


def test_copies_look_alike_and_others_do_not() -> None:
    def bits(one: Image.Image, other: Image.Image) -> int:
        return (int(difference_hash(one), 16) ^ int(difference_hash(other), 16)).bit_count()

    image = photograph(size=(640, 480))
    assert len(difference_hash(image)) == 16
    assert bits(image, image.resize((200, 150)).convert("L").convert("RGB")) <= 4
    assert bits(image, photograph(7, size=(640, 480))) >= 12
    white = Image.new("RGB", (300, 200), "white")
    assert bits(white, Image.blend(white, noise(300, 200), 0.01)) == 0
