"""Say in words what a request asks for, in the language of its things."""

from assistant.claims import HAN
from assistant.drawing.plurals import plurals
from assistant.drawing.request import Item, Request
from assistant.pictures.names import COLOURS

_NUMBERS = (
    "no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip
_HAN_NUMBERS = ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_PLACED = {"left of": "to the left of", "right of": "to the right of"}
_PLACED_ZH = {"left of": "左边", "right of": "右边", "above": "上面", "below": "下面"}
_MEASURES = """
    辆 车
    架 飞机
    艘 船 艇 舟
    棵 树
    朵 花 云 云朵 玫瑰 郁金香 蘑菇
    颗 星 星星 心 糖 糖果 牙齿 宝石
    条 鱼 蛇 龙 虫 裤 裤子 裙 裙子 围巾 领带
    匹 马
    头 牛 象
    本 书 本子 笔记本
    支 笔 蜡烛
    顶 帽 帽子
    盏 灯
    件 衣 衣服 恤 衬衫 外套
    把 椅 椅子 刀 伞 钥匙 锤子 剪刀 锯子 斧头 吉他 扫帚 扳手 螺丝刀 勺子 叉子
    张 桌 桌子 床 地图
    座 山 城堡 桥
    栋 房子 楼
    根 香蕉 胡萝卜 骨头
    台 电脑 电视 电视机 相机 收音机 冰箱
    部 手机
    面 镜子
    扇 门
    片 叶
    只 猫 猫咪 狗 狗狗 鸟 鸡 鸭 鸭子 鹅 兔 兔子 鼠 老鼠 羊 虎 老虎 狮子 猴 猴子 熊 熊猫 狐狸 狼
    只 青蛙 龟 蝴蝶 蜜蜂 蚂蚁 蜘蛛 企鹅 猫头鹰 鹿 猪 鞋 鞋子 靴子 袜子 手套
    只 眼睛 耳朵 手 脚 蟹 虾 鲸 鹦鹉
"""
_MEASURE = {
    noun: line.split()[0] for line in _MEASURES.strip().splitlines() for noun in line.split()[1:]
}


def in_words(request: Request) -> str:
    """Return a request as a phrase: `two red cats to the left of a house`, `两只红色的猫`."""
    if any(HAN.search(item.words) for item in request.items):
        return _in_chinese(request)
    parts = [_item_in_english(item) for item in request.items]
    if request.relation:
        words = f" {_PLACED.get(request.relation, request.relation)} ".join(parts)
    else:
        words = " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
    if not request.background:
        return words
    return f"{words} on {_article(request.background)} {request.background} background"


def item_in_words(item: Item) -> str:
    """Return one item as a phrase."""
    return _item_in_chinese(item) if HAN.search(item.words) else _item_in_english(item)


def _article(words: str) -> str:
    return "an" if words.startswith(("a", "e", "i", "o", "un", "um")) else "a"


def _item_in_english(item: Item) -> str:
    forms = plurals(item.words) or (item.words,)
    phrase = f"{item.colour} {item.words if item.count == 1 else forms[0]}".strip()
    if item.count > 1:
        number = _NUMBERS[item.count] if item.count < len(_NUMBERS) else str(item.count)
        return f"{number} {phrase}"
    is_plural = item.words in forms and item.words.endswith("s")
    return phrase if is_plural else f"{_article(phrase)} {phrase}"


def _in_chinese(request: Request) -> str:
    parts = [_item_in_chinese(item) for item in request.items]
    if request.relation:
        words = f"{parts[1]}的{_PLACED_ZH[request.relation]}有{parts[0]}"
    else:
        words = "和".join(parts)
    ground = f"，{COLOURS[request.background]}色背景" if request.background else ""
    return words + ground


def _item_in_chinese(item: Item) -> str:
    colour = f"{COLOURS[item.colour]}色的" if item.colour else ""
    if item.words.startswith("一"):  # 一束花
        return colour + item.words
    number = _HAN_NUMBERS[item.count] if item.count < len(_HAN_NUMBERS) else str(item.count)
    return number + _measure(item.words) + colour + item.words


def _measure(words: str) -> str:
    """Return the measure word of a noun, by the longest known noun that it ends with."""
    ends = (words[start:] for start in range(len(words)))
    return next((_MEASURE[end] for end in ends if end in _MEASURE), "个")
