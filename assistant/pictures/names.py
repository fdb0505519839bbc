"""Clean the names of pictures, and tell which say nothing or show what nobody should be shown."""

import re
from collections.abc import Mapping, Set

from snowballstemmer import stemmer

from assistant.data_sets import Language

COLOURS = {  # the eleven basic colour terms (Berlin and Kay 1969) → Chinese
    "red": "红", "orange": "橙", "yellow": "黄", "green": "绿", "blue": "蓝", "purple": "紫",
    "pink": "粉", "brown": "棕", "grey": "灰", "black": "黑", "white": "白",
}  # fmt: skip
_STEMMER = stemmer("english")
MOST_WORDS = 4  # of a clip art's name: longer ones are sentences about it
HOLIDAYS = frozenset(("christmas", "easter", "halloween", "santa"))  # names that say what is shown
_COLOUR_WORD = re.compile(rf"\b(?:{'|'.join(COLOURS)}|gray|violet|golden)\b[ -]?", re.IGNORECASE)
_COLOUR_ZH = re.compile(r"^[红橙黄绿蓝紫粉棕灰黑白褐青]色?的?(?=\S)")
_SYMBOL_SHAPES = re.compile(r"^\w+-(?:circle|square)$")
_VARIANT = re.compile(
    r"skin[- ]tone|\bhair\b|\bbald\b|-(?:light|medium|dark)$|:|facing-right|facing right"
    r"|o.?clock|-thirty|^couple|^kiss|^family|holding-hands$"
)
_UNSUITABLE = re.compile(
    r"\b(?:guns?|pistols?|rifles?|revolvers?|shotgun|bombs?|grenades?|bullets?|missiles?|ammo"
    r"|weapons?|tanks?|kalashnikov|nuclear|guillotine|gallows|noose|blood\w*|gore|corpse|coffin|zombies?"
    r"|dead|kill\w*|suicide|crossbones|skulls?|sex\w*|nude|naked|porn\w*|breasts?|nipples?|penis"
    r"|vagina|bikinis?|briefs|lingerie|bra|panties|pantyhose|condoms?|middle finger|swastika|nazis?"
    r"|hitler|stalin|confederate|kkk|cigarettes?|cigars?|smoking|cannabis|marijuana|hemp|heroin"
    r"|whore|slut|negro|gypsy|indian|anal|poo|pile of poo|turd|toilet)\b",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"\([^)]*\)|\b(?:clip ?arts?|svg|icons?|iconset|themes?|black and white|b ?and ?w|bw|b/w"
    r"|coloured|colou?r|outline|contour|simple|stylized|cartoon|illustration|vector|drawing|symbol"
    r"|sign|silhouette|shape|basic|graphics?|remix|[12] scoop|version|variation"
    r"|new|my|the|an?)\b|\d+|[_#*]",
    re.IGNORECASE,
)
_SAYS_NOTHING = frozenset(
    words
    for line in (
        "clipart collection set test various part untitled image picture thing object objects misc",
        "other logo pattern gradient background border frame texture label banner template page",
        "sheet map maps people card button buttons advertising element elements lemon flat",
        "etiquette application applications action device",
    )
    for words in line.split()
)


def is_variant(name: str) -> bool:
    """Tell whether an emoji shows another one with other skin, hair, direction or hour."""
    return bool(_VARIANT.search(name))


def is_plain_shape(name: str) -> bool:
    """Tell whether an emoji of the group of symbols is a circle or a square, not a sign."""
    return bool(_SYMBOL_SHAPES.match(name))


def is_unsuitable(*texts: str) -> bool:
    """Tell whether some word of a picture is about violence, sex, hate or drugs."""
    return any(_UNSUITABLE.search(text.replace("_", " ")) for text in texts)


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return re.findall(r"[a-z]+(?:['’][a-z]+)?", text.lower())


def clean_title(title: str, known: Set[str]) -> str:
    """Return what a clip art's title says it shows, in words that are `known`; else "".

    Titles hold file names, authors, numbers and the collection's name besides.
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title)
    if re.search(r"clip\W?art by|collection|part of", text, re.IGNORECASE):
        return ""
    for piece in re.split(r"\s+-\s+|,|\bby\b|:|/|\||&#", text.replace("_", " ")):
        words = words_of(_NOISE.sub(" ", piece))
        if not 0 < len(words) <= MOST_WORDS or set(words) <= _SAYS_NOTHING:
            continue
        if all(word in known for word in words) and len("".join(words)) > 2:
            return " ".join(words)
    return ""


def without_colour(names: Mapping[Language, str]) -> dict[Language, str]:
    """Return the names of one thing without colour words: `red apple`, `红苹果` → `apple`, `苹果`.

    Empty where the colour is not said before a noun: `leafy green`.
    """
    english = _COLOUR_WORD.sub("", names["en"]).strip()
    if english == names["en"]:
        return dict(names)
    if not english or not names["en"].endswith(english):
        return {}
    bare: dict[Language, str] = {"en": english}
    if "zh" in names:
        bare["zh"] = _COLOUR_ZH.sub("", names["zh"])
    return bare


def head_of(name: str) -> str:
    """Return the word that an English name is about: `bowl with spoon` → `bowl`.

    Names with the same head are taken for the same object: splitting by it keeps the pictures of
    an object and of its kinds together.
    """
    before = re.split(
        r"\b(?:with|without|of|in|on|for|at|from|over|and|behind)\b", name, maxsplit=1
    )
    words = words_of(before[0]) or words_of(name) or [name]
    return _STEMMER.stemWord(words[-1])
