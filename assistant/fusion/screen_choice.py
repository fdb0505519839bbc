"""Tell which of several screens is meant: the one whose manual pages the words ask for.

The words and each screen search the same knowledge base. Where both find the same documents, they
are about the same thing, whatever language or wording each is in; and a screen that shows what is
wrong is meant sooner than one on which all is well.
"""

from collections.abc import Callable, Sequence

import numpy as np

from assistant.language import detect_language

Find = Callable[[str, str], Sequence[str]]  # words, language → ids of what they find, best first

# The next three were chosen on the development domains: 0.76 of the right screens with the network
# alone, 0.81 with what both find (1,800 turns of five kinds).
_RANK_OFFSET = 2  # of reciprocal ranks (Cormack et al. 2009, with a sharper one than its 60)
_WEIGHT = 2.0  # of what is found in common, against what is wrong on the screen
_NOTHING = 0.05  # found in common by chance


def meant(
    words: str, screens: Sequence[str], relevance: Sequence[float], language: str, find: Find
) -> np.ndarray:
    """Return the probability of each screen, shape (len(screens),).

    `screens` are their texts, `relevance` that of each one's foremost line, between 0 and 1;
    `language` is the turn's.
    """
    asked = list(find(words, language))
    common = [sum(_reciprocal(asked, identity) * _reciprocal(shown, identity)
                  for identity in set(asked) & set(shown))
              for shown in (list(find(text, detect_language(text, default=language)))
                            for text in screens)]  # fmt: skip
    wrong = np.clip(relevance, 1e-4, 1 - 1e-4)
    logits = np.log(wrong / (1 - wrong)) + _WEIGHT * np.log(np.array(common) + _NOTHING)
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def _reciprocal(found: list[str], identity: str) -> float:
    return 1 / (_RANK_OFFSET + found.index(identity))
