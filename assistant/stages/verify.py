"""Check that words, speech, pictures and evidence say the same."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.checks.evidence import check_items
from assistant.checks.mend import MARKER, faults
from assistant.checks.pictures import check_pictures
from assistant.checks.speech import check_speech
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
    "check_citations", "check_pictures", "check_sentence", "check_speech", "sources_of", "verify",
]  # fmt: skip

_REMEMBERED = 5  # earlier turns whose questions still count
_SOURCED = ("code", "name")  # kinds of claims that even talk must not make up
_OWN = {
    "typed": "Your message",
    "transcript": "Your recording",
    "ocr": "Your picture",
    "image": "Your picture",
    "earlier": "An earlier message of yours",
}


def check_sentence(sentence: str, *, sources: Mapping[str, str]) -> list[Claim]:
    """Return a claim for each number, code and name of `sentence`; takes about a millisecond.

    `sources` maps "typed", "transcript", "ocr", document ids, … to their text. `Claim.against` is
    the key that holds the item or contradicts it.
    """
    return [finding.claim for finding in check_items(sentence, sources)]


def sources_of(
    evidence: Sequence[Evidence], percepts: Sequence[Percept], history: Sequence[Exchange] = ()
) -> dict[str, str]:
    """Return every text that an answer may rest on, by the name that a claim cites.

    Of earlier turns only what the user said: the assistant's own answers prove nothing.
    """
    sources = {
        piece.document.id: "\n".join(
            [f"# {_heading(piece)}", piece.document.metadata.get("title", ""), piece.document.text]
        )
        for piece in evidence
    }
    for percept in percepts:
        lines = [segment.text for segment in percept.segments] or [percept.text]
        if percept.size_px:
            lines.append("{} by {} pixels".format(*percept.size_px))
        sources[percept.modality] = "\n".join([sources.get(percept.modality, ""), *lines]).strip()
    if history:
        sources["earlier"] = "\n".join(past.question for past in history[-_REMEMBERED:])
    return sources


def check_citations(draft: Draft, evidence: Sequence[Evidence]) -> list[Claim]:
    """Return a claim for each citation marker: it names a document that says what is quoted.

    Other numbers in brackets are part of the text: "[404] not found", read on a screen.
    """
    texts = {
        piece.document.id: _squeezed(f"{_heading(piece)}: {piece.document.text}")
        for piece in evidence
    }
    cited = {citation.marker: citation for citation in draft.citations}
    markers = cited.keys() | {f"[{i}]" for i in range(1, len(evidence) + 1)}
    claims = []
    for marker in dict.fromkeys(MARKER.findall(draft.text)):
        if marker not in markers:
            continue
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
    founded = bool(evidence and draft.text.strip())
    return Verification(_verdict(unique, founded, grounded, repaired), unique)


def _readable(claim: Claim, titles: Mapping[str, str]) -> Claim:
    """Call a source by its title in the line that a person reads; `against` keeps the id."""
    title = titles.get(claim.against)
    if title is None:
        return claim
    return replace(claim, detail=claim.detail.replace(f"`{claim.against}`", title))


def _verdict(claims: Sequence[Claim], founded: bool, grounded: bool, repaired: bool) -> Verdict:
    """Return the verdict; `founded` says that there are words and evidence for them.

    Talk needs no evidence and may count, but not tell of codes and buttons from nowhere.
    """
    if faults(claims, grounded=grounded and founded):
        return "inconsistent"
    unsourced = any(c.verdict == "unverified" and c.kind in _SOURCED for c in claims)
    if not founded and (grounded or unsourced):
        return "insufficient"
    return "repaired" if repaired else "consistent"


def _heading(piece: Evidence) -> str:
    document = piece.document
    return document.locator.heading or document.metadata.get("title", document.uri)


def _squeezed(text: str) -> str:
    return " ".join(text.split())
