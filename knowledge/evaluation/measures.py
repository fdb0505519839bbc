"""How good a ranking is: recall, nDCG, and the accuracy of saying that nothing answers."""

import math
from collections.abc import Sequence


def recall(relevant: Sequence[bool], k: int) -> float:
    """Return 1 when one of the first `k` results is relevant, else 0."""
    return float(any(relevant[:k]))


def ndcg(relevant: Sequence[bool], total: int, k: int = 10) -> float:
    """Return the normalized discounted cumulative gain of the first `k` results, 0 to 1.

    `total` is how many relevant results there are. Source: Järvelin and Kekäläinen, "Cumulated
    gain-based evaluation of IR techniques", 2002.
    """
    gain = sum(1 / math.log2(rank + 2) for rank, hit in enumerate(relevant[:k]) if hit)
    return gain / sum(1 / math.log2(rank + 2) for rank in range(min(total, k)))


def balanced_accuracy(answered: Sequence[bool], answerable: Sequence[bool]) -> float:
    """Return the mean of the shares that are right among answerable and other questions."""
    shares = []
    for kind in (True, False):
        said = [a for a, there in zip(answered, answerable, strict=True) if there is kind]
        shares.append(sum(a is kind for a in said) / len(said))
    return sum(shares) / 2
