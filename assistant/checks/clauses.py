"""Cut sentences into clauses, in the order in which what they say is to be done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.checks.actions import actions_of, forbids, instructs

# what a clause is there for: to tell, to name what comes before or after, to say when or why, or
# a bare "without soap"
Role = Literal["main", "event", "condition", "reason", "without"]

_CUT = re.compile(
    r"(?P<stop>[,;，；。!?！？]|\.(?=\s|$)|\n)"
    r"|(?P<colon>[:：])"
    r"|(?P<reason>\b(?:because|since|otherwise|or else|so that)\b|否则|因为|以免|这样)"
    r"|(?P<condition>\b(?:when|while|if|as long as|until|unless|in case"
    r"|once(?= (?:the|it|you|they|that|your|both|all)\b))\b|如果|若(?!干)|直到)"
    r"|(?P<next>\b(?:and )?then\b|然后|接着|随后|最后"
    r"|(?<=[一-鿿\* ])(?<![不别勿])(?<!不[要能得可应该许准必用会])(?<!禁止|避免)再(?=[一-鿿])(?!次)"
    r"|(?<![最售前往])(?:之后|以后|后)(?![面方端的]))"
    r"|(?P<and>\band\b|\bbut\b|并且|并(?=[一-鿿]))"
    r"|(?P<after>\bafter\b(?! that| this|wards?))"
    r"|(?P<before>\bbefore\b)"
    r"|(?P<ahead>之前|以前|(?<![目提从往朝之以])前(?=[，,一-鿿])(?![面端后往台]))"
    r"|(?P<during>时候?(?=[请要可应不别先再务就]))"
    r"|(?P<without>\bwithout\b|(?<=, )not(?= with))",
    re.IGNORECASE,
)
_WHEN = re.compile(r"(?:时|时候|的话|期间)$")
_WHY = re.compile(r"(?:it|they|this|that) (?:could|may|can|might|will|would)\b|可能|会", re.I)
_FIRST = re.compile(r"\bfirst\b|先|\bbeforehand\b", re.IGNORECASE)
_THEN = re.compile(r"\bthen\b|\bafter|second\b|再|然后|后", re.IGNORECASE)
_LAST = re.compile(r"\b(?:second|afterwards|after that|next|last)$", re.IGNORECASE)
_ROLES: dict[str, Role] = {"reason": "reason", "condition": "condition", "without": "without"}


@dataclass(frozen=True)
class Part:
    """A clause as it is written, and what it is there for."""

    text: str
    role: Role = "main"
    link: str = ""  # what cuts it from the one before


def clauses_of(sentence: str) -> list[Part]:
    """Return the clauses of a sentence as they are to be done.

    "Before you measure, rest" and "Rest before you measure" both give rest, then measure. What
    has no action of its own stays with what it follows.
    """
    parts: list[Part] = []
    position, link = 0, ""
    for match in _CUT.finditer(sentence):
        text = sentence[position : match.start()].strip()
        parts += [_part(text, "condition" if match["during"] else link)] if text else []
        link = link if not text and match["stop"] else match.lastgroup or ""
        position = match.start() if link == "without" else match.end()
    if text := sentence[position:].strip():
        parts.append(_part(text, link))
    return _ordered(_merged(parts))


def comes_first(sentence: str) -> bool:
    """Tell whether a sentence says that something precedes all around it: "Make a backup first."""
    return bool(_FIRST.search(sentence)) and not _THEN.search(sentence)


def _part(text: str, link: str) -> Part:
    role = _ROLES.get(link, "main")
    if role == "main" and _WHEN.search(text):
        role = "condition"
    if link == "and" and _LAST.search(text):
        link = "next"
    if role == "main" and link == "stop" and _WHY.match(text):
        role = "reason"
    return Part(text, role, link)


def _merged(parts: Sequence[Part]) -> list[Part]:
    """Join a part without an action to the one before it, or to the next at the beginning."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if last and part.link == "colon" and (_tells(last) or last.role == "reason"):
            merged.append(replace(part, role="reason"))
            continue
        loose = part.link in ("stop", "and", "colon") and part.role == "main"
        if last and loose and last.role in ("main", "reason"):
            tied = last.link in ("after", "before") and part.link == "stop"
            if not tied and not (_tells(part) and _tells(last)):
                role = last.role if last.role == "reason" or not _tells(part) else part.role
                merged[-1] = Part(f"{last.text} {part.text}", role, last.link)
                continue
        merged.append(part)
    return merged


def _tells(part: Part) -> bool:
    return bool(actions_of(part.text)) or forbids(part.text) or instructs(part.text)


def _ordered(parts: Sequence[Part]) -> list[Part]:
    """Put what comes before something else in front of it."""
    clauses: list[Part] = []
    waiting: Part | None = None  # "Before A": A goes behind the next clause
    for part in parts:
        earlier = bool(clauses) and part.link in ("ahead", "after")
        if earlier and part.link == "after" and forbids(clauses[-1].text):
            clauses.append(replace(part, role="condition"))
        elif earlier and part.link == "after":
            clauses.insert(len(clauses) - 1, replace(part, role="event"))
        elif earlier:
            clauses[-1:] = [part, replace(clauses[-1], role="event")]
        elif part.link == "before" and not clauses:
            waiting = replace(part, role="event")
            continue
        elif part.link in ("before", "after"):
            clauses.append(replace(part, role="event"))
        else:
            clauses.append(part)
        if waiting is not None:
            clauses.append(waiting)
            waiting = None
    return clauses if waiting is None else [*clauses, waiting]
