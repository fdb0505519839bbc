"""Prompt text and the fixed sentences of an answer, in the languages the project speaks."""

from collections.abc import Sequence

from assistant.models.protocols import ChatMessage
from assistant.types import Evidence, Exchange, Percept
from knowledge.documents import heading_of

REQUEST_CHARS = 1_200  # of a request in a prompt: at most about as many tokens, in any script
LINE_CHARS = 200  # of a line of a screen in a prompt
LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "de": "German", "en": "English", "es": "Spanish",
    "fr": "French", "hi": "Hindi", "hu": "Hungarian", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian",
    "tr": "Turkish", "zh": "Simplified Chinese",
}  # fmt: skip

_SYSTEM = (
    "You are Samesense, a careful assistant. When evidence is given, answer only from it and copy "
    "its numbers, codes, menus and button names exactly, never translated. Of a fault, say the "
    "cause in one sentence first. Give what to do as numbered steps, one short sentence each, in "
    "the order of the evidence. Keep warnings. Add nothing that the evidence does not say. "
    "Without evidence, talk briefly and kindly, and never invent facts."
)
_EXAMPLE = (
    "Evidence:\n[1] Care > C-7 Limescale: Cause: limescale in the boiler. 1. Open *Menu > Care*. "
    "2. Press **Descale**. 3. Wait about 20 minutes.\n\n"
)
# Every prompt begins with these messages, so that the model reads them once, before the first
# turn, and keeps them in its cache. The examples show it the form of an answer in both languages.
PREFIX = (
    ChatMessage("system", _SYSTEM),
    ChatMessage(
        "user",
        f"{_EXAMPLE}Question: It shows this, what now? (My screen shows: C-7 Limescale)\n"
        "Answer in English.",
    ),
    ChatMessage(
        "assistant",
        "C-7 means limescale in the boiler.\n1. Open *Menu > Care*.\n2. Press **Descale**.\n"
        "3. Wait about 20 minutes.",
    ),
    ChatMessage("user", f"{_EXAMPLE}Question: 显示 C-7，怎么办？\nAnswer in Simplified Chinese."),
    ChatMessage(
        "assistant",
        "C-7 表示锅炉里有水垢。\n1. 打开 *Menu > Care*。\n2. 按 **Descale**。\n"
        "3. 等待大约 20 分钟。",
    ),
)

FIXED = {
    "en": {
        "heard": "I heard: “{words}”",
        "seen": "Your picture reads “{line}”.",
        "covered": "“{title}” covers this.",
        "nothing_found": "The knowledge base holds nothing that answers this.",
        "closest": "The closest I found is about “{title}”, which may be something else.",
        "rather": "The manual says something else: “{words}”.",
        "unfounded": "I have nothing to go by for this, so I will not guess.",
        "nothing_found_hint": "Add a manual that covers it, or send the exact words on the screen.",
        "stopped": "Stopped.",
    },
    "zh": {
        "heard": "我听到：“{words}”",
        "seen": "图片上写着“{line}”。",
        "covered": "“{title}”讲到了这个问题。",
        "nothing_found": "知识库里没有能回答这个问题的内容。",
        "closest": "最接近的内容讲的是“{title}”，可能是另一回事。",
        "rather": "手册上说的不是这样：“{words}”。",
        "unfounded": "这个问题我没有可依据的资料，所以不作猜测。",
        "nothing_found_hint": "请添加相关的手册，或者发来屏幕上的原文。",
        "stopped": "已停止。",
    },
}


def fixed(language: str, key: str, **values: object) -> str:
    """Return a fixed sentence in the language, or in English where there is no translation."""
    return FIXED.get(language, FIXED["en"])[key].format(**values)


def question_of(percepts: Sequence[Percept]) -> str:
    """Return the user's own words: what was said, then what was typed."""
    return " ".join(
        p.text for channel in ("transcript", "typed") for p in percepts if p.modality == channel
    ).strip()


def grounded_prompt(
    request: str, language: str, evidence: Sequence[Evidence], screen: Sequence[str]
) -> str:
    """Return the user message for an answer that rests on evidence; the evidence comes first, so
    that a rewrite of the same answer finds it in the model's cache."""
    passages = "\n".join(f"[{i}] {passage(e)}" for i, e in enumerate(evidence, start=1))
    question = f"{shortened(request)}{_shown(screen)}"
    return f"Evidence:\n{passages}\n\nQuestion: {question}\n{answer_in(language)}"


def _shown(screen: Sequence[str]) -> str:
    lines = "; ".join(line[:LINE_CHARS] for line in screen)
    return f" (My screen shows: {lines})" if lines else ""


def passage(evidence: Evidence) -> str:
    """Return a piece of evidence on one line, headed by where it stands."""
    return f"{title_of(evidence)}: {' '.join(evidence.document.text.split())}"


def title_of(evidence: Evidence) -> str:
    """Return where a piece of evidence stands: its heading path, else the title of its source."""
    return heading_of(evidence.document) or evidence.document.uri


def plain_prompt(request: str, language: str, screen: Sequence[str]) -> str:
    """Return the user message for plain conversation."""
    return f"{shortened(request)}{_shown(screen)}\n{answer_in(language)}"


def answer_in(language: str) -> str:
    """Return the line that fixes the language; English is the model's own choice anyway."""
    return f"Answer in {LANGUAGES.get(language, language)}."


def rewrite_prompt(grounded: str, sentence: str, fault: str) -> str:
    """Return the user message that asks for one sentence again, without its fault."""
    return (
        f"{grounded}\n\nThis sentence of your answer is wrong: {sentence}\nWhy: {fault}\n"
        "Write that one sentence again so that it says only what the evidence says."
    )


def remembered(
    history: Sequence[Exchange],
    *,
    grounded: bool = True,
    exchanges: int = 2,
    chars: int = 400,
) -> list[ChatMessage]:
    """Return the beginning of every prompt: the prefix, then the last exchanges, shortened.

    Talk that rests on no evidence goes without the examples: a small model would repeat them.
    """
    messages = list(PREFIX) if grounded else list(PREFIX[:1])
    for exchange in [e for e in history if e.answer][-exchanges:]:
        messages.append(ChatMessage("user", exchange.question[:chars]))
        messages.append(ChatMessage("assistant", exchange.answer[:chars]))
    return messages


def shortened(text: str, chars: int = REQUEST_CHARS) -> str:
    """Return a text with its middle left out where it is too long for the model's context."""
    if len(text) <= chars:
        return text
    return f"{text[: 2 * chars // 3]} … {text[-chars // 3 :]}"
