"""Cut a message into clauses, each small enough to ask for one thing, in English and Chinese."""

import re
from dataclasses import dataclass
from typing import Literal

Opening = Literal["", "first", "then", "also"]


@dataclass(frozen=True)
class Clause:
    """A piece of a message."""

    text: str
    sentence: int  # which sentence of the message it belongs to, from 0
    opens: Opening = ""  # the connector it began with, which `text` no longer holds


_QUOTED = re.compile(
    r"“[^”]{0,300}”|「[^」]{0,300}」|『[^』]{0,300}』|\"[^\"]{0,300}\"|‘[^’]{0,300}’|(?<!\w)'[^']{0,300}'(?!\w)|`[^`]{0,300}`"
)
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)|;(?=\s)|[。！？；…]+|\s*\n\s*")
_OPENERS = (
    "i|i'm|i've|i'd|i'll|we|we're|we've|my|our|please|pls|can|could|would|will|what|what's|whats|why"
    "|how|where|where's|when|which|who|who's|is|are|do|does|did|draw|paint|make|create|give|show|tell"
    "|explain|describe|mark|circle|highlight|underline|point|put|turn|sketch|design|generate|visualise"
    "|visualize|annotate|label|box|frame|number|read|just|write|translate|don't|dont|no|not|without"
    "|help|also|then|and|but|plus|oh|quick|quickly|hurry|urgent|asap|it's|it is|there is|there's"
    "|thanks|thank you|summarise|summarize|chart|walk|show|any|you|by the way|btw|finally"
    "|afterwards"
)
_OPENERS_ZH = (
    "请|麻烦|帮|给|再|然后|接着|并|顺便|另外|还有|还要|也|怎么|怎样|如何|为什么|为何|什么|哪|能|可以|可不可以"
    "|画|做|标|圈|框|把|用|在我|在截|在图|我|你|不|别|告诉|说|讲|解释|描述|教|马上|快|赶紧|急|先|最后|同时|以及"
    "|想|要|有没有|有什么|有空|之后|对了|只|该|是什么|咋|十分钟|五分钟|谢"
)
_SOFT_CUT = re.compile(
    rf"\s*[,:，：、—–]\s*(?=(?:{_OPENERS})\b)"
    rf"|\s*[,，、：]\s*(?=(?:{_OPENERS_ZH}))"
    r"|\s+(?=(?:and|but|plus)\s+(?:then|also|after\s+that|please|can|could|would|draw|paint|make|create"
    r"|give|show|tell|explain|describe|mark|circle|highlight|sketch|design|generate|visuali[sz]e|annotate"
    r"|how|what|why|where|i\s+(?:have|need|want|must)|i'm|i've|my\s+\w+\s+(?:starts|begins|leaves)"
    r"|don't|no\s+\w+|put|turn|write|translate|read|a\s+(?:drawing|picture|flow|diagram))\b)"
    # spoken, without punctuation: what hurries
    r"|\s+(?=(?:i\s+have|i've\s+got)\s+an?\s+(?:meeting|call|class|flight|train|exam|interview)\b"
    r"|i\s+have\s+to\s+(?:leave|go)\b|i'm\s+in\s+a\s+hurry)"
    r"|(?<=[^\s我，。])(?=我?(?:马上就?要|[一二三四五六七八九十两半\d]+(?:分钟|小时|刻钟)后就?要)"
    r"(?:开会|走|出门|出发|考试|上课|上台|面试|登机|开始|汇报))"
    r"|,?\s+(?=plus\b|as\s+well\s+as\b|and\s+then\b|afterwards\b)"
    r"|(?=然后|顺便|另外|还有(?!没|多|[一两三四五六七八九十\d]|什么)|对了"
    r"|再(?=画|给|帮|做|标|讲|说|告诉|解释|来一)|并(?=画|给|帮|做|标|讲|说|告诉|解释)|以及(?=画|怎|如|给))",
    re.IGNORECASE,
)
_CONNECTOR_WORDS: dict[Opening, str] = {
    "first": (
        r"(?:but\s+)?first(?:ly|\s+of\s+all)?\b"
        r"(?=\s*,|\s+(?:draw|paint|make|tell|explain|show|describe|give))"
        r"|首先|先(?=画|说|讲|告|给|帮|描|解|做|看)"
    ),
    "then": (
        r"(?:and\s+|but\s+)?(?:then|after\s+that|afterwards|later|finally|next)\b"
        r"|然后再?|接着|之后|最后|再(?=画|给|帮|做|标|讲|说|告诉|解释|来)"
    ),
    "also": (
        r"(?:oh,?\s+)?(?:and\s+|but\s+)?(?:also|by\s+the\s+way|btw|besides|another\s+thing"
        r"|plus|second(?:ly)?(?=,)|as\s+well\s+as)\b|oh\s+and\b|and\b"
        r"|还有|另外|此外|对了|其次|顺便(?:问一下|问问|问)?|以及|同时"
        r"|并(?=画|给|帮|做|标)|也(?=请|帮|给|画)"
    ),
}
_CONNECTORS: dict[Opening, re.Pattern[str]] = {
    name: re.compile(rf"(?:{pattern})[\s,:，：、]*", re.IGNORECASE)
    for name, pattern in _CONNECTOR_WORDS.items()
}


def mask_quotes(text: str) -> str:
    """Replace what is quoted by `…`: it is talked about, not asked for."""
    masked = _QUOTED.sub("“…”", text)
    return text if re.fullmatch(r"[\s“”….?!。？！]*", masked) else masked


def split_clauses(text: str, limit: int = 40) -> list[Clause]:
    """Cut a message into at most `limit` clauses; what goes beyond stays in the last one."""
    text = re.sub(r"\s*\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text))
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    ends = {match.end() for match in _SENTENCE_END.finditer(text)}
    cuts = sorted(ends | {match.end() for match in _SOFT_CUT.finditer(text)} | {len(text)})
    clauses: list[Clause] = []
    begin = sentence = 0
    opens: Opening = ""
    for cut in cuts:
        if any(start < cut < end for start, end in quoted):
            continue
        last = len(clauses) == limit - 1
        if piece := text[begin : None if last else cut].strip(" \n,，、:：—–-"):
            opens, rest = _opening(piece, opens)
            if rest or last or cut in ends:  # else the connector stands before a comma: "Also, ..."
                clauses.append(Clause(rest or piece, sentence, opens))
                opens = ""
        if last:
            break
        begin = cut
        sentence += cut in ends
    return clauses


def _opening(text: str, before: Opening) -> tuple[Opening, str]:
    """Return the connector that a clause begins with, or the one before it, and what follows."""
    for name, pattern in _CONNECTORS.items():
        if match := pattern.match(text):
            rest = text[match.end() :]
            return name, rest if re.search(r"\w", rest) else ""
    return before, text
