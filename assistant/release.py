"""Let words out as early as possible, and nothing that has not been checked.

Words that claim nothing flow at once. From the first digit, number word, command or negation on, a
sentence waits until it is whole and has been checked. A sentence that fails is corrected from the
sources; where that cannot be done it waits, with all that follows it, for one rewrite. A warning
that belongs before a sentence is put there.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.checks.actions import claims_action
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

# Each gets a sentence and what has been said before it.
Check = Callable[[str, str], Sequence[Claim]]  # → the claims it must not leave with
Correct = Callable[[str, str], str]  # → as the sources have it, "" where they do not say
Cite = Callable[[str], str]  # sentence → its marker, "" where no evidence stands behind it
Rewrite = Callable[[str, str], str]  # (sentence, fault) → it again, "" without time


@dataclass(frozen=True)
class Sentence:
    """A sentence that has been let out."""

    text: str


class Release:
    """Hold back a stream of words sentence by sentence, and collect what went out."""

    def __init__(
        self,
        step_id: str,
        *,
        check: Check,
        correct: Correct,
        cite: Cite,
        rewrite: Rewrite,
        waits: bool = True,
    ) -> None:
        """Let sentences out; those that tell what to do wait to be checked where `waits` is set."""
        self.text = ""  # everything let out so far
        self.repaired: list[Claim] = []  # of sentences that were corrected, rewritten or dropped
        self.repeats = False  # the model says again what it has said: it has nothing more to say
        self._said: list[str] = []
        self._step_id = step_id
        self._waits = waits
        self._check = check
        self._correct = correct
        self._cite = cite
        self._rewrite = rewrite
        self._splitter = SentenceBuffer()
        self._pending = ""  # received, not yet part of a whole sentence
        self._early = 0  # characters of `_pending` that are out already
        self.failed = False  # nothing but a rewrite helps a sentence, and all waits for it
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

    def _faults(self, sentence: str, before: str) -> list[Claim]:
        """Return what is wrong with a sentence; a warning that it quotes itself is not absent."""
        return [c for c in self._check(sentence, before) if not _holds(sentence, c)]

    def _mend(self, sentence: str) -> str:
        """Return a sentence without its faults, or nothing when it cannot be freed of them."""
        faults = self._faults(sentence, self.text)
        if again := self._without(sentence, faults, self.text):
            return again
        why = "; ".join(claim.detail for claim in faults)
        words = _MARKER.sub("", self._rewrite(sentence, why)).strip().partition("\n")[0]
        ordinal = _ORDINAL.match(sentence)
        again = (ordinal[0] if ordinal else "") + _ORDINAL.sub("", words)
        left = self._faults(again, self.text) if words else faults
        fails = bool(left) and not only_warned(left)
        self._note(faults, "It was left out." if fails else "It was written again.")
        return "" if fails else self._without(again, left, self.text)

    def _without(self, sentence: str, faults: Sequence[Claim], before: str) -> str:
        """Return a sentence without its faults where the sources tell how, else nothing."""
        if not faults:
            return sentence
        if only_warned(faults):
            return self._warned(sentence, faults)
        again = self._correct(sentence, before)
        if not again:
            return ""
        left = self._faults(again, before)
        if left and not only_warned(left):
            return ""
        self._note([c for c in faults if c.kind != "warning"], "It was corrected.")
        return self._warned(again, left) if left else again

    def replace(self, sentence: str) -> Iterator[TextDelta | Sentence]:
        """Take back all that was said, and say one sentence in its place."""
        faults = [c for chunk in self._blocked for c in self._faults(chunk.strip(), "")]
        self._note(faults, "The answer was replaced.")
        self.text, self._blocked = "", []
        yield from self.say(sentence, "")

    def _note(self, faults: Sequence[Claim], fate: str) -> None:
        """Keep what was wrong with a sentence and what became of it."""
        self.repaired += [replace(c, detail=f"{c.detail} {fate}") for c in faults]

    def _warned(self, sentence: str, faults: Sequence[Claim]) -> str:
        """Put the warnings that a sentence lacks before it."""
        self._note(faults, "The warning was put before it.")
        return "\n".join([*dict.fromkeys(claim.quote for claim in faults), sentence])

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
            before = self.text[: len(self.text) - early]
            if again := self._without(sentence, self._faults(sentence, before), before):
                mended = chunk.replace(sentence, again)
                if mended.startswith(chunk[:early]):
                    yield from self._out(mended[early:], again)
                    return
                chunk = mended
        self.text = self.text[: len(self.text) - early]  # the final draft replaces what is out
        self._blocked.append(chunk)
        self.failed = True

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
        risk = _CHECKABLE.search(self._pending)
        claimed = claims_action(self._pending) if self._waits else []
        held: int = min([len(self._pending), *([risk.start()] if risk else []), *claimed])
        safe = waiting[: max(0, held - self._early)]
        end = max(safe.rfind(" "), safe.rfind("\n"), _last_han(safe))
        if end > 0 and safe.strip():
            self._early += end
            yield self._delta(safe[:end])

    def _out(self, chunk: str, sentence: str) -> Iterator[TextDelta | Sentence]:
        lines = sentence.split("\n")  # warnings come before it, each on a line
        for line in lines[:-1]:
            chunk = chunk.replace(line, self._cited(line), 1)
        yield self._delta(self._cited(chunk, lines[-1]))
        for line in lines:
            yield Sentence(line)

    def _cited(self, chunk: str, sentence: str = "") -> str:
        marker = self._cite(sentence or chunk)
        return f"{chunk} {marker}" if marker else chunk

    def _delta(self, text: str) -> TextDelta:
        self.text += text
        return TextDelta(self._step_id, text)


def only_warned(faults: Sequence[Claim]) -> bool:
    """Tell whether nothing is wrong with a sentence but that its warning is absent."""
    return bool(faults) and all(claim.kind == "warning" for claim in faults)


def _holds(sentence: str, claim: Claim) -> bool:
    """Tell whether a sentence quotes the warning that it is said to lack."""
    return claim.kind == "warning" and claim.quote.rstrip(".。") in sentence


def _last_han(text: str) -> int:
    return len(text) - 1 if re.search(r"[\u4e00-\u9fff]$", text) else -1
