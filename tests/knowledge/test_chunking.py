"""Markdown becomes passages that keep their heading path, whole lists and figures."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import (
    LONGEST_TOKENS,
    PASSAGE_TOKENS,
    Block,
    chunk_markdown,
    chunk_text,
    estimate_tokens,
    pack,
)

ARTICLE = """---
title: not shown
---
# Manual

Before *any* section.

## Errors

![The page](../figures/page.png)

### E-42 `PPPoE`

Cause: **wrong** password.

1. Open *Settings > Internet*.
2. Press
   **Reconnect**.

## Other

| Light | Meaning |
|---|---|
| red | no line |

```
# not a heading
```
"""


def test_passages_carry_their_heading_path_and_plain_words() -> None:
    article = chunk_markdown(ARTICLE, "file-name")
    assert article.title == "Manual"
    assert [(p.heading, p.text) for p in article.passages] == [
        ("Manual", "Before any section."),
        (
            "Manual > Errors > E-42 PPPoE",
            "Cause: wrong password.\n1. Open Settings > Internet.\n2. Press Reconnect.",
        ),
        ("Manual > Other", "Light | Meaning\nred | no line\n# not a heading"),
    ]


def test_a_figure_keeps_its_caption_and_section() -> None:
    (figure,) = chunk_markdown(ARTICLE, "x").figures
    assert figure.src == "../figures/page.png"
    assert figure.caption == "The page"
    assert figure.heading == "Manual > Errors"


def test_a_file_without_headings_is_named_after_the_file() -> None:
    article = chunk_markdown("Only words.", "notes")
    assert (article.title, article.passages[0].heading) == ("notes", "notes")


def test_a_long_section_is_cut_between_blocks_and_a_remedy_stays_whole() -> None:
    paragraph = "The light is red because the cable has come loose again. " * 6
    remedy = "\n".join(f"{n}. Press the button number {n} for two seconds." for n in range(1, 30))
    passages = chunk_markdown(f"# T\n\n{paragraph}\n\n{paragraph}\n\n{remedy}\n", "t").passages
    assert [p.text.startswith("1. Press") for p in passages] == [False, False, True]
    assert "29. Press the button number 29" in passages[-1].text


def test_a_long_paragraph_is_cut_between_sentences_in_english_and_chinese() -> None:
    for sentence in ("The quick router blinks amber twice. ", "路由器的互联网指示灯变成红色。"):
        pieces = chunk_text(sentence * 60)
        assert len(pieces) > 1
        assert all(piece.endswith((".", "。")) for piece in pieces)
        assert all(estimate_tokens(piece) <= PASSAGE_TOKENS for piece in pieces)


@given(st.text(alphabet="ab1 #*`>|-\n.![]()", max_size=300))
def test_any_markdown_is_cut_without_an_error(source: str) -> None:
    for passage in chunk_markdown(source, "t").passages:
        assert passage.text.strip()


def letters(text: str) -> str:
    return "".join(text.split())


@given(st.text(max_size=600), st.integers(1, 60))
def test_cutting_any_text_loses_nothing_and_never_exceeds_the_limit(text: str, times: int) -> None:
    passages = chunk_text(text * times)
    assert letters("".join(passages)) == letters(text * times)
    assert all(estimate_tokens(passage) <= LONGEST_TOKENS for passage in passages)


@given(st.lists(st.text(alphabet="ab。.!? \n中文", max_size=400), max_size=12), st.booleans())
def test_packing_keeps_every_block_in_order(parts: list[str], same_section: bool) -> None:
    blocks = [Block("S" if same_section else f"S{n}", part) for n, part in enumerate(parts)]
    passages = list(pack(block for block in blocks if block.text.strip()))
    assert letters("".join(p.text for p in passages)) == letters("".join(parts))
    assert all(estimate_tokens(p.text) <= LONGEST_TOKENS for p in passages)


@given(st.lists(st.text(alphabet="abc中文", min_size=1, max_size=9), min_size=1, max_size=200))
def test_every_word_of_a_markdown_article_is_kept(words: list[str]) -> None:
    source = "\n\n".join(
        f"{mark} {word}" if mark else word
        for mark, word in zip(["#", "", "-", "", "##", ">", "1."] * len(words), words, strict=False)
    )
    article = chunk_markdown(source, "t")
    found = " ".join(f"{p.heading}\n{p.text}" for p in article.passages)
    assert all(word in found for word in words)


ENDLESS = {
    "a line": "word " * 200_000,
    "a line without a space": "x" * 1_000_000,
    "a Chinese line": "路由器" * 100_000,
    "code": "```\n" + "    value = 1  # a comment\n" * 20_000 + "```\n",
    "padded code": "```\nx" + " " * 1_000_000 + "y\n```\n",
    "a table": "| Light | Meaning |\n|---|---|\n" + "| red | no line |\n" * 10_000,
    "a list": "".join(f"{n}. Press the button.\n" for n in range(1, 10_000)),
    "a heading": "# " + "very " * 20_000 + "long\n",
    "nested lists": "".join(f"{'  ' * n}- level {n}\n" for n in range(100)),
    "nested quotations": "> " * 500 + "deep words\n",
    "raw HTML": "<div>" * 100 + "deep words" + "</div>" * 100,
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_no_passage_grows_without_bound(kind: str) -> None:
    passages = chunk_markdown(ENDLESS[kind], "t").passages
    assert passages
    for passage in passages:
        assert estimate_tokens(passage.text) <= LONGEST_TOKENS
        assert len(passage.text) + len(passage.heading) < 15_000


def test_deeply_nested_words_are_kept() -> None:
    for kind, words in [
        ("nested lists", "level 99"),
        ("nested quotations", "deep words"),
        ("raw HTML", "deep words"),
    ]:
        assert words in chunk_markdown(ENDLESS[kind], "t").passages[-1].text


def test_a_long_table_says_its_columns_in_every_passage() -> None:
    passages = chunk_markdown(ENDLESS["a table"], "t").passages
    assert all(p.text.startswith("Light | Meaning\n") for p in passages)
    assert sum(p.text.count("red | no line") for p in passages) == 10_000


def test_code_is_cut_between_lines_and_keeps_them() -> None:
    code = "".join(f"    step_{n} = run({n})\n" for n in range(100))
    passages = chunk_markdown(f"```\n{code}```\n", "t").passages
    assert len(passages) > 1
    assert "\n".join(p.text for p in passages).split() == code.split()
    assert all(line.strip().startswith("step_") for p in passages for line in p.text.split("\n"))


def test_a_line_that_introduces_a_list_stays_with_it() -> None:
    filler = "The light is red because the cable has come loose again. " * 10
    source = f"# T\n\n{filler}\n\nDo this:\n\n1. Press.\n2. Wait {'and wait ' * 20}.\n"
    assert chunk_markdown(source, "t").passages[-1].text.startswith("Do this:\n1. Press.\n2. Wait")


def test_a_section_of_a_heading_alone_is_found_by_its_name() -> None:
    passages = chunk_markdown("# Manual\n\n## Empty\n\n## Full\n\nWords.\n", "t").passages
    assert [(p.heading, p.text) for p in passages] == [
        ("Manual > Empty", "Empty"),
        ("Manual > Full", "Words."),
    ]


def test_html_inside_markdown_is_read() -> None:
    source = '# T\n\n<p align="center"><img src="a.png" alt="Logo"> Welcome <b>home</b></p>\n'
    article = chunk_markdown(source, "t")
    assert [p.text for p in article.passages] == ["Welcome home"]
    assert [(f.src, f.caption) for f in article.figures] == [("a.png", "Logo")]


def test_a_picture_without_words_takes_those_before_it() -> None:
    source = "# T\n\nOpen the page. It looks like this:\n\n![](a.png)\n\n## Next\n\n![](b.png)\n"
    captions = [figure.caption for figure in chunk_markdown(source, "t").figures]
    assert captions == ["It looks like this:", "Next"]


def test_neighbouring_passages_of_a_section_share_nothing() -> None:
    source = "# T\n\n" + "\n\n".join(f"Paragraph {n} has its own words." * 6 for n in range(20))
    texts = [p.text for p in chunk_markdown(source, "t").passages]
    assert all(not set(a.split("\n")) & set(b.split("\n")) for a, b in pairwise(texts))
