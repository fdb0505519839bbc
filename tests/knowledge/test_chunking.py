"""Markdown becomes passages that keep their heading path, whole lists and figures."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import PASSAGE_TOKENS, chunk_markdown, chunk_text, estimate_tokens

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


@given(st.lists(st.text(alphabet="abc ", min_size=1), max_size=30))
def test_no_word_of_plain_text_is_lost(paragraphs: list[str]) -> None:
    words = [word for paragraph in paragraphs for word in paragraph.split()]
    assert " ".join(chunk_text("\n\n".join(paragraphs))).split() == words


def test_neighbouring_passages_of_a_section_share_nothing() -> None:
    source = "# T\n\n" + "\n\n".join(f"Paragraph {n} has its own words." * 6 for n in range(20))
    texts = [p.text for p in chunk_markdown(source, "t").passages]
    assert all(not set(a.split("\n")) & set(b.split("\n")) for a, b in pairwise(texts))
