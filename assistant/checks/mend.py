"""Tell which claims must not leave, and mend the sentence that makes them."""

import re
from collections.abc import Sequence

from assistant.checks.evidence import check_items
from assistant.checks.grounds import Clause, Grounds
from assistant.checks.instructions import check_text
from assistant.checks.premises import TOLD, is_assent, plain, premises, without_hearsay
from assistant.claims import HAN, extract
from assistant.prompts import fixed
from assistant.types import Claim

_KNOWN = 0.5  # share of an instruction's words from which it may be a paraphrase
_SAYS_OF = {  # neither denies nor bears out what was asked
    "en": "The manual says of {code}: “{words}”.",
    "zh": "手册对 {code} 的说明是：“{words}”。",
}
MARKER = re.compile(r"\[\d{1,3}\]")  # of a citation


def faults(claims: Sequence[Claim], *, grounded: bool = True) -> list[Claim]:
    """Return the claims that an answer must not be given with.

    A contradiction never passes. In an answer that must rest on evidence a number or code that no
    source holds does not pass, and neither does an instruction or a statement that none tells in
    words that most of them do not know, or that reading finds nowhere; any other name, instruction
    or statement that none holds passes, marked as unverified.
    """
    return [
        claim
        for claim in claims
        if claim.verdict == "contradicted"
        or (grounded and claim.verdict == "unverified" and _is_made_up(claim))
    ]


def _is_made_up(claim: Claim) -> bool:
    if claim.kind in ("instruction", "negation", "statement"):
        return claim.score < _KNOWN
    if claim.kind == "number":
        return claim.against not in TOLD  # what the user alone says goes out marked
    return claim.kind in ("code", "premise")


def corrected(sentence: str, grounds: Grounds, before: Sequence[Clause] = ()) -> str:
    """Return the sentence with what the sources say in the place of what contradicts them.

    What was taken over from the user gives way to the words of the source. Empty when that does
    not free it of every fault.
    """
    findings = check_items(sentence, grounds.sources)
    taken = [
        new.claim
        for old, new in zip(findings, without_hearsay(sentence, findings, grounds), strict=True)
        if old.claim != new.claim
    ]
    language = "zh" if HAN.search(sentence) else "en"
    allowed = check_text(sentence, grounds) if is_assent(sentence) else []
    for claim in [*premises(sentence, grounds), *allowed, *taken]:
        if claim.verdict == "contradicted":
            return fixed(language, "rather", words=plain(claim.quote))
        codes = [item.text for item in extract(claim.quote) if item.kind == "code"]
        if claim.kind == "premise" and claim.against not in TOLD and codes:
            return _SAYS_OF[language].format(code=codes[0], words=claim.quote)
    text = sentence
    for finding in findings:
        if finding.correction:
            text = text.replace(finding.item.text, finding.correction)
    return text if text != sentence and not faults(check_text(text, grounds, before)) else ""


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
