"""Tell whether a passage bears a sentence out, or answers a question: a small bilingual model."""

from pathlib import Path

WEIGHTS = Path(__file__).with_name("weights")  # of the shipped network
