"""Both languages say everything."""

import json
import re
from importlib.resources import files

import pytest

from ui.frame import script_words
from ui.words import LANGUAGES, words_for

LOCALES = {
    language: json.loads(files("ui").joinpath("locales", f"{language}.json").read_text("utf-8"))
    for language in LANGUAGES
}


def test_every_language_has_the_same_words_with_the_same_gaps() -> None:
    gaps = {
        language: {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in words.items()}
        for language, words in LOCALES.items()
    }
    assert gaps["zh"] == gaps["en"]


def test_no_words_are_empty() -> None:
    assert all(text.strip() for words in LOCALES.values() for text in words.values())


@pytest.mark.parametrize(
    ("tag", "language"), [("zh-CN", "zh"), ("zh", "zh"), ("en-GB", "en"), ("de", "en"), ("", "en")]
)
def test_the_browser_chooses_the_language(tag: str, language: str) -> None:
    assert words_for(tag).language == language


def test_the_script_gets_its_words_unfilled() -> None:
    assert script_words(words_for("en"))["box.remove"] == "Remove {name}"


def test_one_thing_has_words_of_its_own() -> None:
    en = words_for("en")
    assert en.count("percepts.lines", 1) == "1 line of text"
    assert en.count("percepts.lines", 2) == "2 lines of text"
