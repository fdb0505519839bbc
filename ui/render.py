"""An exchange as HTML: the question, the answer as it grows, and how it came about."""

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.types import Step
from ui.cards import Card
from ui.markup import fill, markdown
from ui.proofs import proofs
from ui.sights import SightOf
from ui.view import ExchangeView
from ui.words import Words

_DOUBTS = ("contradicted", "unverified")
_TIMINGS = ("first_audio", "first_token", "transcribe", "read", "retrieve", "total")


@dataclass(frozen=True)
class Links:
    """Where the browser finds files."""

    file: Callable[[Path], str]  # a file of the turn or of the reply
    sight: SightOf  # how a document can be looked at


@dataclass(frozen=True)
class SentFile:
    """A file the user sent."""

    name: str
    kind: str  # "image", "audio", "video", or something else
    url: str


def render_exchange(view: ExchangeView, words: Words, links: Links) -> str:
    """Return one exchange: what the user sent, the answer, and the trail of how it came about."""
    cards = _cards(view, links)
    found = proofs(view, cards, words)
    of_answer = [proof for proof in found if not (proof.of_picture and view.pictures)]
    heard = [p.text for p in view.percepts if p.modality == "transcript" and p.text]
    return fill(
        "exchange.html",
        view=view,
        words=words,
        asked=view.question or " ".join(heard),
        files=[_sent_file(path, links) for path in view.files],
        status=status_line(view, words),
        answer=markdown(
            view.text,
            {card.marker: card.element for card in cards if card.marker},
            words("citation.word"),
        ),
        pictures=[(picture, links.file(picture.path)) for picture in view.pictures],
        speech=links.file(view.speech) if view.speech else "",
        of_pictures=[proof for proof in found if proof not in of_answer],
        doubtful=[proof for v in _DOUBTS for proof in of_answer if proof.claim.verdict == v],
        supported=[proof for proof in of_answer if proof.claim.verdict == "supported"],
        cards=cards,
        percepts=[percept for percept in view.percepts if percept.modality != "typed"],
        timings=[(name, view.timings_s[name]) for name in _TIMINGS if name in view.timings_s],
    )


def _sent_file(path: Path, links: Links) -> SentFile:
    kind = (mimetypes.guess_type(path.name)[0] or "").split("/", maxsplit=1)[0]
    return SentFile(path.name, kind, links.file(path))


def _cards(view: ExchangeView, links: Links) -> list[Card]:
    """Number the sources as the answer cites them; one that is not cited keeps its place."""
    cited = {citation.document_id: citation.marker.strip("[]") for citation in view.citations}
    taken = set(cited.values())
    cards = []
    for place, found in enumerate(view.evidence, 1):
        own = "" if str(place) in taken else str(place)
        marker = cited.get(found.document.id, own)
        sight = links.sight(found.document, view.knowledge_base)
        element = f"source-{view.key}-{place}"
        cards.append(Card(found.document, sight, element, marker, found.score))
    return cards


def status_line(view: ExchangeView, words: Words) -> str:
    """Say in a few words how far the turn is."""
    if view.state == "running":
        return _running_line(view, words)
    if view.state == "done" and "total" in view.timings_s:
        return words("status.done_in", seconds=f"{view.timings_s['total']:.0f}")
    return words(f"status.{view.state}")


def _running_line(view: ExchangeView, words: Words) -> str:
    step = _running_step(view)
    if step:
        return words("status.work", step=words(f"plan.action.{step.action}"))
    if view.verification or view.progress:
        stage = "verify"
    elif view.evidence or view.plan.steps:
        stage = "retrieve"
    else:
        stage = "plan" if view.gates else "perceive"
    return words(f"status.{stage}")


def _running_step(view: ExchangeView) -> Step | None:
    for step in view.plan.steps:
        progress = view.progress.get(step.id)
        if progress and progress.status == "running":
            return step
    return None
