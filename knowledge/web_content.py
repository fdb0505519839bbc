"""What of a web page is its content, and what is menus, forms, scripts or hidden."""

import re
from typing import TYPE_CHECKING

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_MAIN_SHARE = 0.1  # of a page's letters; less is a frame that a script would fill
_SKIPPED = {
    "script", "style", "noscript", "template", "nav", "button", "input", "select",
    "textarea", "iframe", "object", "embed", "svg", "canvas", "audio", "video", "title", "dialog",
}  # fmt: skip
_SKIPPED_ROLES = {"navigation", "search", "banner", "contentinfo", "complementary", "dialog"}
_SKIPPED_CLASSES = {"headerlink", "linenos", "linenodiv", "sphinxsidebar", "visually-hidden"}
_BACK = ("#footnote-ref", "#endnote-ref")  # the arrow that leads from a note to its place
_NOTE = re.compile(r"note|warn|tip|hint|caution|danger|important|admonition|callout", re.I)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def parse(html: str) -> "Element | None":
    """Return the root of a page, None for one of nothing but comments.

    Raises KnowledgeError when it is nested too deeply.
    """
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # nothing but comments and blanks
        return None
    if any("xcessive depth" in error.message for error in parser.error_log):
        raise KnowledgeError(
            "The page nests its elements more than 2,000 deep, as no readable page does. Save it "
            "as plain text and add that."
        )
    return root


def main_content(root: "Element") -> "Element":
    """Return the element that holds the content, or the body where none says so.

    The headers and footers of the body, but not those of its articles, become menus.
    """
    body = root.find("body")
    body = root if body is None else body
    whole = _length(body)
    for path in (".//main", ".//*[@role='main']", ".//article"):
        found = root.xpath(path)
        if len(found) == 1 and _length(found[0]) >= _MAIN_SHARE * whole:
            return found[0]
    for around in body.xpath(".//*[self::header or self::footer][not(ancestor::article)]"):
        around.tag = "nav"
    return body


def _length(element: "Element") -> int:
    words = element.xpath(".//text()[not(parent::script or parent::style)]")
    return sum(len(word.strip()) for word in words)


def is_skipped(element: "Element") -> bool:
    """Tell whether an element is no content: menus, scripts, form controls, hidden parts."""
    tag, role = element.tag, element.get("role")
    if tag in _SKIPPED or role in _SKIPPED_ROLES or element.get("hidden") is not None:
        return tag != "aside" or not _is_note(element)
    if tag == "aside":
        return not _is_note(element)
    if element.get("aria-hidden") == "true" and tag != "img":
        return True
    if not _SKIPPED_CLASSES.isdisjoint((element.get("class") or "").split()):
        return True
    if tag == "a" and (element.get("href") or "").startswith(_BACK):
        return True
    return bool(_HIDDEN.search(element.get("style") or ""))


def _is_note(aside: "Element") -> bool:
    return bool(_NOTE.search(f"{aside.get('class')} {aside.get('role')} {aside.get('aria-label')}"))
