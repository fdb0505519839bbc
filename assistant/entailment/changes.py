"""Plant a change in a sentence by rule, so that it says something else than it did."""

import random
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

_NUMBER = re.compile(
    r"(?<![\w.,–-])\d+(?:[.,]\d{1,2})?(?![\w.,–-]*\d)(?!\w)|\d+(?=\s*[年月日时分秒个次度页行列倍米克位])"
)
_HAN = re.compile("[一-鿿]")


def change(sentence: str, names: Sequence[str], chance: random.Random) -> str | None:
    """Return the sentence with one number, name or word exchanged; None where no rule fits.

    `names` are names of the same kind that stand elsewhere in the manual.
    """
    rules = [_number, _opposite, _opposite, _name]
    chance.shuffle(rules)
    for rule in rules:
        changed = rule(sentence, names, chance)
        if changed and changed != sentence:
            return changed
    return None


def _number(sentence: str, _: Sequence[str], chance: random.Random) -> str | None:
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    text = match.group()
    value = float(text.replace(",", "."))
    other = chance.choice([value + 1, value + 2, value * 2, value * 10, value / 2, value - 1])
    if other < 0 or other == value:
        other = value + 3
    decimals = len(re.split("[.,]", text)[1]) if re.search("[.,]", text) else 0
    new = f"{other:.{decimals}f}"
    return None if new == text else _put(sentence, match, new)


def _opposite(sentence: str, _: Sequence[str], chance: random.Random) -> str | None:
    chinese = bool(_HAN.search(sentence))
    found = [
        (match, new) for pattern, new in _opposites(chinese) if (match := pattern.search(sentence))
    ]
    if not found:
        return None
    match, new = chance.choice(found)
    return _put(sentence, match, new.capitalize() if match.group()[0].isupper() else new)


def _name(sentence: str, names: Sequence[str], chance: random.Random) -> str | None:
    held = [name for name in names if len(name) > 1 and name in sentence]
    others = [name for name in names if len(name) > 1 and name not in sentence]
    if not held or not others:
        return None
    return sentence.replace(chance.choice(held), chance.choice(others), 1)


def _put(sentence: str, match: re.Match[str], new: str) -> str:
    return sentence[: match.start()] + new + sentence[match.end() :]


@cache
def _opposites(chinese: bool) -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = files("assistant.entailment").joinpath("opposites.tsv").read_text("utf-8").splitlines()
    found = []
    for row in rows:
        if row.startswith("#"):
            continue
        pair = row.split("\t")
        for old, new in (pair, pair[::-1]):
            if bool(_HAN.search(old)) == chinese:
                edge = "" if chinese else r"\b"
                flags = re.NOFLAG if chinese else re.IGNORECASE
                found.append((re.compile(f"{edge}{re.escape(old)}{edge}", flags), new))
    return tuple(found)
