"""Answer sentences with the manuals they rest on: faithful ones, and ones with a planted change."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Split = Literal["train", "reading", "dev", "test"]
KINDS = ("digit", "unit", "code", "name", "order", "negation", "invented")
LANGUAGES = ("en", "zh")
_DATA = Path(__file__).parent / "data" / "verify" / "answers"


@dataclass(frozen=True)
class Pair:
    """A text and its sources; `planted` says that one thing in it was changed."""

    domain: str
    kind: str  # of the change, or of the change that was made to its twin
    language: str  # of the text
    evidence: str  # language of the sources
    text: str
    sources: dict[str, str]
    planted: bool


def read_pairs(split: Split) -> Iterator[Pair]:
    """Yield every text twice, faithful and with its change, on the manual in both languages."""
    stored = json.loads((_DATA / f"{split}.json").read_text("utf-8"))
    for domain in stored["domains"]:
        for evidence in LANGUAGES:
            sources = {f"{domain['name']}#{i}": text for i, text in enumerate(domain[evidence])}
            for kind, language, right, old, new in domain["facts"]:
                for planted in (False, True):
                    text = right.replace(old, new) if planted else right
                    yield Pair(domain["name"], kind, language, evidence, text, sources, planted)
