"""Does what leaves say the same: words, pictures, descriptions, speech, and whole turns?

Each part has data of its own, split before anything was tuned; the figures are those of test data.
"""

import sys

from assistant.benchmarks import (
    verify_answers,
    verify_descriptions,
    verify_pictures,
    verify_speech,
    verify_turns,
)
from assistant.settings import Settings

LASTS = "about 30 minutes"
_PARTS = {
    "answers": verify_answers, "pictures": verify_pictures, "descriptions": verify_descriptions,
    "speech": verify_speech, "turns": verify_turns,
}  # fmt: skip


def run(settings: Settings) -> dict:
    """Return the headline figures of all parts and the tables behind them.

    Raises ConfigurationError where weights or data packages are missing.
    """
    headline: dict[str, object] = {}
    tables: dict[str, list[dict]] = {}
    for name, part in _PARTS.items():
        print(f"{name.capitalize()}…", file=sys.stderr)
        figures, rows = part.measure(settings)
        headline |= figures
        tables |= rows
    return {"headline": headline, "tables": tables}
