"""Check a description of the user's pictures against what was seen: things, colours, text."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from assistant.models.imagenet_kinds import CLASSES_OF, known_labels, phrase_of
from assistant.narration import POSSIBLE, SURE
from assistant.pictures.names import COLOURS
from assistant.sentences import split_sentences
from assistant.types import Claim, ClaimVerdict, Percept

_ABSENT = 0.05  # share of a colour that may as well be noise
_HEDGES = re.compile(
    r"\b(?:may|might|probably|perhaps|could|cannot|looks like)\b|可能|也许|看起来|看不出"
)
_LOOKS_LIKE = {  # colours that a thing said to be of a colour may have
    "red": ("red", "orange", "brown", "pink"), "orange": ("orange", "red", "brown", "yellow"),
    "yellow": ("yellow", "orange", "brown", "green"), "green": ("green", "yellow", "blue"),
    "blue": ("blue", "purple", "grey", "black"), "brown": ("brown", "orange", "grey", "black"),
    "white": ("white", "grey", "blue"), "black": ("black", "brown"),
    "grey": ("grey", "white", "black", "blue", "brown"),
    "pink": ("pink", "red", "orange", "white"), "purple": ("purple", "blue", "pink"),
}  # fmt: skip


def contradicts(label: str, shares: Mapping[str, float]) -> bool:
    """Tell whether a label says a colour that is nowhere in what was seen: white black swans."""
    colour = colour_of(label)
    return bool(colour) and all(shares[name] < _ABSENT for name in _LOOKS_LIKE[colour])


def colour_of(label: str) -> str:
    """Return the basic colour term in what a label is called, else ""."""
    words = phrase_of(label, "en").lower().split()
    return next((colour for colour in _LOOKS_LIKE if colour in words), "")


def check_description(text: str, percepts: Sequence[Percept]) -> list[Claim]:
    """Return a claim for each thing and colour that a description names.

    A thing must have been seen, surely where no word hedges it; a colour must be among the pixels'.
    Words that were read in the pictures are not looked at: they are quoted.
    """
    images = [percept for percept in percepts if percept.modality == "image"]
    read = {s.text.rstrip("。.;；") for p in percepts if p.modality == "ocr" for s in p.segments}
    quotes = [_quoted(line) for line in sorted(read, key=len, reverse=True) if line.strip()]
    seen: dict[str, float] = {}
    for tag in (tag for image in images for tag in image.segments):
        seen[tag.text] = max(tag.confidence, seen.get(tag.text, 0.0))
    views = [image.view for image in images if image.view]
    colours = {name for view in views for name in (*view.colours, *view.middle)}
    claims: list[Claim] = []
    for sentence in split_sentences(text):
        plain = sentence
        for quoted in quotes:
            plain = quoted.sub(" ", plain)
        hedged = bool(_HEDGES.search(plain))
        for label, words in _named_in(plain):
            claims.append(_thing(label, words, seen, hedged))
            plain = plain.replace(words, " ")
        claims += [_colour(name, name in colours) for name in _colours_in(plain)]
    return list(dict.fromkeys(claims))


def _quoted(line: str) -> re.Pattern[str]:
    """Return the pattern of a line where it is quoted: alone between marks, not inside words."""
    return re.compile(
        rf"(?:^|(?<=[:：;；,，、]))\s*{re.escape(line.strip())}(?=\s*(?:[;；,，、.。]|$))"
    )


def _thing(label: str, words: str, seen: Mapping[str, float], hedged: bool) -> Claim:
    confidence = seen.get(label, 0.0)
    if label not in seen:
        detail = f"`{words}` was not seen in the picture."
        return Claim(words, "object", "contradicted", 0.0, "image", detail)
    if not hedged and confidence < SURE:
        detail = (
            f"`{words}` is said as certain, but was seen with a confidence of {confidence:.2f}."
        )
        return Claim(words, "object", "contradicted", confidence, "image", detail)
    verdict: ClaimVerdict = "supported" if confidence >= POSSIBLE else "unverified"
    detail = f"Seen in the picture with a confidence of {confidence:.2f}."
    return Claim(words, "object", verdict, confidence, "image", detail)


def _colour(name: str, there: bool) -> Claim:
    if there:
        detail = f"Much of the picture is {name}."
        return Claim(name, "colour", "supported", 1.0, "image", detail)
    detail = f"Little or nothing in the picture is {name}."
    return Claim(name, "colour", "contradicted", 0.0, "image", detail)


def _named_in(text: str) -> list[tuple[str, str]]:
    """Return the labels that a text names with their words, longer ones before what they hold."""
    found: list[tuple[str, str]] = []
    taken = text
    for words, label in _vocabulary():
        if re.search(rf"(?<![A-Za-z]){re.escape(words)}(?![A-Za-z])", taken):
            taken = taken.replace(words, "\0")
            found.append((label, words))
    return found


@cache
def _vocabulary() -> list[tuple[str, str]]:
    """Return what things are called in sentences, longest first, with their labels."""
    labels = (*known_labels(), *CLASSES_OF)
    phrases = {phrase_of(label, code): label for label in labels for code in ("en", "zh")}
    return sorted(phrases.items(), key=lambda item: -len(item[0]))


def _colours_in(text: str) -> list[str]:
    return [
        name
        for name, chinese in COLOURS.items()
        if re.search(rf"\b{name}\b", text) or f"{chinese}色" in text
    ]
