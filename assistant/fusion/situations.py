"""Support situations written by hand: what the manual says, the screen shows and people say of it.

Each domain is one kind of thing with two invented products, which share error codes that mean
different things. Whole domains are held back: "dev" to choose by, "test" for the figures alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from assistant.data_sets import Language, Split

Style = Literal["dialog", "settings", "terminal", "device"]


@dataclass(frozen=True)
class Product:
    """An invented product and what its screens look like."""

    name: str
    style: Style


@dataclass(frozen=True)
class Situation:
    """One thing that goes wrong; texts by language."""

    id: str
    product: Product
    code: str  # "" where the screen shows none
    heading: Mapping[Language, str]  # of the manual's passage
    passage: Mapping[Language, str]
    screen: Mapping[Language, Sequence[str]]  # the lines that matter, the decisive one first
    precise: Mapping[Language, str]  # typed by people who look closely,
    vague: Mapping[Language, str]  # in a hurry,
    misleading: Mapping[Language, str]  # or by people who blame the wrong cause
    spoken: Mapping[Language, str]


@dataclass(frozen=True)
class Domain:
    """All situations of one kind of thing, and what else stands on its screens."""

    name: str
    clutter: Mapping[Language, Sequence[str]]
    situations: Sequence[Situation]


def read_domains(split: Split) -> list[Domain]:
    """Return the domains of one part, in the order of their names."""
    folder = files("assistant.fusion") / "data" / "situations" / split
    found = sorted((file for file in folder.iterdir()), key=lambda file: file.name)
    return [_domain(json.loads(file.read_text("utf-8"))) for file in found]


def passage_text(situation: Situation, language: Language) -> str:
    """Return the manual's passage as the knowledge base embeds it: under its heading path."""
    heading = f"{situation.product.name} > {situation.heading[language]}"
    return f"{heading}: {situation.passage[language]}"


def _domain(row: dict[str, Any]) -> Domain:
    products = [Product(p["name"], p["style"]) for p in row["products"]]
    situations = [
        Situation(**(fields | {"product": products[fields["product"]]}))
        for fields in row["situations"]
    ]
    return Domain(row["domain"], row["clutter"], situations)
