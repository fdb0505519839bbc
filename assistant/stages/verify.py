"""Check that words, speech, pictures and evidence say the same, and mend a draft that does not."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.checks.evidence import check_items
from assistant.checks.pictures import check_pictures
from assistant.checks.speech import check_speech
from assistant.claims import HAN
from assistant.models.protocols import Transcription
from assistant.sentences import split_sentences
from assistant.types import (
    Claim,
    Draft,
    Evidence,
    Exchange,
    Percept,
    Verdict,
    Verification,
)

__all__ = [
    "Repair", "check_citations", "check_pictures", "check_sentence", "check_speech", "faults",
    "repair", "sources_of", "verify",
]  # fmt: skip

Rewrite = Callable[[str, str], str]  # (sentence, what is wrong with it) → the sentence again

_MARKER = re.compile(r"\[\d{1,3}\]")
_ORDINAL = re.compile(r"^\s*\d{1,2}[.)]\s+")
_OWN = {
    "typed": "Your message",
    "transcript": "Your recording",
    "ocr": "Your picture",
    "image": "Your picture",
    "earlier": "The conversation so far",
}
_NOTHING_LEFT = {
    "en": "I could not confirm an answer from the evidence, so I leave it out.",
    "zh": "我无法用资料证实答案，因此不作回答。",
}


@dataclass(frozen=True)
class Repair:
    """A mended draft and what was done to it, one line a change; nothing is dropped silently."""

    draft: Draft
    changes: tuple[str, ...]


def check_sentence(sentence: str, *, sources: Mapping[str, str]) -> list[Claim]:
    """Return a claim for each number, code and name of `sentence`; takes about a millisecond.

    `sources` maps "typed", "transcript", "ocr", document ids, … to their text. `Claim.against` is
    the key that holds the item or contradicts it.
    """
    return [finding.claim for finding in check_items(sentence, sources)]


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


def sources_of(
    evidence: Sequence[Evidence], percepts: Sequence[Percept], history: Sequence[Exchange] = ()
) -> dict[str, str]:
    """Return every text that an answer may rest on, by the name that a claim cites."""
    sources = {
        piece.document.id: "\n".join(
            [f"# {_heading(piece)}", piece.document.metadata.get("title", ""), piece.document.text]
        )
        for piece in evidence
    }
    for percept in percepts:
        lines = [segment.text for segment in percept.segments] or [percept.text]
        sources[percept.modality] = "\n".join([sources.get(percept.modality, ""), *lines]).strip()
    if history:
        sources["earlier"] = "\n".join(f"{past.question}\n{past.answer}" for past in history)
    return sources


def check_citations(draft: Draft, evidence: Sequence[Evidence]) -> list[Claim]:
    """Return a claim for each citation marker: it names a document that says what is quoted."""
    texts = {
        piece.document.id: _squeezed(f"{_heading(piece)}: {piece.document.text}")
        for piece in evidence
    }
    cited = {citation.marker: citation for citation in draft.citations}
    claims = []
    for marker in dict.fromkeys(_MARKER.findall(draft.text)):
        citation = cited.get(marker)
        if citation is None or citation.document_id not in texts:
            detail = f"`{marker}` stands for no evidence of this turn."
            claims.append(Claim(marker, "evidence", "contradicted", 0.0, "", detail))
            continue
        source = citation.document_id
        if _squeezed(citation.quote) in texts[source]:
            detail = f"`{source}` holds the quoted words."
            claims.append(Claim(marker, "evidence", "supported", 1.0, source, detail))
        else:
            detail = f"`{source}` does not hold the quoted words."
            claims.append(Claim(marker, "evidence", "contradicted", 0.0, source, detail))
    return claims


def verify(
    draft: Draft,
    *,
    evidence: Sequence[Evidence],
    percepts: Sequence[Percept],
    history: Sequence[Exchange] = (),
    spoken: str | None = None,
    heard: Transcription | None = None,
    grounded: bool,
    repaired: bool,
) -> Verification:
    """Check a draft against everything it may rest on.

    `spoken` is what was to be said and `heard` what a recogniser made of it; without them speech
    is not checked. `grounded` says that the answer must rest on evidence, `repaired` that a
    contradiction was already removed from it.
    """
    sources = sources_of(evidence, percepts, history)
    claims = [
        claim
        for sentence in split_sentences(draft.text)
        for claim in check_sentence(sentence, sources=sources)
    ]
    claims += check_citations(draft, evidence)
    if spoken is not None and heard is not None:
        claims += check_speech(spoken, heard)
    claims += check_pictures(draft.images, answer=draft.text, percepts=percepts)
    titles = _OWN | {piece.document.id: f"“{_heading(piece)}”" for piece in evidence}
    unique = tuple(_readable(claim, titles) for claim in dict.fromkeys(claims))
    return Verification(_verdict(unique, bool(evidence), grounded, repaired), unique)


def repair(
    draft: Draft,
    *,
    sources: Mapping[str, str],
    grounded: bool = True,
    rewrite: Rewrite | None = None,
) -> Repair:
    """Mend or drop each sentence with a fault; list numbers and citations stay in order.

    A sentence is mended by putting in what the sources say, then by `rewrite`, each of which must
    pass the check; what cannot be mended is dropped, and `Repair.changes` says so.
    """
    text, changes = draft.text, []
    for sentence in split_sentences(draft.text):
        wrong = faults(check_sentence(sentence, sources=sources), grounded=grounded)
        if not wrong:
            continue
        why = " ".join(claim.detail for claim in wrong)
        mended = _mended(sentence, why, sources, grounded, rewrite)
        text = text.replace(sentence, mended, 1) if mended else _without(text, sentence)
        said = f"changed to `{mended}`" if mended else "dropped"
        changes.append(f"`{sentence}` was {said}: {why}")
    if changes:
        text = _renumbered(text).strip() or _nothing_left(draft.text)
    kept = tuple(citation for citation in draft.citations if citation.marker in text)
    return Repair(replace(draft, text=text, citations=kept), tuple(changes))


def _readable(claim: Claim, titles: Mapping[str, str]) -> Claim:
    """Call a source by its title in the line that a person reads; `against` keeps the id."""
    title = titles.get(claim.against)
    if title is None:
        return claim
    return replace(claim, detail=claim.detail.replace(f"`{claim.against}`", title))


def _verdict(
    claims: Sequence[Claim], has_evidence: bool, grounded: bool, repaired: bool
) -> Verdict:
    if faults(claims, grounded=grounded and has_evidence):
        return "inconsistent"
    if grounded and not has_evidence:
        return "insufficient"
    return "repaired" if repaired else "consistent"


def _mended(
    sentence: str, why: str, sources: Mapping[str, str], grounded: bool, rewrite: Rewrite | None
) -> str:
    """Return the sentence without its faults, or nothing when that cannot be done."""
    corrected = sentence
    for finding in check_items(sentence, sources):
        if finding.correction:
            corrected = corrected.replace(finding.item.text, finding.correction)
    attempts: list[Callable[[], str]] = [lambda: corrected]
    if rewrite:
        attempts.append(lambda: _keeping_frame(sentence, rewrite(sentence, why)))
    for attempt in attempts:
        text = attempt()
        claims = check_sentence(text, sources=sources)
        if text.strip() and text != sentence and not faults(claims, grounded=grounded):
            return text
    return ""


def _keeping_frame(sentence: str, rewritten: str) -> str:
    """Give a rewritten sentence the list number and citation markers of the old one."""
    words = _MARKER.sub("", _ORDINAL.sub("", rewritten.strip().partition("\n")[0])).strip()
    ordinal = _ORDINAL.match(sentence)
    markers = "".join(_MARKER.findall(sentence))
    lead = ordinal[0] if ordinal else ""
    return lead + words + (f" {markers}" if markers and words else "") if words else ""


def _without(text: str, sentence: str) -> str:
    """Take a sentence out, with its line where it stands alone on one."""
    line = re.compile(rf"^[ \t]*{re.escape(sentence)}[ \t]*(?:\n|\Z)", re.MULTILINE)
    return line.sub("", text, count=1) if line.search(text) else text.replace(sentence, "", 1)


def _renumbered(text: str) -> str:
    """Close the gaps that dropped sentences left: empty list items, numbers out of order."""
    kept: list[str] = []
    number = 0
    for line in text.split("\n"):
        ordinal = re.match(r"^(\s*)(\d{1,2})([.)])\s*(.*)$", line)
        if ordinal and not _MARKER.sub("", ordinal[4]).strip():
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


def _nothing_left(text: str) -> str:
    return _NOTHING_LEFT["zh" if HAN.search(text) else "en"]


def _heading(piece: Evidence) -> str:
    document = piece.document
    return document.locator.heading or document.metadata.get("title", document.uri)


def _squeezed(text: str) -> str:
    return " ".join(text.split())
