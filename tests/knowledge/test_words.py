"""Lexical search: stems, Chinese words, codes, rare before common; twins, and what is no twin."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.terms import asked_terms, terms
from knowledge.twins import nearly_same
from knowledge.types import Document, Locator
from knowledge.words import WordIndex

TEXTS = {
    "guest": "Guests join the network by scanning a code on the screen.",
    "backup": "pg_dump writes backups of a table to an archive in /var/backups/db.tar.",
    "zh": "路由器恢复出厂设置以后，需要重新输入宽带账号和密码。",
    "error": "E-42 means that the provider refused the password.",
    "other": "E-24 means that the modem gave no address.",
}


def document(identity: str, text: str, heading: str = "Manual", uri: str = "/a.md") -> Document:
    return Document(identity, text, "text", uri, Locator(heading=heading), {"title": "Manual"})


@pytest.fixture
def index(tmp_path: Path) -> WordIndex:
    index = WordIndex(tmp_path / "words.sqlite")
    index.apply("c", "1", [], [document(name, text) for name, text in TEXTS.items()])
    return index


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("how do I back up tables with pg_dump?", "backup"),
        ("scan codes for guest networks", "guest"),
        ("怎么恢复出厂设置？", "zh"),
        ("恢復出廠設置", "zh"),
        ("what does error 42 mean", "error"),
        ("ｅ４２", "error"),
        ("屏幕上写着E-24", "other"),
        ("/var/backups/db.tar", "backup"),
    ],
)
def test_words_are_found_however_they_are_written(index: WordIndex, query: str, found: str) -> None:
    assert index.search(index.ask(query), 5)[0].id == found


def test_a_question_without_words_of_its_own_finds_nothing(index: WordIndex) -> None:
    for query in ("", "what is it?", "怎么办？", "!!! ???", '"', "a OR b NEAR( *", "\0"):
        assert index.search(index.ask(query), 5) == []


def test_the_share_tells_how_much_of_the_question_is_held(index: WordIndex) -> None:
    held = frozenset(terms(TEXTS["error"]))
    assert index.ask("provider refused password").share(held) == pytest.approx(1.0)
    assert 0 < index.ask("provider refused sourdough").share(held) < 1
    assert index.ask("what is it?").share(held) == 0


@pytest.mark.parametrize(
    ("query", "missing", "unknown"),
    [
        ("does pg_dump write archives?", False, False),
        ("does pg_dump write MySQL archives?", True, True),
        ("My provider refused", False, False),
        ("用 pg_dump 备份", False, False),
        ("用 mysql 备份", True, True),
        ("do Guests need pg_dump?", True, False),
    ],
)
def test_what_a_question_names_is_missed_where_it_is_not(
    index: WordIndex, query: str, missing: bool, unknown: bool
) -> None:
    asked = index.ask(query)
    assert (asked.missing(frozenset(terms(TEXTS["backup"]))) > 0) is missing
    assert asked.unknown is unknown


def test_filters_and_removal(index: WordIndex) -> None:
    index.apply("c", "2", [], [document("far", "guest towels", uri="/b [1]/c.md")])
    assert {hit.id for hit in index.search(index.ask("guests"), 5)} == {"guest", "far"}
    assert [hit.id for hit in index.search(index.ask("guests"), 5, source="/b [1]")] == ["far"]
    assert index.search(index.ask("guests"), 5, modality="image") == []
    assert index.uris("/b [1]") == ["/b [1]/c.md"]
    index.apply("c", "3", ["far"], [])
    assert [hit.id for hit in index.search(index.ask("guests"), 5)] == ["guest"]
    assert index.revision("c") == "3"


def test_many_common_words_leave_the_rare_one_in_charge(index: WordIndex) -> None:
    many = [document(f"m{n}", f"router setting {n}", uri="/m.md") for n in range(6000)]
    index.apply("c", "2", [], many)
    assert index.search(index.ask("router setting pg_dump"), 3)[0].id == "backup"


@given(st.text())
def test_any_text_gives_terms_and_can_be_asked_for(text: str) -> None:
    assert all(term and not term.isspace() for term in terms(text))
    assert len(asked_terms(text)) == len(set(asked_terms(text)))


@given(st.text(max_size=80))
def test_any_question_is_answered_without_an_error(text: str) -> None:
    index = WordIndex(Path(":memory:"))
    index.apply("c", "1", [], [document("own", text or "x")])
    assert {hit.id for hit in index.search(index.ask(text), 5)} <= {"own"}


BASE = (
    "To restart the router press the button on its back for ten seconds and wait until the light "
    "is green"
)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (BASE, True),
        (BASE.replace("To restart", "To  RESTART") + ".", True),
        (BASE.replace("green", "green 2"), False),
        (BASE.replace("press", "do not press"), False),
        ("E-42 " + BASE, False),
        (
            "Something quite different stands here, of about the same length as the other text",
            False,
        ),
    ],
)
def test_twins_say_the_same_and_a_changed_digit_or_not_parts_them(text: str, same: bool) -> None:
    assert nearly_same(terms(BASE), terms(text)) is same


def test_a_twin_is_found_among_many(index: WordIndex) -> None:
    others = [document(f"o{n}", f"{BASE} or {n} times more") for n in range(50)]
    index.apply("c", "2", [], [*others, document("twin", BASE, uri="/t.md")])
    again = document("again", BASE.upper(), uri="/again.md")
    assert index.twin(again, terms(again.text)) == ("twin", "/t.md")


def test_a_chinese_question_finds_english_words_and_the_reverse(index: WordIndex) -> None:
    assert index.search(index.ask("备份表格到档案"), 5)[0].id == "backup"
    assert index.search(index.ask("the password of a broadband account"), 5)[0].id in (
        "zh",
        "error",
    )
    assert "zh" in {hit.id for hit in index.search(index.ask("account number of the broadband"), 5)}
