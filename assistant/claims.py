"""Find what can be checked in a sentence: numbers with units, codes and names, English and Chinese.

Two items are the same thing when their `kind` and `value` are equal: 60 seconds, 60 s, one minute
and 六十秒 are all the number 60 with unit s; E-42, e42 and E 42 are all the code e42.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from assistant.numerals import find_numerals, plain
from assistant.units import unit_after, unit_before

ItemKind = Literal["number", "code", "name"]
NameForm = Literal["", "path", "label", "acronym"]
HAN = re.compile("[一-鿿]")

# what looks like a number and claims nothing: [1], "1." at the head of a line, step 2, 第二步, 2nd
_NOT_CLAIMS = re.compile(
    r"""\[\d{1,3}\] | 【\d{1,3}】
    | (?:^[ \t>*_#-]*|(?<=[.!?。]\ ))(?:\d{1,2}|[一二三四五六七八九十]{1,3})[.)、:,](?=\D|$)
    | \b(?:steps?|box|boxes)\s*\d+(?:\s*(?:and|,|-|to)\s*\d+)*\b
    | (?:步骤|方框|框)\s*(?:\d+|[一二三四五六七八九十]+)
    | 第\s*(?:\d+|[一二三四五六七八九十]+)\s*[步个個次项項条條行]?
    | \b\d+(?:st|nd|rd|th)\b | \b24/7\b
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_CODES = re.compile(
    r"""(?P<url>https?://[^\s*)\]」"”`]+[^\s*)\]」"”`.,;:!?。])
    | (?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    | (?P<host>(?<![\w.-])[a-z][\w-]*(?:\.[\w-]+)*\.(?:home|local|lan|com|net|org|example|cn|io)
        (?![\w.-]*\w))
    | (?P<mac>(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-]))
    | (?P<ip>(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2}|:\d{2,5})?(?![\w]|\.\d))
    | (?P<date>(?<!\d)\d{4}-\d{2}-\d{2}(?!\d))
    | (?P<time>(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:]))
    | (?P<phone>(?<![\w.])\+?\d{2,5}(?:[- ]\d{3,8}){2,}(?!\w))
    | (?P<version>(?<![\w.])[vV]?\d+(?:\.\d+){2,}(?![\w]) | (?<![\w.])[vV]\d+(?:\.\d+)*(?!\w))
    | (?P<error>(?:\b(?:error|err|code)|错误代码|错误码|错误|代码)\s*(?:code\s*)?
        (?:is\s+|是\s*|为\s*)?[:#]?\s*(?P<digits>\d+)(?![\w-]|\.\d))
    | (?P<spaced>(?<![\w'])[B-HJ-Z][ ]\d{2,4}(?![\w.]))
    | (?P<code>(?<![A-Za-z0-9_.-])(?=[\w.-]*[A-Za-z])(?=[\w.-]*\d)[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*
        (?![A-Za-z0-9_]))
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_LATIN_PART = r"(?:[A-Z0-9]|[a-z][A-Z])[\w/-]*(?:\s[A-Z0-9][\w/-]*){0,3}"
_STEP = r"\s*\*{0,2}\s*[>→›]\s*\*{0,2}\s*"
_PATH = re.compile(
    rf"(?<![\w>-])(?P<path>(?:{_LATIN_PART}|[一-鿿]{{1,10}})"
    rf"(?:{_STEP}[A-Z0-9][^*>→›\n.,;:!?]{{0,30}}?(?=\s*\*{{0,2}}\s*[>→›]))*"  # Restart and reset
    rf"(?:{_STEP}(?:{_LATIN_PART}|[一-鿿]{{1,10}}))+)",
    re.ASCII,
)
_OPENS = re.compile(
    r"^(?:(?:Open|Go|Click|Select|Choose|Press|Tap|In|Under|From|See|Visit|Navigate)\s"
    r"|(?:请|先|再|然后|依次|重新)*(?:打开|进入|点击|点按|选择|前往|转到|在|到))\s*"
)
_LABEL = re.compile(
    r"""\*\*(?P<bold>[^*\n]{1,60})\*\*(?!\s*:)
    | (?<![*\w])\*(?P<italic>[^*\s][^*\n]{0,59})\*(?![*\w])
    | [“「『](?P<quote>[^“”「」『』\n]{1,80})[”」』]
    | "(?P<straight>[^"\n]{2,80})"
    | `(?P<tick>[^`\n]{1,60})`
    | (?:\b(?i:press|click|tap|select|choose|named|called|labell?ed)(?:\son)?\s(?:the\s)?
        |(?:点击|点按|按下|选择)\s?)
      (?P<pressed>[A-Z][\w/-]*(?:\s[A-Z][\w/-]*){0,3})
    """,
    re.VERBOSE,
)
_ACRONYM = re.compile(r"(?<![\w-])(?=\w*[A-Z]\w*[A-Z])[A-Z][A-Za-z]{2,9}(?![\w-])", re.ASCII)
_SHOUTED = {"NOT", "AND", "BUT", "ALL", "THE", "NOTE", "WARNING", "IMPORTANT", "STEP", "ONLY"}
_RANGE = re.compile(r"\s*(?:-|–|—|~|to|or|and|到|至|或)\s*")
_NOUNS = re.compile(
    r"\s*(?:[A-Za-z][\w-]*(?:\s[A-Za-z][\w-]*){0,2}|[个個台条條位项項]?[一-鿿]{1,3})", re.ASCII
)
_LINKS = "and or of in on at to for from is are the a an until then if with by"
_NOT_NOUNS = frozenset(_LINKS.split())
_SMALL = 12  # "two buttons", 三种: small spelled counts are part of the wording
_IDIOM_UNITS = frozenset({"", "times", "°C"})  # 再试一次, 一度


@dataclass(frozen=True)
class Item:
    """One checkable item where it stands in a (normalised) text."""

    text: str
    kind: ItemKind
    value: str  # equal values mean the same thing
    start: int
    end: int
    unit: str = ""  # of a number
    form: NameForm = ""  # of a name
    nouns: frozenset[str] = frozenset()  # what an item without a unit counts: {"lan", "port"}


def normalise(text: str) -> str:
    """Bring full-width letters, digits and punctuation to their plain form."""
    return unicodedata.normalize("NFKC", text).replace("’", "'")


def extract(text: str, *, counts: bool = False) -> list[Item]:
    """Return the numbers, codes and names of `text` in order; spans refer to `normalise(text)`.

    List ordinals, citation markers and small spelled counts are no claims; `counts` keeps the
    counts, for the sources that a claim is compared with.
    """
    text = normalise(text)
    names = _names(text)
    text = _NOT_CLAIMS.sub(lambda match: " " * len(match[0]), text)
    codes = _codes(text)
    for code in codes:
        text = _blank(text, code.start, code.end)
    numbers = _numbers(text, counts)
    measured = [name for name in names if not any(_inside(name, number) for number in numbers)]
    return sorted([*numbers, *codes, *measured], key=lambda item: (item.start, -item.end))


def name_key(text: str) -> str:
    """Return a name without markup, case and spacing, so that spellings of it compare equal."""
    return re.sub(r"\s+", " ", re.sub(r"[*_`]+", "", normalise(text))).strip(" .,;:!?").casefold()


def path_parts(text: str) -> list[str]:
    """Return the parts of a menu path `Settings > Internet`; one part when it is no path."""
    return [name_key(part) for part in re.split(r"[>→›]", text) if name_key(part)]


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _codes(text: str) -> list[Item]:
    codes = []
    for match in _CODES.finditer(text):
        written, shape = match[0], match.lastgroup
        if shape == "digits" or match["error"]:
            value = match["digits"]
        elif match["url"]:
            value = re.sub(r"^https?://", "", written.lower()).rstrip("/")
        elif match["code"] and _is_measure(written):
            continue
        elif match["code"] or match["spaced"]:
            value = re.sub(r"[-_ ]", "", written.lower())
        else:
            value = written.lower().removeprefix("v")
        codes.append(Item(written, "code", value, match.start(), match.end()))
    return codes


def _is_measure(written: str) -> bool:
    """Tell 60s, 2.4GHz, 30-second and 4x from codes such as R7 and 802.11ax."""
    numeral = re.match(r"\d+(?:\.\d+)?", written)
    if numeral is None:
        return False
    unit = unit_after(written, numeral.end())
    rest = written[numeral.end() :].lstrip("-")
    return unit is not None or rest == "x" or (rest.islower() and len(rest) > 2)


def _numbers(text: str, counts: bool) -> list[Item]:
    items: list[Item] = []
    for numeral in find_numerals(text):
        value, start, end = numeral.value, numeral.start, numeral.end
        unit, nouns = unit_before(text, start), frozenset[str]()
        measure = unit_after(text, end) or unit_after(text, _past_classifier(text, end))
        if text[:start].endswith("百分之"):
            unit, start = "%", start - 3
        elif unit:
            start -= 1
        elif measure:
            unit, worth, end = measure
            value *= worth
        else:
            nouns = _nouns(text, end)
        counting = numeral.spelled and value <= _SMALL and unit in _IDIOM_UNITS
        if counts or not counting:
            items.append(
                Item(text[start:end], "number", plain(value), start, end, unit, nouns=nouns)
            )
    following = [*items[1:], None]
    return (
        [_with_range_unit(text, *pair) for pair in zip(items, following, strict=True)]
        if items
        else []
    )


def _past_classifier(text: str, end: int) -> int:
    """Return where the unit of "8 个小时" begins."""
    match = re.compile(r"\s?个").match(text, end)
    return match.end() if match else end


def _with_range_unit(text: str, item: Item, after: Item | None) -> Item:
    """Give the 30 of "30 to 60 seconds" its unit."""
    if item.unit or after is None or not after.unit:
        return item
    if not _RANGE.fullmatch(text, item.end, after.start):
        return item
    numeral = find_numerals(after.text)[0]
    measure = unit_after(after.text, numeral.end)
    worth = measure[1] if measure else 1
    own = find_numerals(item.text)[0].value
    return Item(item.text, "number", plain(own * worth), item.start, item.end, after.unit)


def _nouns(text: str, end: int) -> frozenset[str]:
    match = _NOUNS.match(text, end)
    if match is None:
        return frozenset()
    written = match[0].strip().lower()
    if HAN.search(written):
        written = written.lstrip("个個台条條位项項")
        return frozenset({written[:2]} if written else ())
    nouns = []
    for word in written.split():
        if word in _NOT_NOUNS:
            break
        nouns.append(word.removesuffix("s"))
    return frozenset(nouns)


def _names(text: str) -> list[Item]:
    names: list[Item] = []
    for match in _PATH.finditer(text):
        start = match.start() + len(match[0]) - len(_OPENS.sub("", match[0]))
        written = text[start : match.end()]
        names.append(
            Item(written, "name", " > ".join(path_parts(written)), start, match.end(), form="path")
        )
    for match in _LABEL.finditer(text):
        group = match.lastgroup or ""
        written = match[group]
        if _is_label(written, group):
            names.append(Item(written, "name", name_key(written), *match.span(group), form="label"))
    for match in _ACRONYM.finditer(text):
        if match[0] not in _SHOUTED:
            names.append(Item(match[0], "name", match[0].casefold(), *match.span(), form="acronym"))
    return _outermost(names)


def _is_label(written: str, group: str) -> bool:
    """Tell a label such as **Reconnect** from a stressed phrase, a heading or a bare number."""
    key = name_key(written)
    if not key or ">" in written or re.fullmatch(r"[\d\W]+", key):
        return False
    if group == "bold" and written.rstrip().endswith((":", "：", ".", "。")):
        return False
    if group in {"bold", "italic"}:
        starts = written.strip()[0]
        proper = starts.isupper() or starts.isdigit() or bool(HAN.match(starts))
        return proper and len(key.split()) <= 4
    return len(key.split()) <= 8


def _inside(item: Item, other: Item) -> bool:
    return item.start >= other.start and item.end <= other.end


def _outermost(names: list[Item]) -> list[Item]:
    """Drop names that lie inside a longer one, and repeated ones."""
    kept: list[Item] = []
    for name in sorted(names, key=lambda item: (item.start, -item.end)):
        inside = any(_inside(name, other) for other in kept)
        if not inside and all(name.value != other.value for other in kept):
            kept.append(name)
    return kept
