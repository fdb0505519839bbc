"""Listen to a reply while the rest of it is still being written and spoken.

Each sentence is heard by itself, so that a number in one cannot stand for a number in another.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from threading import Event

from assistant.checks.speech import check_speech
from assistant.errors import AssistantError
from assistant.models.protocols import SpeechToText, Waveform
from assistant.types import Claim, SpeechChunk

_STOP_CHECK_S = 0.05


@dataclass(frozen=True)
class Hearing:
    """A spoken sentence and what a listener made of it."""

    chunk: SpeechChunk
    claims: tuple[Claim, ...] = ()

    @property
    def misheard(self) -> list[str]:
        """The words of the text that the listener did not hear."""
        return [claim.text for claim in self.claims if claim.verdict != "supported"]


def said_again(first: Hearing, second: Hearing) -> Hearing:
    """Return what is known of a sentence after it was said once more, spelled out.

    What was heard the first time needs no second proof; the same words may stand in it twice.
    """
    heard = {key: claim for key, claim in _told_apart(first) if claim.verdict == "supported"}
    for key, claim in _told_apart(second):
        told = f"{claim.detail} The sentence was said again, spelled out."
        heard.setdefault(key, replace(claim, detail=told))
    return Hearing(second.chunk, tuple(heard.values()))


def _told_apart(hearing: Hearing) -> Iterator[tuple[tuple[str, int], Claim]]:
    """Yield each claim with its text and how many claims before it have the same."""
    times: Counter[str] = Counter()
    for claim in hearing.claims:
        yield (claim.text, times[claim.text]), claim
        times[claim.text] += 1


def listen(chunk: SpeechChunk, recogniser: SpeechToText, language: str) -> Hearing:
    """Write down a spoken sentence and compare it with its text.

    Raises AssistantError when the recogniser fails.
    """
    sound = Waveform(chunk.samples, chunk.sample_rate)
    (heard,) = recogniser.transcribe([sound], language)
    return Hearing(chunk, tuple(check_speech(chunk.text, heard)))


class Listener:
    """Hears the sentences of one turn in order, in a thread of its own."""

    def __init__(self, recogniser: Callable[[], SpeechToText], language: str, stop: Event) -> None:
        self.notices: list[str] = []  # why something was not heard, for the user
        self._recogniser = recogniser
        self._language = language
        self._stop = stop
        self._worker = ThreadPoolExecutor(1, "listener")
        self._hearings: list[Future[Hearing]] = []

    def hear(self, chunk: SpeechChunk) -> None:
        """Queue a spoken sentence and return at once."""
        self._hearings.append(self._worker.submit(self._listen, chunk))

    def finish(self) -> list[Hearing]:
        """Wait until all is heard, or `stop` is set, and return what was heard, in order."""
        pending = set(self._hearings)
        while pending and not self._stop.is_set():
            _, pending = wait(pending, _STOP_CHECK_S)
        self._worker.shutdown(wait=False, cancel_futures=True)
        heard = []
        for hearing in self._hearings:
            if not hearing.done() or hearing.cancelled():
                continue
            if exc := hearing.exception():
                self._note_failure(exc)
            else:
                heard.append(hearing.result())
        return heard

    def _listen(self, chunk: SpeechChunk) -> Hearing:
        """Hear one sentence; a failure costs its check and becomes a notice."""
        try:
            return listen(chunk, self._recogniser(), self._language)
        except AssistantError as exc:
            self._note_failure(exc)
            return Hearing(chunk)

    def _note_failure(self, exc: BaseException) -> None:
        lead = "朗读未能核对" if self._language == "zh" else "The speech could not be checked"
        notice = f"{lead}: {exc}"
        if notice not in self.notices:
            self.notices.append(notice)
