"""Cut articles into passages that follow their headings and are short enough for a prompt."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from knowledge.types import Box

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

PASSAGE_TOKENS = 120  # the first token of an answer waits for every token of its evidence
LONGEST_TOKENS = 4 * PASSAGE_TOKENS  # of a numbered remedy, which is cut only beyond that
_NAME_CHARS = 160  # a longer heading is text
_NESTING = 200  # of lists and quotations; markdown-it leaves out what lies deeper

_CJK = "぀-ヿ㐀-鿿가-힣"
_TOKEN = re.compile(rf"[{_CJK}]|[^\W{_CJK}]{{1,12}}|[^\w\s]")
_FRONT_MATTER = re.compile(r"\A---\n.*?^---\s*$\n?", re.S | re.M)
_REMEDY = re.compile(r"\A(?:.*[:：]\n)?1\. ")
# Where a text is cut, best first: lines, sentences, words, and tokens of endless words.
_CUTS = (
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s+|(?<=[。！？；])"),
    re.compile(r"\s+"),
    _TOKEN,
)


@dataclass(frozen=True)
class Figure:
    """A picture that an article shows."""

    src: str  # as written in the article, relative to it
    caption: str
    heading: str


@dataclass(frozen=True)
class Block:
    """A paragraph, list, table or code of one section, with its place where it is on a page."""

    heading: str  # heading path
    text: str
    page: int | None = None
    box: Box | None = None
    header: str = ""  # a table's first row, said again where the table is cut


@dataclass(frozen=True)
class Passage:
    """A few blocks of one section, on one page."""

    heading: str  # heading path, "Error codes > E-42 PPPoE authentication failed"
    text: str
    page: int | None = None
    box: Box | None = None


@dataclass(frozen=True)
class Article:
    """An article cut up."""

    title: str
    passages: tuple[Passage, ...]
    figures: tuple[Figure, ...]


class Sections:
    """Collects an article's blocks under the path of their headings."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.top = ""  # the first heading
        self.blocks: list[Block] = []
        self._path: list[tuple[float, str]] = []
        self._bare: Block | None = None  # the last heading, while it has nothing below it

    @property
    def heading(self) -> str:
        """The heading path at this place."""
        return " > ".join(name for _, name in self._path) or self.title

    def head(
        self, depth: float, name: str, page: int | None = None, box: Box | None = None
    ) -> None:
        """Begin a section below those of a smaller depth; one without any text keeps its name."""
        name = " ".join(name.split())
        if not name:
            return
        if self._path and depth <= self._path[-1][0]:
            self.end()
        self._path = [step for step in self._path if step[0] < depth]
        self._path.append((depth, name[:_NAME_CHARS]))
        self.top = self.top or name[:_NAME_CHARS]
        self._bare = Block(self.heading, name, page, box)
        if len(name) > _NAME_CHARS:
            self.end()

    def add(
        self, text: str, page: int | None = None, box: Box | None = None, header: str = ""
    ) -> None:
        """Add a block to the section at hand."""
        if text.strip():
            self._bare = None
            self.blocks.append(Block(self.heading, text, page, box, header))

    def end(self) -> None:
        """Keep the last heading as text where it has nothing below it."""
        if self._bare:
            self.blocks.append(self._bare)
            self._bare = None


def estimate_tokens(text: str) -> int:
    """Estimate how many tokens a chat model reads: words, signs and Chinese characters."""
    return len(_TOKEN.findall(text))


def chunk_markdown(source: str, title: str) -> Article:
    """Cut an article at its headings, and long sections between blocks; lists stay whole.

    `title` names it where it has no top heading.
    """
    from knowledge.markup import article_from_fragment

    source = _FRONT_MATTER.sub("", source)
    parser = _parser()
    tokens = parser.parse(source)
    if max((token.level for token in tokens), default=0) >= _NESTING - 1:
        passages = tuple(Passage(title, text) for text in chunk_text(source))
        return Article(title, passages, ())
    return article_from_fragment(parser.renderer.render(tokens, parser.options, {}), title)


def chunk_text(source: str) -> list[str]:
    """Cut plain text between paragraphs, and long paragraphs between sentences."""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", source))
    return [passage.text for passage in pack(Block("", part) for part in paragraphs if part)]


def pack(blocks: Iterable[Block]) -> Iterator[Passage]:
    """Yield passages: neighbouring blocks of a section and page as long as they fit together.

    A passage has at most `LONGEST_TOKENS` tokens; its box is the union of its blocks' boxes.
    """
    passage: Passage | None = None
    for block in _introduced(blocks):
        for text in _split(block):
            if passage is not None and _fits(passage, block, text):
                joined = f"{passage.text}\n{text}"
                passage = replace(passage, text=joined, box=union(passage.box, block.box))
                continue
            if passage is not None:
                yield passage
            passage = Passage(block.heading, text, block.page, block.box)
    if passage is not None:
        yield passage


def union(box: Box | None, other: Box | None) -> Box | None:
    """Return the smallest box around two."""
    if box is None or other is None:
        return box or other
    return (
        min(box[0], other[0]),
        min(box[1], other[1]),
        max(box[2], other[2]),
        max(box[3], other[3]),
    )


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table")


def _introduced(blocks: Iterable[Block]) -> Iterator[Block]:
    """Join a line that ends in a colon to the list, table or code that it introduces."""
    intro: Block | None = None
    for block in blocks:
        if intro is not None and (intro.heading, intro.page) == (block.heading, block.page):
            text = f"{intro.text}\n{block.text}"
            joined = replace(block, text=text, box=union(intro.box, block.box))
        else:
            joined = block
            if intro is not None:
                yield intro
        introduces = joined.text.endswith((":", "：")) and not joined.header
        short = estimate_tokens(joined.text) <= PASSAGE_TOKENS / 2
        intro = joined if introduces and short else None
        if intro is None:
            yield joined
    if intro is not None:
        yield intro


def _fits(passage: Passage, block: Block, text: str) -> bool:
    return (passage.heading, passage.page) == (block.heading, block.page) and estimate_tokens(
        passage.text
    ) + estimate_tokens(text) <= PASSAGE_TOKENS


def _split(block: Block) -> list[str]:
    """Cut a block that is far too long; a numbered remedy stays whole as long as it may."""
    limit = LONGEST_TOKENS if _REMEDY.search(block.text) else 2 * PASSAGE_TOKENS
    if estimate_tokens(block.text) <= limit:
        return [block.text]
    header_tokens = estimate_tokens(block.header)
    header = f"{block.header}\n" if 0 < header_tokens <= PASSAGE_TOKENS / 2 else ""
    room = PASSAGE_TOKENS - (header_tokens if header else 0)
    pieces = [piece.strip("\n").rstrip() for piece in _cut(block.text, room)]
    pieces = [piece for piece in pieces if piece.strip()]
    return [piece if index == 0 else header + piece for index, piece in enumerate(pieces)]


def _cut(text: str, room: int, level: int = 0) -> list[str]:
    """Cut text into pieces of at most `room` tokens, at the best places there are."""
    if estimate_tokens(text) <= room:
        return [text]
    ends = [match.end() for match in _CUTS[level].finditer(text)]
    pieces: list[str] = []
    used = room
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        for piece in _cut(text[start:end], room, level + 1):
            tokens = estimate_tokens(piece)
            if used + tokens <= room:
                pieces[-1] += piece
                used += tokens
            else:
                pieces.append(piece)
                used = tokens
    return pieces
