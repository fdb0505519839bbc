"""Answer in pictures: boxes on the user's own screenshot, a flowchart of the steps, a painting.

Where nothing paints, or paints something else, known things are composed of drawings instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from assistant.checks.sight import as_note
from assistant.claims import HAN
from assistant.drawing.annotate import draw_marks
from assistant.drawing.diagram import draw_diagram
from assistant.drawing.easel import Easel, Painted, paint
from assistant.drawing.enlarge import SMALL_PX, enlarge
from assistant.drawing.languages import check_language
from assistant.drawing.marks import Mark, choose_marks
from assistant.drawing.png import (
    BOXES_KEY,
    NODES_KEY,
    PAGE_KEY,
    SIGHT_KEY,
    THINGS_KEY,
    save_png,
    save_svg,
)
from assistant.drawing.prompt import prompt_of, title_of
from assistant.drawing.refusals import check_prompt
from assistant.drawing.request import Request, Uncomposable, UnknownThing, parse
from assistant.errors import AssistantError, ConfigurationError, InputError, ModelError
from assistant.media import open_image
from assistant.models.protocols import ImageGenerator
from assistant.settings import Limits
from assistant.types import Exchange, Percept, Picture

if TYPE_CHECKING:
    from assistant.drawing.compose import Composed

_WORDS = {
    "en": {
        "painted": "Generated picture: {prompt}",
        "mismatch": ". It does not show what was asked for: {wrong}.",
        "untold": ". Whether it shows what was asked for could not be told.",
        "nothing to mark": "`{name}` shows no readable text, so nothing on it can be marked. Send "
        "a sharper or larger screenshot.",
        "no steps": "There are no steps to draw. Ask for something that is done step by step, for "
        "instance `How do I restart the router? Draw a flowchart.`",
        "composed": "Composed picture: ",
        "wrong": "What was painted did not show what was asked for: {wrong}.",
        "doubtful": "What was painted could not be told to show what was asked for.",
        "unsafe": "What was painted for `{prompt}` is not shown: the safety check took it for a "
        "sexual picture. Ask for something else, or in other words.",
    },
    "zh": {
        "painted": "AI 生成的图片：{prompt}",
        "mismatch": "。与要求不符：{wrong}。",
        "untold": "。无法确认它是否符合要求。",
        "nothing to mark": "`{name}`里没有能读出的文字，所以没有可标的地方。"
        "请发一张更清晰或者更大的截图。",
        "no steps": "没有可画的步骤。请问一件按步骤做的事，例如`怎么重启路由器？画一张流程图。`",
        "composed": "合成的图片：",
        "wrong": "画出来的图与要求不符：{wrong}。",
        "doubtful": "无法确认画出来的图是否符合要求。",
        "unsafe": "为`{prompt}`画出的图不予显示：安全检查认为它是色情图片。请换一个内容或说法。",
    },
}


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
        raise InputError(_words(language, "nothing to mark", name=image_path.name))
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
        raise InputError(_words(language, "no steps"))
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
    easel: Easel,
    out: Path,
    seed: int,
    stop: Event,
    on_progress: Callable[[float], None] = lambda fraction: None,
    history: Sequence[Exchange] = (),
    composer: "Callable[[Request], Composed] | None" = None,
    on_fallback: Callable[[AssistantError], None] = lambda reason: None,
) -> Picture:
    """Paint what the request asks for and write a PNG that says how it was made.

    The picture is looked at and painted once more where it does not pass. Where it still does not,
    may not be shown, or cannot be painted, it is given out as `composer` composes it, which is then
    written as SVG beside the PNG too, and `on_fallback` gets the reason. What cannot be composed is
    given out as it was painted, and says what is wrong and why it was not composed. A weak painter
    is not tried where a request goes beyond what can be read and composed, but for unknown things.
    Progress is a fraction from 0 to 1.

    Raises InputError for a request that is refused, names nothing, or that neither can do,
    ModelError when `stop` is set before it is done or, without a composer, the painter fails, and
    ConfigurationError where the painter cannot start and there is no composer.
    """
    check_language(request)
    prompt = prompt_of(request, history)
    check_prompt(prompt, language)
    composed, uncomposed = _try_to_compose(prompt, language, composer) if composer else (None, None)
    if easel.weak and uncomposed and not isinstance(uncomposed, UnknownThing):
        raise uncomposed
    painted, unpainted = _try_to_paint(
        prompt, language, easel=easel, seed=seed, stop=stop, on_progress=on_progress
    )
    if painted and (painted.passes or not composed):
        picture = _hang(painted, prompt, language, easel.generator, out, uncomposed=uncomposed)
    elif composed:
        picture = _hang_composed(composed, prompt, language, out)
        on_fallback(unpainted)
    elif uncomposed:
        if language == "zh" and not HAN.search(str(unpainted)):  # how a painter fails is English
            raise uncomposed
        gap = "" if language == "zh" else " "
        raise InputError(f"{uncomposed}{gap}{unpainted}") from uncomposed
    else:
        raise unpainted
    on_progress(1.0)
    return picture


def _try_to_compose(
    prompt: str, language: str, composer: "Callable[[Request], Composed]"
) -> "tuple[Composed, None] | tuple[None, Uncomposable]":
    """Return what is composed, or why it cannot be."""
    try:
        return composer(parse(prompt)), None
    except Uncomposable as exc:
        return None, exc.said_in(language)


def _try_to_paint(
    prompt: str,
    language: str,
    *,
    easel: Easel,
    seed: int,
    stop: Event,
    on_progress: Callable[[float], None],
) -> tuple[Painted | None, AssistantError]:
    """Return what was painted, if anything, and why it is not to be given out where it is not."""
    try:
        painted = paint(prompt, easel, seed=seed, stop=stop, on_progress=on_progress)
    except (ConfigurationError, ModelError) as exc:
        if stop.is_set():
            raise
        return None, exc
    if painted is None:
        return None, ModelError(_words(language, "unsafe", prompt=prompt))
    if painted.wrong:
        return painted, ModelError(_words(language, "wrong", wrong=_wrong(painted, language)))
    return painted, ModelError(_words(language, "doubtful"))


def _hang(
    painted: Painted,
    prompt: str,
    language: str,
    generator: ImageGenerator,
    out: Path,
    *,
    uncomposed: InputError | None,
) -> Picture:
    """Write a painted picture; where it does not pass, its alternative text says what is wrong."""
    alt = _words(language, "painted", prompt=prompt)
    if not painted.passes:
        wrong = _wrong(painted, language)
        alt += _words(language, "mismatch" if wrong else "untold", wrong=wrong)
        gap = "" if language == "zh" else " "
        alt += f"{gap}{uncomposed}" if uncomposed else ""
    image = enlarge(painted.image) if max(painted.image.size) <= SMALL_PX else painted.image
    notes = {
        "Description": alt,
        "Source": "generated by a model",
        "Prompt": prompt,
        "Seed": str(painted.seed),
        "Creation Time": datetime.now(UTC).isoformat(timespec="seconds"),
        SIGHT_KEY: as_note(painted.sight),
    }
    save_png(image, out, notes | {k.capitalize(): v for k, v in generator.provenance().items()})
    out.with_suffix(".svg").unlink(missing_ok=True)  # of a picture composed here before
    return Picture(out, "generated", prompt, alt)


def _hang_composed(composed: "Composed", prompt: str, language: str, out: Path) -> Picture:
    """Write a composed picture as PNG and SVG."""
    alt = _words(language, "composed") + composed.alt
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


def _wrong(painted: Painted, language: str) -> str:
    """Return in a row what was asked for and is not there."""
    return ("、" if language == "zh" else ", ").join(painted.wrong)


def _words(language: str, key: str, **values: str) -> str:
    """Return words about a picture, Chinese or English."""
    return _WORDS["zh" if language == "zh" else "en"][key].format(**values)


def _alt_of_marks(marks: Sequence[Mark], language: str) -> str:
    shown = [(mark.sign, " ".join(mark.text.split())) for mark in marks]
    if language == "zh":
        return f"您的截图，标出{len(marks)}处。" + "".join(f"方框{s}：“{t}”。" for s, t in shown)
    count = "1 box" if len(marks) == 1 else f"{len(marks)} boxes"
    return f"Your screenshot with {count}. " + " ".join(f"Box {s}: '{t}'." for s, t in shown)
