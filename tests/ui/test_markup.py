"""Nothing that comes from outside acts on the page."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.types import Document, Evidence, Locator, Percept, Plan, Segment, Step
from ui.frame import render_threads
from ui.markup import clock, markdown
from ui.render import Links, render_exchange
from ui.sights import Sight
from ui.view import ExchangeView
from ui.words import words_for

EVIL = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "[click](javascript:alert(1))",
    "![track](https://example.org/pixel.png)",
    "{{ 7 * 7 }} {% raw %}",
    "[1]: javascript:alert(1)\n[1]",
    "`</code><script>alert(1)</script>`",
    "| a |\n|---|\n| <b onclick=alert(1)> |",
)
LINKS = Links(lambda path: "media/0", lambda document, base: Sight("media/1"))
ANY_TEXT = st.one_of(st.text(), st.sampled_from(EVIL), st.lists(st.sampled_from(EVIL)).map("".join))


class Acts(HTMLParser):
    """Collects what could run or fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "style", "link", "base", "form"):
            self.found.append(tag)
        for name, value in attrs:
            link = (value or "").strip().lower()
            if name.startswith("on") or (name in ("href", "src") and link.startswith("javascript")):
                self.found.append(f"{tag} {name}={value}")
            if name == "src" and not link.startswith("media/"):
                self.found.append(f"{tag} src={value}")


def acts_in(html: str) -> list[str]:
    parser = Acts()
    parser.feed(html)
    return parser.found


@given(ANY_TEXT)
def test_an_answer_cannot_act(text: str) -> None:
    assert acts_in(markdown(text, {"1": "source-1"}, "Source")) == []


@given(ANY_TEXT)
def test_nothing_in_an_exchange_can_act(text: str) -> None:
    document = Document(text, text, "text", text, Locator(heading=text), {"title": text})
    view = ExchangeView(
        key="k",
        question=text,
        percepts=(Percept("ocr", text, text or "x", 1.0, (Segment(text),), note=text),),
        plan=Plan((Step("s1", "answer", text, 1, (), text),)),
        evidence=(Evidence(document, 0.5, text),),
        texts={"s1": text},
        notices=(text,),
        error=text,
        gates={text: 0.5},
    )
    html = render_exchange(view, words_for("en"), LINKS)
    assert acts_in(html) == []
    html.encode("utf-8")  # half a surrogate pair would break the stream to the browser


@pytest.mark.parametrize("text", EVIL)
def test_an_error_in_the_list_of_threads_cannot_act(text: str) -> None:
    assert acts_in(render_threads([], text, words_for("zh"), text)) == []


def test_markdown_keeps_its_structure() -> None:
    html = markdown("Do **this**:\n\n1. one\n2. two\n\n| a |\n|---|\n| b |", {}, "Source")
    for part in ("<strong>this</strong>", "<ol>", "<li>one</li>", "<table>"):
        assert part in html


def test_a_citation_links_to_its_source_and_an_unknown_one_stays_text() -> None:
    html = markdown("Sure. [1] Perhaps. [7]", {"1": "source-t-1"}, "Source")
    assert 'href="#source-t-1"' in html
    assert 'aria-label="Source 1"' in html
    assert "[7]" in html


def test_a_link_opens_elsewhere_and_tells_nothing() -> None:
    html = markdown("[manual](https://example.org)", {}, "Source")
    assert 'target="_blank"' in html
    assert 'rel="noopener noreferrer"' in html


def test_clock_writes_minutes() -> None:
    assert [clock(0), clock(65.9), clock(600)] == ["0:00", "1:05", "10:00"]
