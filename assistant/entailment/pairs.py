"""Make token ids of a passage and a sentence, as the network reads them together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tokenizers import Tokenizer

START, PAD, END, UNKNOWN = range(4)  # the first pieces
LABELS = ("supported", "contradicted", "silent")
_LONGEST_PIECE = 16  # characters
PASSAGE_TOKENS, SENTENCE_TOKENS = 288, 96  # longer ones are cut


def token_rows(
    tokenizer: "Tokenizer", pairs: Sequence[tuple[str, str]]
) -> list[tuple[list[int], int]]:
    """Return each pair's ids, and where its sentence begins."""
    rows = []
    for passage, sentence in pairs:
        first = tokenizer.encode(_cut(passage, PASSAGE_TOKENS)).ids[:PASSAGE_TOKENS]
        second = tokenizer.encode(_cut(sentence, SENTENCE_TOKENS)).ids[:SENTENCE_TOKENS]
        rows.append(([START, *first, END, *second, END], len(first) + 2))
    return rows


def padded(rows: Sequence[tuple[Sequence[int], int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return ids and parts of several pairs, both int64 of shape (pairs, tokens)."""
    ids = np.full((len(rows), max(len(own) for own, _ in rows)), PAD, dtype=np.int64)
    parts = np.zeros_like(ids)
    for row, (own, second) in enumerate(rows):
        ids[row, : len(own)] = own
        parts[row, second : len(own)] = 1
    return ids, parts


def _cut(text: str, tokens: int) -> str:
    """Return what so many tokens hold at most, without halves of characters."""
    return text[: tokens * _LONGEST_PIECE].encode("utf-8", "replace").decode("utf-8")
