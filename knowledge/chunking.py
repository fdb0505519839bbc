"""Cut Markdown into passages that follow its headings and are short enough for a prompt."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

PASSAGE_TOKENS = 120  # the first token of an answer waits for every token of its evidence
_TOKEN = re.compile(r"[㐀-鿿]|\w+|[^\w\s]")
_FRONT_MATTER = re.compile(r"\A---\n.*?^---\s*$\n?", re.S | re.M)


@dataclass(frozen=True)
class Figure:
    """A picture that an article shows."""

    src: str  # as written in the article, relative to it
    caption: str
    heading: str


@dataclass(frozen=True)
class Passage:
    """A few blocks of one section."""

    heading: str  # heading path, "Error codes > E-42 PPPoE authentication failed"
    text: str


@dataclass(frozen=True)
class Article:
    """An article cut up."""

    title: str
    passages: tuple[Passage, ...]
    figures: tuple[Figure, ...]


def estimate_tokens(text: str) -> int:
    """Estimate how many tokens a chat model reads: words, signs and Chinese characters."""
    return len(_TOKEN.findall(text))


def chunk_markdown(source: str, title: str) -> Article:
    """Cut an article at its headings, and long sections between blocks; lists stay whole.

    `title` names it where it has no top heading.
    """
    path: list[tuple[int, str]] = []
    blocks: list[tuple[str, str]] = []  # heading path, text
    figures: list[Figure] = []
    top = ""
    for node in SyntaxTreeNode(_parser().parse(_FRONT_MATTER.sub("", source))).children:
        if node.type == "heading":
            level = int(node.tag[1])
            path = [step for step in path if step[0] < level] + [(level, _words(node))]
            top = top or _words(node)
            continue
        heading = " > ".join(name for _, name in path) or title
        figures += [
            Figure(str(image.attrs["src"]), image.content, heading) for image in _images(node)
        ]
        if text := _block(node).strip():
            blocks.append((heading, text))
    passages = [
        Passage(heading, text)
        for heading, group in groupby(blocks, key=lambda block: block[0])
        for text in _pack([text for _, text in group])
    ]
    return Article(top or title, tuple(passages), tuple(figures))


def chunk_text(source: str) -> list[str]:
    """Cut plain text between paragraphs, and long paragraphs between sentences."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", source)]
    return _pack([part for paragraph in paragraphs if paragraph for part in _split(paragraph)])


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _pack(blocks: Sequence[str]) -> list[str]:
    """Join neighbouring blocks as long as they fit together."""
    packed: list[str] = []
    for piece in (piece for block in blocks for piece in _split(block)):
        if packed and estimate_tokens(packed[-1]) + estimate_tokens(piece) <= PASSAGE_TOKENS:
            packed[-1] = f"{packed[-1]}\n{piece}"
        else:
            packed.append(piece)
    return packed


def _split(block: str) -> list[str]:
    """Cut a block that is far too long, never a numbered remedy in its middle."""
    if estimate_tokens(block) <= 2 * PASSAGE_TOKENS or block.startswith("1. "):
        return [block]
    pieces: list[str] = []
    for sentence in re.split(r"(?<=[.!?])\s+|(?<=[。！？])|\n", block):
        if not sentence:
            continue
        if pieces and estimate_tokens(pieces[-1]) + estimate_tokens(sentence) <= PASSAGE_TOKENS:
            pieces[-1] = f"{pieces[-1]} {sentence}"
        else:
            pieces.append(sentence)
    return pieces


def _images(node: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    return (child for child in node.walk() if child.type == "image")


def _block(node: SyntaxTreeNode) -> str:
    """Return a block as plain text; list items keep their marks, table rows their cells."""
    if node.type in ("ordered_list", "bullet_list"):
        first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        return "\n".join(
            f"{'-' if first is None else f'{first + i}.'} {_block(item)}"
            for i, item in enumerate(node.children)
        )
    if node.type == "tr":
        return " | ".join(_words(cell) for cell in node.children)
    if node.type in ("fence", "code_block"):
        return node.content
    if node.type in ("paragraph", "inline"):
        return _words(node)
    return "\n".join(filter(None, (_block(child) for child in node.children)))


def _words(node: SyntaxTreeNode) -> str:
    """Return the words of inline content without its marks; a picture has none of its own."""
    return " ".join("".join(_inline(node)).split())


def _inline(node: SyntaxTreeNode) -> Iterator[str]:
    if node.type in ("text", "code_inline"):
        yield node.content
    elif node.type in ("softbreak", "hardbreak"):
        yield " "
    elif node.type not in ("image", "html_inline"):
        for child in node.children:
            yield from _inline(child)
