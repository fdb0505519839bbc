"""Check that words, speech, pictures and evidence say the same."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.checks.actions import actions_of
from assistant.checks.dangers import missing_warning, plain_warning
from assistant.checks.evidence import check_items
from assistant.checks.grounds import Grounds
from assistant.checks.instructions import check_text
from assistant.checks.mend import MARKER, faults
from assistant.checks.pictures import check_pictures
from assistant.checks.premises import premises
from assistant.checks.remembering import remembering
from assistant.checks.support import clauses_of_text, trained_on
from assistant.claims import extract
from assistant.models.protocols import Entailment, TextEmbedder
from assistant.prompts import FIXED, title_of
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
from knowledge.search import answers

__all__ = [
    "check_citations", "check_pictures", "check_sentence", "check_talk", "grounds_of", "sources_of",
    "verify",
]  # fmt: skip

_MOSTLY = 0.5  # share of a clause's words that the user did not bring
_STEP = re.compile(r"\s*\d{1,2}[.)、]\s*\S")
_REMEMBERED = 5  # earlier turns whose questions still count
_SOURCED = ("code", "name")  # kinds of claims that even talk must not make up
_OURS = re.compile(  # says what the assistant lacks, and tells nothing; titles may hold any mark
    "|".join(
        re.escape(words[name]).replace(re.escape("{title}"), ".*?")
        for words in FIXED.values()
        for name in ("covered", "nothing_found", "closest", "nothing_found_hint", "unfounded")
    )
)
_OWN = {
    "typed": "Your message",
    "transcript": "Your recording",
    "ocr": "Your picture",
    "image": "Your picture",
    "earlier": "An earlier message of yours",
}


def check_sentence(sentence: str, grounds: Grounds, said: str = "") -> list[Claim]:
    """Return a claim for each number, code, name, instruction and prohibition of `sentence`.

    `said` is what was said before it, for the order of steps and for warnings that must come first.
    `Claim.against` is the source that decides, `Claim.quote` its words.
    """
    claims = check_text(sentence, grounds, clauses_of_text(said))
    if warning := missing_warning(sentence, grounds, said):
        quote = plain_warning(warning)
        detail = f"`{warning.source}` warns before this: {quote}"
        claims.append(
            Claim(sentence, "warning", "contradicted", 0.0, warning.source, detail, quote)
        )
    return claims


def check_talk(sentence: str, grounds: Grounds, *, coded: bool) -> list[Claim]:
    """Return what talk without evidence must not say: menus, buttons to press, and, where the user
    asks about a code (`coded`), what it means and what to do."""
    telling = bool(actions_of(sentence))
    claims = []
    for finding in check_items(sentence, grounds.sources):
        item, claim = finding.item, finding.claim
        known = claim.verdict == "supported"
        shown = item.form == "path" or (item.form == "label" and telling)
        if (shown and not known) or (coded and item.kind == "code" and not known):
            claims.append(claim)
    new = [c for c in clauses_of_text(sentence) if grounds.novelty(c) >= _MOSTLY]
    of_code = any(item.kind == "code" for item in extract(sentence)) and "?" not in sentence
    if coded:
        claims += premises(sentence, grounds)
    if coded and not claims and new and (of_code or _STEP.match(sentence)):
        detail = f"No source tells `{sentence}`."
        claims.append(Claim(sentence, "instruction", "unverified", 0.0, "", detail))
    return claims


def grounds_of(
    sources: Mapping[str, str],
    embedder: TextEmbedder | None = None,
    entailment: Entailment | None = None,
) -> Grounds:
    """Return what an answer may rest on, `sources` by the name that a claim cites.

    Meaning counts where the models are those that the check was fitted on.
    """
    if not (embedder and entailment) or (embedder.name, entailment.name) != trained_on():
        return Grounds(sources)
    return Grounds(sources, remembering(embedder.embed), remembering(entailment.judge))


def sources_of(
    evidence: Sequence[Evidence], percepts: Sequence[Percept], history: Sequence[Exchange] = ()
) -> dict[str, str]:
    """Return every text that an answer may rest on, by the name that a claim cites.

    Of earlier turns only what the user said: the assistant's own answers prove nothing.
    """
    sources = {
        piece.document.id: "\n".join([*_headings(piece), piece.document.text]) for piece in evidence
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
        piece.document.id: _squeezed(f"{title_of(piece)}: {piece.document.text}")
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
            claims.append(
                Claim(marker, "evidence", "supported", 1.0, source, detail, citation.quote)
            )
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
    grounded: bool,
    repaired: bool,
    embedder: TextEmbedder | None = None,
    entailment: Entailment | None = None,
) -> Verification:
    """Check a draft against everything it may rest on.

    `grounded` says that the answer must rest on evidence, `repaired` that a contradiction was
    already removed from it. Without `embedder` and `entailment` words alone decide.
    """
    grounds = grounds_of(sources_of(evidence, percepts, history), embedder, entailment)
    claims: list[Claim] = []
    said: list[str] = []
    for sentence in split_sentences(_OURS.sub("", draft.text)):
        claims += check_sentence(MARKER.sub("", sentence), grounds, "\n".join(said))
        said.append(sentence)
    claims += check_citations(draft, evidence)
    claims += check_pictures(draft.images, answer=draft.text, percepts=percepts)
    titles = _OWN | {piece.document.id: f"“{title_of(piece)}”" for piece in evidence}
    unique = tuple(_readable(claim, titles) for claim in dict.fromkeys(claims))
    founded = answers(evidence) and bool(draft.text.strip())
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


def _headings(piece: Evidence) -> list[str]:
    """Return the headings a piece stands under, its own last: a code that opens it is its topic."""
    *above, own = title_of(piece).split(" > ")
    return [f"# {line}" for line in dict.fromkeys([_title(piece), *above, own])]


def _title(piece: Evidence) -> str:
    return piece.document.metadata.get("title", piece.document.uri)


def _squeezed(text: str) -> str:
    return " ".join(text.split())
