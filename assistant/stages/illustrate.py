"""Answer in pictures: boxes on the user's own screenshot, a flowchart of the steps, a painting.

Where nothing paints, a painting of known things is composed of drawings instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from assistant.claims import HAN
from assistant.drawing.annotate import draw_marks
from assistant.drawing.diagram import draw_diagram
from assistant.drawing.marks import Mark, choose_marks
from assistant.drawing.png import BOXES_KEY, NODES_KEY, PAGE_KEY, THINGS_KEY, save_png, save_svg
from assistant.drawing.prompt import prompt_of, title_of
from assistant.drawing.refusals import check_prompt
from assistant.drawing.request import Request, parse
from assistant.errors import ConfigurationError, InputError, ModelError
from assistant.media import open_image
from assistant.models.protocols import ImageGenerator
from assistant.settings import Limits
from assistant.types import Exchange, Percept, Picture

if TYPE_CHECKING:
    from assistant.drawing.compose import Composed

NEGATIVE_PROMPT = "blurry, distorted, watermark, signature, misspelled text"


def annotate(
    image_path: Path,
    percept: Percept,
    relevance: Sequence[float],
    steps: Sequence[str],
    out: Path,
    *,
    language: str = "",
    limits: Limits | None = None,
) -> Picture:
    """Box what matters on the user's screenshot and number it as the answer does; write a PNG.

    `percept` is the screen's `ocr` percept, `relevance` one weight for each of its segments,
    `steps` the answer's steps in order. A step's button or menu entry carries the step's number;
    the most relevant line carries "1", or "!" when step 1 has a box of its own.

    Raises InputError when the picture cannot be read or no text was read on it.
    """
    texts = [segment.box for segment in percept.segments if segment.box]
    if not texts:
        raise InputError(
            f"`{image_path.name}` shows no readable text, so nothing on it can be marked. "
            "Send a sharper or larger screenshot."
        )
    marks = choose_marks(percept.segments, relevance, steps)
    drawn = draw_marks(open_image(image_path, limits or Limits()), marks, texts)
    language = language or ("zh" if HAN.search("".join(steps)) else "en")
    alt = _alt_of_marks(marks, language)
    boxes = [{"mark": m.sign, "text": m.text, "label": m.label, "box": m.box} for m in marks]
    save_png(drawn, out, {"Description": alt, "Source": percept.source, BOXES_KEY: boxes})
    return Picture(out, "annotated", percept.source, alt)


def diagram(steps: Sequence[str], title: str, out: Path, language: str) -> Picture:
    """Draw the steps, in order, as a flowchart PNG; a step that asks something becomes a diamond.

    Raises InputError when there are no steps.
    """
    if not steps:
        raise InputError(
            "There are no steps to draw. Ask for something that is done step by step, "
            "for instance `How do I restart the router? Draw a flowchart.`"
        )
    title = title_of(title, "步骤" if language == "zh" else "Steps")
    numbered = [f"{i}. {step}" for i, step in enumerate(steps, start=1)]
    lead = "流程图，共{n}步：" if language == "zh" else "Flowchart with {n} steps: "
    alt = lead.format(n=len(steps)) + " ".join(numbered)
    save_png(
        draw_diagram(steps, title, language),
        out,
        {"Title": title, "Description": alt, NODES_KEY: list(steps)},
    )
    return Picture(out, "diagram", title, alt)


def draw(
    request: str,
    language: str,
    *,
    generator: ImageGenerator,
    out: Path,
    seed: int,
    stop: Event,
    on_progress: Callable[[float], None] = lambda fraction: None,
    history: Sequence[Exchange] = (),
    composer: "Callable[[Request], Composed] | None" = None,
    on_fallback: Callable[[ConfigurationError], None] = lambda reason: None,
) -> Picture:
    """Paint what the request asks for and write a PNG that says how it was made.

    Where the painter cannot start, `composer` composes the picture, which is then written as SVG
    beside the PNG too, and `on_fallback` gets the reason. Progress is a fraction from 0 to 1.
    Raises InputError for a request that is refused, names nothing, or that neither can do,
    ModelError when the painter fails or `stop` is set before it is done, and ConfigurationError
    where the painter cannot start and there is no composer.
    """
    prompt = prompt_of(request, history)
    check_prompt(prompt, language)
    try:
        return _paint(
            prompt,
            language,
            generator=generator,
            out=out,
            seed=seed,
            stop=stop,
            on_progress=on_progress,
        )
    except ConfigurationError as exc:
        if composer is None:
            raise
        picture = _compose(prompt, language, composer, out, exc)
        on_fallback(exc)
        return picture


def _paint(
    prompt: str,
    language: str,
    *,
    generator: ImageGenerator,
    out: Path,
    seed: int,
    stop: Event,
    on_progress: Callable[[float], None],
) -> Picture:
    pictures = generator.generate(
        [prompt],
        negative_prompt=NEGATIVE_PROMPT,
        seed=seed,
        stop=stop,
        on_step=lambda step, steps: on_progress(step / steps),
    )
    if not pictures:
        raise ModelError(f"Drawing `{prompt}` was stopped before the picture was done.")
    alt = f"AI 生成的图片：{prompt}" if language == "zh" else f"Generated picture: {prompt}"
    notes = {
        "Description": alt,
        "Source": "generated by a model",
        "Prompt": prompt,
        "Seed": str(seed),
        "Creation Time": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    save_png(
        pictures[0], out, notes | {k.capitalize(): v for k, v in generator.provenance().items()}
    )
    out.with_suffix(".svg").unlink(missing_ok=True)  # of a picture composed here before
    return Picture(out, "generated", prompt, alt)


def _compose(
    prompt: str,
    language: str,
    composer: "Callable[[Request], Composed]",
    out: Path,
    unpainted: ConfigurationError,
) -> Picture:
    """Compose what a prompt asks for; `unpainted` says why it could not be painted."""
    try:
        composed = composer(parse(prompt))
    except InputError as exc:
        raise InputError(f"{exc} {unpainted}") from exc
    lead = "合成的图片：" if language == "zh" else "Composed picture: "
    alt = lead + composed.alt
    notes = {
        "Description": alt,
        "Source": f"composed of drawings: {', '.join(composed.credits)}",
        "Prompt": prompt,
        "Creation Time": datetime.now(UTC).isoformat(timespec="seconds"),
        THINGS_KEY: [asdict(thing) for thing in composed.things],
        PAGE_KEY: composed.page,
    }
    save_png(composed.picture, out, notes)
    save_svg(composed.svg, out.with_suffix(".svg"))
    return Picture(out, "composed", prompt, alt)


def _alt_of_marks(marks: Sequence[Mark], language: str) -> str:
    shown = [(mark.sign, " ".join(mark.text.split())) for mark in marks]
    if language == "zh":
        return f"您的截图，标出{len(marks)}处。" + "".join(f"方框{s}：“{t}”。" for s, t in shown)
    count = "1 box" if len(marks) == 1 else f"{len(marks)} boxes"
    return f"Your screenshot with {count}. " + " ".join(f"Box {s}: '{t}'." for s, t in shown)
