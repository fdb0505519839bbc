"""Understand what changes an earlier drawing: `make it green`, `add a banana`, 改成三个.

What was drawn is read from the prompt that the picture's file carries.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.claims import HAN
from assistant.drawing.drawings import lexicon
from assistant.drawing.png import note_of
from assistant.drawing.request import Item, Request, parse
from assistant.drawing.wording import in_words
from assistant.errors import InputError
from assistant.types import Exchange

_IT = r"(?:it|them|that|this|those|these|both|all of them|the (?P<named>[a-z ]+?))"
_LEAD = (
    r"^(?:(?:please|now|ok|okay|and|but|then|instead|can you|could you|no)[, ]+)*"
    r"(?:(?:i (?:want|would like|meant)|i'd like)\s+)?"
)
_END = r"(?:[, ]+(?:instead|please|now|too|as well|this time))*\s*[.!?]*$"
_ENGLISH = (
    rf"(?:(?:make|paint|colou?r|turn|change) (?:the|its) background (?:to )?|"
    rf"(?:put|draw|paint) {_IT} on an? |on an? |with an? )(?P<ground>[a-z]+)"
    r"(?: background| ground)?",
    r"(?:add|put in|draw also|also draw|also add) (?P<added>.+?)"
    r"(?P<onto> to (?:it|that|the picture|the drawing))?",
    r"(?:without|remove|take away|leave out|delete) (?:the |any )?(?P<without>[a-z ]+)",
    rf"(?:(?:make|paint|colou?r|turn|draw|have) {_IT} (?:in )?|in |the same (?:in|but) |"
    r"(?:change|make) (?:the|its) colou?r (?:to )?|what about (?:in )?)"
    r"(?P<colour>[a-z]+)(?: ones?)?",
    rf"(?:make|draw|paint) (?:{_IT} )?(?:into )?(?P<count>[a-z]+|\d+)(?: of (?:them|those))?",
)
_NOW = "(?:请|那|现在|然后|再|能不能|可以|麻烦)*"
_CHINESE = (
    r"(?:把)?背景(?:要|改|换|变|画|涂|弄)?(?:成|为|用)?(?P<ground>[一-鿿]{1,2}?)色?的?",
    r"(?:再|还要|另外)?(?:添加|加上|添上|再画|加|添)(?P<added>[一-鿿]+)",
    r"(?:去掉|不要|删掉|删除|拿掉)(?P<without>[一-鿿]+)",
    r"(?:把?(?:它|它们|这个|那个))?(?:改|换|变|画)成?(?P<count>[一二两三四五六七八九十\d]+)"
    r"[只个個条朵辆棵张把本件匹头]",
    r"(?:把?(?P<named>它|它们|这个|那个|颜色|[一-鿿]{1,4}?))?(?:改|换|变|涂|画|弄|要)(?:成|为)?"
    r"(?P<colour>[一-鿿]{1,2}?)(?:颜?色)?(?:的)?",
)
_ENGLISH_RULES = [re.compile(_LEAD + rule + _END) for rule in _ENGLISH]
_CHINESE_RULES = [
    re.compile(rf"^{_NOW}{rule}(?:吧|吗|呢|好吗|可以吗)?[。！？!?]*$") for rule in _CHINESE
]
_SET_UP = re.compile(  # what is added to a device or an account rather than to a picture
    r"\b(?:printer|scanner|user|account|contact|password|network|router|modem|device|phone|computer"
    r"|laptop|tablet|tv|speaker|camera|keyboard|mouse|fingerprint|key|card|calendar|e-?mail|app"
    r"|alarm|reminder|event|bookmark|file|folder)s?\b"
    r"|打印机|扫描仪|用户|账号|账户|帐号|联系人|密码|网络|路由器|设备|手机|电脑|电视|音箱|摄像头|键盘|鼠标|指纹"
    r"|日历|邮箱|邮件|应用|闹钟|提醒|书签|文件"
)
_ANYTHING = {"它", "它们", "这个", "那个", "颜色"}


def followed(request: str, history: Sequence[Exchange]) -> str:
    """Return the prompt of the drawing that a request makes of the thread's last drawing.

    Empty where the last turn drew nothing, or the request does not change it.
    """
    words = " ".join(request.lower().split()).strip(" ,，")
    for rule in _CHINESE_RULES if HAN.search(words) else _ENGLISH_RULES:
        if match := rule.match(words):
            before = _drawn(history)
            after = _changed(before, match.groupdict()) if before else None
            if after:
                return in_words(after)
    return ""


def _drawn(history: Sequence[Exchange]) -> Request | None:
    """Return what the last turn drew."""
    pictures = history[-1].pictures if history else ()
    prompts = [note_of(path, "Prompt") for path in pictures if path.exists()]
    try:
        return parse(next(filter(None, reversed(prompts)))) if any(prompts) else None
    except InputError:
        return None


def _changed(before: Request, told: dict[str, str | None]) -> Request | None:
    """Return a request with what was told changed in it; None where that cannot be."""
    try:
        if added := told.get("added"):
            more = _added(added, onto=bool(told.get("onto")))
            return replace(before, items=(*before.items, *more), relation="") if more else None
        if without := told.get("without"):
            gone = parse(without).items[0].words
            left = tuple(item for item in before.items if item.words != gone)
            fewer = len(left) < len(before.items)
            return Request(left, background=before.background) if left and fewer else None
        if ground := told.get("ground"):
            colour = _like(before, ground, "").colour
            return replace(before, background=colour) if colour else None
        named = told.get("named") or ""
        changed = [
            _like(before, told.get("colour") or "", told.get("count") or "", item)
            if not named or named in _ANYTHING or named in item.words or item.words in named
            else item
            for item in before.items
        ]
    except InputError:
        return None
    if told.get("count") and len(before.items) > 1:
        return None
    return replace(before, items=tuple(changed)) if tuple(changed) != before.items else None


def _added(things: str, *, onto: bool) -> tuple[Item, ...]:
    """Return the things to add; none where they may be no drawing's and no picture is named.

    Raises InputError where they cannot be read.
    """
    more = parse(things).items
    drawable = all(lexicon().knows(item.words) for item in more) and not _SET_UP.search(things)
    return more if onto or drawable else ()


def _like(before: Request, colour: str, count: str, item: Item | None = None) -> Item:
    """Return an item in another colour or number; both are read as the parser reads them.

    Raises InputError where they are none.
    """
    item = item or before.items[0]
    if HAN.search(item.words):
        prompt = f"{count}个{item.words}" if count else f"一个{colour}色的{item.words}"
    else:
        prompt = f"{count} {item.words}" if count else f"a {colour} {item.words}"
    (read,) = parse(prompt).items
    if read.words != item.words:
        raise InputError(f"`{colour or count}` is neither a colour nor a number.")
    return replace(item, count=read.count) if count else replace(item, colour=read.colour)
