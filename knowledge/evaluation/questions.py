"""The labelled questions, and what of a ranking counts as an answer to one."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from knowledge.types import Document

Split = Literal["dev", "test"]


@dataclass(frozen=True)
class LabelledQuestion:
    """A question with the sections that answer it; none where nothing does."""

    id: str
    corpus: str  # "router" or "pgadmin"
    split: Split
    language: str
    form: str  # "typed" or "spoken"
    kind: str
    text: str
    answers: tuple[str, ...]  # "page#piece of the heading path", or "page" for any section


def load_questions(split: Split) -> list[LabelledQuestion]:
    """Return the questions of one part; the parts share none."""
    with files("knowledge.evaluation").joinpath("questions.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        LabelledQuestion(
            row["id"], row["corpus"], split, row["language"], row["form"], row["kind"],
            row["question"], tuple(filter(None, row["answers"].split(";"))),
        )
        for row in rows
        if row["split"] == split
    ]  # fmt: skip


def relevances(documents: Sequence[Document], answers: Sequence[str]) -> list[bool]:
    """Tell for each section that a ranking shows, in order, whether it answers.

    Documents of a section that was shown before count neither way, nor do further sections that
    answer by the same label.
    """
    met: set[str] = set()
    found: list[bool] = []
    for document in documents:
        page = document.metadata.get("shown_in", document.uri)
        heading = document.locator.heading or document.metadata.get("title", "")
        section = f"{page}#{heading}"
        label = next((answer for answer in answers if _matches(page, heading, answer)), None)
        if section not in met and label not in met:
            found.append(label is not None)
        met |= {section, label or section}
    return found


def _matches(page: str, heading: str, answer: str) -> bool:
    wanted_page, _, piece = answer.partition("#")
    return (page == wanted_page or page.endswith(f"/{wanted_page}")) and piece in heading
