"""Lay the clauses of an answer beside those of its sources, and name what speaks against them.

A clause may do what a source forbids, forbid what a source tells to do, do the opposite, come in
another order, or say what stands nowhere. How strongly each is so is a sign, from 0 on.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from assistant.checks.actions import opposites
from assistant.checks.grounds import OWN, Clause, Grounds, opposes
from assistant.checks.passages import same_script

_BEST = 3  # clauses of the sources that an action is looked for in


@dataclass(frozen=True)
class Aligned:
    """A clause of the answer beside the closest clause of the sources."""

    clause: Clause
    best: Clause
    likeness: float  # of both, 0 to 1
    signs: Mapping[str, float]  # what speaks against it → how strongly
    against: Clause | None = None  # what the sources say instead


def _held(clause: Clause, other: Clause) -> frozenset[str]:
    return frozenset(word for word, there in clause.in_terms_of(other).items() if there)


class Beside:
    """Clauses of an answer beside all those of the sources; neither may be empty."""

    def __init__(self, clauses: Sequence[Clause], grounds: Grounds) -> None:
        self._clauses = clauses
        self._grounds = grounds
        pairs = [[grounds.shared(c, other) for other in grounds.clauses] for c in clauses]
        shares = np.array(pairs).reshape(len(clauses), len(grounds.clauses), 2)
        self._words = shares.sum(axis=2) / 2
        self._cosines = np.maximum(grounds.cosines(clauses), 0)
        self._alike = self._words if grounds.embed is None else (self._words + self._cosines) / 2
        others = grounds.clauses
        self._alike = self._alike * np.array([other.source not in OWN for other in others])
        self._against = np.array([[opposes(c, other) for other in others] for c in clauses])
        self._forbids = np.array([other.forbids for other in others])
        self._only = np.array([other.only for other in others])
        self._instructs = np.array([other.instructs for other in others])
        self._headings = np.array([other.heading for other in others])

    def align(self, i: int) -> Aligned:
        """Return clause `i` beside its best one, with all that speaks against it."""
        clause, alike = self._clauses[i], self._alike[i]
        others = self._grounds.clauses
        order = np.argsort(-alike)
        first = int(np.where(self._headings, -1, alike).argmax())
        best = others[first]
        signs, against = self._turned(i)
        if clause.instructs:
            nearest = {action for j in order[:_BEST] for action in others[j].actions}
            nearest |= {opposites().get(action, "") for action in nearest}
            tongue = "" if same_script(clause.quote, best.quote) else ", translated"
            signs |= {
                f"words new{tongue}": self._grounds.novelty(clause),
                f"unlike{tongue}": 1 - float(alike.max()),
                "action new": float(bool(clause.actions) and not clause.actions & nearest),
            }
        return Aligned(clause, best, float(alike[first]), signs, against)

    def _turned(self, i: int) -> tuple[dict[str, float], Clause | None]:
        """Return how strongly the sources say the opposite of a clause, and where."""
        clause, opposite = self._clauses[i], self._against[i]
        told = self._instructs & ~opposite & ~self._only
        forbidden = self._forbids & ~opposite
        told |= self._forbids & opposite
        signs: dict[str, float] = {}
        against: Clause | None = None
        if not clause.forbids and (clause.role != "main" or clause.denies):
            return signs, against
        if clause.forbids:
            signs["not added"], j = self._distinct(i, told, forbidden, of_clause=True)
            signs["nearer to the told"] = self._nearer(i, told, forbidden)
        else:
            name = "not dropped" if clause.instructs else "denial dropped"
            signs[name], j = self._distinct(i, forbidden, told)
        if clause.instructs:
            signs["nearer to the forbidden"] = self._nearer(i, forbidden, told)
            against_it = self._instructs & opposite & ~self._undone(clause)
            signs["opposite"], k = self._distinct(
                i, against_it, told, of_clause=True, aside=clause.actions
            )
            j = k if signs["opposite"] > signs["not dropped"] else j
        if any(value > 0 for value in signs.values()):
            against = self._grounds.clauses[j]
        return signs, against

    def _undone(self, clause: Clause) -> np.ndarray:
        """Return which clauses stand in a sentence that also tells to do what the clause does."""
        others = self._grounds.clauses
        same = {(o.source, o.quote) for o in others if o.instructs and clause.actions & o.actions}
        return np.array([(other.source, other.quote) in same for other in others])

    def _distinct(
        self,
        i: int,
        these: np.ndarray,
        those: np.ndarray,
        *,
        of_clause: bool = False,
        aside: Set[str] = frozenset(),
    ) -> tuple[float, int]:
        """Return how much a clause shares with one of `these` and not with the best of `those`.

        It is a share of the words of the one among `these`, or of the clause itself, less what
        only the best of `those` holds; actions `aside` do not count.
        """
        best, place = 0.0, 0
        clause, others = self._clauses[i], self._grounds.clauses
        rival = int(np.where(those, self._words[i], -1).argmax())
        rivals = _held(clause, others[rival]) if those.any() else frozenset()
        for j in np.flatnonzero(these):
            held = _held(clause, others[j])
            own = self._sum(held - rivals)
            if of_clause:
                own -= self._sum(rivals - held - {f"@{action}" for action in aside})
                whole = self._sum(clause.in_terms_of(others[j]))
            else:
                whole = self._sum(others[j].in_terms_of(clause))
            value = own / whole if own > 0 else 0.0
            if value > best:
                best, place = value, int(j)
        return best, place

    def _sum(self, words: Iterable[str]) -> float:
        return sum(map(self._grounds.weight, words))

    def _nearer(self, i: int, these: np.ndarray, those: np.ndarray) -> float:
        """Return by how much one of `these` is closer in meaning than all of `those`."""
        row = self._cosines[i]
        return max(0.0, float(row[these].max(initial=0.0) - row[those].max(initial=0.0)))

    def disorder(self, start: int = 0) -> tuple[float, int, int]:
        """Return by how much two things are more alike the sources in the other order, at most.

        With it come the places of both; the later one is not before `start`.
        """
        places = np.array([clause.place for clause in self._grounds.clauses])
        sources = np.array([clause.source for clause in self._grounds.clauses])
        told = np.array([clause.ordered for clause in self._grounds.clauses])
        earlier = (sources[:, None] == sources) & (places[:, None] < places) & told & told[:, None]
        alike = np.where(self._against, 0.0, self._alike)
        worst = 0.0, 0, 0
        main = [i for i, clause in enumerate(self._clauses) if clause.ordered]
        for at, i in enumerate(main):
            for j in [j for j in main[at + 1 :] if j >= start]:
                pairs = np.minimum(alike[i][:, None], alike[j])
                right, turned = pairs[earlier].max(initial=0.0), pairs[earlier.T].max(initial=0.0)
                worst = max(worst, (float(turned - right), i, j), key=lambda found: found[0])
        return worst

    def elsewhere(self, codes: Set[str]) -> float:
        """Return by how much the section of a code that is not named is more alike, at most."""
        topics = np.array([clause.topic for clause in self._grounds.clauses])
        named = np.isin(topics, list(codes))
        if not named.any():
            return 0.0
        others = (topics != "") & ~named
        others_best = self._alike[:, others].max(axis=1, initial=0.0)
        return max(0.0, float((others_best - self._alike[:, named].max(axis=1)).max()))
