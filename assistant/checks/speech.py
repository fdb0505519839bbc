"""Compare what was to be said with what a recogniser heard: numbers, codes, names, negations.

A recogniser writes codes and numbers as it likes: E 42, e42, E forty-two, E四十二, P P P O E. Both
sides are cut into small tokens, and neighbouring tokens that join up to the same thing are it.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from assistant.checks.sounds import alike, near, sounds_of, words_of
from assistant.checks.spoken_negations import check_negations
from assistant.claims import HAN, Item, extract, name_key, normalise, path_parts
from assistant.models.protocols import Transcription
from assistant.numerals import find_numerals, plain
from assistant.sentences import split_sentences
from assistant.types import Claim, ClaimVerdict

_AROUND = 6  # sounds on either side that tell whether something was heard in a thing's place
_SOUNDS_ALIKE = 0.7  # how much of a Latin name must be heard between Chinese words
_UNSPOKEN = re.compile(r"https?://[^\s;,]+")  # an address is for the eye: nobody says it
_TOKEN = re.compile(r"\d+|[a-z]+|[一-鿿]")
_LINKS = {
    "dot", "point", "dash", "hyphen", "minus", "slash", "colon", "点", "點", "杠", "冒", "号",
}  # fmt: skip
_ITEMS = ("number", "code", "name")
_ARTICLES = frozenset({"a", "an", "the"})


def check_speech(spoken_text: str, heard: Transcription) -> list[Claim]:
    """Return a claim for each number, code, name and negation of `spoken_text`.

    Supported when it was heard, contradicted when a different number or code was heard in its
    place, between the same sounds; unverified when nothing like it was heard there. Words of which
    nothing at all was heard are one contradicted claim: the user hears silence.
    """
    if not heard.text.strip() and any(char.isalnum() for char in spoken_text):
        opening = split_sentences(spoken_text)[0]
        detail = f"`{opening}` was to be said, but nothing was heard."
        return [Claim(opening, "speech", "contradicted", 0.0, "speech", detail)]
    spoken_text = _UNSPOKEN.sub("", spoken_text)
    items = [item for item in extract(spoken_text) if item.kind in _ITEMS]
    heard_items = extract(heard.text, counts=True)
    tokens = _tokens(heard.text)
    said = {item.value for item in items}
    strange = [item for item in heard_items if item.kind != "name" and item.value not in said]
    claims = []
    for item in items:
        if _was_heard(item, heard_items, tokens, heard.text):
            claims.append(_claim(item, "supported", 1.0, "The listener heard it."))
            continue
        instead = _instead(item, strange, spoken_text, heard.text)
        if instead:
            detail = f"`{item.text}` was to be said, but `{instead.text}` was heard."
            claims.append(_claim(item, "contradicted", 0.0, detail))
        else:
            claims.append(_claim(item, "unverified", 0.0, f"`{item.text}` was not heard."))
    return claims + check_negations(spoken_text, heard.text)


def _claim(item: Item, verdict: ClaimVerdict, score: float, detail: str) -> Claim:
    return Claim(item.text, "speech", verdict, score, "speech", detail)


def _was_heard(item: Item, heard_items: Sequence[Item], tokens: Sequence[str], heard: str) -> bool:
    if item.kind == "name":
        return _name_was_heard(item.value, heard)
    if item.kind == "number":
        return any(
            other.kind == "number"
            and other.value == item.value
            and (other.unit == item.unit or not other.unit or not item.unit)
            for other in heard_items
        ) or _joins(tokens, _tokens(_digits_of(item)))
    if any(item.value == other.value for other in heard_items):
        return True
    wanted = _tokens(item.text)
    if HAN.search(heard):  # a recogniser writes Latin letters as Chinese words that sound alike
        digits = [token for token in wanted if token.isdigit()]
        wanted = digits if len("".join(digits)) > 1 else wanted
    return _joins(tokens, wanted)


def _digits_of(item: Item) -> str:
    """Return a number as it is written before its unit: 2.4 of 2.4 GHz."""
    return plain(find_numerals(item.text)[0].value)


def _joins(tokens: Sequence[str], wanted: Sequence[str]) -> bool:
    """Tell whether neighbouring tokens, joined, are the wanted ones: "1", "68" is "168"."""
    target = "".join(wanted)
    for start in range(len(tokens)):
        joined = ""
        for token in tokens[start:]:
            joined += token
            if joined == target:
                return True
            if not target.startswith(joined):
                break
    return False


def _tokens(text: str) -> list[str]:
    """Cut text into letters, digits and Chinese characters; number words become digits."""
    text = normalise(text).lower()
    for numeral in reversed(find_numerals(text)):
        if numeral.spelled:
            digits = f" {plain(numeral.value)} "
            text = text[: numeral.start] + digits + text[numeral.end :]
    return [token for token in _TOKEN.findall(text) if token not in _LINKS]


def _instead(item: Item, strange: Sequence[Item], spoken: str, heard: str) -> Item | None:
    """Return what was heard in place of a number or code: the same kind of thing, or digits."""
    if item.kind == "name":
        return None
    place = _around(item, spoken)
    there = [other for other in strange if _same_place(place, _around(other, heard))]
    alike = [o for o in there if o.kind == item.kind and o.unit == item.unit]
    bare = [o for o in there if o.kind == "number" and not o.unit]
    return next(iter(alike or bare), None)


def _around(item: Item, text: str) -> tuple[str, str]:
    """Return the sounds before and after an item."""
    text = normalise(text)
    before, after = text[: item.start], text[item.end :]
    return _sound(before[-3 * _AROUND :])[-_AROUND:], _sound(after[: 3 * _AROUND])[:_AROUND]


def _same_place(place: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether two places have the same sounds on one side, or nothing around them at all."""
    if not any(place):
        return True
    return any(
        a and b and SequenceMatcher(None, a, b, autojunk=False).ratio() >= _SOUNDS_ALIKE
        for a, b in zip(place, other, strict=True)
    )


def _name_was_heard(name: str, heard: str) -> bool:
    """Tell whether each word of a name was heard, as far as a recogniser can spell it."""
    if HAN.search(name):
        return all(_syllables_were_heard(part, heard) for part in path_parts(name))
    if HAN.search(heard):
        return _run_was_heard(_sound(name), _sound(heard))
    words = _tokens(heard)
    wanted = [token for token in _tokens(name) if token not in _ARTICLES]
    if _stands_in("".join(wanted), words):
        return True
    together = {
        place
        for i, pair in enumerate(pairwise(wanted))
        if any(alike("".join(pair), word) for word in words)  # "Ericodes", Error codes
        for place in (i, i + 1)
    }
    return all(
        place in together or _stands_in(word, words) or _sounds_in(word, words)
        for place, word in enumerate(wanted)
    )


def _stands_in(wanted: str, words: Sequence[str]) -> bool:
    """Tell whether neighbouring words join up to the wanted one: P P P O E, Wi-Fi, log in."""
    return _joins(words, [wanted])


def _sounds_in(word: str, words: Sequence[str]) -> bool:
    """Tell whether one word or two neighbours sound like the wanted one: "to scale", Descale."""
    pairs = [first + second for first, second in pairwise(words)]
    return any(alike(word, other) for other in (*words, *pairs))


def _syllables_were_heard(name: str, heard: str) -> bool:
    wanted, sounds = sounds_of(words_of(name)), sounds_of(words_of(heard))
    return any(
        all(near(a, b) for a, b in zip(wanted, sounds[start:], strict=False))
        for start in range(len(sounds) - len(wanted) + 1)
    )


def _run_was_heard(wanted: str, whole: str) -> bool:
    """Tell whether most of a run of sounds was heard anywhere."""
    if wanted in whole:
        return True
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(wanted)
    best = 0.0
    for start in range(max(len(whole) - len(wanted), 0) + 1):
        matcher.set_seq1(whole[start : start + len(wanted)])
        best = max(best, matcher.ratio())
    return best >= _SOUNDS_ALIKE


def _sound(text: str) -> str:
    """Return letters and digits only; Chinese as toneless pinyin, since homophones sound alike."""
    key = name_key(text)
    if HAN.search(key):
        from pypinyin import lazy_pinyin

        key = "".join(lazy_pinyin(key))
    return re.sub(r"[^a-z0-9]", "", key)
