"""Find negations in a spoken sentence and whether a listener heard them: not, never, 不, 别, 勿."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.checks.sounds import alike, near, rhymes, sounds_of, words_of
from assistant.claims import normalise
from assistant.types import Claim, ClaimVerdict

_NEGATIONS = frozenset({
    "not", "never", "no", "none", "nothing", "nobody", "neither", "nor", "without",
    *"不别勿未没无非莫",
})  # fmt: skip
# Chinese words that only contain such a character
_OTHER_WORDS = re.compile(
    "不(?:过|同|仅|但是|断|久|管|论|错)|差不多|(?<=[特分区级识个告性类辨])别|别(?:人|名|的|墅|针)"
    "|未来|无(?:线|论)|非常|除非|莫非"
)
_CONTRACTIONS = (
    (re.compile(r"\b(can)(?:['’]t|not)\b", re.IGNORECASE), r"\1 not"),
    (re.compile(r"\b(w)on['’]t\b", re.IGNORECASE), r"\1ill not"),
    (re.compile(r"n['’]t\b"), " not"),
)
_SHORT = re.compile("切勿|请勿|勿|(?<![特分区级识个告性类辨])别(?![人名的墅针])")
_SAME_IN_ENGLISH = {"know": "no", "number": "no", "knot": "not", "nun": "none"}  # as it is written
_AROUND = 2  # words after a negation that tell a reader which one is meant


@dataclass(frozen=True)
class _Words:
    """The words of a text, how they sound, and which of them deny."""

    words: list[str]
    sounds: list[str]
    denies: list[bool]

    def part(self, start: int, end: int) -> "_Words":
        return _Words(self.words[start:end], self.sounds[start:end], self.denies[start:end])


def check_negations(spoken: str, heard: str) -> list[Claim]:
    """Return a claim for each negation that was to be said or was heard without being said.

    Contradicted when the words around it were heard and it was not; unverified when they were not
    heard either. One that was heard in place of another word counts beside words heard rightly.
    """
    said, caught = _read(spoken), _read(heard)
    matcher = SequenceMatcher(None, said.sounds, caught.sounds, autojunk=False)
    blocks = matcher.get_matching_blocks()
    matched = {at for a, _, size in blocks for at in range(a, a + size)}
    matched_there = {at for _, b, size in blocks for at in range(b, b + size)}
    claims = []
    for tag, start, end, other, other_end in matcher.get_opcodes():
        there, opposite = said.part(start, end), caught.part(other, other_end)
        for place in (at for at in range(start, end) if said.denies[at]):
            if tag == "equal" or _is_there(place - start, there, opposite):
                claims.append(_claim(said, place, "supported", "The listener heard it."))
                continue
            around = {place - 1, place + 1} & matched
            detail = f"`{said.words[place]}` was not heard."
            claims.append(_claim(said, place, "contradicted" if around else "unverified", detail))
        if tag == "equal" or any(there.denies):
            continue
        for place in (at for at in range(other, other_end) if caught.denies[at]):
            around = tag == "insert" or {place - 1, place + 1} & matched_there
            if not around or _is_written_so(place - other, opposite, there):
                continue
            detail = f"`{caught.words[place]}` was heard, which the text does not say."
            claims.append(_claim(caught, place, "contradicted", detail))
    return claims


def in_full(text: str) -> str:
    """Return a text whose short negations are said in full: "do not" for "don't", 不要 for 勿."""
    return _SHORT.sub("不要", _english_in_full(text))


def _english_in_full(text: str) -> str:
    for contraction, words in _CONTRACTIONS:
        text = contraction.sub(words, text)
    return text


def _read(text: str) -> _Words:
    text = _english_in_full(normalise(text).lower())
    words = words_of(text)
    denying = words_of(_OTHER_WORDS.sub(lambda match: "口" * len(match[0]), text))
    return _Words(words, sounds_of(words), [word in _NEGATIONS for word in denying])


def _is_there(place: int, said: _Words, caught: _Words) -> bool:
    """Tell whether another negation, or a syllable that sounds like it, stands in its place."""
    if any(caught.denies):
        return True
    if len(caught.words) != len(said.words) or said.words[place].isascii():
        return False
    sound, other = said.sounds[place], caught.sounds[place]
    return near(sound, other) or rhymes(sound, other)


def _is_written_so(place: int, caught: _Words, said: _Words) -> bool:
    """Tell whether a listener may write a word of the text as the negation caught there."""
    word, sound = caught.words[place], caught.sounds[place]
    if word.isascii():
        cut = len(caught.words) > len(said.words) > 0  # network: not work
        return (cut and alike("".join(said.words), "".join(caught.words))) or any(
            _SAME_IN_ENGLISH.get(other) == word for other in said.words
        )
    return len(caught.words) == len(said.words) and near(sound, said.sounds[place])


def _claim(words: _Words, place: int, verdict: ClaimVerdict, detail: str) -> Claim:
    shown = words.words[place : place + 1 + _AROUND]
    text = ("" if not shown[0].isascii() else " ").join(shown)
    return Claim(text, "speech", verdict, 1.0 if verdict == "supported" else 0.0, "speech", detail)
