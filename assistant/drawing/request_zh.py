"""Read a Chinese drawing prompt; `request.parse` is the way in."""

import re
from functools import lru_cache

from assistant.drawing.drawings import lexicon
from assistant.drawing.request import (
    Item,
    Request,
    longest_name,
    no_thing,
    none_asked,
    only_colour,
    placed_alone,
    places_differ,
    two_colours,
)
from assistant.numerals import find_numerals
from assistant.pictures.names import COLOURS

_TERMS = {char: name for name, char in COLOURS.items()} | {
    "粉红": "pink", "橘红": "orange", "橘黄": "orange", "橘": "orange", "橙黄": "orange",
    "金黄": "yellow", "金": "yellow", "青": "green", "翠绿": "green", "天蓝": "blue", "褐": "brown",
    "咖啡": "brown", "银": "grey", "紫红": "purple", "棕黄": "brown", "桃红": "pink",
    "玫红": "pink", "雪白": "white", "乌黑": "black", "漆黑": "black", "灰白": "grey",
}  # fmt: skip
_TERM = "|".join(sorted(_TERMS, key=len, reverse=True))
_COLOUR = re.compile(rf"(?P<shade>[深浅淡亮大鲜暗])?(?P<colour>{_TERM})(?P<plain>颜?色的?|的|$)?")
_MEASURE = re.compile(
    "[个個只隻条條根辆輛朵棵颗顆本张張把台臺座匹头頭位名件列节封幢册套滴团卷块塊片杯瓶碗盘盤支枝架艘幅栋棟间間所顶頂"
    "盏盞扇部面枚粒株尾口份盒袋罐桶篮壶串束副双雙对對群排堆打]"
)
_PAIRED = "双雙对對"
_MANY = {"许多": 6, "很多": 6, "好多": 6, "一些": 3, "几": 3, "若干": 3, "好几": 3, "一群": 5,
         "半打": 6, "俩": 2, "倆": 2, "仨": 3, "单": 1}  # fmt: skip
_AMOUNT = re.compile("|".join(sorted(_MANY, key=len, reverse=True)))
_NONE = re.compile(r"^(?:没有|沒有|零|0)")
_PLAIN = re.compile(
    "(?:非常|很|特别)?(?:可爱|漂亮|美丽|好看|巨大|小小|大大|新鲜|简单|普通|小|大|老|新)的?|的"
)
_WHOLES = """
    小熊猫 红熊猫 小人 小脑 小龙虾 小豆 大人 大豆 新人 新星
    粉笔 红茶 红豆 红灯 红糖 红人 黄蜂 黄豆 黄灯 黄鱼 绿豆 绿灯 青豆 青花 青鱼 金鱼 金星 金牛
    银鱼 橘树 橙树 黑豆 黑茶 黑洞 黑人 白茶 白糖 白人 咖啡豆 咖啡桌
"""
_WHOLE = frozenset(_WHOLES.split())  # that are not what their last characters name
_SIDE = {"左": "left of", "右": "right of", "上": "above", "下": "below"}
_EDGE = r"(?P<side>[左右上下])(?:[边邊面方侧側头]+)?"
_BE = r"(?:有着|有|是|放着|站着|坐着|趴着|停着|挂着|画着|摆着|躺着)"
_STAND = r"(?:[放站坐趴停挂摆躺飞]+[着在])?"
_RELATED = (  # the first is at the side of the second
    re.compile(rf"^在?(?P<second>.+?)的?{_EDGE}(?:，|,)?{_BE}(?P<first>.+)$"),
    re.compile(rf"^(?P<first>.+?){_STAND}(?:位于|处于|在)(?P<second>.+?)的?{_EDGE}$"),
    re.compile(rf"^(?P<number>.{{0,3}}?)在(?P<second>.+?)的?{_EDGE}的(?P<first>.+)$"),
    re.compile(r"^(?P<second>.+?)的?(?P<side>[左右上下])[边邊面方侧側]的(?P<first>.+)$"),
)
_OPPOSITE = {"左": "右", "右": "左", "上": "下", "下": "上"}
_SIDES = (
    re.compile(
        r"^(?P<side>[左右上下])[边邊面方侧側]?(?:是|有|放)?(?P<first>.+?)[，,、和；;]*"
        r"(?P<other>[左右上下])[边邊面方侧側]?(?:是|有|放)?(?P<second>.+)$"
    ),
    re.compile(
        r"^(?P<first>[^，,、；;在]+)在(?P<side>[左右上下])[边邊面方侧側][，,、和；;]*"
        r"(?P<second>[^，,、；;在]+)在(?P<other>[左右上下])[边邊面方侧側]$"
    ),
)
_ALONE = re.compile(
    r"^[^，,、；;在]+在[左右上下][边邊面方侧側]$|^在?[左右上下][边邊面方侧側][的有是][^，,、；;和左右上下]+$"
)
_GROUND = re.compile(
    rf"[，,、]?(?:用|以|在|配|并)?(?:纯|浅|深|淡|亮)?(?P<colour>{_TERM})色?的?(?:背景|底色|底)(?:[上中里])?(?:的|有|，|,)?"
    rf"|[，,、]?(?:背景|底色)(?:颜色)?(?:是|为|用|：|:)?(?:纯|浅|深|淡)?(?P<after>{_TERM})色?的?"
)
_SPLIT = re.compile(
    r"([、，,;；]\s*(?:和|还有|以及)?|和|与|跟|及|以及|还有|加上|旁边有|旁边是|旁边的)"
)


def read(text: str) -> Request:
    """Return what a prompt asks for. Raises InputError as `parse` says."""
    text = re.sub(r"\s+", "", text).strip("。.，,！!？?：:“”\"'`")
    background = ""
    if match := _GROUND.search(text):
        background = _TERMS[match["colour"] or match["after"]]
        text = (text[: match.start()] + text[match.end() :]).strip("，,、")
    if not _whole(text):
        if _ALONE.match(text):
            raise placed_alone(text)
        for pattern in (*_SIDES, *_RELATED):
            match = pattern.match(text)
            if match and all(_nameable(match[part]) for part in ("first", "second")):
                groups = match.groupdict()
                if groups.get("other", _OPPOSITE[match["side"]]) != _OPPOSITE[match["side"]]:
                    raise places_differ(text)
                number = groups.get("number") or ""
                items = (*_items(number + match["first"]), *_items(match["second"]))
                return Request(items, _SIDE[match["side"]], background)
    return Request(_items(text), "", background)


def _nameable(phrase: str) -> bool:
    """Tell whether a part of a relation holds more than a number: 马上 is no place on a horse."""
    return bool(_counted(phrase.strip("，,的"))[1])


def _items(text: str) -> tuple[Item, ...]:
    """Read a list of things; a known name that holds 和 stays together."""
    text = text.strip("，,、")
    parts = _SPLIT.split(text if _whole(text) else text.strip("的"))
    items: list[Item] = []
    at = 0
    while at < len(parts):
        phrase, at = longest_name(parts, at, _whole)
        if at < len(parts):
            _check_one_colour(phrase, *parts[at - 1 : at + 1])
        if phrase.strip("的有"):
            items.append(_item(phrase))
    return tuple(items)


def _check_one_colour(phrase: str, joint: str, following: str) -> None:
    """Raise the error of one thing with two colours where a list splits them: 红色和青色的苹果."""
    words, colours = _noun(_counted(phrase)[1])
    thing, others = _noun(_counted(following)[1])
    if colours and others and thing and not words and {*colours} != {*others}:
        raise two_colours(phrase + joint + following, list(dict.fromkeys((*colours, *others))))


def _whole(phrase: str) -> bool:
    return lexicon().knows(phrase) or lexicon().knows(_counted(phrase)[1])


def _counted(phrase: str) -> tuple[int, str, str]:
    """Return the number a phrase begins with (0: none is said), the rest and the measure word."""
    phrase = re.sub(r"^(?:有|是|这|那)", "", phrase)
    if _NONE.match(phrase):
        raise none_asked(phrase)
    count, rest = 0, phrase
    numerals = [n for n in find_numerals(phrase) if n.start == 0]
    if match := _AMOUNT.match(phrase):
        count, rest = _MANY[match[0]], phrase[match.end() :]
    elif numerals:
        value = numerals[0].value
        if value != int(value) or value < 1:
            raise none_asked(phrase)
        count, rest = int(value), phrase[numerals[0].end :]
    if not count:
        return 0, rest, ""
    measure = _MEASURE.match(rest)
    if not measure or len(rest) == 1:
        return count, rest, ""
    if measure[0] == "打":
        count *= 12
        measure_rest = rest[1:].removeprefix("的")
        second = _MEASURE.match(measure_rest)
        return count, measure_rest[1:] if second else measure_rest, "打"
    return count, rest[1:].removeprefix("的"), measure[0]


def _item(phrase: str) -> Item:
    if lexicon().is_said(phrase):
        return _whole_item(phrase)
    count, rest, measure = _counted(phrase)
    words, colours = _noun(rest)
    if rest != phrase and lexicon().is_another(phrase, words):
        return _whole_item(phrase)  # the number, or 有, is part of the name: 三明治
    if not lexicon().knows(words) and lexicon().knows(measure + words):
        words = measure + words  # the measure word is part of it: 一面包
    if len(set(colours)) > 1:
        raise two_colours(phrase, list(dict.fromkeys(colours)))
    if not words or (_MEASURE.fullmatch(words) and not lexicon().knows(words)):
        raise only_colour(phrase) if colours else no_thing(phrase)
    found = lexicon().find(words)
    if measure in _PAIRED and measure:
        count *= 2
    if not count:
        count = (found[0].shows if found else 1) or 1
    return Item(words, count, colours[0] if colours else "")


def _whole_item(phrase: str) -> Item:
    return Item(phrase, lexicon().find(phrase)[0].shows or 1)


@lru_cache(maxsize=1024)  # else 大红大红… would be read in as many ways as it can be split
def _noun(phrase: str) -> tuple[str, tuple[str, ...]]:
    """Return what a thing is called, without the colours, which come after it."""
    if phrase in _WHOLE or lexicon().is_said(phrase):
        return phrase, ()
    if match := _COLOUR.match(phrase):
        rest = phrase[match.end() :]
        words, more = _noun(rest)
        a_name = not rest and not match["plain"] and lexicon().knows(phrase)
        a_name = a_name or lexicon().is_another(phrase, words)
        a_name = a_name or phrase[match.start("colour") :] in _WHOLE  # 大金鱼
        if not a_name and (match["plain"] or not rest or lexicon().knows(words)):
            return words, (_TERMS[match["colour"]], *more)
    match = _PLAIN.match(phrase)
    if match and not lexicon().knows(phrase):
        words, colours = _noun(phrase[match.end() :])
        if lexicon().knows(words) and not (match[0].startswith("老") and _is_person(words)):
            return words, colours
    return phrase, ()


def _is_person(words: str) -> bool:
    """Tell whether a thing is a person, whom a word for old makes another one: 老男人."""
    return any(drawing.group == "People & Body" for drawing in lexicon().find(words)[:1])
