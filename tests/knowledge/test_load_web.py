"""Web pages become passages of their main content, whatever surrounds it and however broken."""

import base64
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from knowledge.errors import KnowledgeError
from knowledge.markup import article_from_html
from knowledge.types import Segment
from tests.knowledge.loading import loaded, texts
from tests.knowledge.pictures import page

SPHINX = """<!DOCTYPE html><html><head><meta charset="utf-8"/><title>Backup &#8212; Docs</title>
<script>var x = "script";</script><style>.a{color:red}</style></head><body>
<div class="related" role="navigation"><h3>Navigation</h3><ul><li>index</li><li>next |</li></ul></div>
<div class="document"><div class="documentwrapper"><div class="bodywrapper"><div class="body" role="main">
<section id="b"><h1>Backup Dialog<a class="headerlink" href="#b" title="Link">¶</a></h1>
<p>Use <em>pg_dump</em> and <code>max_rows</code> to
make a backup.</p>
<img alt="General tab" class="align-center" src="_images/backup_general.png" />
<p><strong>Before you start</strong></p>
<p>Check these:</p>
<ul><li><p>The <em>Filename</em>.</p><blockquote><ul><li>Inner 1 * 2 &lt; 3</li></ul></blockquote></li><li>Second</li></ul>
<ol start="3"><li>Third step</li><li>Fourth step</li></ol>
<table class="docutils"><thead><tr><th><p>Icon</p></th><th>Meaning</th></tr></thead>
<tbody><tr><td><p>Red<br>light</p></td><td><ul><li>no line</li><li>no power</li></ul></td></tr></tbody></table>
<div class="highlight"><table class="highlighttable"><tr><td class="linenos"><pre>1\n2</pre></td>
<td class="code"><pre>def f(x):\n    return x</pre></td></tr></table></div>
<dl><dt>term</dt><dd>its meaning</dd></dl>
<p hidden>secret</p><p style="display: none">secret</p><form><p>In a form.</p><input value="secret"><button>secret</button></form>
<aside>secret</aside><aside class="admonition note"><p>Mind this.</p></aside>
</section></div></div></div>
<div class="sphinxsidebar" role="navigation"><h3>Quick search</h3></div></div>
<footer>Copyright secret</footer></body></html>"""  # noqa: E501


def test_a_documentation_page_comes_in_clean() -> None:
    article = article_from_html(SPHINX, "backup")
    assert article.title == "Backup Dialog"
    assert [(p.heading, p.text) for p in article.passages] == [
        ("Backup Dialog", "Use pg_dump and max_rows to make a backup."),
        (
            "Backup Dialog > Before you start",
            "Check these:\n- The Filename.\n- Inner 1 * 2 < 3\n- Second\n"
            "3. Third step\n4. Fourth step\n"
            "Icon | Meaning\nRed light | no line no power\n"
            "def f(x):\n    return x\nterm\nits meaning\nIn a form.\nMind this.",
        ),
    ]
    assert [(f.src, f.caption, f.heading) for f in article.figures] == [
        ("_images/backup_general.png", "General tab", "Backup Dialog")
    ]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Only a paragraph", [("t", "Only a paragraph")]),
        ("<h1>A</h1>unclosed <b>bold <i>text", [("A", "unclosed bold text")]),
        ("<article><header><h1>A</h1></header>Words</article><footer>f</footer>", [("A", "Words")]),
        ("<header>Site</header><h2>B</h2>Words<footer>f</footer>", [("B", "Words")]),
        ("<title>Site</title><body><h2>B</h2>Words", [("Site > B", "Words")]),
        ("<main></main><div>The words are outside.</div>", [("t", "The words are outside.")]),
        ("<table><tr><td><h1>Old</h1><p>Page in a table.</td></tr></table>",
         [("Old", "Page in a table.")]),
        ("<!-- <p>no</p> --><p>a&nbsp;b &amp; c &#20013;&#25991;</p>", [("t", "a b & c 中文")]),
        ("<p dir='rtl'>مرحبا <b>بالعالم</b></p>", [("t", "مرحبا بالعالم")]),
    ],
)  # fmt: skip
def test_any_page_is_read(html: str, expected: list[tuple[str, str]]) -> None:
    assert [(p.heading, p.text) for p in article_from_html(html, "t").passages] == expected


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("<meta charset=gb2312>", "gb18030"),
        ("<meta http-equiv='Content-Type' content='text/html; charset=big5'>", "big5"),
        ("<meta charset='utf-8'>", "gb18030"),  # it lies
        ("<meta charset='no-such-thing'>", "utf-8"),
        ("", "utf-16"),
        ("", "utf-8"),
    ],
)
def test_the_encoding_is_what_the_page_is_in(head: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(f"<html><head>{head}</head><p>路由器的功能，中文。</p>".encode(encoding))
    assert texts(loaded(path)[0]) == [("a", "路由器的功能，中文。")]


def data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def test_a_picture_inside_the_page_becomes_a_document(tmp_path: Path) -> None:
    buffer = BytesIO()
    page("E-42").save(buffer, "PNG")
    path = tmp_path / "a.htm"
    path.write_text(
        f"<h1>T</h1><p>Words.</p><img alt='The page' src='{data_uri(buffer.getvalue())}'>"
        f"<img src='{data_uri(buffer.getvalue()[:300])}'><img src='data:image/png;base64,@@@'>"
        "<img src='https://example.org/never-fetched.png'>"
    )
    documents, omissions = loaded(path, [Segment("E-42")])
    assert [(d.modality, d.text) for d in documents] == [
        ("text", "Words."),
        ("image", "The page. Reads: E-42"),
    ]
    assert documents[1].locator.heading == "T"
    assert (tmp_path / "kept" / documents[1].metadata["picture"]).is_file()
    assert [omission.part for omission in omissions] == ["picture 2", "picture 3"]


def test_a_picture_that_is_left_out_is_not_kept(tmp_path: Path) -> None:
    blank = BytesIO()
    Image.new("RGB", (300, 200), "white").save(blank, "PNG")
    path = tmp_path / "a.htm"
    path.write_text(f"<h1>T</h1><p>Words.</p><img src='{data_uri(blank.getvalue())}'>")
    _, omissions = loaded(path)
    assert [o.reason for o in omissions] == ["The picture is blank."]
    assert not (tmp_path / "kept").exists()


def test_a_huge_table_is_read_in_good_time_and_in_pieces() -> None:
    row = "<tr><td>red</td><td>no line</td><td>call us</td></tr>"
    html = f"<table><tr><th>A</th><th>B</th><th>C</th></tr>{row * 10_000}</table>"
    passages = article_from_html(html, "t").passages
    assert sum(p.text.count("red | no line | call us") for p in passages) == 10_000
    assert all(p.text.startswith("A | B | C\n") for p in passages)


def test_a_page_without_words_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "app.html"
    path.write_text("<html><body><div id='root'></div><script>render()</script></body></html>")
    with pytest.raises(KnowledgeError, match=r"`app.html` has no text of its own.*browser"):
        loaded(path)


@pytest.mark.parametrize("content", [b"", b"<!-- -->", b"\x89PNG\r\n\x1a\n\0\0", b"<p>" * 5000])
def test_what_is_no_page_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(content)
    with pytest.raises(KnowledgeError):
        loaded(path)


def test_a_trap_of_depth_is_refused_not_half_read(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(f"{'<div>' * 30_000}deep{'</div>' * 30_000}<p>after</p>")
    with pytest.raises(KnowledgeError, match="deep"):
        loaded(path)
