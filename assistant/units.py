"""Name the unit after a number and bring it to one unit of its kind: 1 minute is 60 s."""

import re
from decimal import Decimal

# kind's unit → (how much one is worth, how it is written); symbols keep their case
_WORDS: dict[str, list[tuple[str, str]]] = {
    "s": [
        ("0.001", "milliseconds? msecs? 毫秒"),
        ("1", "seconds? secs? 秒钟 秒鐘 秒"),
        ("60", "minutes? mins? 分钟 分鐘"),
        ("3600", "hours? hrs? 小时 小時 钟头"),
        ("86400", "days? 天"),
        ("604800", "weeks? 周 星期"),
    ],
    "month": [("1", "months? 个月"), ("12", "years? 年")],
    "Hz": [
        ("1000", "kilohertz 千赫兹?"),
        ("1000000", "megahertz 兆赫兹?"),
        ("1000000000", "gigahertz 吉赫兹?"),
        ("1", "hertz 赫兹"),
    ],
    "bit/s": [
        ("1000000000", "gigabits?(?:\\s(?:per|a)\\ssecond)? 千兆"),
        ("1000000", "megabits?(?:\\s(?:per|a)\\ssecond)? 兆"),
    ],
    "B": [
        ("1000", "kilobytes? 千字节"),
        ("1000000", "megabytes? 兆字节"),
        ("1000000000", "gigabytes?"),
    ],
    "%": [("1", "percent per\\scent")],
    "°C": [("1", "degrees?\\scelsius 摄氏度 度")],
    "m": [
        ("0.001", "millimet(?:er|re)s? 毫米"),
        ("0.01", "centimet(?:er|re)s? 厘米"),
        ("1000", "kilomet(?:er|re)s? 公里 千米"),
        ("1", "met(?:er|re)s? 米"),
    ],
    "ft": [("1", "feet foot 英尺")],
    "in": [("1", "inch(?:es)? 英寸")],
    "g": [("1000", "kilos? kilograms? 公斤 千克"), ("1", "grams? 克"), ("500", "斤")],
    "l": [("0.001", "millilit(?:er|re)s? 毫升"), ("1", "lit(?:er|re)s? 升")],
    "rpm": [("1", "转")],
    "W": [("1", "watts? 瓦特? 瓦")],
    "V": [("1", "volts? 伏特? 伏")],
    "A": [("1", "amps? amperes? 安培")],
    "char": [("1", "characters? letters? 个?字符 位字符")],
    "USD": [("1", "dollars? 美元")],
    "EUR": [("1", "euros? 欧元")],
    "CNY": [("1", "yuan 元 块钱")],
    "times": [("1", "times? 次")],
}
_SYMBOLS: dict[str, list[tuple[str, str]]] = {
    "s": [("0.001", "ms"), ("1", "s"), ("60", "min"), ("3600", "h")],
    "Hz": [("1000", "kHz KHz"), ("1000000", "MHz"), ("1000000000", "GHz"), ("1", "Hz")],
    "bit/s": [
        ("1000", "kbps kbit/s Kbps"),
        ("1000000", "Mbps Mbit/s Mb/s"),
        ("1000000000", "Gbps Gbit/s Gb/s"),
    ],
    "B": [("1000", "kB KB"), ("1000000", "MB"), ("1000000000", "GB"), ("1000000000000", "TB")],
    "%": [("1", "%")],
    "°C": [("1", "°C")],
    "°F": [("1", "°F")],
    "dBm": [("1", "dBm")],
    "dB": [("1", "dB")],
    "m": [("0.001", "mm"), ("0.01", "cm"), ("1000", "km"), ("1", "m")],
    "ft": [("1", "ft")],
    "in": [("1", '"')],
    "g": [("1000", "kg"), ("1", "g")],
    "l": [("0.001", "ml mL"), ("1", "l L")],
    "rpm": [("1", "rpm")],
    "W": [("1", "W"), ("1000", "kW")],
    "V": [("1", "V")],
    "A": [("1", "A"), ("0.001", "mA")],
}
_CURRENCY = {"$": "USD", "€": "EUR", "¥": "CNY", "£": "GBP"}

_HAN = re.compile("[一-鿿]")


def _pattern(spelling: str, symbol: bool) -> str:
    if symbol:
        return re.escape(spelling) + r"(?![A-Za-z0-9/])"
    return spelling if _HAN.search(spelling) else rf"(?i:{spelling})(?![A-Za-z])"


# longest spelling first, so that 秒钟 is not read as 秒 and Mbps not as m
_UNITS = sorted(
    (
        (spelling, _pattern(spelling, symbol), unit, Decimal(worth))
        for table, symbol in ((_WORDS, False), (_SYMBOLS, True))
        for unit, rows in table.items()
        for worth, spellings in rows
        for spelling in spellings.split()
    ),
    key=lambda row: -len(row[0]),
)
_UNIT = re.compile("[ \\t-]?(?:" + "|".join(f"({pattern})" for _, pattern, _, _ in _UNITS) + ")")


def unit_after(text: str, position: int) -> tuple[str, Decimal, int] | None:
    """Return the unit that starts at `position`, what one of it is worth, and where it ends."""
    match = _UNIT.match(text, position)
    if match is None or match.lastindex is None:
        return None
    _, _, unit, worth = _UNITS[match.lastindex - 1]
    return unit, worth, match.end()


def unit_before(text: str, position: int) -> str:
    """Return the currency whose sign stands right before `position`, or nothing."""
    return _CURRENCY.get(text[position - 1 : position], "")
