"""Judge the instructions and prohibitions of a sentence, each with the words that decide it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.checks.actions import opposed, states_of
from assistant.checks.beside import Aligned
from assistant.checks.evidence import check_items
from assistant.checks.grounds import Clause, Grounds
from assistant.checks.passages import same_script
from assistant.checks.premises import asked_for, asserted, is_assent, premises, without_hearsay
from assistant.checks.reading import Reading
from assistant.checks.support import (
    Weighed,
    Weights,
    clauses_of_text,
    log_odds,
    weigh,
    weights_for,
)
from assistant.sentences import split_sentences
from assistant.types import Claim

_TURNED = (
    "not dropped", "denial dropped", "nearer to the forbidden", "not added", "nearer to the told",
)  # fmt: skip
_CLEAR = 0.9  # log-odds from which what says the opposite is the reason
_ALONE = {True: 0.2, False: 0.1}  # likeness, with and without vectors, below which nothing is told
_SURE = {True: 0.4, False: 0.2}  # likeness, likewise, from which a clause is borne out
_STRANGE = {True: 0.35, False: 0.8}  # share of new words, in one language and across, at most
_ABOUT = 0.9  # share of new words up to which a statement is about what the sources are
_HALF = 0.5  # score of what is as likely told as not: it is marked, not held back
_WARY = re.compile(  # asks whether something must not be done: "yes" forbids it
    r"\b(?:dangerous|unsafe|harmful|risky|bad|wrong|forbidden|prohibited|hurt|damage|not)\b|n't\b"
    r"|危险|不安全|有害|禁止|不[能要可]|损坏|伤",
    re.IGNORECASE,
)
_SILENT = re.compile(  # says honestly that a source does not tell
    r"\b(?:manual|documentation|evidence|source|page|passage)s? (?:does|do)(?: not|n't) "
    r"(?:say|mention|tell|cover|explain|specify|list|state|give)\b"
    r"|(?:手册|说明书?|资料|文档)[^，。]{0,6}(?:没有|未)[^，。]{0,4}(?:说|提|写|介绍|涉及|列|给出)",
    re.IGNORECASE,
)
_NEW = ("words new", "words new, translated", "unlike", "unlike, translated", "action new")


def check_text(text: str, grounds: Grounds, before: Sequence[Clause] = ()) -> list[Claim]:
    """Return a claim for each number, code, name, instruction and prohibition of a text.

    `before` are the clauses said in front of it, so that the order of steps is known. Takes some
    50 ms for a sentence once its vectors are there, mostly to read it beside the sources.
    """
    weighed = weigh(text, grounds, before)
    claims = [claim for sentence in split_sentences(text) for claim in _of_items(sentence, grounds)]
    if is_assent(text):
        return claims + _assented(text, grounds)
    if weighed.signs is None:
        return claims
    weights = weights_for(grounds)
    told = [one for one in weighed.aligned if one.clause.instructs or one.clause.forbids]
    says = bool(told) or any(asserted(sentence) for sentence in split_sentences(text))
    says = says and not _SILENT.search(text)
    fault = None
    if says and log_odds(weighed, weights, items=False) >= weights.limit:
        fault = _fault(weighed, weights, grounds)
    least = _ALONE[grounds.embed is not None]
    judged = [
        _judged(one, weighed, grounds) if one.likeness >= least else _untold(one.clause, grounds)
        for one in told
        if (one.likeness >= least or grounds.novelty(one.clause))
        and (not fault or fault.text != _text(one.clause))
    ]
    judged = [_as_read(claim, weighed, weights) for claim in judged]
    stated = [] if told or fault else _stated(weighed, weights, grounds)
    return [*claims, *judged, *stated, *([fault] if fault else [])]


def _as_read(claim: Claim, weighed: Weighed, weights: Weights) -> Claim:
    """Bear out a claim that no words decided where its sentence is borne out as a whole."""
    if claim.verdict != "unverified" or claim.score < _HALF:
        return claim
    held = [_read_in(claim.text, claim.kind, one, weighed, weights) for one in weighed.readings]
    borne_out = [one for one in held if one]
    return borne_out[0] if borne_out and len(borne_out) == len(held) else claim


def _stated(weighed: Weighed, weights: Weights, grounds: Grounds) -> list[Claim]:
    """Return a claim for each sentence that states something that is as good as sure, or doubtful.

    Most lie between: reading alone does not tell, and their items have claims of their own.
    """
    claims = []
    for sentence, reading in weighed.readings:
        said = asserted(sentence)
        about = any(grounds.novelty(clause) <= _ABOUT for clause in clauses_of_text(sentence))
        if not (said and about):
            continue
        if read := _read_in(said, "statement", (sentence, reading), weighed, weights):
            claims.append(read)
        elif max(reading.supported, reading.brought) < weights.doubtful:
            detail = f"No source is sure to tell `{said}`."
            claims.append(Claim(said, "statement", "unverified", _HALF, "", detail))
    return claims


def _read_in(
    text: str, kind: str, read: tuple[str, Reading], weighed: Weighed, weights: Weights
) -> Claim | None:
    """Return that a source bears a sentence out, where that is as good as sure.

    Denials are what reading tells worst, so both must deny, or neither.
    """
    sentence, reading = read
    beside = [one for one in weighed.aligned if one.clause.quote == sentence]
    same = all(one.clause.denies == one.best.denies for one in beside)
    quotes = [one.best.quote for one in beside if one.best.source == reading.source]
    if reading.supported < weights.borne_out or not same or not quotes:
        return None
    detail = f"`{reading.source}` says so."
    score = round(reading.supported, 3)
    return Claim(text, kind, "supported", score, reading.source, detail, quotes[0])


def _assented(text: str, grounds: Grounds) -> list[Claim]:
    """Return a claim for each thing asked that a "yes" allows and the sources forbid."""
    return [
        replace(claim, text=text)
        for asked in asked_for(grounds)
        if not _WARY.search(asked)
        for claim in check_text(asked, grounds)
        if claim.kind in ("instruction", "negation") and claim.verdict == "contradicted"
    ]


def _of_items(sentence: str, grounds: Grounds) -> list[Claim]:
    findings = check_items(sentence, grounds.sources)
    said = premises(sentence, grounds)
    return [*(f.claim for f in without_hearsay(sentence, findings, grounds)), *said]


def _text(clause: Clause) -> str:
    return " ".join(clause.text.split())


def _judged(one: Aligned, weighed: Weighed, grounds: Grounds) -> Claim:
    """Return that a source says a clause, or that none is sure to."""
    said = _borne_out(one, grounds) and not any(
        _unlike_told(one.clause, other.clause, grounds)
        for other in weighed.aligned
        if other.clause.quote == one.clause.quote and other.clause.role in ("condition", "event")
    )
    if said:
        return _supported(one)
    claim = _untold(one.clause, grounds)
    detail = f"No source is sure to tell `{claim.text}`."
    return replace(claim, score=max(claim.score, _HALF), detail=detail)


def _borne_out(one: Aligned, grounds: Grounds) -> bool:
    """Tell whether the best clause says the same: likely, the same way round, the same action."""
    clause, best = one.clause, one.best
    native = same_script(clause.quote, best.quote)
    strange = grounds.novelty(clause) > _STRANGE[native]
    if best.heading or strange or one.likeness < _SURE[grounds.embed is not None]:
        return False
    turned = opposed(clause.actions, best.actions)
    if clause.forbids or best.forbids:  # "keep it on" says "do not switch it off"
        return turned != (clause.forbids == best.forbids)
    return not turned and (not clause.actions or bool(clause.actions & best.actions))


def _unlike_told(clause: Clause, state: Clause, grounds: Grounds) -> bool:
    """Tell whether a sentence of the sources has a clause done in the opposite state."""
    told = {other.quote for other in grounds.clauses if clause.actions & other.actions}
    return any(
        opposed(states_of(state.text), states_of(other.text)) and grounds.shared(state, other)[0]
        for other in grounds.clauses
        if other.quote in told
    )


def _supported(one: Aligned) -> Claim:
    kind = "negation" if one.clause.forbids else "instruction"
    best = one.best
    detail = f"`{best.source}` says so."
    likeness = round(one.likeness, 3)
    return Claim(_text(one.clause), kind, "supported", likeness, best.source, detail, best.quote)


def _untold(clause: Clause, grounds: Grounds) -> Claim:
    """Return the claim that nothing bears out; its score is the share of words the sources know."""
    text = _text(clause)
    kind = "negation" if clause.forbids else "instruction"
    known = round(1 - grounds.novelty(clause), 3)
    return Claim(text, kind, "unverified", known, "", f"No source tells `{text}`.")


def _fault(weighed: Weighed, weights: Weights, grounds: Grounds) -> Claim:
    """Name what speaks most against a text, as one claim."""
    signs = weighed.signs or {}
    disordered, elsewhere = (
        weights.of[name] * signs.get(name, 0.0) for name in ("disordered", "code elsewhere")
    )
    worst = max(weighed.aligned, key=lambda one: _sum(one, weights, (*_TURNED, "opposite", *_NEW)))
    turned = _sum(worst, weights, (*_TURNED, "opposite"))
    unread = weights.of["not borne out"] * signs["not borne out"]
    new = max(_sum(worst, weights, _NEW), unread)
    if weighed.late and disordered >= max(turned, new, elsewhere):
        return _disordered(weighed)
    source = worst.best.source
    if elsewhere and elsewhere >= max(turned, new):
        code = next(f.item.text for f in weighed.findings if f.claim.kind == "code")
        detail = f"`{source}` says this of something else than `{code}`."
        return Claim(code, "code", "contradicted", 0.0, source, detail, worst.best.quote)
    if worst.against and turned >= min(new, _CLEAR):
        return _contradicted(worst, worst.against)
    if weighed.readings:
        return _not_read(weighed)
    return _untold(worst.clause, grounds)


def _not_read(weighed: Weighed) -> Claim:
    """Return that nothing tells the sentence that is borne out least."""
    sentence, _ = min(weighed.readings, key=lambda read: read[1].supported)
    clauses = [one.clause for one in weighed.aligned if one.clause.quote == sentence]
    told = next((clause for clause in clauses if clause.forbids or clause.instructs), None)
    kind = "statement" if told is None else "negation" if told.forbids else "instruction"
    return Claim(sentence, kind, "unverified", 0.0, "", f"No source tells `{sentence}`.")


def _sum(one: Aligned, weights: Weights, names: Sequence[str]) -> float:
    return sum(weights.of[name] * one.signs.get(name, 0.0) for name in names)


def _contradicted(one: Aligned, against: Clause) -> Claim:
    kind = "negation" if one.clause.forbids != against.forbids else "instruction"
    source, quote = against.source, against.quote
    detail = f"`{source}` says: {quote}"
    return Claim(_text(one.clause), kind, "contradicted", 0.0, source, detail, quote)


def _disordered(weighed: Weighed) -> Claim:
    assert weighed.late is not None
    first, second = weighed.late
    said = next(a for a in weighed.aligned if a.clause is second)
    source = said.best.source
    detail = f"`{source}` has it the other way round: `{_text(second)}` before `{_text(first)}`."
    return Claim(_text(second), "instruction", "contradicted", 0.0, source, detail, said.best.quote)
