"""Check a whole turn before its reply is put together: words, pictures and speech at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from assistant.checks.pictures import judged
from assistant.context import TurnContext
from assistant.errors import AssistantError
from assistant.models.protocols import Transcription, Waveform
from assistant.stages.draft import by_number
from assistant.stages.speak import save_speech, say_again
from assistant.stages.verify import check_speech, verify
from assistant.steps import StepResult
from assistant.types import (
    Citation,
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
    chunks, heard, said_again = _speech(fused.language, context)
    speech = _save(chunks, context)
    repaired = [claim for result in ended for claim in result.claims]
    verification = verify(
        draft,
        evidence=evidence,
        percepts=percepts,
        history=history,
        spoken=" ".join(chunk.text for chunk in chunks) if chunks else None,
        heard=heard,
        grounded=any(step.action == "answer" and step.grounded for step in plan.steps),
        repaired=bool(repaired) or said_again,
    )
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
        shown = [replace(c, detail=f"{c.detail} The sentence was mended.") for c in repaired]
        verification = replace(verification, claims=(*verification.claims, *shown))
    context.emit(verification)
    return draft, verification, speech


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


def _speech(
    language: str, context: TurnContext
) -> tuple[list[SpeechChunk], Transcription | None, bool]:
    """Listen to what was said and say once more, spelled out, what was misheard.

    Returns what is said now, what was heard of it, and whether anything was said again.
    """
    chunks = context.finish_speech()
    heard = _listen(chunks, language, context)
    spoken = " ".join(chunk.text for chunk in chunks)
    claims = check_speech(spoken, heard) if heard else []
    misheard = [claim.text for claim in claims if claim.verdict == "contradicted"]
    if not misheard:
        return chunks, heard, False
    try:
        again = say_again(chunks, misheard, context.models.text_to_speech(), language)
    except AssistantError as exc:
        context.notices.append(f"A sentence that was misheard could not be said again: {exc}")
        return chunks, heard, False
    new = [chunk for chunk, old in zip(again, chunks, strict=True) if chunk is not old]
    for i, chunk in enumerate(new, start=len(chunks)):
        context.emit(replace(chunk, index=i))
    return again, _listen(again, language, context), True


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


def _listen(
    chunks: Sequence[SpeechChunk], language: str, context: TurnContext
) -> Transcription | None:
    """Write down what was said, as a listener would hear it."""
    if not chunks or context.stop.is_set():
        return None
    samples = np.concatenate([chunk.samples for chunk in chunks])
    sound = Waveform(samples, chunks[0].sample_rate)
    try:
        return context.models.speech_to_text().transcribe([sound], language)[0]
    except AssistantError as exc:
        context.notices.append(f"The speech could not be checked: {exc}")
        return None
