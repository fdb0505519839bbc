"""Find the lines of a screen that the user means: near to the words, and error-like."""

import re
from collections.abc import Sequence

import numpy as np

_CODE = re.compile(
    r"(?<![\w.])(?:0x[0-9A-Fa-f]{4,}|[A-Z]{1,5}[-_ ]?\d{1,5}|ERR[_A-Z]+|#\d{2,6})(?![\w.])"
)
ALARM = re.compile(
    r"\b(?:errors?|fail(?:s|ed|ure|ing)?|disconnected|offline|denied|refused|rejected|invalid"
    r"|expired|unable|cannot|can't|not (?:connected|found|available|responding)"
    r"|no (?:internet|signal|connection)|down|timed? ?out|warning|alert|critical|problem|jam"
    r"|blocked|wrong)\b"
    r"|错误|失败|断开|未连接|异常|无法|不能|警告|离线|拒绝|超时|故障|无效|过期|无网络|无信号",
    re.IGNORECASE,
)
_SPEAKS_OF_TROUBLE = re.compile(
    r"\b(?:error|code|message|says?|shows?|warning|fail|this|that|here|problem|wrong|broken|fix|help"
    r"|(?:does|do|is|did)(?:n't| not)|won't|can't|stopped|red|what (?:should|can|do) (?:i|we) do"
    r"|what now)"
    r"|错误|报错|代码|提示|显示|故障|这|那|怎么办|怎么回事|咋|解决|不行|不了|没有|坏|红",
    re.IGNORECASE,
)
_ELSEWHERE = 0.5  # how much an alarm counts for words that speak of something else


def line_relevance(
    lines: Sequence[str], confidences: Sequence[float], cosines: np.ndarray, words: str
) -> tuple[float, ...]:
    """Return how much each line is what `words` are about, 0 to 1.

    `cosines` compare each line's vector with the turn's, shape (len(lines),). A code that the user
    names decides; an alarm counts more when the words speak of trouble or point at the screen.
    """
    named = codes_in(words)
    trouble = 1.0 if not words or _SPEAKS_OF_TROUBLE.search(words) else _ELSEWHERE
    weights = []
    for line, confidence, cosine in zip(lines, confidences, cosines, strict=True):
        codes = codes_in(line)
        weight = 0.6 * max(float(cosine), 0.0)
        weight += trouble * (0.25 * bool(codes) + 0.35 * bool(ALARM.search(line)))
        weight += 0.4 * bool(codes & named)
        weights.append(round(min(weight, 1.0) * (0.5 + 0.5 * confidence), 3))
    return tuple(weights)


def codes_in(text: str) -> set[str]:
    """Return the error codes of a line in one spelling: "E-42" and "E 42" are both "E42"."""
    return {re.sub(r"[-_ ]", "", code).upper() for code in _CODE.findall(text)}
