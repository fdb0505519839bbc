"""What a drawing prompt asks for: things with number and colour, where they stand, on what ground.

English and Chinese. The words of a thing are looked up among the drawings while they are read:
only so can `红苹果` be a red apple, `红包` be an envelope, and `an orange` be a fruit.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.claims import HAN
from assistant.errors import InputError
from assistant.pictures.names import COLOURS

MOST_CHARS = 300
_MOST_JOINTS = 2  # of a name: `hammer and wrench` has one


@dataclass(frozen=True)
class Item:
    """Some things of one kind."""

    words: str  # what one of them is called, in small letters
    count: int = 1
    colour: str = ""  # one of the eleven basic terms; "" where none is said


@dataclass(frozen=True)
class Request:
    """What a picture is to show."""

    items: tuple[Item, ...]
    relation: str = ""  # of the first of two items to the second: "left of", …, "below", or ""
    background: str = ""  # a basic colour term; "" where none is said


class Uncomposable(InputError):
    """What cannot be composed, and why, in the language it is told in."""

    def __init__(self, english: str, chinese: str, language: str) -> None:
        super().__init__(chinese if language == "zh" else english)
        self._english, self._chinese = english, chinese

    def said_in(self, language: str) -> "Uncomposable":
        """Return the same in a turn's language: the name of a thing may be in another one."""
        return type(self)(self._english, self._chinese, language)


class UnknownThing(Uncomposable):
    """There is no drawing of a thing."""


def parse(prompt: str) -> Request:
    """Read a prompt as `prompt_of` returns it, without "draw me a picture of".

    Raises Uncomposable for one that names no thing, is too long, gives one thing two colours, asks
    for none of a thing, relates more than two things or gives places that do not agree.
    """
    if len(prompt) > MOST_CHARS:
        raise refusal(
            prompt,
            f"The request has {len(prompt)} characters; a composed picture takes up to "
            f"{MOST_CHARS}. Say in one line what it should show.",
            f"要求有 {len(prompt)} 个字，最多 {MOST_CHARS} 个字。请用一句话说明要画什么。",
        )
    text = unicodedata.normalize("NFKC", prompt).lower().replace("’", "'")
    text = " ".join(text.split())
    if HAN.search(text):
        from assistant.drawing.request_zh import read
    else:
        from assistant.drawing.request_en import read
    request = read(text)
    if not request.items:
        raise refusal(
            prompt,
            f"`{prompt}` names nothing to draw. Name a thing, for instance `two red apples`.",
            f"`{prompt}`没有说要画什么。请说一样东西，例如`两个红苹果`。",
        )
    if request.relation and len(request.items) != 2:
        raise refusal(
            prompt,
            f"`{prompt}` says where things stand and names {len(request.items)} kinds of them; a "
            "composed picture relates two. Ask for two, for instance `a cat left of a dog`.",
            f"`{prompt}`说了位置，又有 {len(request.items)} 种东西；"
            "合成图片只能摆放两种东西。请只说两种，例如`狗的左边有一只猫`。",
        )
    return request if request.relation else replace(request, items=_merged(request.items))


def _merged(items: Sequence[Item]) -> tuple[Item, ...]:
    """Add up the numbers of equal things: `a cat and a cat`."""
    counts: dict[tuple[str, str], int] = {}
    for item in items:
        key = item.words, item.colour
        counts[key] = counts.get(key, 0) + item.count
    return tuple(Item(words, count, colour) for (words, colour), count in counts.items())


def longest_name(parts: Sequence[str], at: int, is_name: Callable[[str], bool]) -> tuple[str, int]:
    """Return the next phrase of a list that was split at its joints, and where the next begins.

    `parts` holds phrases and the joints between them by turns. Phrases that are one name together
    with their joint, such as `bow and arrow`, stay together.
    """
    for end in range(min(len(parts), at + 2 * _MOST_JOINTS + 1), at + 1, -2):
        phrase = "".join(parts[at:end])
        if is_name(phrase):
            return phrase, end + 1
    return parts[at], at + 2


def two_colours(phrase: str, colours: Sequence[str]) -> Uncomposable:
    """Return the error of one thing with several colours."""
    terms = "、".join(f"{COLOURS.get(colour, colour)}色" for colour in colours)
    return refusal(
        phrase,
        f"`{phrase}` has {len(colours)} colours ({', '.join(colours)}); a composed thing has one. "
        "Name one colour, or one thing for each.",
        f"`{phrase}`有 {len(colours)} 种颜色（{terms}），合成图片里一样东西只有一种颜色。"
        "请只说一种颜色，或者每种颜色各说一样东西。",
    )


def only_colour(phrase: str) -> Uncomposable:
    """Return the error of a colour without a thing."""
    return refusal(
        phrase,
        f"`{phrase}` names a colour but no thing. Say what has it, for instance `a red apple`.",
        f"`{phrase}`只说了颜色，没有说东西。请说什么是这个颜色，例如`一个红苹果`。",
    )


def no_thing(phrase: str) -> Uncomposable:
    """Return the error of words that leave the thing out: `a dozen`."""
    return refusal(
        phrase,
        f"`{phrase}` names no thing. Say what is to be drawn, for instance `two red apples`.",
        f"`{phrase}`没有说东西。请说要画什么，例如`两个红苹果`。",
    )


def places_differ(phrase: str) -> Uncomposable:
    """Return the error of two places that are not opposite: `a cat and a dog on the left`."""
    return refusal(
        phrase,
        f"`{phrase}` gives two places that are not opposite sides; a composed picture has left and "
        "right, or top and bottom. For instance: `a cat on the left and a dog on the right`.",
        f"`{phrase}`里的两个位置不是相对的；合成图片只分左右或者上下。例如`左边是猫，右边是狗`。",
    )


def placed_alone(phrase: str) -> Uncomposable:
    """Return the error of a place for one thing alone: `a cat on the left`."""
    return refusal(
        phrase,
        f"`{phrase}` says where one thing stands, but not beside what; a composed picture places "
        "two. Leave the place out, or ask for two, for instance `a cat left of a dog`.",
        f"`{phrase}`说了一样东西的位置，却没有说在什么旁边；合成图片摆放两样东西。"
        "请不说位置，或者说两样东西，例如`狗的左边有一只猫`。",
    )


def none_asked(phrase: str) -> Uncomposable:
    """Return the error of a number that is not a count."""
    return refusal(
        phrase,
        f"`{phrase}` does not say how many to draw: a whole number from 1 on was expected. "
        "Leave out what is not to be seen.",
        f"`{phrase}`没有说要画几个：应当是从 1 开始的整数。不要画的东西请不要说。",
    )


def refusal(words: str, english: str, chinese: str) -> Uncomposable:
    """Return an error in the language of the words that cannot be drawn."""
    return Uncomposable(english, chinese, language_of_words(words))


def language_of_words(words: str) -> str:
    """Return "zh" for words that are Chinese, else "en"."""
    return "zh" if HAN.search(words) else "en"
