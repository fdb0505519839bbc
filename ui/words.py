"""The page's own words, one JSON file a language in `ui/locales/`."""

import json
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "zh")


@cache
def _load(language: str) -> dict[str, str]:
    return json.loads(files("ui").joinpath("locales", f"{language}.json").read_text("utf-8"))


class Words:
    """Looks up the page's words in one language."""

    def __init__(self, language: str):
        self.language = language
        self._words = _load(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the words of a key, filled with values."""
        return self._words[key].format(**values)

    def count(self, key: str, n: int, **values: object) -> str:
        """Return the words for so many things; one thing has words of its own."""
        return self(f"{key}.one" if n == 1 else key, n=n, **values)

    def raw(self, key: str) -> str:
        """Return the words of a key with their `{names}` unfilled."""
        return self._words[key]

    def either(self, key: str, other: str) -> str:
        """Return the words of a key, or `other` for a name that no locale knows yet."""
        return self._words.get(key, other)


@cache
def words_for(language: str) -> Words:
    """Return the words of a browser's language tag ("zh-CN"); English when there are none."""
    short = language.lower().split("-")[0]
    return Words(short if short in LANGUAGES else "en")
