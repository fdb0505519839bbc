"""The kinds of support turns that are measured: what each channel of them tells."""

import random
from collections.abc import Callable, Iterator

from assistant.data_sets import LANGUAGES
from assistant.fusion.turns import CHANNELS, State, States, SupportTurn, TurnMaker
from assistant.types import Channel

_GOOD: States = {"typed": "good", "transcript": "good", "ocr": "good"}


def kinds() -> dict[str, Callable[[random.Random], States]]:
    """Return the kinds of turns, each with how its channels are."""

    def spoilt(chance: random.Random) -> States:
        """Spoil one or two of the three channels; at least one tells what is wrong."""
        bad = chance.sample(CHANNELS, chance.choice((1, 2)))
        return {name: "spoilt" if name in bad else "good" for name in CHANNELS}

    def but(*without: Channel) -> Callable[[random.Random], States]:
        states: dict[Channel, State] = {
            name: "absent" if name in without else "good" for name in CHANNELS
        }
        return lambda chance: states

    return {
        "clean": lambda chance: _GOOD, "corrupted": spoilt,
        "vague": lambda chance: {**_GOOD, "typed": "vague"},
        "no typed": but("typed"), "no transcript": but("transcript"), "no ocr": but("ocr"),
        "typed alone": but("transcript", "ocr"), "transcript alone": but("typed", "ocr"),
        "ocr alone": but("typed", "transcript"),
    }  # fmt: skip


def turns_of(
    maker: TurnMaker, kind: str, purpose: str = "", screens: int = 1
) -> Iterator[SupportTurn]:
    """Yield a turn of every situation and language in which some channel tells what is wrong."""
    for situation in maker.situations:
        for language in LANGUAGES:
            key = f"measure {purpose}{kind} {situation.id} {language}"
            states = kinds()[kind](random.Random(f"states {key}"))
            turn = maker.turn(situation, language, states, screens, key)
            if turn.solvable:
                yield turn
