"""Keep the warnings of what is dangerous: they stand before the instruction they belong to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from assistant.checks.grounds import OWN, Clause, Grounds, read_clauses
from assistant.checks.passages import same_script
from assistant.checks.support import clauses_of_text
from assistant.claims import normalise
from assistant.sentences import split_sentences

_LOSS = (
    r"\berases? (?:all|every|the)|\bdeletes? (?:all|every)"
    r"|\b(?:cannot|can not|can't) be (?:undone|restored|brought back|recovered)"
    r"|会(?:清除|删除|抹去)(?:所有|全部)?|无法(?:恢复|撤销)"
)
_SHOCK = r"\bmains voltage|\belectric shock|市电|触电"
_HEAT = r"\b(?:catch|cause) fire|\bburns?\b|烫伤|灼伤|火灾|起火"
_KINDS = [re.compile(kind, re.IGNORECASE) for kind in (_LOSS, _SHOCK, _HEAT)]
_WARNS = re.compile(
    r"\b(?:warning|caution|danger(?:ous)?|beware)\b|警告|危险|当心"
    rf"|{_LOSS}|{_SHOCK}|{_HEAT}",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\*\*|^\W*(?:\d+[.)、])?\s*")
_SAME_STEP = 0.45  # likeness from which an instruction is the one of the sources
_SAME_WARNING = 0.4  # share of a warning's words, or likeness, from which it has been given
_SAME_ABROAD = 0.2  # cosine from which one of the same danger in another script is the same
_NAMED = 0.4  # share of a step's words in a warning from which that is about it


@dataclass(frozen=True)
class Warned:
    """A warning of a source, and the place it stands in."""

    source: str
    text: str
    section: tuple[int, str]  # place of the heading, code that opens the part
    place: float  # in the source, among its clauses


def missing_warning(sentence: str, grounds: Grounds, said: str) -> Warned | None:
    """Return the warning that belongs before an instruction and has not been given, if any."""
    told = [c for c in clauses_of_text(sentence) if c.instructs]
    warned = [w for name, text in grounds.sources.items() for w in _warned(name, text)]
    if not told or not warned:
        return None
    others = grounds.clauses
    words = np.array([[sum(grounds.shared(c, o)) / 2 for o in others] for c in told])
    alike = words if grounds.embed is None else (words + grounds.cosines(told)) / 2
    for row in alike:
        best = int(row.argmax())
        if row[best] < _SAME_STEP or others[best].source in OWN:
            continue
        for warning in warned:
            about = _is_about(warning, best, row, grounds)
            if about and not _given(warning, f"{said}\n{sentence}", grounds):
                return warning
    return None


def plain_warning(warning: Warned) -> str:
    """Return a warning without the marks of its list or its stress."""
    return _MARKUP.sub("", warning.text).strip()


def _is_about(warning: Warned, step: int, alike: np.ndarray, grounds: Grounds) -> bool:
    """Tell whether a step of the sources is one that a warning belongs to.

    What may hurt somebody does so throughout its section. What is lost for good is lost by the
    first step after the warning, or by one that it names; `alike` also finds that first step in
    other words.
    """
    others = grounds.clauses
    section = [
        i
        for i, c in enumerate(others)
        if (c.source, c.section) == (warning.source, warning.section)
    ]
    if step not in section:
        return False
    steps = [i for i in section if others[i].instructs and others[i].place > warning.place + 0.5]
    loss, *hurts = (bool(kind.search(warning.text)) for kind in _KINDS)
    if not loss or any(hurts) or not steps:
        return True
    first = others[min(steps, key=lambda i: others[i].place)].quote
    if any(others[i].quote == first and alike[i] >= _SAME_STEP for i in steps):
        return True
    own = [others[i] for i in section if others[i].quote == warning.text]
    return any(grounds.shared(one, others[step])[1] >= _NAMED for one in own)


def _given(warning: Warned, text: str, grounds: Grounds) -> bool:
    """Tell whether a text holds a warning, in its own words or others, in either language."""
    asked, told = read_clauses(warning.text), clauses_of_text(text)
    if not told:
        return False
    if any(_WARNS.search(clause.text) and _shares(asked, clause, grounds) for clause in told):
        return True
    if _given_abroad(warning, told, grounds):
        return True
    return normalise(plain_warning(warning)) in normalise(text)


def _given_abroad(warning: Warned, told: Sequence[Clause], grounds: Grounds) -> bool:
    """Tell whether a clause in another script warns of the same danger."""
    kinds = [kind for kind in _KINDS if kind.search(warning.text)]
    warns = [
        clause
        for clause in told
        if not same_script(clause.quote, warning.text)
        and any(kind.search(clause.text) for kind in kinds)
    ]
    if not warns or grounds.embed is None:
        return bool(warns)
    own = [i for i, clause in enumerate(grounds.clauses) if clause.quote == warning.text]
    return bool((grounds.cosines(warns)[:, own] >= _SAME_ABROAD).any())


def _shares(asked: Sequence[Clause], clause: Clause, grounds: Grounds) -> bool:
    return any(grounds.shared(one, clause)[1] >= _SAME_WARNING for one in asked) or any(
        grounds.shared(one, clause)[0] >= _SAME_WARNING for one in asked
    )


@lru_cache(maxsize=256)
def _warned(source: str, text: str) -> tuple[Warned, ...]:
    if source in OWN:
        return ()
    first: Mapping[str, Clause] = {
        clause.quote: clause for clause in reversed(Grounds({source: text}).clauses)
    }
    return tuple(
        Warned(source, sentence, first[sentence].section, first[sentence].place)
        for sentence in split_sentences(text)
        if _WARNS.search(sentence) and not sentence.startswith("#") and sentence in first
    )
