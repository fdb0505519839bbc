"""Numbers of a sheet as people see them."""

import re

# The first section of an Excel number format, without colours, conditions and spacing:
# `[Red]#,##0.00" kg"_)` is `#,##0.00 kg`. `[$€-407]` stands for its sign.
_CURRENCY = re.compile(r"\[\$([^\]-]*)[^\]]*\]")
_MARKS = re.compile(r"\[[^\]]*\]|[_*].")
_DIGITS = re.compile(r"[#0?](?:[#0?,]*[#0?])?(?:\.([#0?]*))?")


def shown_number(value: float, form: str) -> str:
    """Return a number in Excel's number format: decimals, thousands, percent and units.

    Formats beyond these (fractions, powers of ten) are shown as plain numbers.
    """
    section = _MARKS.sub("", _CURRENCY.sub(r"\1", form.split(";", maxsplit=1)[0]))
    digits = _DIGITS.search(section)
    if digits is None or "E+" in section or "/" in section:
        return f"{value:.15g}"
    percent = "%" in section
    decimals = len(digits[1] or "")
    number = f"{abs(value) * (100 if percent else 1):,.{decimals}f}"
    whole = digits[0].partition(".")[0]
    number = number.zfill(len(number) + whole.count("0") - len(number.partition(".")[0]))
    if "," not in whole:
        number = number.replace(",", "")
    if "#" in (digits[1] or ""):
        number = number.rstrip("0").rstrip(".")
    before, after = section[: digits.start()], section[digits.end() :]
    sign = "-" if value < 0 and number.strip("0.,") else ""
    return f"{sign}{_literal(before).lstrip('-')}{number}{_literal(after)}"


def _literal(text: str) -> str:
    return re.sub(r'[\\"]', "", text)
