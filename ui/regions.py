"""A region: HTML from the server, kept alive in the browser by the page's own scripts."""

import time
from itertools import count

import gradio as gr

_SINCE, _NUMBERS = time.time(), count()
SCRIPTS = (
    "morph.js", "views.js", "player.js", "recorder.js", "attachments.js", "composer.js",
    "library.js", "page.js",
)  # fmt: skip


def region(name: str, events: tuple[str, ...]) -> gr.HTML:
    """Return a part of the page whose value is `{"html": …}` and whose script raises the events.

    Gradio's own update of `gr.HTML` would close opened details and move the focus, so the template
    stays empty and `assets/page.js` merges the new HTML into what is there.
    """
    return gr.HTML(
        {"html": ""},
        html_template="",
        js_on_load=f"samesense.region({name!r}, {list(events)!r}, "
        "{element, trigger, props, upload, watch})",
        head="".join(f'<script src="page/{script}"></script>' for script in SCRIPTS),
        apply_default_css=False,
        elem_id=f"region-{name}",
    )


def stamp() -> dict[str, float]:
    """Return what tells the page which of a region's values is the newer one.

    Answers can overtake each other on their way. Take it before reading what the value shows.
    """
    return {"since": _SINCE, "number": next(_NUMBERS)}
