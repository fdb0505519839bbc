"""Pages are shown as they are, also while another thread takes files in."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowledge.errors import KnowledgeError
from knowledge.loaders import load
from knowledge.pages import page_count, page_image
from knowledge.types import Source
from tests.knowledge.pdf_files import words, write_pdf
from tests.knowledge.senses import make_senses


def test_a_page_is_shown_at_the_resolution_of_boxes(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "手册.pdf", words("One."), words("Two."))
    assert page_count(path) == 2
    image = page_image(path, 2)
    assert (image.size, image.mode) == ((1224, 1584), "RGB")
    assert image.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("page", [0, -1, 3])
def test_a_page_that_is_not_there(page: int, tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", words("One."), words("Two."))
    with pytest.raises(KnowledgeError, match=rf"no page `{page}`, only 1 to 2"):
        page_image(path, page)


def test_a_file_that_is_no_pdf(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"words")
    for show in (lambda: page_image(tmp_path / "a.pdf", 1), lambda: page_count(tmp_path / "a.pdf")):
        with pytest.raises(KnowledgeError, match=r"`a.pdf` is not a readable PDF"):
            show()


def test_a_page_is_shown_while_a_file_is_taken_in(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *(words(f"Number {n}.") for n in range(30)))
    documents = load(Source(path, "a.pdf"), make_senses(tmp_path))
    next(documents)
    with ThreadPoolExecutor(4) as pool:
        shown = [pool.submit(page_image, path, n) for n in range(1, 21)]
        rest = list(documents)
        assert all(future.result().size == (1224, 1584) for future in shown)
    assert [d.text for d in rest] == [f"Number {n}." for n in range(1, 30)]


def test_a_reading_that_is_given_up_lets_go_of_the_file(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", words("One."), words("Two."))
    documents = load(Source(path, "a.pdf"), make_senses(tmp_path))
    next(documents)
    documents.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert page_count(path) == 2
