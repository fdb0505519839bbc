"""Keep the warnings of what is dangerous: they stand before the instruction they belong to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from assistant.checks.grounds import OWN, Clause, Grounds, read_clauses
from assistant.checks.support import clauses_of_text
from assistant.claims import normalise
from assistant.sentences import split_sentences

_WARNS = re.compile(
    r"\b(?:warning|caution|danger(?:ous)?|beware)\b|\berases? (?:all|every|the)"
    r"|\bdeletes? (?:all|every)"
    r"|\b(?:cannot|can not|can't) be (?:undone|restored|brought back|recovered)"
    r"|\bmains voltage|\belectric shock|\b(?:catch|cause) fire|\bburns?\b"
    r"|警告|危险|当心|会(?:清除|删除|抹去)(?:所有|全部)?|无法(?:恢复|撤销)|市电|触电|烫伤|灼伤|火灾|起火",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\*\*|^\W*(?:\d+[.)、])?\s*")
_SAME_STEP = 0.45  # likeness from which an instruction is the one of the sources
_SAME_WARNING = 0.4  # share of a warning's words, or likeness, from which it has been given


@dataclass(frozen=True)
class Warned:
    """A warning of a source, and the place it stands in."""

    source: str
    text: str
    section: tuple[int, str]  # place of the heading, code that opens the part


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
            here = (others[best].source, others[best].section) == (warning.source, warning.section)
            if here and not _given(warning, f"{said}\n{sentence}", grounds):
                return warning
    return None


def plain_warning(warning: Warned) -> str:
    """Return a warning without the marks of its list or its stress."""
    return _MARKUP.sub("", warning.text).strip()


def _given(warning: Warned, text: str, grounds: Grounds) -> bool:
    """Tell whether a text holds a warning, in its own words or others, in either language."""
    asked, told = read_clauses(warning.text), clauses_of_text(text)
    if not told:
        return False
    if any(_WARNS.search(clause.text) and _shares(asked, clause, grounds) for clause in told):
        return True
    return normalise(plain_warning(warning)) in normalise(text)


def _shares(asked: Sequence[Clause], clause: Clause, grounds: Grounds) -> bool:
    return any(grounds.shared(one, clause)[1] >= _SAME_WARNING for one in asked) or any(
        grounds.shared(one, clause)[0] >= _SAME_WARNING for one in asked
    )


@lru_cache(maxsize=256)
def _warned(source: str, text: str) -> tuple[Warned, ...]:
    if source in OWN:
        return ()
    sections: Mapping[str, tuple[int, str]] = {
        clause.quote: clause.section for clause in Grounds({source: text}).clauses
    }
    return tuple(
        Warned(source, sentence, sections[sentence])
        for sentence in split_sentences(text)
        if _WARNS.search(sentence) and not sentence.startswith("#") and sentence in sections
    )
