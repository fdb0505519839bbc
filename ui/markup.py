"""Safe HTML: templates escape every value; answers are Markdown without anything that acts.

What comes from users, models and documents reaches the browser only through here. Markdown keeps
no raw HTML, loads no pictures and opens no script links.
"""

import re
from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

_CITATION = re.compile(r"\[(\d{1,3})\]")
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # HTML cannot carry these


def fill(template: str, **values: object) -> str:
    """Fill one of `ui/templates`; every value is escaped."""
    return _UNFIT.sub(
        "\N{REPLACEMENT CHARACTER}", _templates().get_template(template).render(values)
    )


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("ui"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["percent"] = percent
    templates.filters["clock"] = clock
    return templates


def percent(share: float) -> int:
    """Write a share from 0 to 1 as a whole percentage."""
    return round(100 * min(1.0, max(0.0, share)))


def clock(seconds: float) -> str:
    """Write seconds as minutes and seconds: `1:05`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def markdown(text: str, targets: Mapping[str, str], citation_word: str) -> Markup:
    """Render an answer; `[n]` becomes a link to the element id `targets[n]`."""
    return Markup(_parser().render(text, {"targets": targets, "citation_word": citation_word}))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
    parser.disable("image")  # a picture in an answer would be fetched from anywhere
    parser.add_render_rule("text", _text)
    parser.add_render_rule("link_open", _link_open)
    return parser


def _text(self, tokens: list[Token], index: int, options, env: dict) -> str:
    targets: Mapping[str, str] = env["targets"]

    def link(match: re.Match[str]) -> str:
        if match[1] not in targets:
            return match[0]
        return Markup('<a class="cite" href="#{}" aria-label="{} {}">{}</a>').format(
            targets[match[1]], env["citation_word"], match[1], match[1]
        )

    return _CITATION.sub(link, str(escape(tokens[index].content)))


def _link_open(self, tokens: list[Token], index: int, options, env: dict) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer")
    tokens[index].attrSet("target", "_blank")
    return self.renderToken(tokens, index, options, env)
