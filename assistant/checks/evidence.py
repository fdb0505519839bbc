"""Compare the numbers, codes and names of a sentence with the sources it may rest on."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from assistant.checks.passages import Passage, Place, matter_of, passages_of, same_script
from assistant.claims import HAN, Item, extract, name_key, normalise, path_parts
from assistant.types import Claim, ClaimVerdict

OWN_WORDS = ("typed", "transcript")  # sources in which sums may be asked for
SAME_MATTER = 0.5  # likeness from which a place is about what the sentence says
CLEARER = 0.2  # by how much a rival must beat the place that holds the item
_BUTTON = re.compile(r"[A-Z][A-Za-z]*$")  # one word with a capital: no phrase of the prose
_PART = r"(?:button|key|switch|tab|menu|option|page|icon|light)"


@dataclass(frozen=True)
class Finding:
    """An item of a sentence, what became of it, and what the sources say in its place."""

    item: Item
    claim: Claim
    correction: str = ""  # as the source writes it; empty when the sources offer nothing clear


def check_items(sentence: str, sources: Mapping[str, str]) -> list[Finding]:
    """Return a finding for each checkable item of `sentence`, in order. Takes milliseconds.

    An item is supported when a source holds it, unless another passage says the same as the
    sentence with another value; contradicted when the sources hold the same kind of thing with
    another value in the same matter; else unverified.
    """
    sentence = normalise(sentence)
    items = extract(sentence)
    if not items:
        return []
    passages = passages_of(sources)
    return [_judge(item, sentence, items, passages) for item in items]


def _judge(
    item: Item, sentence: str, items: Sequence[Item], passages: Sequence[Passage]
) -> Finding:
    matter = matter_of(sentence, item, items, passages)
    said = {other.value for other in items}
    places = [place for passage in passages for place in passage.places]
    rivals = [p for p in places if _rivals(item, p.item) and p.item.value not in said]
    best, rival = max(((matter.likeness(p), p) for p in rivals), key=_first, default=(0.0, None))
    holders = [p for p in places if _same(item, p.item)]
    held, holder = max(((matter.likeness(p), p) for p in holders), key=_first, default=(0.0, None))
    source, quote = (holder.source, holder.quote) if holder else _named_in(item, passages)
    if source:
        if holder and rival and best >= max(SAME_MATTER, held + CLEARER):
            return _contradicted(item, rival, sure=False)
        return _finding(item, "supported", 1.0, source, f"`{source}` says so.", quote=quote)
    if item.kind == "number" and _is_sum(item, places):
        detail = f"`{item.text}` was worked out, no source says it."
        return _finding(item, "unverified", 0.5, "", detail)
    if rival and (best >= SAME_MATTER / 2 or _only_rival(item, rivals)):
        return _contradicted(item, rival, sure=best >= SAME_MATTER)
    return _finding(item, "unverified", 0.0, "", f"No source holds `{item.text}`.")


def _first(pair: tuple[float, object]) -> float:
    return pair[0]


def _finding(
    item: Item,
    verdict: ClaimVerdict,
    score: float,
    source: str,
    detail: str,
    *,
    says: str = "",
    quote: str = "",
) -> Finding:
    claim = Claim(item.text, item.kind, verdict, score, source, detail, quote)
    return Finding(item, claim, says)


def _contradicted(item: Item, rival: Place, *, sure: bool) -> Finding:
    """Name what the source says instead; it is a correction where both stand in the same place."""
    detail = f"`{rival.source}` says `{rival.item.text}`, not `{item.text}`."
    fits = sure and same_script(item.text, rival.item.text)
    says = rival.item.text if fits else ""
    return _finding(item, "contradicted", 0.0, rival.source, detail, says=says, quote=rival.quote)


def _named_in(item: Item, passages: Sequence[Passage]) -> tuple[str, str]:
    """Return the source whose words hold a name that it does not mark as one, and its sentence."""
    if item.kind != "name" or item.form == "path":
        return "", ""
    if item.form == "label" and _BUTTON.match(item.text):
        pattern = re.compile(
            rf"(?<![^\W_]){re.escape(item.text)}|(?i:(?<![^\W_]){re.escape(item.text)}\s+{_PART})"
        )
        return next(((p.source, p.text) for p in passages if pattern.search(p.text)), ("", ""))
    edge = r"(?<![^\W_])" if item.value.isascii() else ""
    pattern = re.compile(edge + re.escape(item.value))
    found = (p for p in passages if pattern.search(name_key(p.text)))
    return next(((p.source, p.text) for p in found), ("", ""))


def _same(item: Item, other: Item) -> bool:
    if item.kind != other.kind:
        return False
    if item.form == "path":
        return _leads_along(path_parts(item.text), path_parts(other.text))
    if item.value != other.value:
        return item.kind == "code" and _same_digits(item, other)
    return item.unit == other.unit or not item.unit or not other.unit


def _leads_along(parts: Sequence[str], theirs: Sequence[str]) -> bool:
    """Tell whether a menu path is a stretch of another one.

    Chinese has no spaces, so the sentence may run on after the last part: 我的 > 套餐 > 变更办理.
    """
    for start in range(len(theirs) - len(parts) + 1):
        *before, last = theirs[start : start + len(parts)]
        runs_on = bool(HAN.search(last)) and parts[-1].startswith(last)
        if before == list(parts[:-1]) and (last == parts[-1] or runs_on):
            return True
    return False


def _same_digits(item: Item, other: Item) -> bool:
    """Tell whether "error 42" and E-42 may be the same code."""
    short, long = sorted((item.value, other.value), key=len)
    return short.isdigit() and re.fullmatch(rf"[a-z]{{1,3}}{short}", long) is not None


def _rivals(item: Item, other: Item) -> bool:
    """Tell whether a source's item is the same kind of thing with another value."""
    if item.kind != other.kind or _same(item, other):
        return False
    if item.kind == "number":
        return item.unit == other.unit and (
            bool(item.unit or item.nouns & other.nouns) or not (item.nouns or other.nouns)
        )
    if item.kind == "code":
        return _shape(item.value) == _shape(other.value) and not _same_digits(item, other)
    return item.form == other.form and _rival_names(item, other)


def _rival_names(item: Item, other: Item) -> bool:
    if not same_script(item.text, other.text):
        return False
    if item.form == "path":
        return bool(set(path_parts(item.text)) & set(path_parts(other.text)))
    return item.value not in other.value and other.value not in item.value


def _shape(code: str) -> str:
    """Return E-42 and E-24 as the same shape; letters stay, since WPA2 is no rival of R7."""
    return re.sub(r"\d+", "9", code)


def _only_rival(item: Item, rivals: Iterable[Place]) -> bool:
    """Tell whether the evidence offers just one other value, so that no context is needed.

    Not for the user's own words: a question about 40 dollars may well be answered with 120.
    """
    if item.form in ("label", "acronym"):  # one button does not rule out another
        return False
    values = {place.item.value for place in rivals if place.source not in OWN_WORDS}
    return len(values) == 1 or (item.kind == "code" and bool(values))


def _is_sum(item: Item, places: Sequence[Place]) -> bool:
    """Tell whether a number is the sum, difference, product or share of two the user named."""
    asked = {
        float(place.item.value)
        for place in places
        if place.source in OWN_WORDS and place.item.kind == "number"
    }
    value = float(item.value)
    return any(
        abs(value - result) < 1e-6
        for a, b in permutations(asked, 2)
        for result in (a + b, a - b, a * b, a * b / 100, a / b if b else a)
    )
