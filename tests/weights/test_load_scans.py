"""A scanned page, in English and Chinese, is read by the real eyes at its places."""

from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from assistant.models.lazy import Models
from assistant.settings import Settings
from knowledge.loaders import load
from knowledge.senses import Senses
from knowledge.types import Source
from tests.knowledge.pdf_files import scan, words, write_pdf
from tests.knowledge.senses import Memory

pytestmark = pytest.mark.weights

FONT = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSansSC-Regular.otf"
EN = "The internet light is red when the line is down."
ZH = "互联网指示灯变成红色时，请检查电源线。"


def paper(*lines: tuple[str, int]) -> Image.Image:
    """Return a page scanned at 150 dots an inch, a little grey and soft, lines at their heights."""
    image = Image.new("RGB", (1275, 1650), (246, 244, 238))
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONT), 34)
    for line, top in lines:
        draw.text((150, top), line, fill=(30, 30, 30), font=font)
    return image.filter(ImageFilter.GaussianBlur(0.7))


def test_a_scan_in_english_and_chinese_is_read_at_its_places(
    settings: Settings, tmp_path: Path
) -> None:
    models = Models(settings)
    path = write_pdf(
        tmp_path / "扫描.pdf", words("A page of text."), scan(paper((EN, 300), (ZH, 900)))
    )
    senses = Senses(
        models.screen_reader,
        models.speech_to_text,
        models.image_tagger,
        Memory(),
        tmp_path / "kept",
    )
    documents = list(load(Source(path, path.name), senses))
    read = [document for document in documents if document.locator.page == 2]
    joined = "\n".join(document.text for document in read)
    assert "internet light is red" in joined
    assert "互联网指示灯变成红色" in joined
    assert "检查电源线" in joined
    assert all(document.modality == "text" for document in documents)
    tops, bottoms = zip(
        *((d.locator.box[1], d.locator.box[3]) for d in read if d.locator.box), strict=True
    )
    # 300 and 940 of 1650 scanned pixels are 288 and 902 of the page's 1584.
    assert min(tops) == pytest.approx(300 * 1584 / 1650, abs=20)
    assert max(bottoms) == pytest.approx(945 * 1584 / 1650, abs=20)
    assert senses.omissions == []
