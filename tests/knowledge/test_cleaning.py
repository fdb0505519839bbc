"""Text is mended where it can be; only what is no language at all is garbled."""

import pytest

from knowledge.cleaning import garbled, repaired


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("donâ€™t", "don’t"),
        ("schÃ¶n und Ã¼bel", "schön und übel"),
        ("Cafe\u0301", "Café"),
        ("a\u200bb\u202ec\u2066d\ufeffe\u00adf", "abcdef"),
        ("one\r\ntwo\rthree\u2028four\x0cfive", "one\ntwo\nthree\nfour\nfive"),
        ("a\x00b\x07c\td", "abc\td"),
        ("ﬁrmware", "firmware"),
    ],
)
def test_broken_text_is_mended(broken: str, mended: str) -> None:
    assert repaired(broken) == mended


@pytest.mark.parametrize(
    "text",
    [
        "按住复位键，等待 10 秒。",
        "“Press” – then wait…",
        "&lt;br&gt; is a tag",
        "می\u200cخواهم",  # a joiner that the spelling needs
        "👨\u200d👩\u200d👧",
        "a\tb\n\n  c",
    ],
)
def test_good_text_stays(text: str) -> None:
    assert repaired(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "\ufffd\ufffd\ufffd \ufffd\ufffd",
        "\ue001\ue002\ue003\ue004",
        "锟斤拷锟斤拷锟斤拷",
        "ÄãºÃÊÀ½çÖÐ¹úÈËÃñ",  # GBK read as Latin-1
        "%$#@ ^&*() !@#$ ][{}\\ /?>< ~`;:, $%^&*(@!",
        "7KLV SDJH ZDV SULQWHG ZLWK IRQWV WKDW KDYH QRWKLQJ WKDW PDSV WKHLU JOSKV WKURXJK",
        "aGVsbG8gdGhlcmUgdGhpc yBpcyBhIHRlc3Qgb2YgYmFzZTY0IGVuY29kaW5nIGZvciB0ZXN0cw== " * 3,
    ],
)
def test_what_is_no_language_is_garbled(text: str) -> None:
    assert garbled(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OK",
        "E-42",
        "★★★☆☆",
        "Hold the button for 10 seconds.",
        "按住复位键，等待十秒，直到指示灯闪烁。",
        "اضغط على الزر لمدة عشر ثوان",
        "לחץ על הכפתור למשך עשר שניות",
        "Přejděte na čtvrtou stránku a stiskněte tlačítko vpravo; potom zmáčkněte hrst kláves.",
        "Tiếng Việt được viết bằng chữ cái Latinh có thêm dấu",
        "Нажмите кнопку и подождите десять секунд",
        "for (int i = 0; i < n; ++i) { a[i] = (b[i] & 0xff) | (c[i] << 8); }",
        "getElementById querySelectorAll XMLHttpRequest addEventListener appendChild innerHTML "
        "textContent createElement",
        "1.0 2.5 -3.7\n4.2e-3 | 5.5 | 6.1%\n(12) [14] <5>",
        "+----+-----+\n| 1  | on  |\n+----+-----+\n|    |     |\n+----+-----+",
        "Set-up ................................ 12\nLights ................ 14",
        "\uf105 Settings \uf105 Wi-Fi",  # a font's icons between words
    ],
)
def test_language_code_and_tables_are_not_garbled(text: str) -> None:
    assert not garbled(text)
