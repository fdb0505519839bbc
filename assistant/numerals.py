"""Read numbers as people write and say them, English and Chinese: 1,000, sixty, 六十.

A streamed answer, an evidence passage and a recogniser's transcript spell the same number in
different ways; they are compared by the value found here.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

_ONES_IN_ORDER = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""
_TENS_IN_ORDER = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: value for value, word in enumerate(_ONES_IN_ORDER.split())} | {"oh": 0}
_TENS = {word: 10 * value for value, word in enumerate(_TENS_IN_ORDER.split(), start=2)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_WORDS = [*_ONES, *_TENS, "hundred", *_SCALES, "point"]
_WORD = "(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
_ENGLISH = re.compile(
    rf"(?<![A-Za-z]){_WORD}(?:(?:\s+and\s+|[\s-]+){_WORD})*(?![A-Za-z])", re.IGNORECASE
)
_ENGLISH_WORD = re.compile(rf"{_WORD}|and", re.IGNORECASE)

_HAN_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "两": 2, "兩": 2,
}  # fmt: skip
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_SCALES = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_HAN_DIGIT = "[零〇一二两兩三四五六七八九]"
_CHINESE = re.compile(
    rf"[零〇一二两兩三四五六七八九十][零〇一二两兩三四五六七八九十百千万萬亿億]*"
    rf"(?:[点點]{_HAN_DIGIT}+)?"
)
_DIGITS = re.compile(
    r"(?<![A-Za-z0-9_.])(?:(?<![\w)\]])[-−])?"
    r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
    r"(?P<scale>\s?(?:thousand|million|billion)\b|[万萬亿億])?",
    re.IGNORECASE,
)
_SCALE_VALUES = _SCALES | _HAN_SCALES


@dataclass(frozen=True)
class Numeral:
    """A number where it stands in a text."""

    value: Decimal
    start: int
    end: int
    spelled: bool  # in words, not in digits


def find_numerals(text: str) -> list[Numeral]:
    """Return every number of `text` in order, in digits, in English words or in Chinese."""
    found = [*_in_digits(text), *_in_english(text), *_in_chinese(text)]
    return sorted(found, key=lambda numeral: numeral.start)


def plain(value: Decimal) -> str:
    """Write a number without exponent and trailing zeros, so that equal values look equal."""
    written = format(value, "f")
    return (written.rstrip("0").rstrip(".") if "." in written else written) or "0"


def _in_digits(text: str) -> list[Numeral]:
    found = []
    for match in _DIGITS.finditer(text):
        scale = match["scale"] or ""
        digits = match[0][: len(match[0]) - len(scale)]
        value = Decimal(digits.replace(",", "").replace("−", "-"))
        if scale:
            value *= _SCALE_VALUES[scale.strip().lower()]
        found.append(Numeral(value, match.start(), match.end(), spelled=False))
    return found


def _in_english(text: str) -> list[Numeral]:
    found = []
    for run in _ENGLISH.finditer(text):
        words = [
            (match[0].lower(), run.start() + match.start(), run.start() + match.end())
            for match in _ENGLISH_WORD.finditer(run[0])
        ]
        at = 0
        while at < len(words):
            value, used = _english_value([word for word, _, _ in words[at:]])
            if used:
                start, end = words[at][1], words[at + used - 1][2]
                found.append(Numeral(value, start, end, spelled=True))
            at += used or 1
    return found


def _english_value(words: list[str]) -> tuple[Decimal, int]:
    """Read the longest number at the head of `words`: its value and how many words it took."""
    total = group = used = 0
    scale_limit = 10**12
    for index, word in enumerate(words):
        if word == "and":
            after_round = used == index and used and words[index - 1] in {"hundred", *_SCALES}
            if not after_round:
                break
            continue
        small = _ONES.get(word, _TENS.get(word))
        if small is not None:
            room = 10 if small < 10 else 100
            follows_teen = group % 100 in range(10, 20)
            if used and (small == 0 or group % room or follows_teen or (total, group) == (0, 0)):
                break
            group += small
        elif word == "hundred" and 0 < group < 100:
            group *= 100
        elif word in _SCALES and group and _SCALES[word] < scale_limit:
            scale_limit = _SCALES[word]
            total, group = total + group * scale_limit, 0
        else:
            break
        used = index + 1
    decimals = _decimals(words[used:]) if used else ""
    if decimals:
        return Decimal(f"{total + group}.{decimals}"), used + 1 + len(decimals)
    return Decimal(total + group), used


def _decimals(words: list[str]) -> str:
    if not words or words[0] != "point":
        return ""
    digits = ""
    for word in words[1:]:
        if _ONES.get(word, 10) > 9:
            break
        digits += str(_ONES[word])
    return digits


def _in_chinese(text: str) -> list[Numeral]:
    return [
        Numeral(_chinese_value(match[0]), match.start(), match.end(), spelled=True)
        for match in _CHINESE.finditer(text)
    ]


def _chinese_value(written: str) -> Decimal:
    whole, _, decimals = written.replace("點", "点").partition("点")
    value = str(_chinese_whole(whole))
    if decimals:
        value += "." + "".join(str(_HAN_DIGITS[char]) for char in decimals)
    return Decimal(value)


def _chinese_whole(written: str) -> int:
    """Read 六十, 一百二十, 一千零五, 一百二 (120) and digit by digit 四二 (42)."""
    if all(char in _HAN_DIGITS for char in written):
        return int("".join(str(_HAN_DIGITS[char]) for char in written))
    total = section = digit = 0
    last_unit = 1
    for index, char in enumerate(written):
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
            # 一百二 is short for 一百二十, but 一百零二 is 102
            last = index == len(written) - 1
            if last and last_unit >= 100 and written[index - 1] not in "零〇":
                digit *= last_unit // 10
        elif char in _HAN_UNITS:
            last_unit = _HAN_UNITS[char]
            section += (digit or 1) * last_unit
            digit = 0
        else:
            last_unit = _HAN_SCALES[char]
            # 一亿两千万 adds up, 一万亿 multiplies
            if last_unit == 10**8:
                total = (total + section + digit) * last_unit
            else:
                total += (section + digit) * last_unit
            section = digit = 0
    return total + section + digit
