"""The claims of an answer with their proof, in words for people."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.types import Claim
from ui.cards import Card
from ui.view import ExchangeView
from ui.words import Words

_QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Proof:
    """A claim and what decided it."""

    claim: Claim
    detail: str  # names sources as people know them
    compared: str  # what it was compared with; empty where there was nothing
    source: str = ""  # the id of that source's card on the page

    @property
    def of_picture(self) -> bool:
        """Tell whether it is about a picture of the reply, not about one that the user sent."""
        return "picture" in (self.claim.kind, self.claim.against)


def proofs(view: ExchangeView, cards: Sequence[Card], words: Words) -> list[Proof]:
    """Return the claims of an exchange in their order, each with its proof."""
    of = {card.document.id: card for card in cards}

    def name(source: str) -> str:
        return of[source].title if source in of else words.either(f"against.{source}", source)

    def proof(claim: Claim) -> Proof:
        detail = _QUOTED.sub(lambda quoted: f"“{name(quoted[1])}”", claim.detail)
        source = of[claim.against].element if claim.against in of else ""
        return Proof(claim, detail, name(claim.against) if claim.against else "", source)

    return [proof(claim) for claim in (view.verification.claims if view.verification else ())]
