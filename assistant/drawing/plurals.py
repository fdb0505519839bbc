"""English plurals: `two mice`, `three glasses of milk`."""

import re

_IRREGULAR = {
    "man": "men", "woman": "women", "child": "children", "mouse": "mice", "goose": "geese",
    "foot": "feet", "tooth": "teeth", "ox": "oxen", "person": "people", "die": "dice",
    "knife": "knives", "leaf": "leaves", "wolf": "wolves", "loaf": "loaves", "shelf": "shelves",
    "bookshelf": "bookshelves", "scarf": "scarves", "sheep": "sheep", "fish": "fish",
    "deer": "deer", "dice": "dice", "moose": "moose", "bison": "bison", "policeman": "policemen",
    "policewoman": "policewomen", "snowman": "snowmen", "mailman": "mailmen", "cactus": "cacti",
}  # fmt: skip
_BACK = {many: one for one, many in _IRREGULAR.items()}
_OES = frozenset(("potato", "tomato", "mango", "buffalo", "mosquito", "volcano", "tornado"))
_TAIL = re.compile(r" (?:of|with|without|in|on|at|and|for|from|over) .*$")


def plurals(name: str) -> tuple[str, ...]:
    """Return the plurals of an English name, the usual one first: `mangoes`, `mangos`."""
    front = _TAIL.sub("", name)
    start, rest = front.rfind(" ") + 1, name[len(front) :]
    return tuple(front[:start] + form + rest for form in _forms(front[start:]))


def singular(name: str) -> str:
    """Return one of what an English plural names: `cherries` → `cherry`; others as they are."""
    front = _TAIL.sub("", name)
    start, rest = front.rfind(" ") + 1, name[len(front) :]
    return front[:start] + _one(front[start:]) + rest


def _one(word: str) -> str:
    if word in _BACK:
        return _BACK[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:ss|sh|ch|x|z)es$", word):
        return word[:-2]
    return word[:-1] if _is_plural(word) else word


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us", "is"))


def _forms(word: str) -> tuple[str, ...]:
    if word in _IRREGULAR:
        regular = (f"{word}es",) if word in ("cactus", "fish") else ()
        return (_IRREGULAR[word], *regular)
    if word in _BACK or _is_plural(word):
        return (word,)
    if re.search(r"(?:s|x|z|ch|sh)$", word):
        return (f"{word}es",)
    if re.search(r"[^aeiou]y$", word):
        return (f"{word[:-1]}ies",)
    if re.search(r"[^aeiou]o$", word):
        return (f"{word}es", f"{word}s") if word in _OES else (f"{word}s", f"{word}es")
    return (f"{word}s",)
