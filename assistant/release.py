"""Let words out as early as possible, and nothing that has not been checked.

Words without a number or code flow at once. From the first digit or number word on, a sentence
waits until it is whole and has been checked. A sentence that fails is corrected from the sources;
where that cannot be done it waits, with all that follows it, for one rewrite.
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

Check = Callable[[str], Sequence[Claim]]  # sentence → the claims it must not leave with
Correct = Callable[[str], str]  # sentence → as the sources have it, "" where they do not say
Cite = Callable[[str], str]  # sentence → its marker, "" where no evidence stands behind it
Rewrite = Callable[[str, str], str]  # (sentence, fault) → the sentence again


@dataclass(frozen=True)
class Sentence:
    """A sentence that has been let out."""

    text: str


class Release:
    """Hold back a stream of words sentence by sentence, and collect what went out."""

    def __init__(
        self, step_id: str, *, check: Check, correct: Correct, cite: Cite, rewrite: Rewrite
    ) -> None:
        self.text = ""  # everything let out so far
        self.repaired: list[Claim] = []  # of sentences that were corrected, rewritten or dropped
        self.repeats = False  # the model says again what it has said: it has nothing more to say
        self._said: list[str] = []
        self._step_id = step_id
        self._check = check
        self._correct = correct
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
            if mended := self._mend(chunk.strip()):
                yield from self._out(chunk.replace(chunk.strip(), mended), mended)

    def _mend(self, sentence: str) -> str:
        """Return a sentence without its faults, or nothing when it cannot be freed of them."""
        faults = self._check(sentence)
        if not faults:
            return sentence
        self.repaired += faults
        if again := self._correct(sentence):
            return again
        why = "; ".join(claim.detail for claim in faults)
        words = _MARKER.sub("", self._rewrite(sentence, why)).strip().partition("\n")[0]
        ordinal = _ORDINAL.match(sentence)
        again = (ordinal[0] if ordinal else "") + _ORDINAL.sub("", words)
        return again if words and not self._check(again) else ""

    def _close(self, sentence: str) -> Iterator[TextDelta | Sentence]:
        end = self._pending.index(sentence) + len(sentence)
        chunk, self._pending = self._pending[:end], self._pending[end:]
        early, self._early = self._early, 0
        sentence = _MARKER.sub("", sentence)
        if not sentence or self._repeated(sentence):
            self.text = self.text[: len(self.text) - early]
            return
        chunk = _MARKER.sub("", chunk)
        if not self._blocked:
            faults = self._check(sentence)
            if not faults:
                yield from self._out(chunk[early:], sentence)
                return
            if again := self._correct(sentence):
                self.repaired += faults
                mended = chunk.replace(sentence, again)
                if mended.startswith(chunk[:early]):
                    yield from self._out(mended[early:], again)
                    return
                chunk = mended
        self.text = self.text[: len(self.text) - early]  # the final draft replaces what is out
        self._blocked.append(chunk)

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
