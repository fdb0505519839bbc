"""Make a painter's prompt, or a flowchart's title, from the user's request."""

import re
from collections.abc import Sequence

from assistant.claims import HAN
from assistant.drawing.followup import followed
from assistant.errors import InputError
from assistant.types import Exchange

_LEAD = re.compile(
    r"""^\s*
    (?:(?:please|kindly|hey|hi|ok|okay|now|then|also|and|finally)[, ]+
      |(?:can|could|would|will)\ you\ (?:please\ )?
      |i(?:'d|\ would)\ like\ (?:you\ )?(?:to\ )?|i\ want\ (?:you\ to\ )?
      |请你?|麻烦[你您]?|能不能|可以|可否|最后|然后|再|顺便|另外|我想[要让]?你?|\s)*
    (?:(?:draw|paint|sketch|illustrate|generate|create|make|render|produce|show|design)
        (?:\ (?:me|us|for\ me))?\b
      |(?:帮我|给我|替我|为我|帮忙)*(?:画|绘制|生成|制作|做|创作|设计)(?:出|一下)?)?\s*
    (?:(?:an?|the|some|one)?\ ?(?:picture|image|drawing|illustration)s?\ (?:of|showing)\b\ ?
      |一?[张幅个副](?:关于)?)?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_TAIL = re.compile(
    r"(?:的(?:图片|图像|画|插图|照片|图)|[ ,]*(?:for me|please|谢谢|吧))?[\s.!。！?？]*$",
    re.IGNORECASE,
)
_CHART = re.compile(
    r"""^(?:(?:an?|the)\ )?(?:flow\ ?chart|flow\ diagram|diagram|chart)s?
        \s*(?:(?:of|for|showing|about)\s+|$)
    |\ (?:as|in|into)\ an?\ (?:flow\ ?chart|diagram|chart)$
    |^把(?=.*流程图$)|(?:的|画成|做成|变成)?(?:一[张个])?(?:流程图|示意图|图表)$|^流程图[，：:]?""",
    re.IGNORECASE | re.VERBOSE,
)
_PRONOUN = re.compile(
    r"^(?:it|them|that|these|those)\b(?! is\b)|^把?(?:它|它们)(?!的)", re.IGNORECASE
)
_POINTING = re.compile(
    r"""^(?:it|that|this|one|them|again|the\ same|it\ again|these\ steps|(?:all\ )?(?:the\ )?steps?
    |(?:(?:an?|the|some)\ )?(?:picture|image|drawing|illustration)s?
    |图|图片|图画|图像|画|画儿|插图|插画
    |它|这个|那个|这些步骤|步骤|上面的步骤|以上步骤|一遍|一次)?$""",
    re.IGNORECASE | re.VERBOSE,
)


def prompt_of(request: str, history: Sequence[Exchange] = ()) -> str:
    """Return what is to be painted, without "please draw me a picture of" and 帮我画.

    A request that changes the last drawing ("make it green") is that drawing's, changed; one that
    only points back ("draw it again") takes the last question of the thread that names something.
    Raises InputError when nothing is named.
    """
    if changed := followed(request, history):
        return changed
    for words in [request, *(past.question for past in reversed(history))]:
        prompt = _bare(words)
        if not (_POINTING.match(prompt) or _PRONOUN.match(prompt)):
            return prompt
    raise InputError(
        f"`{request}`没有说要画什么。请说出来，例如`画一只红狐狸`。"
        if HAN.search(request)
        else f"`{request}` does not say what to draw. Name it, for instance `Draw a red fox.`"
    )


def title_of(request: str, default: str) -> str:
    """Return the heading of a flowchart that was asked for in `request`, or `default`."""
    words = _bare(request)
    title = _CHART.sub("", words).strip(" ,:，：的")
    if _POINTING.match(title) or _POINTING.match(words):
        return default
    return title[0].upper() + title[1:]


def _bare(request: str) -> str:
    """Strip what only asks, not names."""
    words = " ".join(request.split())
    return _TAIL.sub("", _LEAD.sub("", words, count=1), count=1).strip(" ,:，：")
