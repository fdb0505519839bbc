"""Let words out as early as possible, and nothing that has not been checked.

Words without a number or code flow at once. From the first digit or number word on, a sentence
waits until it is whole and has been checked. A sentence that fails waits, with all that
follows it, for one rewrite.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.sentences import SentenceBuffer
from assistant.types import Claim, TextDelta

_CHECKABLE = re.compile(
    r"[0-9０-９\[]|[一二三四五六七八九十百千万两]"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred)\b",
    re.IGNORECASE,
)
_MARKER = re.compile(r"\s*\[\d+\]")
_ORDINAL = re.compile(r"^\s*\d{1,2}[.)]\s*")
_LOOP_CHARS = 7  # shorter ones, such as "Press OK.", may well come again in a remedy

Check = Callable[[str], Sequence[Claim]]
Cite = Callable[[str], str]  # sentence → its marker, "" where no evidence stands behind it
Rewrite = Callable[[str, str], str]  # (sentence, fault) → the sentence again


@dataclass(frozen=True)
class Sentence:
    """A sentence that has been let out."""

    text: str


def fault_of(claims: Sequence[Claim]) -> str:
    """Return why a sentence must not go out, empty when it may.

    A contradiction never goes out; a number or code that no source holds does not either. A name
    that no source holds goes out and is marked.
    """
    faults = [
        claim.detail
        for claim in claims
        if claim.verdict == "contradicted"
        or (claim.verdict == "unverified" and claim.kind in ("number", "code"))
    ]
    return "; ".join(faults)


class Release:
    """Hold back a stream of words sentence by sentence, and collect what went out."""

    def __init__(self, step_id: str, check: Check, cite: Cite, rewrite: Rewrite) -> None:
        self.text = ""  # everything let out so far
        self.repaired: list[Claim] = []  # claims of sentences that were rewritten or dropped
        self.repeats = False  # the model says again what it has said: it has nothing more to say
        self._said: list[str] = []
        self._step_id = step_id
        self._check = check
        self._cite = cite
        self._rewrite = rewrite
        self._splitter = SentenceBuffer()
        self._pending = ""  # received, not yet part of a whole sentence
        self._early = 0  # characters of `_pending` that are out already
        self._blocked: list[str] = []  # a failed sentence and all after it, with their white space

    def push(self, piece: str) -> Iterator[TextDelta | Sentence]:
        """Take the next words and let out what may go."""
        self._pending += piece
        for sentence in self._splitter.push(piece):
            yield from self._close(sentence)
        if not self._blocked:
            yield from self._flow()

    def say(self, sentence: str, after: str) -> Iterator[TextDelta | Sentence]:
        """Let out a sentence that is certain and needs no evidence, and the white space after."""
        yield self._delta(sentence + after)
        yield Sentence(sentence)

    def finish(self) -> Iterator[TextDelta | Sentence]:
        """Let out the rest; rewrite once what failed, and drop it when it fails again."""
        for sentence in self._splitter.flush():
            yield from self._close(sentence)
        for chunk in self._blocked:
            sentence = chunk.strip()
            claims = self._check(sentence)
            fault = fault_of(claims)
            if not fault:
                yield from self._out(chunk, sentence)
                continue
            self.repaired += [claim for claim in claims if claim.verdict != "supported"]
            again = _MARKER.sub("", self._rewrite(sentence, fault)).strip().partition("\n")[0]
            if again and not fault_of(self._check(again)):
                ordinal = re.match(r"\s*(?:\d+\.\s+)?", chunk)
                lead = ordinal.group(0) if ordinal else ""
                yield from self._out(lead + _ORDINAL.sub("", again), again)

    def _close(self, sentence: str) -> Iterator[TextDelta | Sentence]:
        end = self._pending.index(sentence) + len(sentence)
        chunk, self._pending = self._pending[:end], self._pending[end:]
        early, self._early = self._early, 0
        sentence = _MARKER.sub("", sentence)
        if not sentence or self._repeated(sentence):
            self.text = self.text[: len(self.text) - early]
            return
        if self._blocked or fault_of(self._check(sentence)):
            self.text = self.text[: len(self.text) - early]  # the final draft replaces what is out
            self._blocked.append(_MARKER.sub("", chunk))
            return
        yield from self._out(_MARKER.sub("", chunk[early:]), sentence)

    def _repeated(self, sentence: str) -> bool:
        """Notice a loop: what was said just before, or for the third time. Small models do it."""
        core = _ORDINAL.sub("", sentence).strip()
        again = any(core in said for said in self._said[-1:])
        if len(core) > _LOOP_CHARS and (again or self._said.count(core) >= 2):
            self.repeats = True
        self._said.append(core)
        return self.repeats

    def _flow(self) -> Iterator[TextDelta]:
        waiting = self._pending[self._early :]
        risk = _CHECKABLE.search(waiting)
        safe = waiting[: risk.start()] if risk else waiting
        end = max(safe.rfind(" "), safe.rfind("\n"), _last_han(safe))
        if end > 0 and safe.strip():
            self._early += end
            yield self._delta(safe[:end])

    def _out(self, chunk: str, sentence: str) -> Iterator[TextDelta | Sentence]:
        marker = self._cite(sentence)
        yield self._delta(chunk + (f" {marker}" if marker else ""))
        yield Sentence(sentence)

    def _delta(self, text: str) -> TextDelta:
        self.text += text
        return TextDelta(self._step_id, text)


def _last_han(text: str) -> int:
    return len(text) - 1 if re.search(r"[\u4e00-\u9fff]$", text) else -1
