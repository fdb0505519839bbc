"""Tell near-identical documents, so that a question is not answered five times with one passage."""

import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from knowledge.types import Document

_SHINGLE = 3  # terms that are hashed together
_MIN_TERMS = 12  # shorter texts are alike without being the same thing
_ALIKE = 0.9  # share of the terms that two texts have in common
_NEGATIONS = frozenset(
    {"not", "no", "never", "without", "cannot", "不", "没", "没有", "勿", "请勿"}
)
# Odd multipliers: each gives another order of the same hashes.
_ORDERS = np.array([1, 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], dtype=np.uint64)


class Twins:
    """Finds, in one batch after the other, documents that say what an earlier one says."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], tuple[Document, list[str]]] = {}  # by modality and mark

    def find(self, document: Document, said: list[str]) -> tuple[str, str] | None:
        """Return id and URI of a document given earlier that says nearly the same, or None."""
        twin = None
        for mark in sketch(said):
            key = document.modality, mark
            if key not in self._seen:
                self._seen[key] = document, said
            elif twin is None and nearly_same(self._seen[key][1], said):
                twin = self._seen[key][0].id, self._seen[key][0].uri
        return twin


def sketch(terms: Sequence[str]) -> list[int]:
    """Return a few marks that texts with nearly the same terms are likely to share.

    Min-wise hashing of shingles (Broder, "On the resemblance and containment of documents", 1997);
    a text that is too short to be compared has none.
    """
    if len(terms) < _MIN_TERMS:
        return []
    shingles = {" ".join(terms[i : i + _SHINGLE]) for i in range(len(terms) - _SHINGLE + 1)}
    hashes = np.array([zlib.crc32(shingle.encode()) for shingle in shingles], dtype=np.uint64)
    smallest = ((hashes[None] * _ORDERS[:, None]) & np.uint64(0xFFFFFFFF)).min(axis=1)
    return [int(mark) * len(_ORDERS) + order for order, mark in enumerate(smallest)]


def nearly_same(a: Sequence[str], b: Sequence[str]) -> bool:
    """Tell whether two lists of terms say the same but for a word or two.

    Whatever changes an instruction keeps texts apart: another number or code, one "not" more.
    """
    if {t for t in a if not t.isalpha()} != {t for t in b if not t.isalpha()}:
        return False
    counts_a, counts_b = Counter(a), Counter(b)
    if any(counts_a[word] != counts_b[word] for word in _NEGATIONS):
        return False
    return (counts_a & counts_b).total() >= _ALIKE * (counts_a | counts_b).total()
