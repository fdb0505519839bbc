"""Markdown and text in any encoding become passages; what is no text becomes a message."""

import os
from pathlib import Path

import pytest

from knowledge.errors import KnowledgeError
from knowledge.loaders.articles import captions
from tests.knowledge.loading import loaded, texts

ZH = "# 路由器\n\n互联网指示灯变成红色。请先检查电源线，然后重新启动路由器。\n"
TW = "# 路由器\n\n網際網路指示燈變成紅色。請先檢查電源線，然後重新啟動路由器。\n"
KO = "# 라우터\n\n인터넷 표시등이 빨간색으로 바뀌었습니다. 먼저 전원 케이블을 확인하십시오.\n"
DE = "# Gerät\n\nDer Router läuft nicht. Bitte prüfen Sie die Stromversorgung für das Gerät.\n"
RU = "# Роутер\n\nИндикатор интернета стал красным. Сначала проверьте кабель питания.\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ZH, "utf-8"),
        (ZH, "utf-8-sig"),
        (ZH, "utf-16"),
        (ZH, "utf-16-be"),
        (ZH, "utf-32"),
        (ZH, "gbk"),
        (ZH, "gb18030"),
        ("# 错误代码 42\n\n密码错误。\n", "gbk"),
        (TW, "big5"),
        (KO, "cp949"),
        (DE, "cp1252"),
        (RU, "cp1251"),
    ],
)
def test_text_in_any_encoding_comes_in_right(text: str, encoding: str, tmp_path: Path) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path = tmp_path / "手册.md"
    path.write_bytes((mark + text).encode(encoding))
    documents, omissions = loaded(path)
    heading, _, body = text.removeprefix("# ").strip().partition("\n\n")
    assert texts(documents) == [(heading, body)]
    assert documents[0].metadata == {"title": heading}
    assert omissions == []


def test_right_to_left_text_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "مرحبا.txt"
    path.write_text("الموجه لا يعمل. أعد تشغيله.\n\nהנתב אינו פועל.", encoding="utf-8")
    documents, _ = loaded(path)
    assert texts(documents) == [(None, "الموجه لا يعمل. أعد تشغيله.\nהנתב אינו פועל.")]
    assert documents[0].metadata["title"] == "مرحبا"


def test_a_few_damaged_bytes_do_not_spoil_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((ZH * 3).encode()[:-2])
    documents, _ = loaded(path)
    assert "互联网指示灯变成红色" in documents[0].text


def test_windows_line_ends_and_front_matter_do_not_show(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"---\r\ntitle: x\r\n---\r\n# Top\r\n\r\nOne\r\ntwo.\r\n")
    assert texts(loaded(path)[0]) == [("Top", "One two.")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "`a.md` is empty"),
        (b" \n\t\n", "`a.md` is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not text"),
        (os.urandom(4000).replace(b"\0", b"\1"), "is not text"),
    ],
)
def test_what_is_no_text_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(content)
    with pytest.raises(KnowledgeError, match=reason):
        loaded(path)


def test_a_passage_names_the_picture_of_its_section(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "# T\n\n## A\n\nWords.\n\n![One](img/eins%20a.png?v=2)\n\n### Deeper\n\nMore.\n\n"
        "## B\n\n![Elsewhere](https://example.org/x.png)\n\nOther.\n"
    )
    picture = (tmp_path / "img" / "eins a.png").resolve()
    documents, _ = loaded(path, figures={picture: "img/eins a.png"})
    figures = {d.locator.heading: d.metadata.get("figure") for d in documents}
    assert figures == {"T > A": "img/eins a.png", "T > A > Deeper": "img/eins a.png", "T > B": None}


def test_captions_come_from_markdown_and_html(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# Guide\n\n![The page](p.png)\n\n![Again](p.png)\n\n![](data:image/png;base64,AA)\n"
    )
    (tmp_path / "b.html").write_text(
        "<title>Site</title><main><h1>Guide</h1><p>Press the button.</p>"
        "<figure><img src='p.png' alt='alt'><figcaption>Shown <b>here</b></figcaption></figure>"
        "<h2>More</h2><p>It looks like this:</p><img src='q.png' alt='q.png'>"
        "<img src='//cdn.example.org/r.png' alt='remote'></main>"
    )
    (markdown,) = captions(tmp_path / "a.md").items()
    assert markdown[0] == (tmp_path / "p.png").resolve()
    assert (markdown[1].text, markdown[1].heading, markdown[1].title) == (
        "The page", "Guide", "Guide",
    )  # fmt: skip
    web = captions(tmp_path / "b.html")
    assert [(p.name, c.text, c.heading) for p, c in sorted(web.items())] == [
        ("p.png", "Shown here", "Guide"),
        ("q.png", "It looks like this:", "Guide > More"),
    ]


@pytest.mark.parametrize("src", ["%00.png", "a" * 5000 + ".png", "http://[bad/x.png", "", "#x"])
def test_strange_picture_addresses_do_no_harm(src: str, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"# T\n\nWords.\n\n![x]({src})\n")
    assert texts(loaded(path)[0]) == [("T", "Words.")]
    captions(path)
