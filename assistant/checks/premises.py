"""Find what an answer takes over from the user about the world, and no evidence bears out.

Users know what they see and did. What a code or a light means, why something happens and how much
of it a manual tells is not theirs to prove: "E-42 means overheating, right?" makes it no truer.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import replace

import numpy as np

from assistant.checks.actions import instructs
from assistant.checks.evidence import Finding, check_items
from assistant.checks.grounds import OWN, Clause, Grounds, read_clauses
from assistant.checks.passages import same_script
from assistant.claims import HAN, extract, normalise
from assistant.sentences import split_sentences
from assistant.types import Claim

TOLD = frozenset({"typed", "transcript", "earlier"})  # sources that hold what users say
_BORNE_OUT = {True: 0.3, False: 0.18}  # likeness, in one language and across, from which it is told
_TAKEN = 0.2  # likeness to the user's words from which they may be taken over
_REPORTS = re.compile(  # up to the end of what it reports
    r"^\W*(?:you(?:'ve| have| had)? (?:also )?(?:wrote|say|said|mention(?:ed)?|ask(?:ed)?"
    r"|told (?:me|us)|report(?:ed)?|described?|think|thought|believed?|heard|suspect(?:ed)?"
    r"|assumed?)\b|[您你](?:刚才|之前)?(?:说|写|提到|提及|问|认为|觉得|听说|怀疑|描述))"
    r"[^,;]*",
    re.IGNORECASE,
)
_AGREES = re.compile(
    r"(?<!not )(?<!n't )\b(?:right(?:ly)?|correct(?:ly)?|true)\b"
    r"|(?<!不)(?:没错|正确|对的|得对|得很对)",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"[,\s]*(?:right|correct|is(?:n't)? (?:it|that|this)(?: so| right| true| correct)?"
    r"|does(?:n't)? it|对[吗吧]|是[吗吧]|是这样[吗吧]|吗|吧)?\s*\?+\s*$",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\byou(?:'ve| have(?! to)|'d| had)? (?:have(?! to)|had|got|used?|pay|paid|bought|own)\b"
    r"|\byou(?:'ve| have(?! to)| had)\b|[您你]家?(?:现在|目前)?(?:有|用|买|付)",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"\b(?:(?<!by )means?(?! of\b| a lot\b)|meaning(?! of\b)|indicat(?:es?|ing)"
    r"|signif(?:y|ies|ying)|signals?|stands for|impl(?:y|ies|ying)|points? to|refers? to"
    r"|is (?:a sign|an indication) (?:of|that)"
    r"|(?:is|are|was|were) (?:\w+ly )?(?:caused by|due to|because(?: of)?"
    r"|the (?:result|code|error) (?:of|for))"
    r"|(?:comes|results) from|(?:happens|appears) because)\b(?: that\b)?[\s:]*"
    r"|(?:是|由于|因为)(?:因为|由于|由)?(?P<why>[^,。;]{2,40}?)(?:引起|导致|造成|所致)"
    r"|(?:表示|意味着?|说明(?!书)|(?<!客服)代表|是指|意思是|表明|指的是|是因为|是由于|原因是|由于):?",
    re.IGNORECASE,
)
_OF_CODE = re.compile(  # what follows a code that is explained
    r"\s*(?:error |fault |code )?(?:(?:is|was)(?! (?:not|no|never|unlikely|shown|displayed|on|in|at"
    r"|still|back|gone|there|listed|described|explained|covered|mentioned)\b)"
    r"|shows(?: that)?(?! (?:up|on|in|at)\b)"
    r"|(?:occurs|happens|appears|comes up) (?:when|if|because|after))\s"
    r"|\s*就?是(?!不|否|在|什么|屏幕)",
    re.IGNORECASE,
)
_NEGATED = re.compile(  # ends before the verb that it governs
    r"(?:\b(?:not|never|cannot)|n't)(?: (?:always|necessarily|really|simply|(?!only)\w+ly))?\s*$"
    r"|(?:\b(?:not|never)|n't|\bno \w+) (?:says?|states?|tells?|true|right|correct|the case)\b"
    r"[^,;]*$"
    r"|(?:不|没有?|未|并非|不一定|不能|不会|不太可能|不可能)$"
    r"|(?:没有?|未|不)(?:说|提到|写|记载)[^,;]*$",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[,;。]|\b(?:so|and|but|because|which)\b|所以|因此|而且|并且|(?=请)")
_ASSENTS = re.compile(
    r"(?:yes|yeah|yep|right|correct|exactly|indeed|absolutely|certainly|definitely|of course|sure"
    r"|(?:that|this|it)(?:'s| is) (?:right|correct|true|so|fine|safe|ok|okay)"
    r"|you(?:'re| are) (?:\w+ly )?(?:right|correct)|you (?:can|may|could|should)"
    r"|(?:that|this|it) (?:does|is|can|will|has)|no problem|ok|okay|go ahead"
    r"|that(?:'s| is) (?:it|what it means)"
    r"|是的?|对的?|没错|正确|的确|确实|当然|没问题|嗯|好的?|可以的?|能的?|就?是这样的?|[您你]说得(?:很|都)?对"
    r"|[,.!。、 ])+",
    re.IGNORECASE,
)
_QUESTIONS = (  # each with how what it asks is said
    (re.compile(r"^(?:and |so |but )?(?:is|would) it (?:be )?(?:\w+ly )?(?:safe|okay?|fine|allowed"
                r"|all right|possible|permitted)(?: for me)? to\b", re.IGNORECASE), "You can"),
    (re.compile(r"^(?:and |so |but )?(can|could|may|should|must) (?:i|we|one)\b",
                re.IGNORECASE), r"You \1"),
    (re.compile(r"^(?:and |so |but )?do (?:i|we) (have|need) to\b", re.IGNORECASE), r"You \1 to"),
    (re.compile(r"^(?:and |so |but )?is it (?:true|right|correct) that\b", re.IGNORECASE), ""),
    (re.compile(r"\bi\b", re.IGNORECASE), "you"),
    (re.compile(r"(?<![不可只])能(?!量|源|力)"), "可以"),
)  # fmt: skip


def premises(sentence: str, grounds: Grounds) -> list[Claim]:
    """Return a claim where a sentence says of the world what the user alone says.

    It is contradicted where the evidence has another number or says that what is denied is so;
    else unverified, with what the evidence tells of the same code. A bare "yes" says what was
    asked.
    """
    sentence = asserted(sentence)
    if is_assent(sentence):
        return [
            replace(claim, text=sentence)
            for asked in asked_for(grounds)
            for claim in [*_taken_over(asked, grounds), *_numbers(asked, grounds)]
        ]
    return _taken_over(sentence, grounds)


def asserted(sentence: str) -> str:
    """Return what a sentence says itself: nothing where it asks or tells what the user said."""
    sentence = normalise(sentence).strip()
    if sentence.endswith("?"):
        return ""
    report = None if _AGREES.search(sentence) else _REPORTS.match(sentence)
    return sentence[report.end() :].lstrip(",; ") if report else sentence


def is_assent(sentence: str) -> bool:
    """Tell whether a sentence only says yes."""
    return bool(sentence) and _ASSENTS.fullmatch(normalise(sentence)) is not None


def _taken_over(sentence: str, grounds: Grounds) -> list[Claim]:
    found = (
        _unlike_told(sentence, subject, meaning, grounds)
        for subject, meaning in explanations(sentence)
    )
    claim = next(filter(None, found), None) or _denied(sentence, grounds)
    return [claim] if claim else []


def explanations(sentence: str) -> list[tuple[str, str]]:
    """Return each thing that a sentence explains, with one part of how; not what it denies."""
    start = 0
    while found := _MEANS.search(sentence, start):
        if not _NEGATED.search(sentence[: found.start()]):
            meaning = found["why"] or sentence[found.end() :]
            return [(sentence[: found.start()], part) for part in _told_in(meaning)]
        end = _PARTS.search(sentence, found.end())
        start = end.end() if end else len(sentence)
    for item in extract(sentence):
        if item.kind == "code" and (found := _OF_CODE.match(sentence, item.end)):
            return [(sentence[: item.end], part) for part in _told_in(sentence[found.end() :])]
    return []


def _told_in(meaning: str) -> list[str]:
    """Return the parts of an explanation that tell something, and not what to do."""
    first, *more = (part.strip() for part in _PARTS.split(meaning))
    return [first, *(part for part in more if part and not instructs(part))]


def asked_for(grounds: Grounds) -> list[str]:
    """Return what the user asks in this turn, as statements."""
    said = "\n".join(grounds.sources.get(name, "") for name in ("transcript", "typed"))
    asked = [normalise(one) for one in split_sentences(said)]
    return [_stated(_TAG.sub("", one)) for one in asked if "?" in one]


def _stated(question: str) -> str:
    for asks, says in _QUESTIONS:
        question = asks.sub(says, question).strip()
    return question


def _numbers(sentence: str, grounds: Grounds) -> list[Claim]:
    """Return a claim for each number of a sentence that no evidence bears out."""
    return [
        replace(finding.claim, kind="premise")
        for finding in check_items(sentence, _evidence(grounds))
        if finding.item.kind == "number" and finding.claim.verdict != "supported"
    ]


def without_hearsay(sentence: str, findings: Sequence[Finding], grounds: Grounds) -> list[Finding]:
    """Return the findings of a sentence, its numbers borne out by more than the user's word.

    Codes and names that users bring may be named; so may numbers of what they say that they have,
    and of what they ask whether they have it where no evidence has another.
    """
    if not grounds.founded or not any(f.claim.against in TOLD for f in findings):
        return list(findings)
    reported = not asserted(sentence)
    own = _OWN.search(sentence) and not any(c.instructs for c in read_clauses(sentence))
    return [
        _evidenced(finding, again, theirs=reported or bool(own and not _asked(finding, again)))
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


def _asked(finding: Finding, again: Finding) -> bool:
    """Tell whether the user only asks for an item, and the evidence has another."""
    return again.claim.verdict == "contradicted" and "?" in normalise(finding.claim.quote)


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
        or echoed < _TAKEN
        or likeness >= echoed
        or (best and likeness >= _BORNE_OUT[same_script(meaning, best.quote)])
    ):
        return None
    if codes and (told_of := [c for i in told if (c := grounds.clauses[i]).source not in OWN]):
        source, quote = told_of[0].source, _telling(told_of, codes)
        detail = f"`{source}` says: {quote}"
        return Claim(sentence, "premise", "unverified", 0.0, source, detail, quote)
    return _only_said(sentence, echo)


def _telling(told: Sequence[Clause], codes: Set[str]) -> str:
    """Return what tells most of a code: the sentence that names it, and what is the case."""
    named = next((c for c in told if codes & _codes(c.quote)), told[0])
    after = told[told.index(named) + 1 :]
    plainly = (c for c in after if not (c.heading or c.instructs or c.forbids))
    line = next((c for c in plainly if c.quote != named.quote), None) if named.heading else None
    stop = "。" if HAN.search(named.quote) else ". "
    return stop.join(plain(c.quote) for c in (named, line) if c)


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
        told = [i for i in doing if grounds.clauses[i].source not in OWN]
        said = [i for i in doing if grounds.clauses[i].source in TOLD]
        _, echo = _likest([clause], said, grounds)
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
