"""Find the steps of an answer, for the diagram, the numbered boxes and their check."""

import re

from assistant.sentences import split_sentences

_ORDINAL = re.compile(
    r"^[ \t>*_#-]*(?:(?:step\s*)?\d{1,2}[.):、：]"
    r"|步骤\s*(?:\d+|[一二三四五六七八九十]+)\s*[.:、：]?"
    r"|首先\s*[,，]|第\s*(?:\d+|[一二三四五六七八九十]+)\s*步\s*[,，:：、]?|[一二三四五六七八九十]{1,2}[、.])"
    r"[*_]*(?!\d)\s*(?P<step>\S.*)$",
    re.IGNORECASE,
)
_MARKERS = re.compile(r"\s*\[\d{1,3}\]")
_MARKUP = re.compile(r"\*{1,2}|__|`")
_IMPERATIVE = re.compile(
    r"^(?:(?:first|then|next|now|finally|after that|please)[, ]+)*"
    r"(?:add|allow|ask|call|change|check|choose|clean|click|close|connect|contact|disconnect|enable"
    r"|enter|fill|find|go|hold|install|keep|leave|let|log|make|move|open|pick|plug|press|push|put"
    r"|remove|repeat|replace|reset|restart|run|save|select|set|switch|tap|try|turn|type|unplug"
    r"|update|use|wait|write)\b"
    r"|^(?:首先|先|然后|接着|再|最后|请|之后|，)*(?:请)?(?:打开|点击|点按|按住|按|输入|重新|等待|等|检查"
    r"|选择|关闭|拔|插|进入|确认|重启|连接|联系|设置|安装|更新|清洗|长按|登录|断开|前往)",
    re.IGNORECASE,
)


def steps_of(answer_text: str) -> list[str]:
    """Return the steps of an answer in order, without numbers, markup and citation markers.

    They are its numbered lines ("1. …", "第一步：…"); where it has none, its sentences that tell
    the reader to do something.
    """
    lines = [_ORDINAL.match(line) for line in _numbered_apart(answer_text).splitlines()]
    numbered = [match["step"] for match in lines if match]
    if numbered:
        return [_plain(step) for step in numbered]
    sentences = split_sentences(answer_text)
    return [_plain(sentence) for sentence in sentences if _IMPERATIVE.match(_plain(sentence))]


def _numbered_apart(text: str) -> str:
    """Start a new line before a step that follows in running text: "… 2. Press it." """
    text = re.sub(r"(?<=[.。；;:：!！\]])[ \t]+(?=\d{1,2}[.)]\s)", "\n", text)
    return re.sub(r"(?<=[。；;，,])(?=第[一二三四五六七八九十]+步)", "\n", text)


def _plain(step: str) -> str:
    return _MARKUP.sub("", _MARKERS.sub("", step)).strip().rstrip(",;，；")
