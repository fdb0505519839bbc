"""Read what a clause has somebody do, and whether it says so or forbids it, English and Chinese.

An action is named by one word for both languages: *unplug* and 拔下 are both `remove`. Opening a
door and switching on a lamp are one action, since Chinese calls both 打开.
"""

import re
from functools import cache
from importlib.resources import files

_FORBIDS = re.compile(
    r"\b(?:do not|don't|never|must not|mustn't|should not|shouldn't|shall not|may not|cannot|can't"
    r"|can not|not with|need not|no longer|without|avoid(?:s|ing)?|forbidden|prohibited|refrain"
    r"|is not allowed|are not allowed|(?:must|should|may) stay away|keep off"
    r"|does not belong|do not belong|no need to|(?:does|did) not (?:need|have) to"
    r"|(?:doesn't|didn't|needn't) (?:need|have) to|needn't|unnecessary"
    r"|not (?:be )?(?:necessary|required|needed)|stop \w+ing)\b"
    r"|\b(?:make sure|ensure)\b.*\bnot\b"
    r"|\bno\b.*\b(?:may|must|should|can)\b|\bkeep\b.*\boff\b"
    r"|\bleave (?:it|them|the [\w ]+?) (?:as|alone)\b"
    r"|切勿|请勿|勿|禁止|严禁|避免|不要|不能|不得|不可|不许|不应|不该|不准|不必|无需|无须|不用|不需|没有?必要"
    r"|停止(?=使用|充电)"
    r"|(?<![特级区分类])别(?![的人处墅])",
    re.IGNORECASE,
)
_INSTRUCTS = re.compile(
    r"\b(?:must|should|have to|has to|need to|needs to|may|can)\b"
    r"|(?<![需重主])要(?!是)|应(?!用)|[请须]|可以"
)
_STATES = re.compile(
    r"^(?:the|a|an|it|its|this|that|these|those|your|you|there|they|we|i|both|each|all"
    r"|what|which|who|in|on|at|with|for|under|below|inside|up|only|\w+ing)\b"
    r"|\b(?:is|are|was|were|means|has|stands|shows|appears|lasts|takes|needs|does|did|gets|fits"
    r"|keeps|holds|runs|stays|uses|points|tells|reports|died|failed|could|will|would|might)\b"
    r"|表示|说明|意思|显示|出现|就是|是(?!否)|有(?=[一-鿿])|需要|大约|最多|最高|以内|可用|报警",
    re.IGNORECASE,
)
_COMMAND_WORDS = re.compile(
    r"(?:[请先再把将用给往从向按]|首先|立即|马上|重新|依次|务必|必须|在.{1,14}[里中上])"
)
_BARE_VERB = re.compile(
    r"(?:please )?(?!(?i:danger|warning|caution|note|cause|attention)\b)"
    r"[A-Za-z][a-z]{2,}(?<!ing)(?<![^s]s)(?<!ed) "
    r"(?!(?:from|of|for|in|on|at|with|to|by|or|and|as|than|name|code|number)\b)\S"
)
_DENIES = re.compile(r"\b(?:not|no|nothing|none)\b|n't\b|不|没", re.IGNORECASE)
_HAN = re.compile("[一-鿿]")
_LABEL = re.compile(r"\*+[^*\n]{1,40}\*+|[“「『\"`][^”」』\"`\n]+[”」』\"`]")
_NOUN = r"(?<!\bthe )(?<!\ba )(?<!\ban )(?<!\byour )(?<!\bits )(?<!\bof )"
_NOUNS = re.compile(
    r"充电(?=[器座宝桩线池])|等(?=[级于])|冷却(?=[液])|加热(?=[棒器])|清洗(?=[机剂])|[开关]机(?=[门])"
)
_OPENING = 3  # words: "afterwards press", "for pans choose"
_KEPT = r"\b(?:leave|leaves|leaving|left|keep|keeps|keeping|kept)\b[^,.;]{0,30}?\b"
_THING = r"\b(?! (?:the|a|an|your|its|top|to|in)\b)"
_STAYS = (  # "leave it on" does what switching it on does
    ("open", re.compile(rf"{_KEPT}on{_THING}")),
    ("close", re.compile(rf"{_KEPT}off{_THING}")),
    ("insert", re.compile(rf"{_KEPT}(?:plugged|connected|inserted)\b")),
    ("remove", re.compile(rf"{_KEPT}(?:unplugged|disconnected|removed)\b")),
)
_IS_SO = (
    (
        "open",
        re.compile(r"\b(?:is|are|stays?|still) (?:still |switched |turned |powered )?on\b|开着"),
    ),
    ("close", re.compile(r"\b(?:is|are|stays?) (?:switched |turned |powered )?off\b|关着")),
    ("insert", re.compile(r"\b(?:is|are|stays?|still) (?:still )?(?:plugged|connected)\b|插着")),
    ("remove", re.compile(r"\b(?:is|are|stays?) (?:unplugged|disconnected)\b")),
)
_PARTICLES = "on off up down in out back"
_IRREGULAR = {
    "took": "take", "taken": "take", "held": "hold", "shut": "shut", "put": "put", "cut": "cut",
    "kept": "keep", "sent": "send", "chosen": "choose", "chose": "choose", "written": "write",
    "set": "set", "begun": "begin",
}  # fmt: skip


def forbids(clause: str) -> bool:
    """Tell whether a clause says that something is not to be done."""
    return bool(_FORBIDS.search(clause))


def claims_action(text: str) -> list[int]:
    """Return where the first action or prohibition of a text begins, if it has one."""
    found = [pattern.search(text.lower()) for _, pattern in _patterns()]
    starts: list[int] = [m.start() for m in (*found, _DENIES.search(text)) if m]
    return [min(starts)] if starts else []


def instructs(clause: str) -> bool:
    """Tell whether a clause says that something is to be done, or may be: an instruction."""
    if forbids(clause):
        return False
    if _INSTRUCTS.search(clause):
        return True
    if _STATES.search(clause) or denies(clause):
        return False
    if _HAN.search(_LABEL.sub("", clause)):
        return _commands(clause)
    return bool(_opening_actions(clause)) or _bare_verb(clause)


def denies(clause: str) -> bool:
    """Tell whether a clause says that something is not so, or is not to be."""
    return bool(_DENIES.search(clause)) or forbids(clause)


def _commands(clause: str) -> bool:
    """Tell whether a Chinese clause opens like a command: with its verb, or a word before one."""
    if _COMMAND_WORDS.match(clause):
        return True
    return any(pattern.match(clause) for _, pattern in _patterns())


def _opening_actions(clause: str) -> frozenset[str]:
    """Return the verbs of actions, in their plain form, among the first words of a clause."""
    return frozenset(re.findall(r"[a-z]+", clause.lower())[:_OPENING]) & _plain_verbs()


@cache
def _plain_verbs() -> frozenset[str]:
    return frozenset(
        verb.split()[0] for row in _rows() for verb in row[1].split(",") if verb.strip()
    )


def _bare_verb(clause: str) -> bool:
    """Tell whether an English clause opens like a command: a plain word, then what it is about."""
    return _BARE_VERB.match(clause) is not None


def actions_of(clause: str) -> frozenset[str]:
    """Return the actions that a clause names, in any form of their verbs."""
    text = _NOUNS.sub(" ", _LABEL.sub(" ", clause.lower()))
    return frozenset(a for a, pattern in (*_patterns(), *_STAYS) if pattern.search(text))


def states_of(clause: str) -> frozenset[str]:
    """Return the actions that would bring about what a clause says is so: "while it is on"."""
    text = clause.lower()
    return actions_of(clause) | {action for action, pattern in _IS_SO if pattern.search(text)}


@cache
def opposites() -> dict[str, str]:
    """Return the opposite of each action that has one."""
    pairs: dict[str, str] = {}
    for group in _table().split("\n\n"):
        names = [row.split("|")[0].strip() for row in group.strip().split("\n")]
        if len(names) == 2:
            pairs |= {names[0]: names[1], names[1]: names[0]}
    return pairs


def opposed(these: frozenset[str], those: frozenset[str]) -> bool:
    """Tell whether two clauses do opposite things: open and close, and not both."""
    apart, back = these - those, those - these
    return any(opposites().get(action) in back for action in apart)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(row[0].strip(), _pattern(row[1], row[2])) for row in _rows()]


def _rows() -> list[list[str]]:
    return [row.split("|") for row in _table().split("\n") if row.strip()]


@cache
def _table() -> str:
    text = files("assistant.checks").joinpath("actions.txt").read_text("utf-8")
    return text.split("\n\n", 1)[1]


def _pattern(english: str, chinese: str) -> re.Pattern[str]:
    """Match the English verbs in every form, with their particles apart, and the Chinese ones."""
    verbs = [_forms(verb.strip()) for verb in english.split(",")]
    return re.compile("|".join([*verbs, *map(re.escape, chinese.split())]))


def _forms(verb: str) -> str:
    word, _, particle = verb.partition(" ")
    stem = re.escape(word.removesuffix("e"))
    others = [past for past, present in _IRREGULAR.items() if present == word]
    single = "|".join([rf"{stem}(?:e|s|es|ed|d|ing|ped|ping|ged|ging|pped|tting)?", *others])
    if particle:
        return rf"{_NOUN}\b(?:{single})\b(?:[^,.;]{{0,30}}?)\b{particle}\b"
    followed = "|".join(_PARTICLES.split())
    alone = rf"(?!(?:[^,.;]{{0,12}}?)\b(?:{followed})\b)" if word in ("turn", "start") else ""
    return rf"{_NOUN}\b(?:{single})\b{alone}"
