"""Turn written answers into words that a synthesizer says rightly.

Marks that are only for the eye go; codes, addresses, menu paths and units become words. What the
synthesizers already read well (plain numbers, times, abbreviations) stays as it is.
"""

import re
from collections.abc import Iterable

from assistant.checks.spoken_negations import in_full
from assistant.claims import extract, normalise

_FOR_THE_EYE = [
    (re.compile(r"```\w*"), ""),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),  # links and pictures: their words
    (re.compile(r"[ \t]*\[\d+(?:,\s*\d+)*\]"), ""),  # citation markers
    (re.compile(r"^\s{0,3}(?:#{1,6}|>|[-*+•])\s+", re.MULTILINE), ""),
    (re.compile(r"^\s*[-*_=]{3,}\s*$", re.MULTILINE), ""),
    (re.compile(r"\*\*|__|~~|`"), ""),
    (re.compile(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)"), ""),
    (re.compile(r"[\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]"), ""),
    (re.compile(r"https?://(?:www\.)?([^\s/，。）)]+)[^\s，。）)]*"), r"\1"),  # a URL: its host
]
_STEP = re.compile(r"^\s*(\d+)[.)、]\s*(?=\D)", re.MULTILINE)
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_VERSION = re.compile(r"\b\d+(?:\.\d+){2,}\b")
_PATH = re.compile(r"\s*(?:>|›|»|→|->)\s*")
_SPELLED = re.compile(r"\b[A-Z]{2,}[a-z][A-Z]+\b")  # PPPoE: letters, not a word
_TIME = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_CODE = re.compile(r"\b([A-Z]{1,5})-?(\d+)\b")
_UNIT = re.compile(
    r"(?<=\d)\s?(Mbit/s|Gbit/s|Mbps|Gbps|GHz|MHz|kHz|dBm|GB|MB|KB|kB|ms|min|mm|cm|°C|%|s|h|V|A|W)"
    r"(?![A-Za-z])"
)
_UNITS = {
    "Mbit/s": ("megabits per second", "兆比特每秒"),
    "Gbit/s": ("gigabits per second", "吉比特每秒"),
    "Mbps": ("megabits per second", "兆比特每秒"),
    "Gbps": ("gigabits per second", "吉比特每秒"),
    "GHz": ("gigahertz", "吉赫兹"),
    "MHz": ("megahertz", "兆赫兹"),
    "kHz": ("kilohertz", "千赫兹"),
    "dBm": ("decibel milliwatts", "分贝毫瓦"),
    "GB": ("gigabytes", "吉字节"),
    "MB": ("megabytes", "兆字节"),
    "KB": ("kilobytes", "千字节"),
    "kB": ("kilobytes", "千字节"),
    "ms": ("milliseconds", "毫秒"),
    "min": ("minutes", "分钟"),
    "mm": ("millimetres", "毫米"),
    "cm": ("centimetres", "厘米"),
    "°C": ("degrees Celsius", "摄氏度"),
    "%": ("percent", "%"),
    "s": ("seconds", "秒"),
    "h": ("hours", "小时"),
    "V": ("volts", "伏"),
    "A": ("amperes", "安"),
    "W": ("watts", "瓦"),
}
_DIGITS = "zero one two three four five six seven eight nine"
_SIGNS = {
    **{
        str(i): pair
        for i, pair in enumerate(zip(_DIGITS.split(), "零一二三四五六七八九", strict=True))
    },
    "-": ("dash", ""),
    "_": ("underscore", "下划线"),
    "/": ("slash", "斜杠"),
    ".": ("point", "点"),
    ":": ("colon", "冒号"),
}
_MONEY = {
    "$": ("dollars", "美元"), "€": ("euros", "欧元"), "£": ("pounds", "英镑"), "¥": ("yuan", "元"),
}  # fmt: skip
_AMOUNT = re.compile(r"([$€£¥])(\d[\d,.]*)")
_SPELLABLE = ("number", "code", "name")
_SIGN = re.compile(r"(?<=[0-9A-Za-z])[-_/.:](?=[0-9A-Za-z])|\d|[A-Z]+(?![a-z])")


def spoken_form(text: str, language: str) -> str:
    """Return what is to be said for a written sentence; empty when nothing in it can be said."""
    for pattern, replacement in _FOR_THE_EYE:
        text = pattern.sub(replacement, text)
    chinese = language == "zh"
    dot, then = ("点", "，然后") if chinese else (" dot ", ", then ")
    text = _ADDRESS.sub(lambda match: match[0].replace(".", dot), text)
    text = _VERSION.sub(lambda match: match[0].replace(".", "点" if chinese else " point "), text)
    text = _STEP.sub(r"\1，" if chinese else r"\1: ", text)
    text = _PATH.sub(then, text)
    text = _SPELLED.sub(lambda match: " ".join(match[0].upper()), text)
    if chinese:
        text = _TIME.sub(r"\1点\2分", text)
    text = _CODE.sub(r"\1 \2", text)
    text = _UNIT.sub(lambda match: _say_unit(match[1], chinese), text)
    text = re.sub(r"\s+", " ", text).strip()
    return text if re.search(r"[^\W_]", text) else ""


def _say_unit(unit: str, chinese: bool) -> str:
    english, mandarin = _UNITS[unit]
    return mandarin if chinese else f" {english}"


def spelled_out(text: str, items: Iterable[str], language: str) -> str:
    """Return a text in which each item is said sign by sign, for a listener who misheard it.

    Digits are said one by one, a Latin name is spelled after it was said, a Chinese one stands
    between pauses, and short negations are said in full. What is no number, code or name, such as
    a whole sentence that was not heard, is said again as it is.
    """
    text, wanted = normalise(text), frozenset(items)
    said, end = "", 0
    for item in extract(text):
        if item.kind in _SPELLABLE and item.text in wanted and item.start >= end:
            said += in_full(text[end : item.start]) + _sign_by_sign(item.text, language)
            end = item.end
    text = said + in_full(text[end:])
    return re.sub(r"[,，](?=\W*[,.;:!?，。；：！？])|\s+(?=，)", "", text)


def _sign_by_sign(item: str, language: str) -> str:
    chinese = language == "zh"
    if not re.search(r"\d", item):
        words = [_spelled(word) for word in re.findall(r"[^\W_]+", item)]
        return f"{', '.join(words)},"
    item = _SPELLED.sub(lambda match: " ".join(match[0].upper()), item)
    item = _AMOUNT.sub(lambda match: f"{match[2]} {_MONEY[match[1]][chinese]}", item)
    item = re.sub(r"(?<=\d),(?=\d)", "", _UNIT.sub(lambda m: _say_unit(m[1], chinese), item))
    if chinese and item.endswith("%"):
        item = f"百分之{item[:-1]}"
    pause = "，" if chinese else " "
    said = _SIGN.sub(lambda match: f"{pause}{_named(match[0], chinese)}{pause}", item)
    return re.sub(rf"{pause}+", pause, said).strip()


def _named(sign: str, chinese: bool) -> str:
    """Return a digit or a mark by its name, and capitals one by one."""
    return _SIGNS[sign][chinese] if sign in _SIGNS else " ".join(sign)


def _spelled(word: str) -> str:
    """Return a Latin word followed by its letters; an acronym is its letters."""
    letters = " ".join(word.upper())
    if not word.isascii():
        return word
    return letters if word.isupper() else f"{word}, {letters}"
