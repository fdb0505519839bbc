"""The bundle of drawings, at toy size: names that people say, licences, the same bytes."""

import gzip
import json
import re
from collections.abc import Mapping
from importlib.resources import files

import pytest

from assistant.drawing.drawings import BUNDLE, Lexicon, lexicon
from assistant.pictures.assets import Asset
from assistant.pictures.bundle import bundle, plain_drawings, said_names
from assistant.pictures.names import is_unsuitable

ICONS = {
    "width": 32,
    "height": 32,
    "icons": {
        "red-apple": {"body": '<circle cx="16" cy="16" r="12" fill="#f00"/>'},
        "key": {"body": '<path fill="#fc0" d="M2 2h28v9H2z"/>', "height": 36},
        "socks": {"body": '<path fill="#00f" d="M2 2h28v9H2z"/>'},
    },
}
PLAIN = {"table": '<path fill="#840" d="M2 9h28v4H2z"/>'}
SAID = {
    "samesense/table": {"english": "desk", "chinese": "桌子; 书桌", "shows": ""},
    "fluent-emoji-flat/red-apple": {"english": "apple", "chinese": "苹果", "shows": ""},
    "fluent-emoji-flat/socks": {"english": "", "chinese": "", "shows": "2"},
}


def asset(name: str, english: str, chinese: str, source: str = "fluent-emoji-flat") -> Asset:
    names: Mapping = {"en": english, "zh": chinese}
    return Asset(f"{source}/{name}", names, {"en": (english, "thing")}, source, "MIT", "Objects")


ASSETS = (
    asset("red-apple", "red apple", "红苹果"),
    asset("key", "key", "钥匙"),
    asset("socks", "socks", "袜子"),
    asset("key", "key", "钥匙", "noto"),
)


def read(made: bytes) -> Lexicon:
    held = json.loads(gzip.decompress(made))
    return Lexicon(held["drawings"], held["licences"])


def test_a_drawing_is_found_by_what_people_call_it() -> None:
    made = read(bundle(ASSETS, ICONS, PLAIN, SAID))
    for words in ("apple", "apples", "red apple", "苹果", "红苹果"):
        assert [drawing.id for drawing in made.find(words)] == ["fluent-emoji-flat/red-apple"]
    for words in ("table", "desks", "书桌"):
        assert [drawing.id for drawing in made.find(words)] == ["samesense/table"]
    assert made.find("thing") == ()
    assert made.near("thing") != []


def test_only_one_style_goes_in_with_size_licence_and_number() -> None:
    made = read(bundle(ASSETS, ICONS, PLAIN, SAID)).drawings
    assert len(made) == 4
    assert made["fluent-emoji-flat/key"].size == (32, 36)
    assert made["fluent-emoji-flat/socks"].shows == 2
    assert made["fluent-emoji-flat/key"].licence == "MIT"
    assert made["samesense/table"].licence == "Apache-2.0"


def test_the_same_drawings_in_any_order_give_the_same_bytes() -> None:
    first = bundle(ASSETS, ICONS, PLAIN, SAID)
    assert bundle(ASSETS[::-1], ICONS, PLAIN, SAID) == first == bundle(ASSETS, ICONS, PLAIN, SAID)


def test_a_name_for_a_drawing_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="fluent-emoji-flat/unicorn"):
        bundle(ASSETS, ICONS, PLAIN, SAID | {"fluent-emoji-flat/unicorn": SAID["samesense/table"]})


def test_what_ships_is_small_and_holds_what_the_sources_say() -> None:
    assert len(BUNDLE.read_bytes()) < 2_000_000
    shipped = lexicon().drawings
    assert len(shipped) > 1000
    assert set(said_names()) <= set(shipped)
    for name, body in plain_drawings().items():
        assert shipped[f"samesense/{name}"].body == body
    assert not [key for key, drawing in shipped.items() if is_unsuitable(drawing.names["en"])]


def test_nothing_in_a_drawing_runs_or_loads() -> None:
    risky = re.compile(r"<(?:script|image|foreignObject|style|text)\b|\bon\w+=|href=\"(?!#)")
    assert not [key for key, drawing in lexicon().drawings.items() if risky.search(drawing.body)]


def test_the_notice_carries_the_licences_of_what_ships() -> None:
    notice = files("assistant.drawing").joinpath("clipart", "NOTICE").read_text("utf-8")
    for words in ("Microsoft Corporation", "MIT License", "UNICODE LICENSE V3", "Unicode, Inc."):
        assert words in notice
    for source in {key.partition("/")[0] for key in lexicon().drawings}:
        assert f"`{source}/`" in notice
