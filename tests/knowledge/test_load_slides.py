"""Presentations become passages and pictures of their slides, with the slide's number."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Inches

from knowledge.errors import KnowledgeError
from knowledge.types import Segment
from tests.knowledge.loading import loaded, texts
from tests.knowledge.office_files import BROKEN, changed, entity_bomb, write_bomb
from tests.knowledge.pictures import page

DIAGRAM = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"
DIAGRAM_FRAME = """<p:graphicFrame
    xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"
    xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
    xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
  <p:nvGraphicFramePr><p:cNvPr id="9" name="Diagram"/><p:cNvGraphicFramePr/><p:nvPr/>
  </p:nvGraphicFramePr>
  <p:xfrm><a:off x="0" y="914400"/><a:ext cx="914400" cy="914400"/></p:xfrm>
  <a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/diagram">
    <dgm:relIds xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" r:dm="{}"/>
  </a:graphicData></a:graphic>
</p:graphicFrame>"""
BLANK, TITLE, BULLETS, TITLE_ONLY = 6, 0, 1, 5


def picture(line: str = "E-42") -> BytesIO:
    buffer = BytesIO()
    page(line).save(buffer, "PNG")
    buffer.seek(0)
    return buffer


def add_slide(deck: Any, layout: int, title: str = "") -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    if title:
        slide.shapes.title.text = title
    return slide


def training(path: Path) -> Path:
    deck: Any = Presentation()
    add_slide(deck, TITLE, "路由器 training").placeholders[1].text = "For support"
    slide = add_slide(deck, BULLETS, "Lights")
    slide.placeholders[1].text = "Red means no line\nGreen means all is well"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
    for n, text in enumerate(("Light", "Meaning", "red", "no line")):
        table.cell(n // 2, n % 2).text = text
    slide.notes_slide.notes_text_frame.text = "Show the 灯 first."
    shown = slide.shapes.add_picture(picture(), Inches(6), Inches(3), Inches(2), Inches(1.25))
    shown._element._nvXxPr.cNvPr.set("descr", "The error page")
    slide = add_slide(deck, TITLE_ONLY, "Sales")
    data = CategoryChartData()
    data.categories = ["Q1", "Q2"]
    data.add_series("Routers", (20, 30.5))
    place = Inches(1), Inches(2), Inches(5), Inches(3)
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data)
    add_slide(deck, BLANK).shapes.add_picture(picture("WAN"), 0, 0, Inches(5))
    deck.save(str(path))
    return path


def test_titles_text_tables_charts_and_notes_come_in(tmp_path: Path) -> None:
    documents, omissions = loaded(training(tmp_path / "培训.pptx"), [Segment("E-42")])
    assert texts(documents) == [
        ("路由器 training", "For support"),
        (
            "路由器 training > Lights",
            "Red means no line\nGreen means all is well\nLight | Meaning\nred | no line\n"
            "Notes: Show the 灯 first.",
        ),
        ("路由器 training > Sales", "Routers: Q1 20; Q2 30.5"),
    ]
    assert [d.locator.page for d in documents if d.modality == "text"] == [1, 2, 3]
    assert {d.metadata["title"] for d in documents} == {"路由器 training"}
    assert omissions == []


def test_pictures_keep_their_place_on_the_slide(tmp_path: Path) -> None:
    documents, _ = loaded(training(tmp_path / "a.pptx"), [Segment("E-42")])
    first, second = (d for d in documents if d.modality == "image")
    assert (first.locator.page, first.locator.box) == (2, (864, 432, 1152, 612))
    assert first.locator.heading == "路由器 training > Lights"
    assert first.text == "The error page. Reads: E-42"
    assert (tmp_path / "kept" / first.metadata["picture"]).is_file()
    assert (second.locator.page, second.locator.box) == (4, (0, 0, 720, 450))


def test_shapes_in_groups_are_read_where_they_stand(tmp_path: Path) -> None:
    deck: Any = Presentation()
    slide = add_slide(deck, BLANK)
    for left, text in ((6, "right"), (1, "left")):
        box = slide.shapes.add_textbox(Inches(left), Inches(1), Inches(2), Inches(1))
        box.text_frame.text = text
    group = slide.shapes.add_group_shape()
    inner = group.shapes.add_group_shape()
    inner.shapes.add_picture(picture(), Inches(1), Inches(3), Inches(2), Inches(2))
    label = inner.shapes.add_textbox(Inches(3), Inches(3), Inches(2), Inches(2))
    label.text_frame.text = "in the group"
    group.left, group.top, group.width, group.height = map(Inches, (2, 4, 2, 1))  # half as large
    deck.save(str(tmp_path / "a.pptx"))
    documents, _ = loaded(tmp_path / "a.pptx", [Segment("E-42")])
    assert texts(documents) == [("a", "left\nright\nin the group")]
    assert documents[1].locator.box == (288, 576, 432, 720)


def test_the_words_of_a_diagram_are_found(tmp_path: Path) -> None:
    deck: Any = Presentation()
    slide = add_slide(deck, TITLE_ONLY, "Process")
    words = "".join(f"<a:t>{word}</a:t>" for word in ("Check", "检查", "Restart"))
    data = f'<x xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">{words}</x>'
    part = Part(PackURI("/ppt/diagrams/data1.xml"), DIAGRAM, slide.part.package, data.encode())
    relation = slide.part.relate_to(part, RELATIONSHIP_TYPE.DIAGRAM_DATA)
    slide.shapes._spTree.append(parse_xml(DIAGRAM_FRAME.format(relation)))
    deck.save(str(tmp_path / "a.pptx"))
    assert texts(loaded(tmp_path / "a.pptx")[0]) == [("Process", "Check\n检查\nRestart")]


def test_a_picture_is_cut_as_the_slide_shows_it(tmp_path: Path) -> None:
    deck: Any = Presentation()
    shown = add_slide(deck, TITLE_ONLY, "Cut").shapes.add_picture(picture(), 0, 0)
    shown.crop_left, shown.crop_bottom = 0.5, 0.25
    deck.save(str(tmp_path / "a.pptx"))
    documents, _ = loaded(tmp_path / "a.pptx", [Segment("E-42")])
    assert (documents[-1].metadata["width"], documents[-1].metadata["height"]) == ("320", "300")
    assert documents[-1].metadata["caption"] == "Cut"


@pytest.mark.parametrize(
    ("crop", "reason"),
    [
        ({"l": "70000", "r": "60000"}, "nothing of it shows"),
        ({"t": "50000", "b": "50000"}, "nothing of it shows"),
        ({"l": "nan%"}, "nothing of it shows"),
        ({"r": "wide"}, "is damaged"),
    ],
)
def test_a_picture_with_a_senseless_crop_is_left_out(
    crop: dict[str, str], reason: str, tmp_path: Path
) -> None:
    deck: Any = Presentation()
    slide = add_slide(deck, TITLE_ONLY, "Cut")
    spoilt = slide.shapes.add_picture(picture(), 0, 0)
    spoilt.crop_left = 0.5
    for side, value in crop.items():
        spoilt._element.blipFill.srcRect.set(side, value)
    slide.shapes.add_picture(picture("WAN"), 0, Inches(3))
    deck.save(str(tmp_path / "a.pptx"))
    documents, omissions = loaded(tmp_path / "a.pptx", [Segment("E-42")])
    assert [d.modality for d in documents] == ["text", "image"]
    assert [o.part for o in omissions] == ["the picture on slide 1"]
    assert reason in omissions[0].reason


@pytest.mark.parametrize("lost", ["cNvPr", "blipFill", "blip"])
def test_a_picture_that_lacks_a_part_of_its_own_is_left_out(lost: str, tmp_path: Path) -> None:
    deck: Any = Presentation()
    slide = add_slide(deck, BLANK)
    spoilt = slide.shapes.add_picture(picture(), 0, 0)._element
    slide.shapes.add_picture(picture("WAN"), 0, Inches(3))
    (element,) = spoilt.xpath(f".//*[local-name()='{lost}']")
    element.getparent().remove(element)
    deck.save(str(tmp_path / "a.pptx"))
    documents, omissions = loaded(tmp_path / "a.pptx", [Segment("E-42")])
    assert [d.modality for d in documents] == ["image"]
    assert [o.part for o in omissions] == ["the picture on slide 1"]


def test_a_picture_that_is_left_out_is_not_kept(tmp_path: Path) -> None:
    deck: Any = Presentation()
    blank = BytesIO()
    Image.new("RGB", (300, 200), "white").save(blank, "PNG")
    add_slide(deck, TITLE_ONLY, "Blank").shapes.add_picture(blank, 0, 0)
    deck.save(str(tmp_path / "a.pptx"))
    _, omissions = loaded(tmp_path / "a.pptx")
    assert [o.reason for o in omissions] == ["The picture is blank."]
    assert not (tmp_path / "kept").exists()


def test_a_logo_on_every_slide_comes_in_once(tmp_path: Path) -> None:
    deck: Any = Presentation()
    for n in range(3):
        add_slide(deck, TITLE_ONLY, f"Slide {n}").shapes.add_picture(picture(), 0, 0)
    deck.save(str(tmp_path / "a.pptx"))
    documents, omissions = loaded(tmp_path / "a.pptx", [Segment("E-42")])
    assert [d.locator.page for d in documents if d.modality == "image"] == [1]
    assert [o.reason for o in omissions] == ["It is the same as the one on slide 1."] * 2


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_says_what_to_do(kind: str, tmp_path: Path) -> None:
    path = training(tmp_path / "a.pptx")
    spoil, reason = BROKEN[kind]
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(KnowledgeError, match=f"`a.pptx`.*{reason}"):
        loaded(path)


def test_a_damaged_slide_or_picture_is_left_out_and_the_rest_goes_in(tmp_path: Path) -> None:
    path = changed(
        training(tmp_path / "a.pptx"),
        lambda name, content: content[:90] if name.startswith("ppt/media/") else content,
    )
    documents, omissions = loaded(path)
    assert len(texts(documents)) == 3
    assert [o.part for o in omissions] == ["the picture on slide 2", "the picture on slide 4"]
    changed(path, lambda name, content: b"<x/>" if name.endswith("slides/slide2.xml") else content)
    documents, omissions = loaded(path)
    assert [d.locator.page for d in documents] == [1, 3]
    assert omissions[0].part == "slide 2"


def test_bombs_and_empty_decks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="unpacks to 600 MB"):
        loaded(write_bomb(tmp_path / "a.pptx", "other/part.xml", 600, "ppt/presentation.xml"))
    path = changed(
        training(tmp_path / "c.pptx"),
        lambda name, content: (
            entity_bomb(content, b"<a:t>") if name == "ppt/slides/slide2.xml" else content
        ),
    )
    with pytest.raises(KnowledgeError, match=r"`c.pptx` is damaged"):
        loaded(path)
    Presentation().save(str(tmp_path / "b.pptx"))
    with pytest.raises(KnowledgeError, match=r"`b.pptx` has no text and no pictures"):
        loaded(tmp_path / "b.pptx")
