"""Read help pages that stand in English and in Chinese, paragraph beside paragraph.

LibreOffice's help (MPL-2.0) gives each paragraph an identifier that its translations share; pages
of GNOME's (CC BY-SA 3.0) have the same structure in every language.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from lxml import html

from assistant.pictures.packages import Package, bring
from assistant.settings import Settings

PACKAGES = (
    Package("libreoffice-help-en-us", "4:7.4.7-1+deb12u14"),
    Package("libreoffice-help-zh-cn", "4:7.4.7-1+deb12u14"),
    Package("gnome-user-docs", "43.0-2"),
)
_OFFICE = Path("usr/share/libreoffice/help")
_GNOME = Path("usr/share/help")
_MALLARD = "{http://projectmallard.org/1.0/}"
_HAN = re.compile("[一-鿿]")
_SPACE = re.compile(r"\s+")
_CODE = frozenset({"sbasic"})  # a programming language's reference: no manual of a thing
_LONGEST = 500  # characters of a paragraph that is taken


@dataclass(frozen=True)
class Paragraph:
    """The same paragraph in both languages; `names` are what it has in bold, in English."""

    en: str
    zh: str
    step: bool  # of numbered instructions
    names: tuple[tuple[str, str], ...] = ()  # what is marked as a name, English and Chinese


@dataclass(frozen=True)
class Topic:
    """What stands under one heading."""

    page: str
    en: str  # the heading
    zh: str
    paragraphs: tuple[Paragraph, ...]


def read_topics(settings: Settings) -> list[Topic]:
    """Return every topic that has paragraphs in both languages, fetching the packages first.

    Raises ConfigurationError where a package cannot be had.
    """
    english, chinese, gnome = (bring(settings, package) for package in PACKAGES)
    office = topics_in_office(english / _OFFICE / "en-US/text", chinese / _OFFICE / "zh-CN/text")
    return [*office, *topics_in_gnome(gnome / _GNOME / "C", gnome / _GNOME / "zh_CN")]


def topics_in_office(english: Path, chinese: Path) -> Iterator[Topic]:
    """Yield the topics of LibreOffice's help, from the folders of its two languages."""
    for path in sorted(english.rglob("*.html")):
        name = path.relative_to(english)
        if name.parts[0] in _CODE or not (chinese / name).exists():
            continue
        ours, theirs = (_by_identifier(folder / name) for folder in (english, chinese))
        yield from _topics(str(name), [(ours[key], theirs[key]) for key in ours if key in theirs])


def _by_identifier(path: Path) -> dict[str, "_Block"]:
    tree = html.document_fromstring(path.read_text("utf-8"))
    found = {}
    for element in tree.xpath("//div[@id='DisplayArea']//*[@id]"):
        if element.tag not in ("h1", "h2", "h3", "h4", "p"):
            continue
        marked = element.xpath(".//span[@class='emph' or @class='menuitem' or @class='input']")
        found[element.get("id")] = _Block(
            _clean(element.text_content()), element.tag.startswith("h"),
            bool(element.xpath("ancestor::ol")), tuple(_clean(m.text_content()) for m in marked),
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class _Block:
    text: str
    heading: bool
    step: bool
    names: tuple[str, ...]


def topics_in_gnome(english: Path, chinese: Path) -> Iterator[Topic]:
    """Yield the topics of GNOME's help, likewise."""
    for path in sorted(english.rglob("*.page")):
        name = path.relative_to(english)
        if not (chinese / name).exists():
            continue
        ours, theirs = (_in_order(folder / name) for folder in (english, chinese))
        if len(ours) == len(theirs):
            yield from _topics(str(name), list(zip(ours, theirs, strict=True)))


def _in_order(path: Path) -> list[_Block]:
    blocks: list[_Block] = []
    root = ElementTree.parse(path).getroot()

    def walk(element: ElementTree.Element, step: bool) -> None:
        for child in element:
            tag = child.tag.removeprefix(_MALLARD)
            if tag in ("info", "links"):
                continue
            if tag in ("title", "p"):
                names = tuple(_clean("".join(g.itertext())) for g in child.iter(f"{_MALLARD}gui"))
                text = _clean("".join(child.itertext()))
                blocks.append(_Block(text, tag == "title", step, names))
            else:
                walk(child, step or tag == "steps")

    walk(root, step=False)
    return blocks


def _topics(page: str, blocks: list[tuple[_Block, _Block]]) -> Iterator[Topic]:
    heading: tuple[str, str] | None = None
    paragraphs: list[Paragraph] = []
    for ours, theirs in [*blocks, (_Block("", True, False, ()),) * 2]:
        if ours.heading:
            if heading and paragraphs:
                yield Topic(page, *heading, tuple(paragraphs))
            heading, paragraphs = (ours.text, theirs.text), []
        elif _usable(ours.text, theirs.text):
            names = zip(ours.names, theirs.names, strict=False)
            same = len(ours.names) == len(theirs.names)
            paragraphs.append(
                Paragraph(ours.text, theirs.text, ours.step, tuple(names) if same else ())
            )


def _usable(ours: str, theirs: str) -> bool:
    return 15 <= len(ours) <= _LONGEST and len(_HAN.findall(theirs)) >= 5 and not _HAN.search(ours)


def _clean(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
