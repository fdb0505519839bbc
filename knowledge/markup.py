"""HTML → an article: its main content as blocks under headings, and the pictures it shows."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.chunking import Article, Figure, Sections, pack
from knowledge.web_content import is_skipped, main_content, parse

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CAPTION = re.compile(
    r"(?:fig(?:ure)?|abb(?:ildung)?|screenshot)\b\.?\s*(?:\d|(?-i:[A-Z]\b)|[:：])"
    r"|图\s*[\d一二三四五六七八九十:：]",
    re.I,
)
_CAPTION_CHARS = 200  # of a text that merely stands before the picture

_FILE_NAME = re.compile(r"[^\s]+\.(?:png|jpe?g|gif|webp|svg|bmp|tiff?)", re.I)
_MACHINE_MADE = re.compile(
    r"\.?\s*(?:Description automatically generated.*|AI-generated content may be incorrect\.?)$",
    re.S,
)
_PADDING = re.compile(r"[^\S\n]{40,}|\n{3,}")

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BOLD_CHARS = 100
_BOLD_DEPTH = 7  # a bold line by itself heads what follows, below all marked headings
_LISTS = {"ul", "ol", "menu"}
_BLOCKS = {
    "p", "div", "section", "article", "main", "header", "footer", "aside", "blockquote", "figure",
    "dl", "dt", "dd", "address", "details", "summary", "hr", "fieldset", "body", "center", "html",
    "caption", "td", "th", "tr", "table", "legend",
}  # fmt: skip


def article_from_html(html: str, title: str) -> Article:
    """Cut the main content of a web page into passages.

    Menus, headers, footers, forms, scripts and hidden parts are left out. `title` names it where
    neither a heading nor its own title does. Raises KnowledgeError when it is nested too deeply.
    """
    root = parse(html)
    if root is None:
        return Article(title, (), ())
    named = " ".join((root.findtext(".//title") or "").split())
    main = main_content(root)
    return _article(main, title, "" if main.find(".//h1") is not None else named)


def alternative_text(alt: str | None) -> str:
    """Return what an author says that a picture shows; no file names, no machine's guesses."""
    words = _MACHINE_MADE.sub("", " ".join((alt or "").split()))
    return "" if _FILE_NAME.fullmatch(words) else words


def article_from_fragment(html: str, title: str) -> Article:
    """Cut HTML that is all content, made from Markdown or a Word file, into passages."""
    root = parse(html)
    return Article(title, (), ()) if root is None else _article(root, title, "")


def _article(root: "Element", title: str, named: str) -> Article:
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    writer = _Writer(title, named)
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            if (is_skipped(element) and element is not root) or not writer.start(element):
                walk.skip_subtree()
        else:
            if not is_skipped(element) or element is root:
                writer.end(element)
            if element is not root:
                writer.write(element.tail)
    return writer.article()


@dataclass
class _Shown:
    """A picture and where it stands among the blocks."""

    src: str
    alt: str
    heading: str
    block: int  # index of the block that comes next
    before: str  # the words of its own paragraph before it
    caption: str = ""


class _Writer:
    """Writes blocks while it walks over elements; depth costs nothing, nothing recurses."""

    def __init__(self, title: str, named: str) -> None:
        self.sections = Sections(named or title)
        if named:
            self.sections.head(0, named)
        self.shown: list[_Shown] = []
        self._words: list[str] = []  # of the line at hand
        self._lines: list[str] = []  # of the block at hand
        self._mark = ""  # of the list item that begins
        self._lists: list[int | None] = []  # the open lists' next numbers
        self._layouts: list[bool] = []  # of the open tables: whether they hold the page, not data
        self._rows: list[list[str]] = []  # the open table rows' cells
        self._header = ""  # of the open table
        self._figures: list[int] = []  # how many pictures there were when each figure opened

    def start(self, element: "Element") -> bool:
        """Open an element; returns whether to go into it."""
        tag = element.tag
        if tag == "pre":
            self._code("".join(element.itertext()))
            return False
        if tag in _HEADINGS or tag in _LISTS or tag in _BLOCKS or tag in ("li", "figcaption"):
            self._line()
        if tag in _LISTS:
            numbered = tag == "ol"
            self._lists.append(_number(element.get("start"), 1) if numbered else None)
        elif tag == "li" and not self._rows:
            self._item(element)
        elif tag == "table":
            self._layouts.append(_is_layout(element))
        elif tag == "tr" and self._in_data():
            self._rows.append([])
        elif tag == "figure":
            self._figures.append(len(self.shown))
        elif tag == "img":
            self._show(element)
        elif tag == "br":
            self._words.append(" ")
        self.write(element.text)
        return True

    def end(self, element: "Element") -> None:
        """Close an element."""
        tag = element.tag
        if tag in _HEADINGS:
            self._head(_HEADINGS[tag])
        elif tag == "p" and not self._lists and _is_bold(element):
            self._head(_BOLD_DEPTH)
        elif tag in ("td", "th") and self._rows and self._in_data():
            self._rows[-1].append(self._taken())
        elif tag == "tr" and self._rows and self._in_data():
            self._row(element)
        elif tag == "figcaption":
            self._caption()
        elif tag in _LISTS and self._lists:
            self._line()
            self._lists.pop()
        elif tag == "figure" and self._figures:
            self._figures.pop()
        if tag in _BLOCKS or tag in _LISTS or tag == "li":
            self._line()
        if tag == "table":
            self._layouts.pop()
            if not self._lists and not self._rows:
                self._block()

    def write(self, text: str | None) -> None:
        """Add inline text."""
        if text:
            self._words.append(text)

    def article(self) -> Article:
        """Return what was written, cut into passages."""
        self._line()
        self._block()
        self.sections.end()
        figures = tuple(Figure(s.src, self._caption_of(s), s.heading) for s in self.shown)
        title = self.sections.top or self.sections.title
        return Article(title, tuple(pack(self.sections.blocks)), figures)

    def _in_data(self) -> bool:
        return bool(self._layouts) and not self._layouts[-1]

    def _taken(self) -> str:
        words = " ".join("".join(self._words).split())
        self._words = []
        return words

    def _line(self) -> None:
        """End a line, and the block with it outside of lists and tables."""
        if self._rows:  # a cell is one line
            self._words.append(" ")
            return
        if words := self._taken():
            self._lines.append(self._mark + words)
            self._mark = ""
        if not self._lists and not self._header:
            self._block()

    def _block(self) -> None:
        self.sections.add("\n".join(self._lines), header=self._header)
        self._lines, self._header = [], ""

    def _head(self, level: int) -> None:
        if self._rows:
            return
        name = self._taken()
        self._block()
        self.sections.head(level, name)

    def _item(self, element: "Element") -> None:
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._mark = "- "
            return
        number = _number(element.get("value"), number)
        self._mark = f"{number}. "
        self._lists[-1] = number + 1

    def _row(self, element: "Element") -> None:
        cells = self._rows.pop()
        stray = self._taken()
        row = " | ".join([*cells, stray] if stray else cells)
        if not row.strip(" |"):
            return
        if self._rows:  # a table in a cell
            self._words.append(f" {row} ")
            return
        if not self._header:
            self._header_or_row(element, row)
        else:
            self._lines.append(row)

    def _header_or_row(self, element: "Element", row: str) -> None:
        """Add the first row; it says what the columns are where it is marked so."""
        if self._mark:
            row, self._mark = self._mark + row, ""
        self._lines.append(row)
        if not self._lists and all(map(_is_head, element.iterchildren("td", "th"))):
            self._header = row

    def _code(self, text: str) -> None:
        if self._rows:
            self._words.append(f" {text} ")
            return
        self._line()
        lines = _PADDING.sub(_shortened, text.expandtabs(4)).strip("\n").rstrip()
        self._lines.append(self._mark + lines)
        self._mark = ""
        self._line()

    def _show(self, element: "Element") -> None:
        src = element.get("src") or element.get("data-src") or ""
        alt = alternative_text(element.get("alt"))
        before = " ".join("".join(self._words).split())
        place = self.sections.heading, len(self.sections.blocks)
        self.shown.append(_Shown(src, alt, *place, before=before))

    def _caption(self) -> None:
        caption = " ".join("".join(self._words).split())
        for shown in self.shown[self._figures[-1] :] if self._figures else ():
            shown.caption = caption
        self._line()

    def _caption_of(self, shown: _Shown) -> str:
        """Return the picture's own caption, its alternative text, or what stands before it."""
        blocks = self.sections.blocks
        after = blocks[shown.block].text if shown.block < len(blocks) else ""
        if shown.caption or CAPTION.match(after):
            return shown.caption or after.split("\n")[0]
        before = shown.before
        if not before and shown.block and blocks[shown.block - 1].heading == shown.heading:
            before = blocks[shown.block - 1].text
        last = re.split(r"\n|(?<=[.!?])\s+|(?<=[。！？])(?=.)", before.strip())[-1]
        return shown.alt or last[:_CAPTION_CHARS] or shown.heading.split(" > ")[-1]


def _is_layout(table: "Element") -> bool:
    """Tell whether a table holds the page itself rather than data."""
    held = {
        tag for tag in ("table", "h1", "h2", "pre", "th") if table.find(f".//{tag}") is not None
    }
    code = "pre" in held and "th" not in held  # beside its line numbers
    return table.get("role") == "presentation" or code or bool(held & {"table", "h1", "h2"})


def _is_bold(paragraph: "Element") -> bool:
    """Tell whether a paragraph is a short bold line, which is meant as a heading."""
    if (
        len(paragraph) != 1
        or paragraph[0].tag not in ("strong", "b")
        or paragraph.find(".//img") is not None
    ):
        return False
    around = f"{paragraph.text or ''}{paragraph[0].tail or ''}".strip()
    words = "".join(paragraph.itertext()).strip()
    return (
        not around and len(words) <= _BOLD_CHARS and not words.endswith(tuple(".:：。!！?？,，;；"))
    )


def _is_head(cell: "Element") -> bool:
    """Tell whether a cell is marked as a column's name; office programs make it bold."""
    bold = "".join(cell.xpath(".//strong//text() | .//b//text()"))
    return cell.tag == "th" or "".join(cell.itertext()).split() == bold.split()


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"\d{1,6}", value) else default


def _shortened(padding: re.Match[str]) -> str:
    return "\n\n" if "\n" in padding[0] else " " * 8
