"""Cut text into the terms that lexical search compares: stems, Chinese words, codes and names."""

import logging
import re
import unicodedata
from functools import cache
from importlib.resources import files
from threading import local

from platformdirs import user_cache_path

from knowledge.documents import asked_codes, code_keys
from knowledge.glosses import glosses

_RUN = re.compile(r"[㐀-鿿]+|[^\W_㐀-鿿]+(?:[-._@:/+]?[^\W_㐀-鿿]+)*|_+[^\W_]+(?:_[^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
HAN = re.compile(r"[㐀-鿿]")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_SIGNED = re.compile(r"[a-z][A-Z]|\d|_|^[A-Z]{2,}")  # no everyday word is written so
_BEGINNING = re.compile(r"(?:^|[.!?:])\s*[\"“(]*$")  # of a sentence, where capitals say nothing
_MAX_TERM_CHARS = 64  # longer runs are data, not words


def terms(text: str) -> list[str]:
    """Return the terms of a passage, in order, one for each time it stands there.

    English words lose their endings (Snowball, Porter 2001), Chinese is cut into words (jieba) in
    simplified characters, and "pg_dump" counts as itself and as its parts. Codes come in one
    spelling.
    """
    return [*_words(text), *map(code_term, code_keys(text))]


def asked_terms(query: str) -> list[tuple[str, ...]]:
    """Return the different terms of a question, each with what else may stand for it.

    Words that every question holds are left out; Chinese ones come with their English meanings.
    """
    words = dict.fromkeys(word for word in _words(query) if word not in _common_stems())
    codes = [(code_term(code),) for code in sorted(asked_codes(query))]
    return [*((word, *meanings(word)) for word in words), *codes]


def names(query: str) -> frozenset[str]:
    """Return the terms of a question that name one thing and no other.

    "MySQL", "pg_upgrade", "E-42" and a capital within a sentence are names; in a Chinese question
    every word in Latin letters is one. A document that lacks them tells of something else.
    """
    chinese = bool(HAN.search(query))
    found = [
        match[0]
        for match in _LATIN.finditer(query)
        if chinese
        or _SIGNED.search(match[0])
        or (match[0][0].isupper() and not _BEGINNING.search(query[: match.start()]))
    ]
    codes = {code_term(code) for code in asked_codes(query)}
    return (frozenset(word for name in found for word in _words(name)) - _common_stems()) | codes


def meanings(word: str) -> tuple[str, ...]:
    """Return the stems of English words for a Chinese term, none for any other."""
    if not HAN.match(word):
        return ()
    stems = (_stem(gloss) for gloss in glosses(word))
    return tuple(dict.fromkeys(stem for stem in stems if stem not in _common_stems()))


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    for run in _RUN.findall(folded):
        if HAN.match(run):
            found += _chinese(run)
            continue
        parts = _PART.findall(run)
        found += [_stem(part[:_MAX_TERM_CHARS]) for part in parts]
        if len(parts) > 1:
            found.append("".join(parts)[:_MAX_TERM_CHARS])
    return found


def _chinese(run: str) -> list[str]:
    return [word for word in _cutter().cut_for_search(_simplifier().convert(run)) if word.strip()]


def code_term(code: str) -> str:
    """Spell a code so that no word is spelled like it: "E42" → "xe42x", "#42" → "xn42x"."""
    return f"x{code.replace('#', 'n').casefold()}x"


@cache
def _stem(word: str) -> str:
    return _stemmer().stemWord(word) if word.isascii() and word.isalpha() else word


@cache
def _common_stems() -> frozenset[str]:
    lines = files("knowledge").joinpath("common_words.txt").read_text("utf-8").splitlines()
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    return frozenset(map(_stem, words))


def _stemmer():
    """Return this thread's stemmer: it keeps the word it is at."""
    if not hasattr(_of_thread, "stemmer"):
        from snowballstemmer import stemmer

        _of_thread.stemmer = stemmer("english")
    return _of_thread.stemmer


_of_thread = local()


@cache
def _simplifier():
    from opencc import OpenCC

    return OpenCC("t2s")


@cache
def _cutter():
    import jieba

    jieba.setLogLevel(logging.WARNING)
    # Its cache of the dictionary must not lie where any user may write.
    folder = user_cache_path("samesense", ensure_exists=True)
    jieba.dt.tmp_dir = str(folder)  # pyright: ignore[reportAttributeAccessIssue]
    return jieba.dt
