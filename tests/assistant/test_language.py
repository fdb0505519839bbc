"""The language of a text is told from little evidence, and not invented from none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("My router shows this error and the internet light is red. What should I do?", "en"),
        ("It says E-42 since this morning.", "en"),
        ("MY ROUTER SHOWS AN ERROR", "en"),
        ("我的路由器显示这个错误，互联网灯是红色的。我该怎么办？", "zh"),
        ("路由器 Kestrel R7 显示 PPPoE authentication failed 怎么办", "zh"),
        ("打开 Settings > Internet > PPPoE", "zh"),
        ("怎么办", "zh"),
        ("What does 重启 mean on this page?", "en"),
        ("ルーターが動かない", "ja"),
        ("라우터가 작동하지 않아요", "ko"),
        ("Mon routeur affiche une erreur, que dois-je faire ?", "fr"),
        ("¿Qué debo hacer con este error?", "es"),
        ("Wie kann ich das beheben?", "de"),
        ("Как мне это исправить?", "ru"),
        ("كيف يمكنني إصلاح هذا الخطأ؟", "ar"),
        ("איך אני מתקן את השגיאה הזאת?", "he"),
    ],
)
def test_prose(text: str, language: str) -> None:
    assert detect_language(text, default="xx") == language


@pytest.mark.parametrize(
    "text", ["", "   ", "42", "E-42", "192.168.7.1", "🙂🙂", "ok", "no", "Wi-Fi"]
)
def test_no_evidence_gives_the_default(text: str) -> None:
    assert detect_language(text) == "en"
    assert detect_language(text, default="zh") == "zh"


@given(st.text(max_size=200))
def test_any_text_has_a_language(text: str) -> None:
    assert len(detect_language(text)) == 2
