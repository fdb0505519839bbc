"""What is found in a sentence and brought to one form: numbers, codes, names, steps."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer_steps import steps_of
from assistant.claims import Item, extract
from assistant.numerals import find_numerals, plain

TEENS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen"""
ROUND = "zero ten twenty thirty forty fifty sixty seventy eighty ninety"
ONES, TENS = TEENS.split(), ROUND.split()
HAN = "零一二三四五六七八九"


def english(number: int) -> str:
    """Write a number below a million in words."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = f" and {english(number % 100)}" if number % 100 else ""
        return f"{ONES[number // 100]} hundred{rest}"
    rest = f" {english(number % 1000)}" if number % 1000 else ""
    return f"{english(number // 1000)} thousand{rest}"


def chinese(number: int) -> str:
    """Write a number below ten thousand in Chinese."""
    if number < 10:
        return HAN[number]
    written, gap = "", False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            written += ("零" if gap else "") + HAN[digit] + sign
            gap = False
        else:
            gap = gap or bool(written)
    return written.removeprefix("一") if 10 <= number < 20 else written


def values(text: str, kind: str) -> list[tuple[str, str]]:
    return [(item.value, item.unit) for item in extract(text) if item.kind == kind]


@given(st.integers(0, 999_999))
def test_english_words_are_the_number(number: int) -> None:
    found = find_numerals(f"about {english(number)} things")
    assert [(item.value, item.spelled) for item in found] == [(Decimal(number), True)]


@given(st.integers(0, 9_999))
def test_chinese_words_are_the_number(number: int) -> None:
    found = find_numerals(f"大约{chinese(number)}个")
    assert [item.value for item in found] == [Decimal(number)]


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_digits_with_and_without_separators_are_the_number(whole: int, cents: int) -> None:
    plain_text, grouped = f"{whole}.{cents:02}", f"{whole:,}.{cents:02}"
    expected = plain(Decimal(plain_text))
    for text in (
        plain_text,
        grouped,
        plain_text.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ):
        assert values(f"It is {text} kg.", "number") == values(f"It is {plain_text} kg.", "number")
    assert plain(find_numerals(grouped)[0].value) == expected


@given(st.integers(13, 5_000))
def test_every_way_to_say_seconds_is_the_same_time(number: int) -> None:
    ways = [f"{number} seconds", f"{number}s", f"{number}秒", f"{english(number)} seconds",
            f"{chinese(number)}秒钟", f"a {number}-second wait"]  # fmt: skip
    assert {tuple(values(f"Wait {way}.", "number")) for way in ways} == {((str(number), "s"),)}


@given(st.integers(2, 500))
def test_units_of_one_kind_meet(number: int) -> None:
    assert values(f"{number} minutes", "number") == values(f"{number * 60} s", "number")
    assert values(f"{number} GHz", "number") == values(f"{number * 1000} MHz", "number")
    assert values(f"{number} 公里", "number") == values(f"{number * 1000} metres", "number")


@given(st.from_regex(r"[B-FI-KN-RTUW-Z][B-HJ-Z]{0,2}", fullmatch=True), st.integers(10, 9999))
def test_a_code_is_the_same_however_it_is_written(letters: str, number: int) -> None:
    small = letters.lower()
    ways = [f"{letters}-{number}", f"{letters}{number}", f"{small}-{number}", f"{small}_{number}"]
    found = [values(f"It says {way} now.", "code") for way in ways]
    assert found == [[(f"{small}{number}", "")]] * len(ways)


@given(st.lists(st.integers(0, 255), min_size=4, max_size=4))
def test_an_address_is_one_code_and_no_numbers(parts: list[int]) -> None:
    address = ".".join(map(str, parts))
    for text in (f"Open {address}.", f"请打开{address}。", f"Open `http://{address}/`, then"):
        items = extract(text)
        assert {item.value for item in items if item.kind == "code"} == {address}
        assert not [item for item in items if item.kind == "number"]


@given(st.text(max_size=200))
def test_any_text_at_all_can_be_read(text: str) -> None:
    for item in extract(text):
        assert item.value
        assert item.start < item.end


@pytest.mark.parametrize(
    "text",
    [
        "1. Open the page.",
        "1: Open the page. 2: Close it. 3，打开它。",
        "Step 2: open the page.",
        "As box 3 shows [1][12].",
        "第二步，打开页面。",
        "Press the two buttons once.",
        "再试一次，有三种办法。",
        "This is the 2nd step, 24/7.",
        "步骤3：完成。",
        "I have one question.",
        "Do NOT do it. IMPORTANT!",
        "**Note:** this is **really important to know now**.",
    ],
)
def test_ordinals_markers_and_small_counts_claim_nothing(text: str) -> None:
    assert extract(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Wait 30 to 60 seconds.", "number", [("30", "s"), ("60", "s")]),
        ("等待5到10分钟。", "number", [("300", "s"), ("600", "s")]),
        ("It costs $1,000 or 39.90 euros.", "number", [("1000", "USD"), ("39.9", "EUR")]),
        ("涨了百分之五十。", "number", [("50", "%")]),
        ("On 2.4GHz at -60 dBm", "number", [("2400000000", "Hz"), ("-60", "dBm")]),
        ("It has 4 LAN ports.", "number", [("4", "")]),
        ("Version 2.3.1 of the R7", "code", [("2.3.1", ""), ("r7", "")]),
        ("at 14:30 or on 2026-01-31", "code", [("14:30", ""), ("2026-01-31", "")]),
        ("Error 42, 错误代码 17", "code", [("42", ""), ("17", "")]),
        (
            "Mail help@kestrel.example, MAC 00:1A:2B:3C:4D:5E",
            "code",
            [("help@kestrel.example", ""), ("00:1a:2b:3c:4d:5e", "")],
        ),
        (
            "Open Settings → Wi-Fi → Guest Network",
            "name",
            [("settings > wi-fi > guest network", "")],
        ),
        (
            "See System > Restart and reset > Lights.",
            "name",
            [("system > restart and reset > lights", "")],
        ),
        ("Open **Settings** > **Internet**.", "name", [("settings > internet", "")]),
        (
            "请打开设置 > 互联网，点击「重新连接」。",
            "name",
            [("设置 > 互联网", ""), ("重新连接", "")],
        ),
        (
            "Press Reconnect, or click on the Save button.",
            "name",
            [("reconnect", ""), ("save", "")],
        ),
        ("PPPoE needs it.", "name", [("pppoe", "")]),
    ],
)
def test_items(text: str, kind: str, found: list[tuple[str, str]]) -> None:
    assert values(text, kind) == found


def test_an_item_knows_where_it_stands() -> None:
    text = "E-42: wait 60 seconds."
    code, number = extract(text)
    assert isinstance(code, Item)
    assert (text[code.start : code.end], text[number.start : number.end]) == ("E-42", "60 seconds")


@pytest.mark.parametrize(
    ("answer", "steps"),
    [
        (
            "E-42 means this [1].\n\n1. Open *Settings* [1].\n2. Press **Save**.\n3) Wait 2.5 s.",
            ["Open Settings.", "Press Save.", "Wait 2.5 s."],
        ),
        ("Do this: 1. Open it. 2. Press it.", ["Open it.", "Press it."]),
        ("首先，打开设置。第二步：点击「重新连接」。", ["打开设置。", "点击「重新连接」。"]),
        (
            "第一步：打开设置，第二步：点击连接；第三步，等待60秒。",
            ["打开设置", "点击连接", "等待60秒。"],
        ),
        (
            "The error is bad. Open Settings. Then press Save. The light turns green.",
            ["Open Settings.", "Then press Save."],
        ),
        ("密码不对。请打开设置。然后点击重新连接。", ["请打开设置。", "然后点击重新连接。"]),
        ("Step 1: Open it\n**Step 2:** Close it", ["Open it", "Close it"]),
        ("1.5 GHz is the speed.", []),
        ("", []),
    ],
)
def test_steps_of_an_answer(answer: str, steps: list[str]) -> None:
    assert steps_of(answer) == steps
