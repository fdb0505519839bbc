"""Make a painter's prompt from a request, and refuse what must not be painted."""

import re
from collections.abc import Sequence

from assistant.errors import InputError
from assistant.types import Exchange

_POLITE = (
    r"(?:(?:please|kindly|hey|hi|ok|okay|now|then|also|and|finally)[, ]+"
    r"|(?:can|could|would|will) you (?:please )?|i(?:'d| would) like (?:you )?(?:to )?|i want (?:you to )?"
    r"|请(?:你)?|麻烦(?:你|您)?|能不能|可以|可否|最后|然后|再|顺便|另外|我想(?:要|让你)?)"
)
_VERB = (
    r"(?:(?:draw|paint|sketch|illustrate|generate|create|make|render|produce|show|design)(?: (?:me|us|for me))?\b"
    r"|(?:帮我|给我|替我|为我|帮忙)*(?:画|绘制|生成|制作|做|创作|设计)(?:出|一下)?)"
)
_KIND = (
    r"(?:(?:an?|the|some|one)? ?(?:[a-z]+ )??(?:picture|image|drawing|painting|illustration|sketch|photo)s?"
    r" (?:of|showing|with|that shows) |(?:一)?[张幅个副](?:关于)?)"
)
_LEAD = re.compile(rf"^\s*(?:{_POLITE}\s*)*{_VERB}?\s*{_KIND}?\s*", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:的(?:图片|图像|画|插图|照片|图)|[ ,]*(?:for me|please|谢谢|吧))?[\s.!。！?？]*$",
    re.IGNORECASE,
)
_CHART = re.compile(
    r"^(?:(?:an?|the) )?(?:(?:flow ?chart|flow diagram|diagram|chart)s?\s*(?:(?:of|for|showing|that shows)\s+|about\s+|$))"
    r"|(?:的)?(?:流程图|示意图|图表)$|^流程图[，：:]?",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"^(?:it|that|this|one|them|again|the same|(?:it )?again|these steps|the steps?|steps|all (?:the )?steps"
    r"|它|这个|那个|这些步骤|步骤|上面的步骤|以上步骤|一遍|一次)?$",
    re.IGNORECASE,
)

_RULES = {
    "sexual": re.compile(
        r"\b(?:nudes?|naked (?!mole)|porn\w*|nsfw|hentai|sex(?:ual|y)?\b(?! education)|erotic\w*|topless"
        r"|genitals?|masturbat\w*|orgasm\w*|strip(?:per|tease))"
        r"|裸体|裸照|裸女|全裸|色情|情色|性爱|做爱|性器官|黄图|春宫",
        re.IGNORECASE,
    ),
    "violent": re.compile(
        r"\b(?:gore|gory|behead\w*|decapitat\w*|dismember\w*|mutilat\w*|tortur\w+|massacre|execution of"
        r"|corpses?|bloody (?:body|bodies|corpse|murder)|disembowel\w*|suicide|self[- ]harm|school shooting"
        r"|(?:kill|murder|stab|shoot|hang)(?:s|ed|ing)? (?:a |an |the |my |his |her )?(?:\w+ )?"
        r"(?:man|woman|men|women|people|person|child|children|boy|girl|neighbou?r|boss|teacher|wife|husband))"
        r"|血腥|斩首|肢解|虐杀|酷刑|屠杀|尸体|自杀|自残|杀死|杀人|凶杀",
        re.IGNORECASE,
    ),
    "hateful": re.compile(
        r"\b(?:swastikas?|nazi (?:flag|propaganda|salute)|ku klux|kkk|white (?:power|supremac\w+)|lynching"
        r"|racist|antisemitic|islamophobic|(?:jews|muslims|blacks|gays|immigrants) (?:as|like) (?:rats|animals|vermin|pigs|monkeys|insects))"
        r"|纳粹|卍字旗|种族歧视|仇恨宣传|反犹",
        re.IGNORECASE,
    ),
    "deceptive": re.compile(
        r"\b(?:deep ?fakes?|face ?swap\w*|fake (?:photo|picture|image|news|screenshot|mugshot|id|passport)"
        r"|(?:photo|picture|image)\w* (?:that|to|which) (?:looks real|fool|trick|deceive|convince)\w*"
        r"|leaked photo"
        r"|(?:photo\w*|realistic|real[- ]looking) [\w ,-]{0,30}?(?:of|showing) [\w ,-]{0,30}?"
        r"(?:president|prime minister|pope|king|queen|senator|chancellor|celebrity|politician|my (?:ex|boss|neighbou?r|teacher))\b)"
        r"|换脸|深度伪造|(?:伪造|假)的?(?:照片|截图|证件|新闻)|假照|(?:总统|主席|总理|明星|名人|我的?(?:老板|前女友|前男友|老师|邻居))[^。]{0,12}(?:照片|真实)",
        re.IGNORECASE,
    ),
}
_REASONS = {
    "en": {
        "sexual": "sexual pictures",
        "violent": "pictures of cruelty or of people being harmed",
        "hateful": "hateful pictures",
        "deceptive": "pictures that could pass for real photos of real people or documents",
    },
    "zh": {
        "sexual": "色情图片",
        "violent": "残忍或伤害人的图片",
        "hateful": "宣扬仇恨的图片",
        "deceptive": "可能被当作真人照片或真实证件的图片",
    },
}


def prompt_of(request: str, history: Sequence[Exchange] = ()) -> str:
    """Return what is to be painted, without "please draw me a picture of" and 帮我画.

    A request that only points back ("draw it again") takes the last question of the thread that
    names something. Raises InputError when nothing is named.
    """
    for words in [request, *(past.question for past in reversed(history))]:
        prompt = _TAIL.sub("", _LEAD.sub("", " ".join(words.split()), count=1), count=1).strip(
            " ,:，："
        )
        if not _POINTING.match(prompt):
            return prompt
    raise InputError(
        f"`{request}` does not say what to draw. Name it, for instance `Draw a red fox in the snow.`"
    )


def title_of(request: str, default: str) -> str:
    """Return the heading of a flowchart that was asked for in `request`, or `default`."""
    words = _TAIL.sub("", _LEAD.sub("", " ".join(request.split()), count=1), count=1)
    title = _CHART.sub("", words).strip(" ,:，：的")
    if _POINTING.match(title) or _POINTING.match(words):
        return default
    return title[0].upper() + title[1:]


def check_prompt(prompt: str, language: str = "en") -> None:
    """Raise InputError, with the reason, for a picture that is not painted.

    Plain rules on the words, English and Chinese; they hold back the plainly forbidden and are no
    judge of meaning.
    """
    for rule, pattern in _RULES.items():
        if pattern.search(prompt):
            reason = _REASONS.get(language, _REASONS["en"])[rule]
            if language == "zh":
                raise InputError(f"不能画`{prompt}`：本助手不画{reason}。请换一个内容。")
            raise InputError(
                f"`{prompt}` is not drawn: the assistant makes no {reason}. Ask for something else."
            )
