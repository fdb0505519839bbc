"""Picture files become documents; damaged, gigantic and misnamed ones become messages."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from knowledge.errors import KnowledgeError
from knowledge.loaders import load
from knowledge.types import Caption, Document, Segment, Source
from tests.assistant.media_files import cut, write_huge_png
from tests.knowledge.pictures import page, photograph
from tests.knowledge.senses import Eyes, make_senses

LINES = [Segment("E-42 PPPoE authentication failed")]


def loaded(path: Path, caption: Caption | None = None) -> list[Document]:
    senses = make_senses(path.parent, Eyes(LINES))
    documents = list(load(Source(path, path.name, caption), senses))
    assert senses.omissions == []
    return documents


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG", "a.webp", "状态页.png"])
def test_a_picture_becomes_a_document(name: str, tmp_path: Path) -> None:
    page("E-42").save(tmp_path / name)
    (document,) = loaded(tmp_path / name)
    assert document.text == "Reads: E-42 PPPoE authentication failed"
    assert document.locator.box == (0, 0, 640, 400)
    assert (document.uri, document.metadata["title"]) == (name, Path(name).stem)
    assert "shown_in" not in document.metadata


def test_the_article_that_shows_it_gives_caption_heading_and_title(tmp_path: Path) -> None:
    page("E-42").save(tmp_path / "a.png")
    caption = Caption("The error page", "Guide > Errors", "Guide", "articles/guide.md")
    (document,) = loaded(tmp_path / "a.png", caption)
    assert document.text.startswith("The error page. Reads:")
    assert document.locator.heading == "Guide > Errors"
    assert document.metadata["title"] == "Guide"
    assert document.metadata["caption"] == "The error page"
    assert document.metadata["shown_in"] == "articles/guide.md"


def test_a_picture_lying_on_its_side_is_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    page("E-42").save(tmp_path / "a.jpg", exif=exif)
    (document,) = loaded(tmp_path / "a.jpg")
    assert document.locator.box == (0, 0, 400, 640)


def test_dark_text_on_nothing_is_dark_text_on_white(tmp_path: Path) -> None:
    seen: list[Image.Image] = []

    class Watching(Eyes):
        def read(self, images: Sequence[Image.Image]) -> list[list[Segment]]:
            seen.extend(images)
            return super().read(images)

    drawn = page("E-42").convert("RGBA")
    drawn.putalpha(ImageOps.invert(page("E-42").convert("L")).point([0] + [255] * 255))
    drawn.save(tmp_path / "a.png")
    assert list(load(Source(tmp_path / "a.png", "a.png"), make_senses(tmp_path, Watching(LINES))))
    assert seen[0].tobytes() == page("E-42").tobytes()


def test_an_animation_gives_its_first_picture(tmp_path: Path) -> None:
    first, second = page("first"), page("second", "third")
    first.save(tmp_path / "a.webp", save_all=True, append_images=[second], lossless=True)
    (document,) = loaded(tmp_path / "a.webp")
    first.save(tmp_path / "b.png")
    assert document.metadata["looks"] == loaded(tmp_path / "b.png")[0].metadata["looks"]


def test_another_kind_of_picture_under_the_name_is_read_all_the_same(tmp_path: Path) -> None:
    page("E-42").save(tmp_path / "a.jpg", "PNG")
    assert loaded(tmp_path / "a.jpg")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_picture_that_is_cut_off_is_refused(name: str, tmp_path: Path) -> None:
    photograph().save(tmp_path / name)
    with pytest.raises(KnowledgeError, match=f"`{name}` is not a readable picture"):
        loaded(cut(tmp_path / name, 0.6))


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n"]
)
def test_what_is_no_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(KnowledgeError, match="not a readable picture"):
        loaded(tmp_path / "a.png")


@pytest.mark.parametrize(("width", "height"), [(20_000, 10_000), (50_000, 10)])
def test_a_gigantic_picture_is_refused_before_it_is_decoded(
    width: int, height: int, tmp_path: Path
) -> None:
    with pytest.raises(KnowledgeError, match="Scale it down"):
        loaded(write_huge_png(tmp_path / "a.png", width, height))
