"""What is said of a picture's second reading."""

import pytest

from assistant.narration import not_in
from assistant.types import Segment


def new_lines(now: tuple[str, ...], before: tuple[str, ...]) -> list[str]:
    """Return the lines of a second reading that the first did not have."""
    return [s.text for s in not_in([*map(Segment, now)], [*map(Segment, before)])]


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("Error 42", ("Error 421",)),
        ("Temperature 8", ("Temperature 80",)),
        ("1500W", ("11500W",)),
        ("5 watts", ("1.5 watts",)),
        ("8", ("1.8",)),
        ("Fault E-4", ("Fault E-42",)),
        ("1234", ("512", "3467")),
        ("5 12", ("512",)),
        ("Not safe to touch", ("Now safe to touch",)),
        ("Safe to touch", ("Not safe to touch",)),
        ("Connected", ("Disconnected",)),
        ("Password correct", ("Password incorrect",)),
        ("可以打开机盖", ("不可以打开机盖",)),
        ("请不要拔出电源插头", ("请要拔出电源插头",)),
        ("Error E-42", ()),
    ],
)
def test_another_number_or_a_denial_is_news(now: str, before: tuple[str, ...]) -> None:
    assert new_lines((now,), before) == [now]


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("Error 42", ("Error-42.",)),
        ("Login failed E-42", ("Login failed", "E-42")),
        ("Login failed", ("Error: Loginfailed at 10:45",)),
        ("Authentication failed", ("Authenticatlon failed",)),
        ("Modern settings menu", ("Modem settings menu",)),
        ("192.168.0.1", ("Open 192.168.0.1 now",)),
        ("OK", ("OK / Cancel",)),
        ("请重启路由器", ("E-42 请重启", "路由器")),
        ("--", ()),
    ],
)
def test_the_same_words_are_no_news(now: str, before: tuple[str, ...]) -> None:
    assert new_lines((now,), before) == []
