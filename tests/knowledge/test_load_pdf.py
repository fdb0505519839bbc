"""PDFs become passages and figures with page and box; broken ones become messages."""

from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from knowledge.errors import KnowledgeError
from knowledge.loaders.pdf import MAX_PAGES
from knowledge.pages import page_image
from knowledge.types import Box, Document, Segment
from tests.knowledge.loading import loaded, texts
from tests.knowledge.pdf_files import CHINESE, picture, png, scan, text, words, write_pdf
from tests.knowledge.pictures import page

BODY = (
    "The internet light is red because the line is down. Check the cable between the",
    "router and the wall socket first, then look at the status page of the con-",
    "nection. It names the code of the fault.",
)
JOINED = (
    "The internet light is red because the line is down. Check the cable between the router and "
    "the wall socket first, then look at the status page of the connection. It names the code of "
    "the fault."
)
ZH = ("路由器的互联网指示灯变成红色，请先检查电源线，", "然后重新启动路由器。")


def box_of(document: Document) -> Box:
    assert document.locator.box is not None
    return document.locator.box


def near(box: Box | None, expected: Box, by: int) -> bool:
    return box is not None and max(abs(a - b) for a, b in zip(box, expected, strict=True)) <= by


# --- text


def chapter(number: int, name: str) -> Any:
    def draw(canvas: Canvas) -> None:
        text(canvas, 72, 30, "Kestrel R7 manual", size=9)
        if number == 1:
            text(canvas, 72, 80, "Kestrel R7", size=24)
        text(canvas, 72, 130, f"{number} {name}", size=16)
        text(canvas, 72, 170, *BODY)
        text(canvas, 72, 240, "Details", font="Helvetica-Bold")
        text(canvas, 72, 260, *ZH, font=CHINESE)
        text(canvas, 300, 760, f"Page {number} of 4", size=9)

    return draw


def test_headings_paragraphs_and_places(tmp_path: Path) -> None:
    names = ("Lights", "Cables", "Codes", "Reset")
    path = write_pdf(tmp_path / "手册.pdf", *(chapter(n, s) for n, s in enumerate(names, 1)))
    documents, omissions = loaded(path)
    assert texts(documents) == [
        entry
        for number, name in enumerate(names, 1)
        for entry in [
            (f"Kestrel R7 > {number} {name}", JOINED),
            (f"Kestrel R7 > {number} {name} > Details", "".join(ZH)),
        ]
    ]
    assert [d.locator.page for d in documents] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert near(box_of(documents[0]), (144, 346, 910, 417), by=8)
    assert documents[0].metadata["title"] == "Kestrel R7"
    assert omissions == []


def test_the_outline_gives_the_headings_where_there_is_one(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for n, (level, name, top) in enumerate(
            [(0, "Lights", 100), (1, "Red light", 200), (0, "Reset", 300)]
        ):
            canvas.bookmarkHorizontal(f"b{n}", 0, 792 - top)
            canvas.addOutlineEntry(name, f"b{n}", level=level)
            text(canvas, 72, top, f"{n + 1}. {name}")  # no larger than the text
            text(canvas, 72, top + 30, f"What stands below {name}.")
        canvas.bookmarkHorizontal("b9", 0, 792 - 400)
        canvas.addOutlineEntry("Not written on the page", "b9", level=0)
        text(canvas, 72, 410, "Below the last.")

    path = write_pdf(tmp_path / "a.pdf", words("Before all."), draw)
    assert texts(loaded(path)[0]) == [
        ("a", "Before all."),
        ("a > Lights", "What stands below Lights."),
        ("a > Lights > Red light", "What stands below Red light."),
        ("a > Reset", "What stands below Reset."),
        ("a > Not written on the page", "Below the last."),
    ]


def test_columns_lists_and_code_are_read_in_order(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        text(canvas, 72, 100, "The left column begins here and its sentence", "goes on in the")
        text(canvas, 330, 100, "right column, where it ends.", "Then comes another one.")
        text(canvas, 72, 300, "• First item that is long enough to go on in", "   a second line")
        text(canvas, 72, 328, "• Second item")
        text(canvas, 72, 400, "1. Press the button.", "2. Wait.")
        text(canvas, 72, 500, "def f(x):", "    return x", font="Courier")

    ((_, found),) = texts(loaded(write_pdf(tmp_path / "a.pdf", draw))[0])
    assert found == (
        "The left column begins here and its sentence goes on in the right column, where it ends. "
        "Then comes another one.\n"
        "- First item that is long enough to go on in a second line\n- Second item\n"
        "1. Press the button.\n2. Wait.\ndef f(x):\nreturn x"
    )


def ink(image: Image.Image) -> Box:
    rows, columns = np.nonzero(np.asarray(image.convert("L")) < 128)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50, 300, 500, 600)])
def test_boxes_are_right_on_turned_and_cropped_pages(
    rotation: int, crop: tuple[int, ...] | None, tmp_path: Path
) -> None:
    def draw(canvas: Canvas) -> None:
        text(canvas, 100, 300, "Some words stand here.", size=20)
        canvas.setPageRotation(rotation)  # which makes the page 792 points wide
        if crop:
            canvas.setCropBox(crop)

    path = write_pdf(tmp_path / "a.pdf", draw)
    (document,) = loaded(path)[0]
    image = page_image(path, 1)
    assert near(box_of(document), ink(image), by=6)
    assert max(image.size) == (900 if crop else 1584)


def test_text_outside_the_crop_is_not_shown_and_not_taken_in(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        text(canvas, 100, 150, "Inside.")
        text(canvas, 100, 700, "Outside.")
        canvas.setCropBox((50, 300, 500, 700))

    assert texts(loaded(write_pdf(tmp_path / "a.pdf", draw))[0]) == [("a", "Inside.")]


def test_a_page_of_one_endless_paragraph_keeps_precise_boxes(tmp_path: Path) -> None:
    lines = [f"line {n} goes on and on without any end of a sentence in sight" for n in range(45)]
    documents, _ = loaded(write_pdf(tmp_path / "a.pdf", words(*lines)))
    assert len(documents) > 1
    assert all(a.locator.box != b.locator.box for a, b in pairwise(documents))
    assert " ".join(d.text for d in documents) == " ".join(lines)


# --- figures


def test_figures_come_with_caption_page_and_box(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        text(canvas, 72, 80, "Status page", size=18)
        text(canvas, 72, 120, *BODY)
        picture(canvas, page("E-42"), 100, 200, 320)
        text(canvas, 72, 420, "Figure 3: The page of a fault")
        picture(canvas, page("WAN"), 100, 500, 160)
        picture(canvas, page("icon"), 400, 700, 12)

    documents, omissions = loaded(write_pdf(tmp_path / "a.pdf", draw), [Segment("E-42")])
    first, second = (d for d in documents if d.modality == "image")
    assert first.text == "Figure 3: The page of a fault. Reads: E-42"
    assert (first.locator.heading, first.locator.page) == ("Status page", 1)
    assert near(box_of(first), (200, 400, 840, 800), by=2)
    assert near(box_of(second), (200, 1000, 520, 1200), by=2)
    kept = Image.open(tmp_path / "kept" / first.metadata["picture"])
    assert kept.size == (889, 555)  # 320 points at 200 dots an inch
    assert kept.getpixel((400, 20)) == (0, 0, 128)
    assert omissions == []


@pytest.mark.parametrize("caption", ["图3：状态页", "Abb. 4 Statusseite", "The nearest line"])
def test_captions_in_other_words(caption: str, tmp_path: Path) -> None:
    font = CHINESE if caption[0] == "图" else "Helvetica"

    def draw(canvas: Canvas) -> None:
        text(canvas, 72, 100, "Far above it.")
        picture(canvas, page("E-42"), 100, 200, 320)
        text(canvas, 120, 412, caption, font=font)

    documents, _ = loaded(write_pdf(tmp_path / "a.pdf", draw))
    assert documents[-1].metadata["caption"] == caption


def test_tiles_are_one_figure_and_drawings_used_again_are_found(tmp_path: Path) -> None:
    whole = page("E-42", "PPPoE", size=(640, 400))

    def draw(canvas: Canvas) -> None:
        for n in range(8):
            strip = whole.crop((0, n * 50, 640, n * 50 + 50))
            picture(canvas, strip, 100, 200 + n * 25, 320)
        canvas.beginForm("drawing")
        picture(canvas, page("WAN"), 0, 400, 160)
        canvas.endForm()
        canvas.saveState()
        canvas.translate(100, -100)
        canvas.doForm("drawing")
        canvas.restoreState()

    documents, _ = loaded(write_pdf(tmp_path / "a.pdf", draw), [Segment("E-42")])
    boxes = [box_of(d) for d in documents if d.locator.heading]
    assert len(boxes) == 2
    assert near(boxes[0], (200, 400, 840, 800), by=2)
    assert near(boxes[1], (200, 1000, 520, 1200), by=2)


def test_a_logo_on_every_page_comes_in_once(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        text(canvas, 72, 300, *BODY)
        picture(canvas, page("logo"), 72, 100, 160)

    documents, omissions = loaded(write_pdf(tmp_path / "a.pdf", draw, draw), [Segment("logo")])
    assert [d.locator.page for d in documents if d.modality == "image"] == [1]
    assert [(o.part, o.reason) for o in omissions] == [
        ("the picture on page 2", "It is the same as the one on page 1.")
    ]


def test_a_picture_that_is_left_out_is_not_kept(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        text(canvas, 72, 300, *BODY)
        picture(canvas, Image.new("RGB", (640, 400), "white"), 72, 100, 160)

    _, omissions = loaded(write_pdf(tmp_path / "a.pdf", draw))
    assert [o.reason for o in omissions] == ["The picture is blank."]
    assert not (tmp_path / "kept").exists()


# --- scans

SCAN = [
    Segment("The light is red.", box=(200, 200, 1000, 240)),
    Segment("互联网指示灯变成红色。", box=(200, 400, 1000, 440)),
    Segment("~~ noise ~~", box=(0, 0, 9, 9), confidence=0.2),
]


def test_a_scanned_page_is_read_and_its_boxes_fit_the_page(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", words(*BODY), scan(page("x", size=(1224, 1584))))
    documents, omissions = loaded(path, SCAN)
    assert texts(documents)[1:] == [("a", "The light is red.\n互联网指示灯变成红色。")]
    assert [d.locator.page for d in documents] == [1, 2]
    assert box_of(documents[1]) == (144, 144, 720, 317)  # 200 dots an inch → 144
    assert omissions == []


def test_a_useless_text_layer_is_read_instead(tmp_path: Path) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    private = "".join(chr(0xE000 + n) for n in range(60))
    path = write_pdf(tmp_path / "a.pdf", words(private, private, font="Vera"))
    assert texts(loaded(path, SCAN)[0]) == [("a", "The light is red.\n互联网指示灯变成红色。")]


def test_a_scan_with_its_page_number_as_text_is_read(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        scan(page("x", size=(1224, 1584)))(canvas)
        text(canvas, 300, 760, "7")

    (document,) = loaded(write_pdf(tmp_path / "a.pdf", draw), SCAN)[0]
    assert document.text.startswith("The light is red.")


def test_a_page_that_is_a_picture_without_words_is_a_figure(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", scan(page("x", size=(1224, 1584))))
    (document,) = loaded(path)[0]
    assert (document.modality, document.locator.page) == ("image", 1)
    assert document.locator.box == (0, 0, 1224, 1584)


# --- bad input


def test_blank_and_broken_pages_are_left_out_with_their_reason(tmp_path: Path) -> None:
    path = write_pdf(
        tmp_path / "a.pdf", words("One."), lambda canvas: None, words("Three."), pageCompression=0
    )
    data = path.read_bytes()
    kids = data[data.index(b"/Kids") : data.index(b"]", data.index(b"/Kids"))]
    third = kids.split(b"[")[1].split(b" 0 R")[2].strip()
    path.write_bytes(data.replace(kids, kids.replace(third + b" 0 R", b"0 0 R"), 1))
    documents, omissions = loaded(path)
    assert texts(documents) == [("a", "One.")]
    assert [o.part for o in omissions] == ["page 2", "page 3"]
    assert "blank" in omissions[0].reason
    assert "broken" in omissions[1].reason


def test_pages_beyond_the_limit_are_named(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *(words(f"Number {n}.") for n in range(5000)))
    documents, omissions = loaded(path)
    assert len(documents) == MAX_PAGES
    assert documents[-1].locator.page == MAX_PAGES
    assert [o.part for o in omissions] == [f"pages {MAX_PAGES + 1}–5000"]


def test_a_locked_file_says_so_and_one_locked_for_changes_is_read(tmp_path: Path) -> None:
    lock: Any = StandardEncryption
    path = write_pdf(tmp_path / "a.pdf", words("Secret."), encrypt=lock("pass", "owner"))
    with pytest.raises(KnowledgeError, match=r"`a.pdf` is locked with a password\. Save it"):
        loaded(path)
    path = write_pdf(tmp_path / "b.pdf", words("Open."), encrypt=lock("", "owner", canModify=0))
    assert texts(loaded(path)[0]) == [("b", "Open.")]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: b"", "is empty"),
        (lambda data: data[:200], "not a readable PDF"),
        (lambda data: png(page("x")), "not a readable PDF"),
        (lambda data: b"%PDF-1.4\n" + b"\xff\x00garbage" * 300, "not a readable PDF"),
    ],
)
def test_what_is_no_pdf_is_refused(spoil: Any, reason: str, tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", words("Words."))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(KnowledgeError, match=f"`a.pdf`.*{reason}"):
        loaded(path)


def test_a_file_cut_off_gives_what_is_left_or_an_error_of_ours(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *(words(f"Number {n}.", *BODY) for n in range(9)))
    data = path.read_bytes()
    for share in range(1, 10):
        path.write_bytes(data[: len(data) * share // 10])
        with suppress(KnowledgeError):
            documents, _ = loaded(path)
            assert all("Number" in document.text for document in documents)


def test_a_file_of_blank_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="neither text nor pictures"):
        loaded(write_pdf(tmp_path / "a.pdf", lambda canvas: None))


def test_a_gigantic_page_is_read_and_refused_to_be_shown(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.rect(100, 100, 5000, 5000)

    path = write_pdf(tmp_path / "a.pdf", draw, size=(14_400, 14_400))
    assert loaded(path, [Segment("Plan", box=(10, 10, 100, 50))])[0][0].text == "Plan"
    with pytest.raises(KnowledgeError, match="200 × 200 inches"):
        page_image(path, 1)
