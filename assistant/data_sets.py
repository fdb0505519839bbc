"""Name what all data sets of the project share: their languages and their parts."""

from typing import Literal

Split = Literal["train", "dev", "test"]  # to learn from, to choose by, for the figures alone
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
