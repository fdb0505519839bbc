"""Pictures painted and composed: is it the right object, in its colour, number and place?

In the manner of GenEval (Ghosh et al. 2023, arXiv:2310.11513), on the prompts of
`assistant.pictures.prompts`, judged by `assistant.pictures.judge`, who learnt from drawings that no
painter may see. True drawings, which the judge has not seen either, are judged as well: what is
called wrong there is the judge's fault. They stand on harder grounds than composed pictures do, so
they tell how far the judge errs and are no upper bound.
"""

import random
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from PIL import Image

from assistant.benchmarks.painter_ways import (
    NATIVE_PX,
    Cost,
    Drawn,
    Way,
    composer,
    contact_sheet,
    draw_all,
    painter,
    painter_in,
    true_drawings,
)
from assistant.fusion.train_judge import is_something_else, judge_of
from assistant.models.pocket_painter import painter_of
from assistant.pictures.assets import Asset, Collection, collect
from assistant.pictures.judge import OTHER, Judge, is_right
from assistant.pictures.objects import JUDGES_SOURCES, kinds
from assistant.pictures.prompts import TASKS, Asked, Prompt, Task, prompts
from assistant.pictures.truth import SIDE_PX, Drawings, scene
from assistant.settings import Settings

LASTS = "about 8 minutes, with a painter an hour more, the first time 10 minutes more"
TARGETS: dict[Task, float] = {
    "single object": 0.85, "colour": 0.85, "count": 0.6, "two objects": 0.6, "position": 0.5,
}  # fmt: skip
SEEDS: dict[str, tuple[int, ...]] = {"painter": (0, 1), "composer": (0,)}  # it draws no lots
STEPS = (1, 2, 4, 8, 16, 25)
TRUE, TRUE_SMALL = "true drawings", f"true drawings, {NATIVE_PX} px"
_CURVE = 3  # prompts of a task at each number of steps
_OTHERS = 120  # drawings of something else
Row = dict[str, object]


@dataclass(frozen=True)
class Outcome:
    """What the judge makes of a picture."""

    drawn: Drawn
    right: bool


def run(settings: Settings) -> dict:
    """Return the headline figures on the test prompts, and the tables behind them.

    Raises ConfigurationError without the classifier's weights or the packages of pictures.
    """
    ways = ways_of(settings)
    collection = collect(settings)
    drawings = Drawings(collection)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made, costs = draw_ways(ways, prompts("test"), folder)  # first, for the memory's sake
        sheet = _keep(settings, contact_sheet(made, on_sheet()))
        print("Judging…", file=sys.stderr)
        judge = judge_of(settings)
        made |= draw_truth(drawings, prompts("test"), folder)
        found = [outcome for some in made.values() for outcome in judged(some, judge)]
        tables = {
            "right pictures": right_pictures(found),
            "the judge alone": judge_alone(judge, drawings, collection),
            "cost": [_cost_row(cost) for cost in costs],
            "contact sheet": [{"path": str(sheet)}],
        }
        if "painter" in ways:
            tables["steps"] = curve(settings, judge, folder)
    return {"headline": headline(found), "tables": tables}


def ways_of(settings: Settings) -> dict[str, Way]:
    """Return the ways of getting a picture that can be had with these settings."""
    if painter_of(settings):
        return {"composer": composer(), "painter": painter(settings)}
    print(
        "No painter is set up, so its rows are absent. Set `SAMESENSE_PAINTER` to the folder of a "
        "diffusers text-to-image pipeline.",
        file=sys.stderr,
    )
    return {"composer": composer()}


def draw_ways(
    ways: Mapping[str, Way], asked: Sequence[Prompt], folder: Path
) -> tuple[dict[str, list[Drawn]], list[Cost]]:
    """Return every way's pictures of the prompts, and what they cost."""
    made: dict[str, list[Drawn]] = {}
    costs = []
    for name, way in ways.items():
        print(f"{name}: {len(asked) * len(SEEDS[name])} pictures…", file=sys.stderr)
        made[name], cost = draw_all(name, way, asked, SEEDS[name], folder)
        costs.append(cost)
    return made, costs


def draw_truth(drawings: Drawings, asked: Sequence[Prompt], folder: Path) -> dict[str, list[Drawn]]:
    """Return right pictures of what is asked, large and small; what has no drawing is left out."""
    meant = [prompt for prompt in asked if prompt.language == "en"]  # the same in every language
    made = {}
    for name, side in ((TRUE, SIDE_PX), (TRUE_SMALL, NATIVE_PX)):
        right, _ = draw_all(name, true_drawings(drawings, side), meant, (0,), folder)
        made[name] = [drawn for drawn in right if drawn.path]
    return made


def on_sheet() -> list[Prompt]:
    """Return the prompts of the contact sheet: of each task the first, and another in Chinese."""
    of_task = [[p for p in prompts("test") if p.task == task] for task in TASKS]
    return [*(some[0] for some in of_task), *(some[3] for some in of_task)]


def judged(made: Iterable[Drawn], judge: Judge) -> list[Outcome]:
    """Return what the judge makes of pictures; one that could not be drawn is wrong."""
    found = []
    for drawn in made:
        right = False
        if drawn.path:
            with Image.open(drawn.path) as image:
                right = is_right(drawn.prompt, judge.see(image.convert("RGB")))
        found.append(Outcome(drawn, right))
    return found


def headline(found: Sequence[Outcome]) -> Row:
    """Return each way's share of right pictures of each task against its target, and the judge's.

    The judge's figures are those on true drawings of the painter's size.
    """
    rows: Row = {}
    for way, task in _pairs(found):
        value = _share(found, way, task)
        if way == TRUE or value is None:
            continue
        name = f"{'judge' if way == TRUE_SMALL else way}_{task.replace(' ', '_')}"
        target = None if way == TRUE_SMALL else TARGETS.get(task)
        rows[name] = {
            "value": value,
            "target": "—" if target is None else f"≥ {target}",
            "holds": None if target is None else value >= target,
        }
    return rows


def right_pictures(found: Sequence[Outcome]) -> list[Row]:
    """Return the share of right pictures by way, task and language, the judge's own beside."""
    rows: list[Row] = []
    for way, task in _pairs(found):
        of_task = [o for o in found if o.drawn.way == way and o.drawn.prompt.task == task]
        for language, some in _by_language(of_task):
            rows.append({
                "way": way, "task": task, "training never shows": TASKS[task],
                "language": language, "pictures": len(some),
                "not drawn": sum(o.drawn.path is None for o in some), "right": _mean(some),
                "judge: true drawings right": _share(found, TRUE_SMALL, task),
            })  # fmt: skip
    return rows


def judge_alone(judge: Judge, drawings: Drawings, collection: Collection) -> list[Row]:
    """Return how often the judge names single drawings right that it has never seen."""
    right: list[bool] = []
    for word in kinds():
        prompt = Prompt("single object", "en", word, (Asked(word),))
        for seed in (1, 2):
            if image := true_drawings(drawings, NATIVE_PX)(prompt, seed):
                right.append(is_right(prompt, judge.see(image)))
    strange = [a for a in collection.assets
               if is_something_else(a) and a.source not in JUDGES_SOURCES]  # fmt: skip
    some = strange[:: max(1, len(strange) // _OTHERS)]
    rejected = [_is_rejected(judge, collection, asset) for asset in some]
    return [
        {"drawings": "of the objects", "pictures": len(right), "named right": _rate(right)},
        {"drawings": "of something else", "pictures": len(rejected),
         "named right": _rate(rejected)},
    ]  # fmt: skip


def curve(settings: Settings, judge: Judge, folder: Path) -> list[Row]:
    """Return the painter's share of right pictures of some development prompts by its steps."""
    asked = [
        prompt for task in TASKS
        for prompt in [p for p in prompts("dev") if p.task == task][: 2 * _CURVE : 2]
    ]  # fmt: skip
    rows: list[Row] = []
    for steps in STEPS:
        name = f"{steps} steps"
        made, cost = draw_all(name, painter_in(steps, settings), asked, (0,), folder)
        rows.append({
            "steps": steps, "pictures": len(made), "right": _mean(judged(made, judge)),
            "seconds a picture": round(cost.seconds, 2),
        })  # fmt: skip
    return rows


def _is_rejected(judge: Judge, collection: Collection, asset: Asset) -> bool:
    image = scene([collection.picture(asset)], random.Random(asset.id))
    sight = judge.see(image.resize((NATIVE_PX, NATIVE_PX), Image.Resampling.BOX))
    return sight.whole is not None and sight.whole.object == OTHER


def _keep(settings: Settings, sheet: Image.Image) -> Path:
    """Write the contact sheet and say where."""
    folder = settings.cache_dir / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "painter.png"
    sheet.save(path)
    print(f"Contact sheet: {path}", file=sys.stderr)
    return path


def _cost_row(cost: Cost) -> Row:
    return {
        "way": cost.way, "seconds a picture": round(cost.seconds, 3),
        "slowest, seconds": round(cost.slowest_s, 3), "peak memory, GB": round(cost.peak_gb, 2),
    }  # fmt: skip


def _pairs(found: Sequence[Outcome]) -> list[tuple[str, Task]]:
    """Return the ways with their tasks, in the order of the outcomes."""
    return list(dict.fromkeys((o.drawn.way, o.drawn.prompt.task) for o in found))


def _by_language(found: Sequence[Outcome]) -> Iterable[tuple[str, list[Outcome]]]:
    ordered = sorted(found, key=lambda outcome: outcome.drawn.prompt.language)
    for language, some in groupby(ordered, key=lambda outcome: outcome.drawn.prompt.language):
        yield language, list(some)


def _share(found: Sequence[Outcome], way: str, task: Task) -> float | None:
    """Return the share of right pictures; None where there are none."""
    some = [o for o in found if o.drawn.way == way and o.drawn.prompt.task == task]
    return _mean(some) if some else None


def _mean(found: Sequence[Outcome]) -> float:
    return _rate([outcome.right for outcome in found])


def _rate(right: Sequence[bool]) -> float:
    return round(sum(right) / len(right), 3)
