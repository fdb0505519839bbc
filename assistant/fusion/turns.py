"""Put support turns together: which channels there are, and which of them mislead."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from assistant.data_sets import Language
from assistant.fusion.material import IDLE, Heard, Material, Read, alike
from assistant.fusion.situations import Domain, Situation
from assistant.sentences import split_sentences
from assistant.types import Box, Channel, Percept, Segment

State = Literal["good", "vague", "spoilt", "absent"]
States = Mapping[Channel, State]
CHANNELS: tuple[Channel, ...] = ("typed", "transcript", "ocr")
_SHOWN = (  # what a tagger says of screens: it never tells what is wrong
    (Segment("a screenshot", confidence=0.5),),
    (Segment("a drawing or a screenshot", confidence=0.5),),
    (Segment("monitor", confidence=0.31), Segment("screen", confidence=0.22)),
    (Segment("web site", confidence=0.72),),
    (Segment("digital clock", confidence=0.4), Segment("oscilloscope", confidence=0.17)),
)
_ODDS: Mapping[Channel, tuple[int, int, int, int]] = {  # good, vague, spoilt, absent
    "typed": (30, 25, 20, 25), "transcript": (45, 0, 25, 30), "ocr": (45, 0, 20, 35),
}  # fmt: skip


@dataclass(frozen=True)
class SupportTurn:
    """A turn whose answer is known."""

    situation: Situation
    language: Language
    states: States  # of the channels there are
    percepts: tuple[Percept, ...]
    relevant: tuple[tuple[bool, ...], ...]  # a row a percept: which segments tell what is wrong

    @property
    def solvable(self) -> bool:
        """Whether some channel tells what is wrong, as it was heard and read."""
        return "good" in self.states.values()


class TurnMaker:
    """Makes turns of one part's situations."""

    def __init__(self, domains: Sequence[Domain], material: Material, crowded: float = 0.0) -> None:
        """Take what was read and heard; `crowded` is the share of screens among many lines."""
        self._material, self._crowded = material, crowded
        self._clutter = {s.id: domain.clutter for domain in domains for s in domain.situations}
        self.situations = [s for domain in domains for s in domain.situations]
        self._beside = {
            s.id: [o for o in domain.situations if o.id != s.id]
            for domain in domains
            for s in domain.situations
        }

    def turn(
        self, situation: Situation, language: Language, states: States, screens: int, seed: str
    ) -> SupportTurn:
        """Return a turn with these channels, the same for the same seed."""
        chance = random.Random(seed)
        percepts: list[Percept] = []
        relevant: list[tuple[bool, ...]] = []
        told: dict[Channel, State] = dict(states)
        if (state := states["typed"]) != "absent":
            texts = {"good": situation.precise, "vague": situation.vague,
                     "spoilt": situation.misleading}  # fmt: skip
            sentences = split_sentences(texts[state][language])
            segments = tuple(Segment(sentence) for sentence in sentences)
            percepts.append(_percept("typed", "typed", segments))
            relevant.append((state == "good",) * len(segments))
        if (state := states["transcript"]) != "absent":
            heard = self._heard(situation, language, state, chance)
            segments = heard.segments
            understood = alike(" ".join(s.text for s in segments), situation.spoken[language])
            state = told["transcript"] = "good" if understood else "spoilt"
            percepts.append(_percept("transcript", "question.wav", segments, features=heard.sounds))
            relevant.append((state == "good",) * len(segments))
        if (state := states["ocr"]) != "absent":
            shown = [self._screen(situation, language, state, chance)]
            told["ocr"] = "good" if any(shown[0].decisive) else "spoilt"
            shown += [self._other(situation, language, chance) for _ in range(screens - 1)]
            for number, place in enumerate(chance.sample(range(len(shown)), len(shown))):
                source, read = f"screenshot-{number}.png", shown[place]
                if self._crowded and chance.random() < self._crowded:
                    read = _on_desktop(read, self._clutter[situation.id][language], chance)
                percepts.append(_percept("ocr", source, read.segments, read.size_px))
                relevant.append(read.decisive if not place else (False,) * len(read.decisive))
                percepts.append(_percept("image", source, chance.choice(_SHOWN)))
                relevant.append((False,) * len(percepts[-1].segments))
        there: dict[Channel, State] = {
            channel: state for channel, state in told.items() if state != "absent"
        }
        if "ocr" in there:
            there["image"] = "vague"
        return SupportTurn(situation, language, there, tuple(percepts), tuple(relevant))

    def _heard(
        self, situation: Situation, language: Language, state: State, chance: random.Random
    ) -> Heard:
        """Return what was heard: a spoilt channel is noise, or somebody else's conversation."""
        sounds = self._material.sounds
        if state != "spoilt":
            return sounds[situation.id, language, "quiet"]
        other = sounds[chance.choice(self._beside[situation.id]).id, language, "quiet"]
        noisy = sounds.get((situation.id, language, "noisy"), other)
        return noisy if chance.random() < 0.7 else other

    def _screen(
        self, situation: Situation, language: Language, state: State, chance: random.Random
    ) -> Read:
        if state != "spoilt":
            return self._clear(situation, language, chance)
        if chance.random() < 0.3:
            return self._other(situation, language, chance)
        return self._material.screens[situation.id, language, "spoilt"]

    def _clear(self, situation: Situation, language: Language, chance: random.Random) -> Read:
        screens = self._material.screens
        own = screens[situation.id, language, "own"]
        return chance.choice((own, screens.get((situation.id, language, "other"), own)))

    def _other(self, situation: Situation, language: Language, chance: random.Random) -> Read:
        """Return a screen of another situation, often of the same product, or of none."""
        if chance.random() < 0.4:
            variant = f"idle {chance.randrange(IDLE)}"
            read = self._material.screens[situation.product.name, language, variant]
        else:
            other = chance.choice(self._beside[situation.id])
            read = self._clear(other, language, chance)
        return replace(read, decisive=(False,) * len(read.segments))


def _on_desktop(read: Read, lines: Sequence[str], chance: random.Random) -> Read:
    """Return a screen as read with the lines of a larger one beside it."""
    width, height = read.size_px
    size_px = width + 520, height + 260
    left, top = chance.choice((20, 500)), chance.randint(20, 240)
    own = [replace(segment, box=_moved(segment.box, left, top)) for segment in read.segments]
    beside = left + width + 8 if left < 500 else 12
    column = (size_px[1] - 36) // 24  # lines
    around: list[Segment] = []
    for number, line in enumerate(chance.sample(list(lines), chance.randint(15, 35))):
        x, y = beside + 240 * (number // column), 12 + 24 * (number % column)
        letter_px = chance.randint(13, 16)
        box = x, y, x + min(230, letter_px * len(line) // 2), y + letter_px
        around.append(Segment(line, box=box, confidence=round(chance.uniform(0.85, 1), 3)))
    first = chance.random() < 0.5  # in reading order
    segments = (*own, *around) if first else (*around, *own)
    flags = (False,) * len(around)
    decisive = (*read.decisive, *flags) if first else (*flags, *read.decisive)
    return replace(read, segments=segments, decisive=decisive, size_px=size_px)


def _moved(box: Box | None, left: int, top: int) -> Box | None:
    return box and (box[0] + left, box[1] + top, box[2] + left, box[3] + top)


def random_states(chance: random.Random) -> States:
    """Return which channels a turn of the training has: at least one of them is good."""
    while True:
        states: dict[Channel, State] = {
            channel: chance.choices(("good", "vague", "spoilt", "absent"), weights)[0]
            for channel, weights in _ODDS.items()
        }
        if "good" in states.values():
            return states


def _percept(
    channel: Channel, source: str, segments: tuple[Segment, ...],
    size_px: tuple[int, int] | None = None, features: np.ndarray | None = None,
) -> Percept:  # fmt: skip
    text = "\n".join(segment.text for segment in segments)
    sure = [segment.confidence for segment in segments]
    confidence = sum(sure) / len(sure) if sure else 0.0
    rows = () if features is None else tuple(map(tuple, features.tolist()))
    return Percept(channel, source, text, confidence, segments, size_px=size_px, features=rows)
