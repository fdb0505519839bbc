"""Codes are found however they are written or said."""

import pytest

from knowledge.documents import (
    asked_codes,
    code_keys,
    from_row,
    make_document,
    named_codes,
    to_row,
)
from knowledge.types import Locator


@pytest.mark.parametrize("text", ["E-42", "e42", "E 42", "屏幕显示E-42怎么办", "(E‑42)", "E_42:"])
def test_every_spelling_of_a_code_is_the_same_code(text: str) -> None:
    assert named_codes(text) == {"E42"}


@pytest.mark.parametrize("text", ["channel 36", "IPv6", "WPA3 and LAN 2", "192.168.7.1", "to 48"])
def test_what_is_no_code_is_not_taken_for_one(text: str) -> None:
    assert not named_codes(text)


@pytest.mark.parametrize(
    "text", ["error 42", "Error code: 42", "错误代码42是什么意思", "错误 42", "#42"]
)
def test_a_code_said_without_its_letters_is_asked_for_by_its_number(text: str) -> None:
    assert asked_codes(text) & code_keys("E-42 PPPoE authentication failed")
    assert not asked_codes(text) & code_keys("E-24 No address")


def test_codes_of_other_families_are_codes() -> None:
    assert named_codes("0x2A") == {"0X2A"}
    assert asked_codes("my bike says #112") & code_keys("#112: no signal")
    assert not asked_codes("section ##12")


@pytest.mark.parametrize(
    "text", ["step #10", "Room #12", "page #42", "no. #42", "color #123456", "#12345", "#12ab"]
)
def test_what_a_hash_counts_or_colours_is_no_code(text: str) -> None:
    assert not asked_codes(text)


def test_a_document_survives_being_stored() -> None:
    locator = Locator("A > B", page=3, box=(1, 2, 30, 40), start_s=0.0, end_s=14.5)
    document = make_document("E-42 失败", "image", "/a/图.png", locator, {"title": "t"})
    assert from_row(document.id, document.text, to_row(document)) == document


def test_the_id_is_the_hash_of_words_and_place() -> None:
    def identity(text: str, heading: str) -> str:
        return make_document(text, "text", "/a.md", Locator(heading=heading), {}).id

    assert identity("a", "b") == identity("a", "b")
    assert len({identity("a", "b"), identity("a", "c"), identity("c", "b")}) == 3
