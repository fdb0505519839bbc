"""Understand what is asked about a picture, in English and Chinese, and which picture is meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.fusion.clauses import mask_quotes
from assistant.types import Exchange

Topic = Literal["gist", "detail", "text", "colour", "people", "count", "again"]
Place = Literal["", "top", "bottom", "left", "right", "middle"]

_REMEMBERED = 5  # exchanges in which a picture that is named as such is looked for
_THING = r"(?:it|this|that|they|these|those|the|there)"
_ITSELF = (  # of whose colour and people a question without more words can be
    r"(?:it|this|that|they|these|those|he|she|here"
    r"|the (?:picture|photo(?:graph)?|image|screenshot|snapshot|scan|drawing|background|front"
    r"|foreground|middle|scene)s?)\b"
)
_PICTURE = re.compile(
    r"\b(?:picture|photo(?:graph)?|image|screenshot|snapshot|scan|drawing)s?\b"
    r"|图片|图像|照片|截图|相片|画面|这张图|那张图|图[里中上]",
    re.IGNORECASE,
)
_IN_PICTURE = re.compile(
    r"\b(?:in|on) (?:the|this|that|these|those|my|your) (?:\w+ )?"
    r"(?:picture|photo(?:graph)?|image|screenshot|snapshot|scan|drawing)s?\b"
    r"|(?:图片?|图像|照片|截图|相片|画面)[里中上]|[这那][张幅]",
    re.IGNORECASE,
)
_WORK = re.compile(  # asks what is to be done, not what is to be seen
    r"\bhow (?:to|do|does|did|can|could|should|would)\b|\bsteps? (?:to|for|of)\b|\bexplain\b"
    r"|\b(?:to|should|must|please|can|could) (?:i |we |you )?"
    r"(?:do|fix|reset|re-?install|install|repair|set up|solve)\b"
    r"|如何|怎么(?!样)|怎样|步骤|解释|(?:请|帮我|[要来去])(?:修复|重置|安装)",
    re.IGNORECASE,
)
_OWN_LOOK = re.compile(  # the user looks again, or it is not for now
    r"\b(?:(?:i|we|they|he|she)\b(?!'d like| (?:need|want|would like))|let me)"
    r"(?:(?!\b(?:you|please)\b)[^,.;!?\n])*\b(?:again|once more|look|double[- ]check)\b"
    r"|\b(?:tomorrow|later|tonight|next (?:week|time))\b"
    r"|(?<![帮给替为让])[我咱]们?(?:刚才|已经|自己|打算|先|去|来|会|想|要|就)*(?:再|重新)"
    r"|明天|回头|改天|晚点|待会",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[.!?;\n]+(?:\s+|$)|[。！？；]+|,?\s+(?:and|but|then)\s+(?=how\b)|[,，]\s*(?=how\b|怎么|如何|怎样)",
    re.IGNORECASE,
)
_TURN = re.compile(r"[,:，：]")
_TOPICS: dict[Topic, re.Pattern[str]] = {
    "again": re.compile(
        r"\b(?:check|look|read|see) (?:at )?(?:(?:it|this|that|the \w+) )?(?:again|once more)\b"
        r"|\b(?:another|a second|a closer|a better) look\b|\blook (?:closer|more closely)\b"
        r"|\bdouble[- ]check\b|^(?:but )?are you (?:really )?sure\W*$"
        r"|再(?:仔细|认真)?(?:看|检查|确认|读)(?:一|看|下|次|遍|$|[。！？])|重新(?:看|检查|读)"
        r"|(?:看|检查)仔细(?:点|一点)|^你?确定吗",
        re.IGNORECASE,
    ),
    "detail": re.compile(
        r"\bin (?:more |greater )?detail\b|\bmore details?\b"
        r"|\btell me more\b(?! about (?!it|this|that|the (?:pic|photo)))"
        r"|\bwhat else (?:do you see|can you see|does it show|is (?:in|on|there(?=\W*$)))"
        r"|\beverything you (?:can )?see\b"
        r"|详细|更多细节|具体(?:点|一点|描述|说)|多说(?:一)?点|再多说"
        r"|还(?:有(?:些)?什么(?=东西|内容|字|\W*$)|看到|能看)",
        re.IGNORECASE,
    ),
    "text": re.compile(
        rf"\bwhat (?:does|do|did) {_THING}(?: \w+){{0,2}} (?:say|read)\b"
        rf"|\bwhat(?:'s| is| was) (?:written|printed|standing)\b"
        r"|\bwhat (?:text|words?|writing)"
        r"(?: (?:is|are|was|does|can you|do you|you see|in|on)\b|\W*$)"
        rf"|\bread (?:{_THING}(?: \w+)? )?(?:to me|out|aloud)\b|\bread (?:it|this|that)\W*$"
        r"|\bread the (?:text|words|writing|sign|label|picture|photo|screen|letter|note)\b"
        r"|\b(?:is|any) (?:there )?(?:any |some )?(?:text|writing)"
        r"(?= (?:in|on|at|here|there|visible|readable)\b|\W*$)"
        r"|(?<![填要该])写(?:着|的|了)?(?:是)?(?:些)?(?:什么|啥)|[念读](?:一下|出来|给我|一遍)"
        r"|有(?:没有)?(?:什么)?(?:文字|字(?![数符体母段节幕]))|什么字(?![数符体母段节幕])",
        re.IGNORECASE,
    ),
    "colour": re.compile(
        rf"\b(?:what|which) colou?rs? (?:is|are|was|were|does|do|has|have) (?:in )?{_ITSELF}"
        r"(?!.*\b(?:should|supposed|mean|when|while|if|normal(?:ly)?|usually)\b)"
        r"|\b(?:what|which) colou?rs?\W*$"
        rf"|\bcolou?rs? (?:of|in) {_ITSELF}"
        r"|(?:^|[它他她这那图片照像画面里上中间景主要些哪的都])(?:是|有)?(?:什么|啥|哪种|哪些)(?:颜)?色"
        r"(?!.{0,3}(?:才|正常|应该|代表|表示))"
        r"|^(?:[它他她这那]|.{0,6}[图片照画面景])[^时候应该才]{0,6}(?:什么|啥|哪种|哪些)(?:颜)?色"
        r"(?!.{0,3}(?:才|正常|应该|代表|表示))"
        r"|^(?:[那它他她的图片照画面里上景主要]*)颜色(?:是|呢)(?!.{0,6}(?:才|正常|应该|代表|表示))",
        re.IGNORECASE,
    ),
    "people": re.compile(
        r"\bwho(?: is|'s| are|se) (?:(?:this|that|it|he|she|they|these|those)\b|the (?:man|woman"
        rf"|person|people|boy|girl|child|kid|guy|lady)\b|(?:in|on) {_ITSELF})"
        r"|\bhow old (?:is|are) (?:he|she|they|(?:the|this|that|these) (?:man|woman|person"
        r"|people|boy|girl|child|children|kids?|guy|lady))\b"
        r"|\b(?:is|are) (?:there )?(?:it )?(?:a |any )?"
        rf"(?:person|people|man|woman|anyone|anybody|someone)\b"
        rf"(?= (?:in|on) {_ITSELF}| there\b|\W*$)"
        r"|\b(?:man or (?:a )?woman|boy or (?:a )?girl|male or female)\b"
        r"|(?:^|[这那他她它]|[图照画][^，。？]{0,4}|[人里上中边面])(?:都)?是谁(?=[呀啊呢]?\W*$)"
        r"|[图照画][^，。？]{0,3}有谁|谁在(?:[这那]|[^，。？]{0,3}[图照画])"
        r"|(?:是|有)(?:些)?什么人(?=[呀啊呢]?\W*$)"
        r"|有(?:没有)?人(?:吗|[？?]|$)|男的|女的|几岁(?=[了呀啊]?\W*$)|多大年纪",
        re.IGNORECASE,
    ),
    "count": re.compile(r"\bhow many\b|几[个只条辆朵棵张本匹头]|多少[个只条辆]", re.IGNORECASE),
    "gist": re.compile(
        r"\bdescribe(?= (?:it|this|that|these|those|them|him|her|what|everything|in|to|for)\b"
        r"|(?: \w+){1,3} (?:picture|photo(?:graph)?|image|screenshot|scan|drawing|scene)s?\b|\W*$)"
        r"|\bwhat (?:do|can) you see\b|\bwhat(?:'s| is| are)(?: there)? (?:in|on) "
        r"(?:it|here|this|that|(?:the|this|that|my) (?:picture|photo|image|screenshot|screen))\b"
        rf"|\bwhat does {_THING}(?: \w+)? show\b"
        r"|^(?:and )?what(?:'s| is| are) (?:this|that|it|these|those|they)\W*$"
        r"|描述|看(?:到|见)(?:了)?(?:些)?(?:什么|啥)|^[这那它](?:个|张)?(?:图片?|照片)?[里上]?面?的?是(?:什么|啥)"
        r"|(?:图片?|照片|画面|[这那]|上面|里面)[里上中]?(?:面)?(?:都)?(?:有|是)(?:些)?(?:什么|啥)",
        re.IGNORECASE,
    ),
}
_PLACES: dict[Place, re.Pattern[str]] = {
    "top": re.compile(r"\b(?:top|upper)\b|顶|最上|上[方边部]", re.IGNORECASE),
    "bottom": re.compile(r"\b(?:bottom|lower)\b|底|最下|下[方边部面]", re.IGNORECASE),
    "left": re.compile(r"\bleft\b|左", re.IGNORECASE),
    "right": re.compile(r"\bright(?! (?:now|away|here))\b|右", re.IGNORECASE),
    "middle": re.compile(r"\b(?:middle|cent(?:er|re))\b|中[间央部]", re.IGNORECASE),
}
_MANUAL = re.compile(
    r"\b(?:manual|guide|handbook|documentation|article|book|say about|read about)\b"
    r"|手册|说明书|文档|文章",
    re.IGNORECASE,
)
_TO_DESCRIBE = re.compile(r"\bdescribe\b|\bsee\b|描述|看[到见]", re.IGNORECASE)
_FOR_NEW: tuple[Topic, ...] = ("detail", "text", "colour", "people")


@dataclass(frozen=True)
class Asked:
    """What somebody wants to know of a picture."""

    topics: tuple[Topic, ...] = ()
    place: Place = ""


def asked(text: str) -> Asked:
    """Return what a text asks about a picture; no topics where it is about something else."""
    words = mask_quotes(text.replace("’", "'").strip())
    if _MANUAL.search(words):
        return Asked()
    clauses = [clause for clause in _CLAUSE.split(words) if not _WORK.search(clause)]
    topics: tuple[Topic, ...] = tuple(
        topic for topic, pattern in _TOPICS.items() if any(map(pattern.search, clauses))
    )
    if "again" in topics and all(map(_is_own_look, clauses)):
        topics = tuple(topic for topic in topics if topic != "again")
    if topics == ("count",) and not _IN_PICTURE.search(words):
        topics = ()
    if len(topics) > 1 and not {"again", "detail"} & set(topics):
        topics = tuple(topic for topic in topics if topic != "gist")
    places: list[Place] = [place for place, pattern in _PLACES.items() if pattern.search(words)]
    return Asked(topics, places[0] if topics and places else "")


def _is_own_look(clause: str) -> bool:
    """Tell whether a clause asks for no second look: only the user means to take one, if any."""
    again = _TOPICS["again"].search(clause)
    if not again:
        return True
    end = _TURN.search(clause, again.end())  # what follows may be what the picture says
    return bool(_OWN_LOOK.search(clause[: end.start() if end else None]))


def asks_of_new(text: str) -> bool:
    """Tell whether a text asks plainly about the look of the picture that comes with it."""
    topics = asked(text).topics
    described = _PICTURE.search(text) or _TO_DESCRIBE.search(text)
    return any(topic in _FOR_NEW for topic in topics) or bool("gist" in topics and described)


def earlier_pictures(text: str, history: Sequence[Exchange]) -> tuple[Path, ...]:
    """Return the pictures of an earlier turn that a text without a picture asks about.

    They are those of the exchange that the conversation has been about since; further back only
    where the text names the picture, and so are those that the assistant made.
    """
    if not asked(text).topics:
        return ()
    named = bool(_PICTURE.search(text))
    for exchange in reversed(history[-_REMEMBERED:]):
        about = not exchange.question.strip() or bool(asked(exchange.question).topics)
        if exchange.images:
            return exchange.images if named or about or _asks_plainly(text) else ()
        if exchange.pictures or not (named or about):
            return exchange.pictures if named else ()
    return ()


def _asks_plainly(text: str) -> bool:
    """Tell whether a text can be about nothing else: `more` and `again` may mean the answer."""
    return any(topic in ("text", "colour", "people") for topic in asked(text).topics)
