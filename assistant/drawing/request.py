"""What a drawing prompt asks for: things with number and colour, where they stand, on what ground.

English and Chinese. The words of a thing are looked up among the drawings while they are read:
only so can `红苹果` be a red apple, `红包` be an envelope, and `an orange` be a fruit.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.claims import HAN
from assistant.errors import InputError

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


def parse(prompt: str) -> Request:
    """Read a prompt as `prompt_of` returns it, without "draw me a picture of".

    Raises InputError for one that names no thing, is too long, gives one thing two colours, asks
    for none of a thing, relates more than two things or gives places that do not agree.
    """
    if len(prompt) > MOST_CHARS:
        raise InputError(
            f"The request has {len(prompt)} characters; a composed picture takes up to "
            f"{MOST_CHARS}. Say in one line what it should show."
        )
    text = unicodedata.normalize("NFKC", prompt).lower().replace("’", "'")
    text = " ".join(text.split())
    if HAN.search(text):
        from assistant.drawing.request_zh import read
    else:
        from assistant.drawing.request_en import read
    request = read(text)
    if not request.items:
        raise InputError(
            f"`{prompt}` names nothing to draw. Name a thing, for instance `two red apples`."
        )
    if request.relation and len(request.items) != 2:
        raise InputError(
            f"`{prompt}` says where things stand and names {len(request.items)} kinds of them; a "
            "composed picture relates two. Ask for two, for instance `a cat left of a dog`."
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


def two_colours(phrase: str, colours: Sequence[str]) -> InputError:
    """Return the error of one thing with several colours."""
    return InputError(
        f"`{phrase}` has {len(colours)} colours ({', '.join(colours)}); a composed thing has one. "
        "Name one colour, or one thing for each."
    )


def only_colour(phrase: str) -> InputError:
    """Return the error of a colour without a thing."""
    return InputError(
        f"`{phrase}` names a colour but no thing. Say what has it, for instance `a red apple`."
    )


def no_thing(phrase: str) -> InputError:
    """Return the error of words that leave the thing out: `a dozen`."""
    return InputError(
        f"`{phrase}` names no thing. Say what is to be drawn, for instance `two red apples`."
    )


def places_differ(phrase: str) -> InputError:
    """Return the error of two places that are not opposite: `a cat and a dog on the left`."""
    return InputError(
        f"`{phrase}` gives two places that are not opposite sides; a composed picture has left and "
        "right, or top and bottom. For instance: `a cat on the left and a dog on the right`."
    )


def placed_alone(phrase: str) -> InputError:
    """Return the error of a place for one thing alone: `a cat on the left`."""
    return InputError(
        f"`{phrase}` says where one thing stands, but not beside what; a composed picture places "
        "two. Leave the place out, or ask for two, for instance `a cat left of a dog`."
    )


def none_asked(phrase: str) -> InputError:
    """Return the error of a number that is not a count."""
    return InputError(
        f"`{phrase}` does not say how many to draw: a whole number from 1 on was expected. "
        "Leave out what is not to be seen."
    )
