"""Marks for the eye go, and what a synthesizer would stumble over becomes words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.spoken import spelled_out, spoken_form


@pytest.mark.parametrize(
    ("written", "english"),
    [
        ("## **Press** `Reconnect` [1][2].", "Press Reconnect."),
        ("- See [the manual](https://kestrel.example/r7) ![a light](l.png)",
         "See the manual a light"),
        ("Done! 🎉✅", "Done!"),
        ("Read https://www.kestrel.example/a/b?c=1 now.", "Read kestrel.example now."),
        ("Open http://192.168.7.1, please.", "Open 192 dot 168 dot 7 dot 1, please."),
        ("1. Open Settings > Internet > PPPoE.",
         "1: Open Settings, then Internet, then P P P O E."),
        ("E-42 on the R7 with WPA3.", "E 42 on the R 7 with WPA 3."),
        ("Firmware 2.1.7 at 10:30.", "Firmware 2 point 1 point 7 at 10:30."),
        ("Wait 60 s; 2.4 GHz, 50%, 5GB, -67 dBm.",
         "Wait 60 seconds; 2.4 gigahertz, 50 percent, 5 gigabytes, -67 decibel milliwatts."),
        ("It is 5 smaller.", "It is 5 smaller."),
        ("a snake_case name, 2 * 3 * 4", "a snake_case name, 2 * 3 * 4"),
        ("---", ""),
        ("[1]", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_english(written: str, english: str):
    assert spoken_form(written, "en") == english


@pytest.mark.parametrize(
    ("written", "chinese"),
    [
        ("E-42 表示 **PPPoE** 认证失败[1]。", "E 42 表示 P P P O E 认证失败。"),
        ("1. 打开 http://192.168.7.1，进入设置 > 互联网。",
         "1，打开 192点168点7点1，进入设置，然后互联网。"),
        ("在 10:30 等待 60 s，低 50%。", "在 10点30分 等待 60秒，低 50%。"),
        ("🎉", ""),
    ],
)  # fmt: skip
def test_chinese(written: str, chinese: str):
    assert spoken_form(written, "zh") == chinese


@pytest.mark.parametrize(
    ("text", "items", "language", "said"),
    [
        ("E-42 means it.", ["E-42"], "en", "E dash four two means it."),
        ("Wait 60 seconds.", ["60 seconds"], "en", "Wait six zero seconds."),
        ("Pay $1,240 now.", ["$1,240"], "en", "Pay one two four zero dollars now."),
        ("Use 2.4 GHz.", ["2.4 GHz"], "en", "Use two point four gigahertz."),
        ("Open 10.0.0.5.", ["10.0.0.5"], "en", "Open one zero point zero point zero point five."),
        ("Press **Redo**, don't wait.", ["Redo"], "en",
         "Press Redo, R E D O, do not wait."),
        ("Use WPS.", ["WPS"], "en", "Use W P S."),
        ("请等待60秒。", ["60秒"], "zh", "请等待，六，零，秒。"),
        ("低于20%时请勿关机。", ["20%"], "zh", "低于百分之，二，零，时不要关机。"),
        ("显示 E-42。", ["E-42"], "zh", "显示，E，四，二。"),
        ("Nothing to spell.", ["60"], "en", "Nothing to spell."),
        ("Choose 5, then 15 or 50.", ["5"], "en", "Choose five, then 15 or 50."),
        ("Press 1 and open 192.168.1.1.", ["1"], "en",
         "Press one and open 192 dot 168 dot 1 dot 1."),
        ("Wait 5-10 minutes.", ["10 minutes"], "en", "Wait 5-one zero minutes."),
        ("Restart it and wait.", ["Restart it and wait."], "en", "Restart it and wait."),
        ("Don't press the button.", ["not press the"], "en", "Do not press the button."),
        ("请勿打开盖子。", ["勿打开"], "zh", "不要打开盖子。"),
    ],
)  # fmt: skip
def test_what_was_misheard_is_spelled_out(
    text: str, items: list[str], language: str, said: str
) -> None:
    assert spoken_form(spelled_out(text, items, language), language) == said


@given(st.text(), st.sampled_from(["en", "zh", "fr"]))
def test_any_text_is_taken_and_nothing_sayable_is_empty(text: str, language: str):
    said = spoken_form(text, language)
    assert said == said.strip()
    assert not said or any(c.isalnum() for c in said)
