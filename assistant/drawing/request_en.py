"""Read an English drawing prompt; `request.parse` is the way in."""

import re
from collections.abc import Mapping, Sequence

from assistant.drawing.drawings import lexicon
from assistant.drawing.plurals import singular
from assistant.drawing.request import (
    Item,
    Request,
    longest_name,
    no_thing,
    none_asked,
    only_colour,
    placed_alone,
    places_differ,
    two_colours,
)
from assistant.numerals import find_numerals
from assistant.pictures.names import COLOURS

_TERMS = {name: name for name in COLOURS} | {
    "gray": "grey", "violet": "purple", "lilac": "purple", "magenta": "pink", "scarlet": "red",
    "crimson": "red", "navy": "blue", "azure": "blue", "golden": "yellow", "gold": "yellow",
    "silver": "grey", "tan": "brown", "beige": "brown",
}  # fmt: skip
_SHADES = frozenset(
    ("light", "dark", "bright", "pale", "deep", "sky", "navy", "hot", "baby", "royal", "lime")
)
_PLAIN = frozenset(  # words that ask for nothing that a drawing has or lacks
    ("big", "small", "little", "tiny", "large", "huge", "giant", "cute", "beautiful", "nice",
     "pretty", "lovely", "simple", "plain", "single", "real", "fresh", "ripe", "new", "shiny",
     "colourful", "colorful", "cartoon", "very", "really", "just", "funny")
)  # fmt: skip
_NOT_COLOURED = frozenset(  # not what the second word names, in another colour
    ("red panda", "black hole", "white house", "green light", "red light",
     "black box", "blue cheese", "red carpet", "white wine", "black tea", "green card",
     "red cross", "blue jay", "black widow", "black pepper", "orange tree", "orange blossom",
     "navy seal", "green bean", "green onion", "silver fish", "gold fish", "blue bell", "red eye")
)  # fmt: skip
_SOME = {
    "a dozen": 12, "one dozen": 12, "half a dozen": 6, "a half dozen": 6, "a couple of": 2,
    "a couple": 2, "a few": 3, "some": 0, "several": 3, "many": 6, "lots of": 6, "a lot of": 6,
    "a bunch of": 0, "a group of": 3, "a piece of": 1, "a": 1, "an": 1, "the": 0, "one": 1, "my": 0,
    "this": 1, "that": 1, "these": 0, "those": 0, "another": 1, "both": 2, "no": -1, "any": 0,
}  # fmt: skip
_FEW = 3  # `some cats`
_DETERMINER = re.compile(r"(?:an?|one|two|three|four|five|six|\d+|the)\b")
_AMOUNT = re.compile(rf"(?:{'|'.join(sorted(_SOME, key=len, reverse=True))})\b(?: of)? *")
_DOZENS = re.compile(r"dozens?(?: of)?\b *")
_PAIRS = re.compile(r"(?:pairs?|couples?) of\b *")
_VERB = (
    r"(?:(?:that|which|who)\s+)?(?:(?:is|are|sits?|stands?|lies|lie|being|sitting|standing"
    r"|lying|placed|located|flying|hanging|floating|resting|perched|positioned|shown)\s+)*"
)
_WAYS = {
    "left of": r"(?:(?:to|on|at) the |just )?left(?:-hand)?(?: side)? of",
    "right of": r"(?:(?:to|on|at) the |just )?right(?:-hand)?(?: side)? of",
    "above": r"above|over|on top of|atop|on(?= )(?! (?:the )?(?:left|right|top|bottom)\b)|upon",
    "below": r"below|under|underneath|beneath",
}  # fmt: skip
_WAY = "|".join(f"(?P<{way.replace(' ', '_')}>{rule})" for way, rule in _WAYS.items())
_RELATED = re.compile(rf"^(?P<first>.+?),?\s+{_VERB}(?:{_WAY})\s+(?P<second>.+)$")
_TURNED = re.compile(
    rf"^(?:{_WAY})\s+(?P<second>.+?),?\s+(?:there\s+)?(?:is|are|sits?|stands?|lies)\s+(?P<first>.+)$"
)
_SIDE = {"left": "left of", "right": "right of", "top": "above", "bottom": "below"}
_OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
_AT = r"(?:on|at|in|to) the "
_SIDE_END = r"(?!(?:[- ]hand)?(?: side)? of\b)(?:[- ](?:hand )?side)?"
_SIDES = re.compile(
    rf"^(?P<first>.+?),?\s+{_VERB}{_AT}(?P<side>left|right|top|bottom){_SIDE_END},?"
    r"\s*(?:and|with|,|;)?\s+(?P<second>.+?)"
    rf"(?:,?\s+{_VERB}{_AT}(?P<other>left|right|top|bottom){_SIDE_END})?$"
)
_SIDES_FIRST = re.compile(
    rf"^{_AT}(?P<side>left|right|top|bottom){_SIDE_END},?\s+(?:(?:there )?(?:is|are)\s+)?"
    rf"(?P<first>.+?)\s*(?:,|;|\band\b)*\s+{_AT}(?P<other>left|right|top|bottom){_SIDE_END},?"
    r"\s+(?:(?:there )?(?:is|are)\s+)?(?P<second>.+)$"
)
_ALONE = re.compile(
    rf"^(?:.+?\s{_VERB})?{_AT}(?:left|right|top|bottom){_SIDE_END}(?:,?\s+(?:is|are)\s.+)?$"
)
_THERE = re.compile(r"^there(?: is| are|'s| should be| must be)\s+")
_COLOUR_WORD = "|".join(_TERMS)
_GROUND = re.compile(
    rf"[,;]?\s*(?:\b(?:on|against|with|in|over|and)\s+)?(?:\b(?:a|an|the)\s+)?\b"
    rf"(?:(?:plain|solid|simple|clean|light|pale|dark|bright|pastel)\s+)*"
    rf"(?P<colour>{_COLOUR_WORD})?\s*\b(?:back ?ground|backdrop)"
    rf"(?:\s*(?:is|:|of|in)?\s*(?P<after>{_COLOUR_WORD}))?\s*$"
    rf"|\s+(?:on|against)\s+(?P<bare>{_COLOUR_WORD})$"
)
_GROUND_FIRST = re.compile(
    rf"^(?:on|against) (?:a|an|the) (?:plain |solid |light |dark )*(?P<colour>{_COLOUR_WORD}) "
    r"(?:back ?ground|backdrop),?\s+(?:(?:there )?(?:is|are)\s+)?"
)
_SPLIT = re.compile(
    r"(\s*[,;]\s*(?:and\s+)?|\s+(?:and|plus|next to|beside|besides|near|by|alongside|&)\s+)"
)


def read(text: str) -> Request:
    """Return what a prompt in small letters asks for. Raises InputError as `parse` says."""
    text = text.strip(" .,;:!?\"'`")
    text, background = _ground(text)
    if _whole(text):
        return Request(_items(text), "", background)
    text = _THERE.sub("", text)
    for pattern in (_SIDES_FIRST, _SIDES, _TURNED, _RELATED):
        if match := pattern.match(text):
            groups = match.groupdict()
            way = _side(groups, text) if "side" in groups else _way(groups)
            items = (*_items(groups["first"]), *_items(groups["second"]))
            return Request(items, way, background)
    if _ALONE.match(text):
        raise placed_alone(text)
    return Request(_items(text), "", background)


def _side(groups: Mapping[str, str], text: str) -> str:
    if groups["other"] not in (None, _OPPOSITE[groups["side"]]):
        raise places_differ(text)
    return _SIDE[groups["side"]]


def _way(groups: dict[str, str]) -> str:
    return next(way for way in _WAYS if groups[way.replace(" ", "_")])


def _ground(text: str) -> tuple[str, str]:
    """Cut off what is said about the background, and return its colour."""
    for pattern in (_GROUND, _GROUND_FIRST):
        match = pattern.search(text)
        if match:
            groups = match.groupdict()
            colour = groups["colour"] or groups.get("after") or groups.get("bare") or ""
            return text[: match.start()] + text[match.end() :], _TERMS.get(colour, "")
    return text, ""


def _items(text: str) -> tuple[Item, ...]:
    """Read a list of things; a known name that holds "and" stays together."""
    parts = _SPLIT.split(text.strip(" .,;:!?"))
    items: list[Item] = []
    waiting: list[tuple[str, int, str]] = []  # `a red` in `a red and a green apple`
    at = 0
    while at < len(parts):
        phrase, at = longest_name(parts, at, _whole)
        if not phrase.strip():
            continue
        count, rest, pair = _counted(phrase)
        if rest in _TERMS and not lexicon().knows(rest) and at < len(parts):
            waiting.append((phrase, count, _TERMS[rest]))
            continue
        items += _shared(waiting, _item(phrase, count, rest, pair=pair), phrase)
        waiting = []
    return tuple(items)


def _shared(waiting: Sequence[tuple[str, int, str]], item: Item, phrase: str) -> list[Item]:
    """Return the things of `a red and a green apple`; `a red and green apple` is one."""
    colours = [colour for _, _, colour in waiting]
    if len(waiting) == 1 and not item.colour and not _DETERMINER.match(phrase):
        return [Item(item.words, waiting[0][1] or 1, colours[0])]  # `a red and round ball`
    if waiting and not all(_DETERMINER.match(said) for said in (*(w[0] for w in waiting), phrase)):
        said = f"{', '.join(w[0] for w in waiting)} and {phrase}"
        raise two_colours(said, list(dict.fromkeys([*colours, item.colour or item.words])))
    return [*(Item(item.words, count or 1, colour) for _, count, colour in waiting), item]


def _whole(phrase: str) -> bool:
    """Tell whether a phrase, but for its number, is one known name."""
    return lexicon().knows(_counted(phrase)[1])


def _counted(phrase: str) -> tuple[int, str, bool]:
    """Return the number a phrase begins with (0: none is said), the rest, and if it is of pairs."""
    phrase = phrase.strip()
    numerals = [n for n in find_numerals(phrase) if n.start == 0]
    count = 0
    if numerals and not re.match(r"[\w-]*[a-z]", phrase[numerals[0].end :]):
        value = numerals[0].value
        if value != int(value) or value < 1:
            raise none_asked(phrase)
        count, rest = int(value), phrase[numerals[0].end :].strip()
    elif match := _AMOUNT.match(phrase):
        rest = phrase[match.end() :]
        count = _SOME.get(match[0].strip(), 0)
        if count < 0:
            raise none_asked(phrase)
        count = count or (_FEW if match[0].startswith("some") and _is_plural(rest) else 0)
    else:
        rest = phrase
    if match := _DOZENS.match(rest):
        count, rest = 12 * max(count, 1), rest[match.end() :]
    if match := _PAIRS.match(rest):
        return max(count, 1), rest[match.end() :].strip(), True
    return count, rest.strip(), False


def _is_plural(words: str) -> bool:
    return bool(lexicon().singular_of(_noun(words)[0]))


def _item(phrase: str, count: int, rest: str, *, pair: bool) -> Item:
    words, colours = _noun(rest)
    if lexicon().knows(phrase) and not lexicon().knows(words):
        return Item(phrase)  # the number is part of the name: `four leaf clover`
    if len(set(colours)) > 1:
        raise two_colours(phrase, list(dict.fromkeys(colours)))
    if not words:
        raise only_colour(phrase) if colours else no_thing(phrase)
    one = lexicon().singular_of(words)
    found = lexicon().find(one or words)
    if pair and not (found and not one):
        count = 2 * max(count, 1)
    if one and found[0].shows == 0 and (not count or phrase.startswith("some")):
        one, count = "", 1  # `some grapes` are one bunch
    if one and not count:
        count = max(2, found[0].shows)
    return Item(one or words, count or 1, colours[0] if colours else "")


def _noun(phrase: str) -> tuple[str, list[str]]:
    """Return what a thing is called, without the colours, which come after it."""
    words = phrase.split()
    colours: list[str] = []
    while words:
        whole = " ".join(words)
        rest = " ".join(words[1:])
        if singular(whole) in _NOT_COLOURED or lexicon().is_said(whole):
            break
        if words[0] in _TERMS:
            if lexicon().knows(whole) and lexicon().is_another(whole, _noun(rest)[0]):
                break
            colours.append(_TERMS[words[0]])
        elif words[0] in _SHADES and len(words) > 1 and words[1] in _TERMS:
            pass
        elif words[0] in _PLAIN or (words[0] in ("and", "coloured", "colored") and colours):
            if lexicon().knows(whole):
                break
        else:
            break
        words = words[1:]
    return " ".join(words), colours
