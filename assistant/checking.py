"""Check a whole turn before its reply is put together: words, pictures and speech at once."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.checks.described import check_description
from assistant.checks.pictures import judged
from assistant.context import TurnContext
from assistant.errors import AssistantError
from assistant.listening import Hearing, listen, said_again
from assistant.narration_words import quoted
from assistant.stages.draft import by_number
from assistant.stages.speak import save_speech, say_again
from assistant.stages.verify import verify
from assistant.steps import StepResult
from assistant.types import (
    Citation,
    Claim,
    Draft,
    Evidence,
    Exchange,
    FusedState,
    Percept,
    Picture,
    Plan,
    SpeechChunk,
    Verification,
)

SPEECH = "reply.wav"


def check_turn(
    plan: Plan,
    results: Mapping[str, StepResult],
    *,
    fused: FusedState,
    percepts: Sequence[Percept],
    evidence: Sequence[Evidence],
    history: Sequence[Exchange],
    context: TurnContext,
) -> tuple[Draft, Verification, Path | None]:
    """Join what the steps made and listen to what was said.

    Returns the draft, its verdict and the file of the speech. Sound that cannot be saved or
    listened to costs the user a notice, never the answer.
    """
    ended = [results[step.id] for step in plan.steps if step.id in results]
    draft = _join([result.draft for result in ended if result.draft])
    context.emit(draft)
    hearings, mended = _speech(fused.language, context)
    speech = _save([hearing.chunk for hearing in hearings], context)
    repaired = [claim for result in ended for claim in result.claims]
    by_files = [quoted(words) for words in _written_in_files(percepts)]
    verification = verify(
        replace(draft, text=_without(draft.text, by_files)),
        evidence=evidence,
        percepts=percepts,
        history=history,
        grounded=any(step.action == "answer" and step.grounded for step in plan.steps),
        repaired=bool(repaired) or mended,
        embedder=context.models.text_embedder() if evidence else None,
        entailment=context.models.entailment() if evidence else None,
    )
    told = [
        results[step.id].draft
        for step in plan.steps
        if step.action == "describe" and step.id in results
    ]
    described = _without(" ".join(draft.text for draft in told if draft), by_files)
    spoken = [claim for hearing in hearings for claim in hearing.claims]
    verification = _with(verification, [*check_description(described, percepts), *spoken])
    pictures = [judged(image, answer=draft.text, percepts=percepts) for image in draft.images]
    draft = replace(draft, images=tuple(pictures))
    unsure = [
        c.text
        for c in verification.claims
        if c.verdict == "unverified" and c.kind in ("number", "code", "name")
    ]
    if unsure:
        words = "没有来源证实：" if fused.language == "zh" else "No source confirms: "
        context.notices.append(words + ", ".join(dict.fromkeys(unsure)))
    if not (draft.text or draft.images):
        verification = replace(verification, verdict="insufficient")
    if repaired:  # what was taken out of the answer is shown, not hidden
        verification = replace(verification, claims=(*verification.claims, *repaired))
    context.emit(verification)
    return draft, verification, speech


def _written_in_files(percepts: Sequence[Percept]) -> list[str]:
    """Return what the files of pictures say that they were drawn from; anybody may have."""
    return sorted({percept.view.made_from for percept in percepts if percept.view} - {""})


def _without(text: str, quotations: Sequence[str]) -> str:
    """Return a text without quotations that prove nothing and claim nothing."""
    for quotation in quotations:
        text = text.replace(quotation, "")
    return text


def _join(drafts: Sequence[Draft]) -> Draft:
    citations: dict[str, Citation] = {}
    images: list[Picture] = []
    for draft in drafts:
        citations |= {citation.marker: citation for citation in draft.citations}
        images += draft.images
    text = "\n\n".join(draft.text for draft in drafts if draft.text)
    return Draft(
        text, tuple(citations[marker] for marker in sorted(citations, key=by_number)), tuple(images)
    )


def _with(verification: Verification, claims: Sequence[Claim]) -> Verification:
    """Return a verdict with more claims; a contradicted one spoils it."""
    wrong = any(claim.verdict == "contradicted" for claim in claims)
    return Verification(
        "inconsistent" if wrong else verification.verdict,
        (*verification.claims, *dict.fromkeys(claims)),
    )


def _speech(language: str, context: TurnContext) -> tuple[list[Hearing], bool]:
    """Wait for what was said and heard; say once more, spelled out, what was misheard.

    Returns what is said now and what was heard of it, and whether that mended anything. Saying
    again takes at most as long as writing again may; what is misheard beyond that is only shown.
    """
    hearings = context.finish_speech()
    deadline = time.monotonic() + context.settings.limits.repair_s
    again = [
        _again(hearing, i, language, context) if time.monotonic() < deadline else hearing
        for i, hearing in enumerate((h for h in hearings if h.misheard), start=len(hearings))
    ]
    if lost := [text for hearing in again for text in hearing.misheard]:
        words = (
            "语音可能没有读准，请以文字为准："
            if language == "zh"
            else "The voice may have said this wrongly; go by the text: "
        )
        context.notices.append(words + ", ".join(dict.fromkeys(lost)))
    replaced = {hearing.chunk.index: hearing for hearing in again}
    mended = any(not hearing.misheard for hearing in again)
    return [replaced.get(h.chunk.index, h) for h in hearings], mended


def _again(hearing: Hearing, index: int, language: str, context: TurnContext) -> Hearing:
    """Say a sentence again, spelled out, as the chunk `index` of the turn, and listen to it."""
    if context.stop.is_set():
        return hearing
    models = context.models
    try:
        chunk = say_again(hearing.chunk, hearing.misheard, models.text_to_speech(), language)
        context.emit(replace(chunk, index=index))
        second = listen(chunk, models.speech_to_text(), language)
    except AssistantError as exc:
        context.notices.append(f"A sentence that was misheard could not be said again: {exc}")
        return hearing
    return said_again(hearing, second)


def _save(chunks: Sequence[SpeechChunk], context: TurnContext) -> Path | None:
    """Write down the sound of the reply."""
    if not chunks:
        return None
    try:
        save_speech(chunks, context.out_dir / SPEECH)
    except AssistantError as exc:
        context.notices.append(str(exc))
        return None
    return context.out_dir / SPEECH
