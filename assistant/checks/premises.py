"""Find what an answer takes over from the user about the world, and no evidence bears out.

Users know what they see and did. What a code or a light means, why something happens and how much
of it a manual tells is not theirs to prove: "E-42 means overheating, right?" makes it no truer.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import replace

import numpy as np

from assistant.checks.actions import denies
from assistant.checks.evidence import Finding, check_items
from assistant.checks.grounds import Clause, Grounds, read_clauses
from assistant.checks.passages import same_script
from assistant.claims import extract, normalise
from assistant.sentences import split_sentences
from assistant.types import Claim

TOLD = frozenset({"typed", "transcript", "earlier"})  # sources that hold what users say
_BORNE_OUT = {True: 0.3, False: 0.18}  # likeness, in one language and across, from which it is told
_REPORTS = re.compile(
    r"\?|(?<!\bas )\byou(?:'ve| have| had)? (?:also )?(?:wrote|say|said|mention(?:ed)?|ask(?:ed)?"
    r"|told|report(?:ed)?|described?|think|thought|believed?|heard|suspect(?:ed)?|assumed?)\b"
    r"|\byour (?:message|question|recording)\b"
    r"|[您你](?:刚才|之前)?(?:说(?!得对|[得的]没错|的对)|写|提到|提及|问|认为|觉得|听说|怀疑|描述)"
    r"|[您你]的(?:消息|问题|录音)",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"[,\s]*(?:right|correct|is(?:n't)? (?:it|that|this)(?: so| right| true| correct)?"
    r"|does(?:n't)? it|对[吗吧]|是[吗吧]|是这样[吗吧]|吗|吧)?\s*\?+\s*$",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\byour\b|\byou (?:have(?! to)|had|got|used?|pay|paid|bought|own)\b|[您你](?:的|家|有|用|买)",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"\b(?:means?|meaning|indicat(?:es?|ing)|signif(?:y|ies|ying)|signals?|stands for"
    r"|impl(?:y|ies|ying)|points? to|refers? to|is (?:a sign|an indication) (?:of|that)"
    r"|(?:is|are|was|were) (?:\w+ly )?(?:caused by|due to|because(?: of)?"
    r"|the (?:result|code|error) (?:of|for))"
    r"|(?:comes|results) from|(?:happens|appears) because)\b(?: that\b)?[\s:]*(?P<what>.*)"
    r"|是(?:因为|由于|由)?(?P<why>[^,。;]{2,40}?)(?:引起|导致|造成|所致)"
    r"|(?:表示|意味着?|说明|代表|是指|意思是|表明|指的是|是因为|原因是|由于):?(?P<was>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ASSENTS = re.compile(
    r"(?:yes|yeah|right|correct|exactly|indeed|(?:that|this|it)(?:'s| is) (?:right|correct|true|so)"
    r"|you(?:'re| are) (?:right|correct)|是的?|对的?|没错|正确|的确|确实|[您你]说得对|[,.!。 ])+",
    re.IGNORECASE,
)


def premises(sentence: str, grounds: Grounds) -> list[Claim]:
    """Return a claim where a sentence says of the world what the user alone says.

    It is contradicted where the evidence tells of the same code something else, or that what is
    denied is so; else unverified. A bare "yes" says what was asked.
    """
    sentence = normalise(sentence)
    if reports(sentence):
        return []
    if _ASSENTS.fullmatch(sentence):
        return [
            replace(claim, text=sentence)
            for asked in _questions(grounds)
            for claim in [*_taken_over(asked, grounds), *_numbers(asked, grounds)]
        ]
    return _taken_over(sentence, grounds)


def reports(sentence: str) -> bool:
    """Tell whether a sentence asks, or says only what the user said."""
    clauses = read_clauses(sentence)
    told = any(clause.instructs or clause.forbids for clause in clauses)
    return not told and bool(_REPORTS.search(normalise(sentence)))


def _taken_over(sentence: str, grounds: Grounds) -> list[Claim]:
    subject, meaning = meaning_of(sentence)
    found = _unlike_told(sentence, subject, meaning, grounds) if meaning else None
    claim = found or _denied(sentence, grounds)
    return [claim] if claim else []


def meaning_of(sentence: str) -> tuple[str, str]:
    """Return what a sentence explains and how, both empty where it explains nothing."""
    found = _MEANS.search(sentence)
    if found is None:
        return "", ""
    meaning = next(group for group in found.groups() if group is not None)
    if denies(sentence[: found.end()].removesuffix(meaning)):
        return "", ""
    return sentence[: found.start()], meaning


def _questions(grounds: Grounds) -> list[str]:
    """Return what the user asks in this turn, as statements."""
    said = "\n".join(grounds.sources.get(name, "") for name in ("transcript", "typed"))
    asked = [normalise(one) for one in split_sentences(said)]
    return [_TAG.sub("", one) for one in asked if "?" in one]


def _numbers(sentence: str, grounds: Grounds) -> list[Claim]:
    """Return a claim for each number of a sentence that no evidence bears out."""
    return [
        replace(finding.claim, kind="premise")
        for finding in check_items(sentence, _evidence(grounds))
        if finding.item.kind == "number" and finding.claim.verdict != "supported"
    ]


def without_hearsay(sentence: str, findings: Sequence[Finding], grounds: Grounds) -> list[Finding]:
    """Return the findings of a sentence, its numbers borne out by more than the user's word.

    Codes and names that users bring may be named; so may numbers of what is theirs.
    """
    if not grounds.founded or not any(f.claim.against in TOLD for f in findings):
        return list(findings)
    theirs = reports(sentence) or (
        _OWN.search(sentence) and not any(clause.instructs for clause in read_clauses(sentence))
    )
    return [
        _evidenced(finding, again, theirs=bool(theirs))
        if finding.claim.verdict == "supported" and finding.claim.against in TOLD
        else finding
        for finding, again in zip(findings, check_items(sentence, _evidence(grounds)), strict=True)
    ]


def _evidence(grounds: Grounds) -> dict[str, str]:
    return {name: text for name, text in grounds.sources.items() if name not in TOLD}


def _evidenced(finding: Finding, again: Finding, *, theirs: bool) -> Finding:
    """Return what becomes of an item that the user names once only evidence counts."""
    if again.claim.verdict == "supported":
        return again
    if theirs or finding.item.kind != "number":
        return finding
    said = finding.claim
    marked = replace(
        said, verdict="unverified", score=0.0, detail=f"`{said.against}` alone says so."
    )
    return again if again.claim.verdict == "contradicted" else replace(finding, claim=marked)


def _unlike_told(sentence: str, subject: str, meaning: str, grounds: Grounds) -> Claim | None:
    """Return a claim where an explanation is nearer to the user's words than to any evidence."""
    clauses = [c for c in read_clauses(meaning) if c.words or c.pairs]
    if not clauses:
        return None
    codes = _codes(sentence)
    said = [i for i, other in enumerate(grounds.clauses) if other.source in TOLD]
    told = _about(subject, codes, grounds)
    echoed, echo = _likest(clauses, said, grounds)
    likeness, best = _likest(clauses, told, grounds)
    if (
        not echo
        or likeness >= echoed
        or (best and likeness >= _BORNE_OUT[same_script(meaning, best.quote)])
    ):
        return None
    heading = next((grounds.clauses[i] for i in told if grounds.clauses[i].heading), best)
    if codes and heading:
        detail = f"`{heading.source}` says: {plain(heading.quote)}"
        return Claim(
            sentence, "premise", "contradicted", 0.0, heading.source, detail, heading.quote
        )
    return _only_said(sentence, echo)


def _about(subject: str, codes: Set[str], grounds: Grounds) -> list[int]:
    """Return the clauses of the evidence about some codes, or about what a subject names."""
    evidence = [i for i, other in enumerate(grounds.clauses) if other.source not in TOLD]
    if codes:
        named = {i for i in evidence if codes & _codes(grounds.clauses[i].quote)}
        headed = {_section(grounds.clauses[i]) for i in named if grounds.clauses[i].heading}
        topical = {i for i in evidence if grounds.clauses[i].topic in codes}
        return [
            i for i in evidence if i in named | topical or _section(grounds.clauses[i]) in headed
        ]
    about = [clause for clause in read_clauses(subject) if clause.words or clause.pairs]
    _, nearest = _likest(about, evidence, grounds)
    if nearest is None:
        return evidence
    return [i for i in evidence if _section(grounds.clauses[i]) == _section(nearest)]


def _section(clause: Clause) -> tuple[str, int]:
    return clause.source, clause.section[0]


def _likest(
    clauses: Sequence[Clause], places: Sequence[int], grounds: Grounds
) -> tuple[float, Clause | None]:
    """Return how alike one of the clauses is to the likest of the sources' at some places."""
    if not clauses or not places:
        return 0.0, None
    words = np.array(
        [[sum(grounds.shared(c, grounds.clauses[i])) / 2 for i in places] for c in clauses]
    )
    alike = words
    if grounds.embed is not None:
        alike = (words + np.maximum(grounds.cosines(clauses)[:, list(places)], 0)) / 2
    best = int(alike.max(axis=0).argmax())
    return float(alike.max()), grounds.clauses[places[best]]


def _denied(sentence: str, grounds: Grounds) -> Claim | None:
    """Return a claim where a sentence denies, as the user does, what the evidence says is so."""
    for clause in read_clauses(sentence):
        if not clause.denies or clause.forbids or not clause.actions:
            continue
        doing = [
            i for i, other in enumerate(grounds.clauses)
            if clause.actions & other.actions and not other.instructs and not other.heading
        ]  # fmt: skip
        told = [i for i in doing if grounds.clauses[i].source not in TOLD]
        _, echo = _likest([clause], [i for i in doing if i not in told], grounds)
        _, best = _likest([clause], told, grounds)
        if echo and echo.denies and best and not any(grounds.clauses[i].denies for i in told):
            detail = f"`{best.source}` says: {plain(best.quote)}"
            return Claim(sentence, "premise", "contradicted", 0.0, best.source, detail, best.quote)
    return None


def plain(quote: str) -> str:
    """Return a quoted sentence without the marks of a heading or a list."""
    return re.sub(r"^[#\s*-]+|^\s*\d{1,2}[.)、]\s*|\*\*|[.。;；]$", "", quote)


def _only_said(sentence: str, echo: Clause) -> Claim:
    detail = f"`{echo.source}` alone says so."
    return Claim(sentence, "premise", "unverified", 0.0, echo.source, detail, echo.quote)


def _codes(text: str) -> set[str]:
    return {item.value for item in extract(text) if item.kind == "code"}
