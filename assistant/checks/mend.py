"""Tell which claims must not leave, and mend the sentence that makes them."""

import re
from collections.abc import Mapping, Sequence

from assistant.checks.evidence import check_items
from assistant.types import Claim

MARKER = re.compile(r"\[\d{1,3}\]")  # of a citation


def faults(claims: Sequence[Claim], *, grounded: bool = True) -> list[Claim]:
    """Return the claims that an answer must not be given with.

    A contradiction never passes. A number or code that no source holds does not pass in an answer
    that must rest on evidence; a name that no source holds passes, marked as unverified.
    """
    return [
        claim
        for claim in claims
        if claim.verdict == "contradicted"
        or (grounded and claim.verdict == "unverified" and claim.kind in ("number", "code"))
    ]


def corrected(sentence: str, *, sources: Mapping[str, str], grounded: bool = True) -> str:
    """Return the sentence with what the sources say in the place of what contradicts them.

    Empty when that does not free it of every fault.
    """
    text = sentence
    for finding in check_items(sentence, sources):
        if finding.correction:
            text = text.replace(finding.item.text, finding.correction)
    again = [finding.claim for finding in check_items(text, sources)]
    return text if text != sentence and not faults(again, grounded=grounded) else ""


def renumbered(text: str) -> str:
    """Close the gaps that dropped sentences left: empty list items, numbers out of order."""
    kept: list[str] = []
    number = 0
    for line in text.split("\n"):
        ordinal = re.match(r"^(\s*)(\d{1,2})([.)])\s*(.*)$", line)
        if ordinal and not MARKER.sub("", ordinal[4]).strip():
            continue
        if ordinal:
            number = 1 if ordinal[2] == "1" or not number else number + 1
            kept.append(f"{ordinal[1]}{number}{ordinal[3]} {ordinal[4]}".rstrip())
            continue
        if line.strip() and not line.startswith((" ", "\t")):
            number = 0
        kept.append(line.rstrip())
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(kept))
    return re.sub(r"(?<=\S) {2,}", " ", joined)
