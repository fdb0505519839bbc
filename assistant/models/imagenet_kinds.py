"""Kinds of things that several ImageNet classes belong to, and what classes are called.

A picture may be certain to show a dog and leave its breed open; a kind's probability is that of its
classes together.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

CLASSES_OF: Mapping[str, tuple[int, ...]] = {  # kind → places of its classes
    "fish": (*range(7), *range(389, 398)),
    "bird": (*range(7, 25), *range(80, 101), *range(127, 147)),
    "frog or newt": (*range(25, 33),),
    "turtle": (*range(33, 38),),
    "lizard": (*range(38, 49),),
    "crocodile or alligator": (49, 50),
    "snake": (*range(52, 69),),
    "spider": (*range(72, 78),),
    "crab": (*range(118, 122),),
    "lobster or crayfish": (122, 123, 124),
    "dog": (*range(151, 269),),
    "wolf or wild dog": (*range(269, 276),),
    "fox": (*range(277, 281),),
    "cat": (*range(281, 286),),
    "big cat": (*range(286, 294),),
    "bear": (*range(294, 298), 388),
    "beetle": (*range(300, 308),),
    "butterfly": (*range(321, 327),),
    "insect": (*range(300, 327),),
    "rabbit": (330, 331, 332),
    "cattle": (345, 346, 347),
    "sheep or goat": (348, 349, 350),
    "antelope": (351, 352, 353),
    "monkey or ape": (*range(365, 383),),
    "elephant": (101, 385, 386),
    "mushroom": (947, *range(991, 998)),
    "flower": (984, 985, 986),
    "fruit": (*range(948, 958),),
    "vegetable": (*range(936, 947),),
    "food": (*range(924, 936), 959, *range(961, 966)),
    "car": (436, 468, 511, 609, 627, 656, 661, 717, 751, 817),
    "truck": (555, 569, 675, 717, 864, 867),
    "bus": (654, 779, 874),
    "train or tram": (466, 547, 565, 705, 820, 829),
    "ship or boat": (403, 472, 484, 510, 554, 576, 625, 628, 724, 780, 814, 871, 914),
    "aircraft": (404, 405, 812, 895, 908),
    "bicycle": (444, 671),
    "piano": (579, 881),
    "string instrument": (402, 420, 486, 546, 594, 889),
    "wind instrument": (432, 513, 558, 566, 683, 776, 875),
    "building or monument": (
        425, 437, 442, 449, 483, 497, 538, 580, 649, 663, 668, 682, 698, 727, 743, 832, 873, 915,
    ),
    "bridge": (821, 839, 888),
    "landscape": (970, 972, *range(974, 981)),
    "furniture": (453, 493, 495, 516, 520, 526, 532, 548, 553, 559, 564, 703, 765, 831, 894),
    "screen or computer": (527, 620, 664, 681, 782, 851),
    "tool": (473, 499, 512, 587, 596, 623, 726, 740, 784, 792),
    "ball": (429, 430, 522, 574, 722, 768, 805, 852, 890),
    "kitchenware": (504, 544, 567, 572, 618, 659, 725, 809, 813, 828, 849, 909, 910, 923, 968),
    "bottle": (440, 720, 737, 898, 907),
    "clothing": (
        399, 400, 411, 457, 459, 474, 568, 578, 608, 610, 614, 617, 638, 639, 652, 655, 689, 697,
        735, 775, 824, 834, 841, 842, 869, 887, 906,
    ),
    "hat": (433, 439, 452, 515, 667, 808),
    "shoe": (502, 514, 630, 770, 774),
    "person": (981, 982, 983),
}  # fmt: skip

_PHRASES = {  # where an article and the kind's name do not make one
    "fish": "fish", "big cat": "a wild cat", "cattle": "a cow, an ox or a bison", "food": "food",
    "clothing": "clothing", "furniture": "a piece of furniture", "kitchenware": "kitchenware",
}  # fmt: skip
_CHINESE = {
    "fish": "鱼", "bird": "鸟", "frog or newt": "蛙或蝾螈", "turtle": "龟", "lizard": "蜥蜴",
    "crocodile or alligator": "鳄鱼", "snake": "蛇", "spider": "蜘蛛", "crab": "螃蟹",
    "lobster or crayfish": "龙虾", "dog": "狗", "wolf or wild dog": "狼或野狗", "fox": "狐狸",
    "cat": "猫", "big cat": "野生猫科动物", "bear": "熊", "beetle": "甲虫", "butterfly": "蝴蝶",
    "insect": "昆虫", "rabbit": "兔子", "cattle": "牛", "sheep or goat": "羊", "antelope": "羚羊",
    "monkey or ape": "猴子或猿", "elephant": "大象", "mushroom": "蘑菇", "flower": "花",
    "fruit": "水果", "vegetable": "蔬菜", "food": "食物", "car": "汽车", "truck": "卡车",
    "bus": "公交车", "train or tram": "火车或电车", "ship or boat": "船", "aircraft": "飞行器",
    "bicycle": "自行车", "piano": "钢琴", "string instrument": "弦乐器",
    "wind instrument": "管乐器", "building or monument": "建筑物", "bridge": "桥",
    "landscape": "风景", "furniture": "家具", "screen or computer": "屏幕或电脑", "tool": "工具",
    "ball": "球", "kitchenware": "厨具或餐具", "bottle": "瓶子", "clothing": "衣物", "hat": "帽子",
    "shoe": "鞋子", "person": "人",
}  # fmt: skip


def phrase_of(label: str, language: str) -> str:
    """Return what a label of the classifier or a kind is called, in a sentence.

    In Chinese where the language is `zh` and the label is known, else in English: `a lion`, `狮子`.
    """
    english, chinese = _names().get(label, ("", ""))
    if language == "zh" and (chinese := chinese or _CHINESE.get(label, "")):
        return chinese
    return english or _PHRASES.get(label) or f"{_article(label)} {label}"


def known_labels() -> tuple[str, ...]:
    """Return the labels of the classifier that have a name."""
    return tuple(_names())


def _article(label: str) -> str:
    return "an" if label[0].lower() in "aeiou" and not label.startswith(("uni", "Uni")) else "a"


@cache
def _names() -> dict[str, tuple[str, str]]:
    """Return an English phrase, where one is needed, and the Chinese name of every label."""
    lines = files("assistant.models").joinpath("imagenet_names.tsv").read_text("utf-8")
    rows = csv.DictReader(
        (line for line in lines.splitlines() if not line.startswith("#")), delimiter="\t"
    )
    return {row["label"]: (row["english"], row["chinese"]) for row in rows}
