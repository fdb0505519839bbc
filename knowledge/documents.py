"""What every document has, whatever it was made from: an id, its words, the codes it names."""

import json
import re
from collections.abc import Mapping
from dataclasses import astuple
from hashlib import sha256
from string import ascii_uppercase
from typing import Any

from knowledge.types import Document, Locator, Modality

# "E-42", "E42", "E 42", "ERR_404", "0x2A", "0x80070005": letters, then at least two digits.
# Single digits ("IPv6", "WPA3", "LAN 2") name things, not errors.
_CODE = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?:(0[xX])([0-9A-Fa-f]{2,8})|([A-Za-z]{1,5})[-‑–_]?(\d{2,6})|([A-Z]) (\d{2,6}))"
    r"(?![A-Za-z0-9])"
)


# "error 42", "code 42", "#42", "错误代码:42": a code without its letters, as people say it.
# "Step #10" counts, and "#123456" is a colour.
_COUNTED = "".join(
    f"(?<!{word} )" for word in ("step", "room", "page", "color", "colour", "no", r"no\.")
)
_SAID = re.compile(
    r"(?:error|code|fault|错误|故障|代码)(?: code| number|代码|码)?\s*[:：]?\s*(\d{2,6})(?!\d)"
    rf"|(?<![\w#]){_COUNTED}#(\d{{2,4}})(?![0-9A-Za-z])",
    re.IGNORECASE,
)


def named_codes(text: str) -> frozenset[str]:
    """Return the codes a text names, in one spelling: "E-42" and "e42" are both "E42"."""
    return frozenset(
        "".join(part for part in match.groups() if part).upper() for match in _CODE.finditer(text)
    )


def asked_codes(query: str) -> frozenset[str]:
    """Return the codes a question asks for; "error 42" gives "#42", whatever its letters are."""
    return named_codes(query) | {f"#{said[1] or said[2]}" for said in _SAID.finditer(query)}


def code_keys(text: str) -> frozenset[str]:
    """Return what a text's codes can be asked for by: "E42" and "#42"."""
    codes = named_codes(text)
    return asked_codes(text) | {f"#{code.lstrip(ascii_uppercase)}" for code in codes}


def make_document(
    text: str, modality: Modality, uri: str, locator: Locator, metadata: Mapping[str, str]
) -> Document:
    """Return a document whose id is the hash of what it says and where it stands."""
    identity = "\x1f".join([modality, uri, repr(astuple(locator)), text])
    digest = sha256(identity.encode()).hexdigest()[:16]
    return Document(digest, text, modality, uri, locator, dict(metadata))


def heading_of(document: Document) -> str:
    """Return the heading path that a document stands under, or its source's title."""
    return document.locator.heading or document.metadata.get("title", "")


def full_text(document: Document) -> str:
    """Return a document's words headed by where they stand: what is embedded and searched."""
    heading = heading_of(document)
    return f"{heading}: {document.text}" if heading else document.text


def to_row(document: Document) -> dict[str, Any]:
    """Return a document's fields as Chroma stores them: flat, without empty ones."""
    locator = document.locator
    row: dict[str, Any] = {
        "uri": document.uri,
        "modality": document.modality,
        "metadata": json.dumps(dict(document.metadata), ensure_ascii=False),
        "heading": locator.heading,
        "page": locator.page,
        "box": list(locator.box) if locator.box else None,
        "start_s": locator.start_s,
        "end_s": locator.end_s,
    }
    return {key: value for key, value in row.items() if value is not None}


def from_row(identity: str, text: str, row: Mapping[str, Any]) -> Document:
    """Return the document that `to_row` flattened."""
    box = row.get("box")
    locator = Locator(
        heading=row.get("heading"),
        page=row.get("page"),
        box=(box[0], box[1], box[2], box[3]) if box else None,
        start_s=row.get("start_s"),
        end_s=row.get("end_s"),
    )
    metadata = json.loads(row["metadata"])
    return Document(identity, text, row["modality"], row["uri"], locator, metadata)
