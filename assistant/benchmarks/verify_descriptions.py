"""How honest descriptions of pictures are: calibration, wrong words without a hedge, refusals.

Measured on photographs whose content is known, whole and spoilt, none of them used for tuning, and
on signs with known words. A statement is what the description says first of a picture.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from assistant.benchmarks.fit_tags import is_right
from assistant.benchmarks.photographs import (
    STRENGTHS,
    TRUTH,
    WAYS,
    Photograph,
    photographs,
    spoil,
)
from assistant.drawing.fonts import font
from assistant.looking import Eyes, look_at
from assistant.models.efficientnet_tagger import EfficientNetTagger
from assistant.models.rapidocr_reader import RapidOcrReader
from assistant.narration import PROBABLE, READ, Certainty, is_refused, statement_of
from assistant.settings import Settings
from knowledge.types import Segment

LASTS = "about 4 minutes, the first time a download of 44 MB more"
WHOLE = "whole"
_BINS = 10
_SIGN_WAYS = ("dark", "blurred", "low contrast", "noise", "small")
Row = dict[str, object]


@dataclass(frozen=True)
class Outcome:
    """What was said of a picture, and whether it is so."""

    condition: str
    certainty: Certainty
    refused: bool
    confidence: float | None  # of the likeliest label; None where nothing was likely
    right: bool
    answerable: bool  # some label or kind is right

    @property
    def declined(self) -> bool:
        return self.refused or self.certainty == "none"


def measure(settings: Settings, part: str = "test") -> tuple[dict[str, Row], dict[str, list[Row]]]:
    """Return the headline figures and the tables behind them.

    Raises ConfigurationError without the weights or the package of photographs.
    """
    print("Describing photographs…", file=sys.stderr)
    tagger = EfficientNetTagger(settings)
    found = [
        outcome
        for number, photograph in enumerate(photographs(settings, part))
        for outcome in _outcomes(photograph, number, tagger)
    ]
    print("Reading signs…", file=sys.stderr)
    signs = _signs(settings, part)
    headline = {
        "descriptions_calibration_error": _figure(calibration_error(found)),
        "descriptions_wrong_without_hedge": _figure(_share(_wrong_sure(o) for o in found)),
        "descriptions_answerable_declined": _figure(_declined(found)),
        "descriptions_answerable_declined_whole": _figure(_declined(_of(found, WHOLE))),
        "descriptions_text_wrong_without_hedge": _figure(signs[-1]["sure and wrong"]),
    }
    conditions = dict.fromkeys(o.condition for o in found)
    return headline, {
        "descriptions": [_row(name, _of(found, name)) for name in conditions]
        + [_row("all", found)],
        "descriptions: calibration": _bins(found),
        "descriptions: signs read": signs,
    }


def calibration_error(found: Sequence[Outcome]) -> float:
    """Return the expected calibration error of the likeliest labels, in ten bins.

    Source: Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
    Binning", 2015.
    """
    told = [o for o in found if o.confidence is not None]
    return sum(
        len(some) / len(told) * abs(_mean_confidence(some) - sum(o.right for o in some) / len(some))
        for some in _binned(told)
        if some
    )


def _outcomes(photograph: Photograph, number: int, tagger: EfficientNetTagger) -> Iterable[Outcome]:
    """Yield what is said of a photograph whole, and spoilt in a way that changes by number."""
    yield _outcome(photograph, photograph.image, WHOLE, tagger)
    place = number % (len(WAYS) * STRENGTHS)
    way, strength = WAYS[place % len(WAYS)], place // len(WAYS)
    image = spoil(photograph.image, way, strength)
    yield _outcome(photograph, image, f"{way} {strength + 1}", tagger)


def _outcome(
    photograph: Photograph, image: Image.Image, condition: str, tagger: EfficientNetTagger
) -> Outcome:
    eyes = Eyes(_Unread, lambda: tagger)
    *_, seen = look_at(image, photograph.path, None, eyes)
    tags, drawn = seen.segments, seen.view is not None and seen.view.drawn
    if drawn:  # what is named of a drawing is never said as sure
        tags = tags[1:]
    statement = statement_of(seen)
    certainty: Certainty = statement.certainty
    if drawn:
        certainty = "possible" if tags and tags[0].confidence >= PROBABLE else "none"
    return Outcome(
        condition,
        certainty,
        is_refused(seen, ()),
        tags[0].confidence if tags else None,
        bool(tags) and is_right(tags[0].text, photograph, tagger.labels),
        bool(photograph.labels or photograph.kinds),
    )


class _Unread:
    """Reads nothing: the photographs' text is not what is measured."""

    def read(self, images: Sequence[Image.Image]) -> list[list[Segment]]:
        return [[] for _ in images]


def _signs(settings: Settings, part: str) -> list[Row]:
    """Return how lines on signs are read: right, wrong and said as sure, doubted or not found."""
    reader = RapidOcrReader(settings)
    with TRUTH.with_name("signs.tsv").open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file, delimiter="\t") if row["part"] == part]
    rows: list[Row] = []
    every: list[tuple[str, list[Segment]]] = []
    for way, strength in ((WHOLE, 0), *((way, 1) for way in _SIGN_WAYS)):
        read: list[tuple[str, list[Segment]]] = []
        for text in texts:
            image = _sign(text)
            read += [(text, reader.read([_spoilt(image, way, strength)])[0])]
        rows.append(_sign_row(way, read))
        every += read
    return [*rows, _sign_row("all", every)]


def _spoilt(image: Image.Image, way: str, strength: int) -> Image.Image:
    return image if way == WHOLE else spoil(image, way, strength)


def _sign(text: str) -> Image.Image:
    """Draw a sign before a wall as a camera shows it."""
    grain = np.random.default_rng(len(text)).normal(150, 8, (300, 480, 3))
    image = Image.fromarray(grain.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    pen.rectangle((50, 70, 430, 230), fill=(235, 228, 200), outline=(60, 60, 60), width=4)
    pen.text((240, 150), text, fill=(30, 30, 40), font=font(30), anchor="mm")
    return image


def _sign_row(condition: str, read: Sequence[tuple[str, Sequence[Segment]]]) -> Row:
    sure = [(text, line) for text, lines in read for line in lines if line.confidence >= READ]
    right = [text for text, line in sure if _plain(line.text) == _plain(text)]
    return {
        "condition": condition, "signs": len(read), "read as sure": round(len(sure) / len(read), 3),
        "sure and right": round(len(right) / len(read), 3),
        "sure and wrong": round((len(sure) - len(right)) / len(read), 3),
        "nothing found": _share(not lines for _, lines in read),
    }  # fmt: skip


def _plain(text: str) -> str:
    return "".join(text.split()).replace("：", ":")


def _row(condition: str, found: Sequence[Outcome]) -> Row:
    said: dict[str, object] = {}
    for certainty in ("sure", "probable", "possible"):
        some = [o for o in found if o.certainty == certainty and not o.refused]
        said[certainty] = f"{sum(o.right for o in some)} of {len(some)}"
    return {
        "condition": condition, "pictures": len(found),
        **{f"{name}: right": value for name, value in said.items()},
        "refused": sum(o.refused for o in found), "wrong without hedge": _share(
            _wrong_sure(o) for o in found
        ),
        "answerable": sum(o.answerable for o in found), "of them declined": _declined(found),
    }  # fmt: skip


def _bins(found: Sequence[Outcome]) -> list[Row]:
    told = [o for o in found if o.confidence is not None]
    return [
        {
            "confidence": f"{place / _BINS:.1f} to {(place + 1) / _BINS:.1f}", "labels": len(some),
            "mean confidence": round(_mean_confidence(some), 3),
            "right": _share(o.right for o in some),
        }
        for place, some in enumerate(_binned(told)) if some
    ]  # fmt: skip


def _binned(told: Sequence[Outcome]) -> list[list[Outcome]]:
    bins: list[list[Outcome]] = [[] for _ in range(_BINS)]
    for outcome in told:
        bins[min(int((outcome.confidence or 0.0) * _BINS), _BINS - 1)].append(outcome)
    return bins


def _mean_confidence(some: Sequence[Outcome]) -> float:
    return sum(o.confidence or 0.0 for o in some) / len(some)


def _wrong_sure(outcome: Outcome) -> bool:
    return outcome.certainty == "sure" and not outcome.refused and not outcome.right


def _declined(found: Sequence[Outcome]) -> float | None:
    return _share(o.declined for o in found if o.answerable)


def _of(found: Sequence[Outcome], condition: str) -> list[Outcome]:
    return [o for o in found if o.condition == condition]


def _share(values: Iterable[bool]) -> float | None:
    """Return the share that is true; None of nothing."""
    kept = list(values)
    return round(sum(kept) / len(kept), 3) if kept else None


def _figure(value: object) -> Row:
    shown = round(value, 3) if isinstance(value, float) else value
    return {"value": shown, "target": "—", "holds": None}
