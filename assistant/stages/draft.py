"""Write the answer of one step, grounded in evidence, and let it out sentence by sentence."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event

import numpy as np

from assistant.checks.mend import renumbered
from assistant.checks.remembering import remembering
from assistant.models.protocols import ChatMessage, ChatModel, TextEmbedder
from assistant.prompts import (
    FIXED,
    fixed,
    grounded_prompt,
    passage,
    plain_prompt,
    remembered,
    rewrite_prompt,
    title_of,
)
from assistant.release import Check, Correct, Release, Sentence
from assistant.sentences import split_sentences
from assistant.types import (
    Attachment,
    Citation,
    Claim,
    Draft,
    Evidence,
    Exchange,
    FusedState,
    Percept,
    Segment,
    Step,
    TextDelta,
)
from knowledge.search import answers

SCREEN_LINES = 3  # how many lines of a screen go into the prompt, most relevant first
RELEVANT = 0.5  # the weight from which a line belongs to what the turn is about
LIKELY = 0.2  # from which it may, which is enough for the prompt
PASSAGES = 2  # how much evidence goes into the prompt: what is read is what is waited for
CLOSE = 1.5  # by how much the log-odds of a second passage may be below the first's
SURE = 0.65  # score of the best evidence below which it is right every other time only
CITE_FROM = 0.45  # cosine from which a sentence is taken to say what a piece of evidence says
SPOKEN_WORDS = 20  # how much of what was heard is said back


def perceived(percepts: Sequence[Percept], fused: FusedState) -> list[str]:
    """Return what was heard and what the picture reads, as sentences that are certain before the
    chat model has read its prompt; none in languages without fixed sentences."""
    if fused.language not in FIXED:
        return []
    sentences = []
    heard = next((p.text for p in percepts if p.modality == "transcript" and p.text), "")
    if heard:
        sentences.append(fixed(fused.language, "heard", words=_shorten(heard)))
    seen = relevant_lines(percepts, fused, limit=1, least=RELEVANT)
    if seen:
        sentences.append(fixed(fused.language, "seen", line=seen[0].text))
    return sentences


def covered(evidence: Sequence[Evidence], language: str) -> list[str]:
    """Return which article answers, or what is closest where that is not sure."""
    if language not in FIXED:
        return []
    if evidence[0].score < SURE:
        return [fixed(language, "closest", title=title_of(evidence[0]))]
    title = evidence[0].document.metadata.get("title", evidence[0].document.uri)
    return [fixed(language, "covered", title=title)]


def relevant_lines(
    percepts: Sequence[Percept],
    fused: FusedState,
    *,
    limit: int = SCREEN_LINES,
    least: float = LIKELY,
) -> list[Segment]:
    """Return the lines of the turn's screens that it may be about, best first."""
    weighed = [
        (weight, segment)
        for percept, weights in zip(percepts, fused.relevance, strict=True)
        if percept.modality == "ocr"
        for segment, weight in zip(percept.segments, weights, strict=True)
        if weight >= least
    ]
    weighed.sort(key=lambda pair: -pair[0])
    return [segment for _, segment in weighed[:limit]]


def draft(
    step: Step,
    *,
    percepts: Sequence[Percept],
    fused: FusedState,
    evidence: Sequence[Evidence],
    markers: Mapping[str, str],
    history: Sequence[Exchange],
    attachments: Sequence[Attachment],
    opens: bool,
    chat: Callable[[], ChatModel],
    embedder: Callable[[], TextEmbedder],
    check: Check,
    correct: Correct,
    on_token: Callable[[], None],
    stop: Event,
    max_tokens: int,
    repair_s: float,
    coded: bool,
) -> Iterator[TextDelta | Sentence | Claim | Draft]:
    """Yield words as they may go out, each sentence once it is whole, the claims of sentences that
    had to be rewritten or dropped, and last the draft.

    Writing sentences again takes at most `repair_s` in all. `coded` says that this is talk without
    evidence about a code. Raises ModelError or ConfigurationError when the chat model fails.
    """
    certain = perceived(percepts, fused) if opens else []
    if step.grounded and not answers(evidence):
        yield from _nothing_found(step, certain, evidence, fused.language)
        return
    citing = _Citations(evidence, markers, embedder) if step.grounded else None
    prompt = _prompt(step, percepts, fused, evidence)
    before = remembered(history, grounded=step.grounded)
    media = _paths(attachments, "image/"), _paths(attachments, "audio/")
    asked = ChatMessage("user", prompt, *media)

    deadline: list[float] = []  # once the first sentence is written again

    def rewrite(sentence: str, fault: str) -> str:
        again = rewrite_prompt(prompt, sentence, fault)
        messages = [*before, ChatMessage("user", again)]
        deadline[:] = deadline or [time.monotonic() + repair_s]
        if time.monotonic() >= deadline[0]:
            return ""  # reading the prompt alone would take longer than is left
        words = ""
        for piece in chat().stream(messages, max_tokens=80, stop=stop):
            words += piece
            if time.monotonic() > deadline[0]:
                return ""
        return words

    release = Release(
        step.id,
        check=check,
        correct=correct,
        cite=citing.marker_of if citing else lambda _: "",
        rewrite=rewrite,
        waits=step.grounded,
    )
    if step.grounded:
        certain += covered(evidence, fused.language)
        for i, sentence in enumerate(certain, start=1):
            yield from release.say(sentence, "\n\n" if i == len(certain) else " ")
    pieces = chat().stream([*before, asked], max_tokens=max_tokens, stop=stop)
    if coded:  # nothing is said about a code before all of it is checked
        pieces = _faultless(pieces, check)
    for piece in pieces:
        on_token()
        yield from release.push(piece)
        if release.repeats or (release.failed and not step.grounded):
            break
    if release.failed and not step.grounded:
        yield from release.replace(fixed(fused.language, "unfounded"))
    else:
        yield from release.finish()
    yield from release.repaired
    yield Draft(renumbered(release.text).strip(), citing.used() if citing else ())


def _prompt(
    step: Step, percepts: Sequence[Percept], fused: FusedState, evidence: Sequence[Evidence]
) -> str:
    screen = [segment.text for segment in relevant_lines(percepts, fused)]
    if not step.grounded:
        return plain_prompt(step.request, fused.language, screen)
    read = [e for e in evidence[:PASSAGES] if _log_odds(evidence[0]) - _log_odds(e) <= CLOSE]
    return grounded_prompt(step.request, fused.language, read, screen)


def _log_odds(evidence: Evidence) -> float:
    """Return the score on a scale that still tells apart what is nearly certain."""
    score = min(max(evidence.score, 1e-9), 1 - 1e-9)
    return math.log(score / (1 - score))


def _faultless(pieces: Iterator[str], check: Check) -> Iterator[str]:
    """Collect a whole answer; where a sentence of it is at fault, only that one is left."""
    answer = "".join(pieces)
    faulty = [sentence for sentence in split_sentences(answer) if check(sentence, "")]
    yield faulty[0] if faulty else answer


def _paths(attachments: Sequence[Attachment], kind: str) -> tuple[Path, ...]:
    return tuple(a.path for a in attachments if a.mime_type.startswith(kind))


def _nothing_found(
    step: Step, certain: Sequence[str], closest: Sequence[Evidence], language: str
) -> Iterator[TextDelta | Sentence | Draft]:
    near = [fixed(language, "closest", title=title_of(piece)) for piece in closest]
    hint = fixed(language, "nothing_found_hint")
    sentences = [*certain, fixed(language, "nothing_found"), *near, hint]
    for sentence in sentences:
        yield TextDelta(step.id, sentence + " ")
        yield Sentence(sentence)
    yield Draft(" ".join(sentences))


def _shorten(words: str) -> str:
    if " " not in words.strip():
        return words if len(words) <= 3 * SPOKEN_WORDS else words[: 3 * SPOKEN_WORDS] + "…"
    parts = words.split()
    return words if len(parts) <= SPOKEN_WORDS else " ".join(parts[:SPOKEN_WORDS]) + "…"


class _Citations:
    """Tell which piece of evidence a sentence rests on, by closeness in the multilingual space.

    The model writes no markers itself: a small one misplaces them, and they cost its time.
    """

    def __init__(
        self,
        evidence: Sequence[Evidence],
        markers: Mapping[str, str],
        embedder: Callable[[], TextEmbedder],
    ) -> None:
        self._evidence = evidence
        self._markers = markers
        self._embedder = embedder
        self._quotes = [
            (i, quote)
            for i, piece in enumerate(evidence)
            for quote in [passage(piece), *split_sentences(piece.document.text)]
        ]
        self._vectors: np.ndarray | None = None
        self._used: dict[str, Citation] = {}

    def marker_of(self, sentence: str) -> str:
        """Return "[n]" of the evidence the sentence repeats, empty when there is none."""
        if self._vectors is None:
            self._vectors = self._embed([quote for _, quote in self._quotes])
        scores = self._vectors @ self._embed([sentence])[0]
        best = int(scores.argmax())
        if scores[best] < CITE_FROM:
            return ""
        index, quote = self._quotes[best]
        document = self._evidence[index].document
        marker = self._markers[document.id]
        self._used.setdefault(marker, Citation(marker, document.id, quote))
        return marker

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        return remembering(self._embedder().embed)(texts)

    def used(self) -> tuple[Citation, ...]:
        """Return the citations made so far, in the order of the evidence."""
        return tuple(self._used[marker] for marker in sorted(self._used, key=by_number))


def by_number(marker: str) -> int:
    """Sort "[10]" behind "[9]"."""
    return int(marker.strip("[]"))
