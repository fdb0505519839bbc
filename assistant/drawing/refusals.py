"""Refuse what must not be painted, by plain rules on the words of a prompt, English and Chinese.

They hold back the plainly forbidden and are no judge of meaning.
"""

import re
import unicodedata

from assistant.errors import InputError

_PEOPLE = """(?:man|woman|men|women|people|person|child|children|boy|girl|baby|neighbou?r|boss
    |teacher|wife|husband|mother|father)"""
_SOMEONE = """(?:president|prime\\ minister|pope|senator|chancellor|mayor|celebrity
    |politician|actor|actress|singer|my\\ (?:ex|boss|neighbou?r|teacher|classmate|colleague))"""

_RULES = {
    "sexual": r"""\b(?:nudes?\b(?!\ (?:colou?r|shade))|naked\b(?!\ mole)|porn\w*|nsfw|hentai
        |sex|sexual\w*|sexy|erotic\w*
        |topless|genitals?|masturbat\w*|orgasm\w*|strippers?|striptease)\b
        |裸体|裸照|裸女|裸男|全裸|色情|情色|性爱|做爱|性器官|黄图|春宫""",
    "violent": rf"""\b(?:gore|gory|behead\w*|decapitat\w*|dismember\w*|mutilat\w*|tortur\w+
        |massacre|corpses?|bloody\ (?:body|bodies|murder)|disembowel\w*|suicide
        |self[-\ ]harm|school\ shooting
        |(?:kill|murder|stab|shoot|strangl|beat)\w*\ (?:up\ )?(?:(?:a|an|the|my|his|her|some)\ )?
          (?:\w+\ )?{_PEOPLE})\b
        |血腥|斩首|肢解|虐杀|酷刑|屠杀|尸体|自杀|自残|杀死|杀人|凶杀""",
    "hateful": r"""\b(?:swastikas?|nazis?|hitler|ku\ klux\ klan|kkk|white\ (?:power|supremac\w+)
        |lynching|racist|antisemitic|islamophobic
        |(?:jews|muslims|christians|blacks|gays|immigrants|refugees)\ (?:as|like)\ \w+)\b
        |纳粹|希特勒|种族歧视|种族主义|仇恨宣传|反犹""",
    "deceptive": rf"""\b(?:deep\ ?fakes?|face[-\ ]?swap\w*|mugshot
        |leaked\ (?:photo|picture|image)s?
        |fake\ (?:\w+\ )?(?:photo|picture|image|news|screenshot|id|passport|licen[cs]e)s?
        |(?:photo|picture|image)s?\ (?:that|to|which)\ (?:will\ )?
          (?:looks?\ real|(?:fool|trick|deceive|convince)\w*)
        |(?:photo\w*|realistic|real[-\ ]looking)\b[\w\ ,-]{{0,40}}?\b{_SOMEONE})\b
        |换脸|深度伪造|(?:伪造|造假|假)的?(?:照片|截图|证件|护照|身份证|新闻)|假照
        |(?:总统|主席|总理|明星|名人|我的?(?:老板|前女友|前男友|老师|邻居|同学))[^。]{{0,12}}(?:照片|真实)
        |(?:照片|真实)[^。]{{0,12}}(?:总统|主席|总理|明星|名人)""",
}
_PATTERNS = {name: re.compile(rule, re.IGNORECASE | re.VERBOSE) for name, rule in _RULES.items()}
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


def check_prompt(prompt: str, language: str = "en") -> None:
    """Raise InputError, with the reason in the user's language, for what is not painted.

    Letters are compared as they are read: full-width ones and hidden characters do not help.
    """
    folded = unicodedata.normalize("NFKC", prompt)
    read = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    for rule, pattern in _PATTERNS.items():
        if pattern.search(read):
            reason = _REASONS.get(language, _REASONS["en"])[rule]
            if language == "zh":
                raise InputError(f"不能画`{prompt}`：本助手不画{reason}。请换一个内容。")
            raise InputError(
                f"`{prompt}` is not drawn: the assistant makes no {reason}. Ask for something else."
            )
