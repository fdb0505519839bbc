"""Drawing prompts are read as things with number and colour, in English and in Chinese."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.drawing.drawings import lexicon
from assistant.drawing.plurals import plurals, singular
from assistant.drawing.request import MOST_CHARS, Item, Request, parse
from assistant.drawing.wording import in_words
from assistant.errors import InputError


def one(words: str, count: int = 1, colour: str = "") -> Request:
    return Request((Item(words, count, colour),))


@pytest.mark.parametrize(
    ("prompt", "request_"),
    [
        ("a red apple", one("apple", 1, "red")),
        ("three cats", one("cat", 3)),
        ("3 Cats", one("cat", 3)),
        ("twenty-one cats", one("cat", 21)),
        ("a dozen eggs", one("egg", 12)),
        ("half a dozen eggs", one("egg", 6)),
        ("two dozen eggs", one("egg", 24)),
        ("a couple of mice", one("mouse", 2)),
        ("a pair of shoes", one("shoe", 2)),
        ("a pair of scissors", one("scissors")),
        ("two pairs of socks", one("sock", 4)),
        ("some grapes", one("grapes")),
        ("cats", one("cat", 2)),
        ("an orange", one("orange")),
        ("an orange cat", one("cat", 1, "orange")),
        ("a light grey cup", one("cup", 1, "grey")),
        ("a big violet balloon", one("balloon", 1, "purple")),
        ("a green tea", one("green tea")),
        ("a red panda", one("red panda")),
        ("a four leaf clover", one("four leaf clover")),
        ("a bow and arrow", one("bow and arrow")),
        ("two glasses of milk", one("glass of milk", 2)),
        ("a cat and a cat", one("cat", 2)),
        ("一个红苹果", one("苹果", 1, "red")),
        ("三只猫", one("猫", 3)),
        ("12只猫", one("猫", 12)),
        ("１２只猫", one("猫", 12)),
        ("俩苹果", one("苹果", 2)),
        ("两辆深蓝色的小汽车", one("小汽车", 2, "blue")),
        ("一对鞋子", one("鞋子", 2)),
        ("一双袜子", one("袜子", 2)),
        ("一打鸡蛋", one("鸡蛋", 12)),
        ("一列火车", one("火车")),
        ("三明治", one("三明治")),
        ("两个三明治", one("三明治", 2)),
        ("四叶草", one("四叶草")),
        ("红包", one("红包")),
        ("黄瓜", one("黄瓜")),
        ("橙色的橙子", one("橙子", 1, "orange")),
        ("小熊猫", one("小熊猫")),
        ("there are three cats", one("cat", 3)),
        ("there is a red apple", one("apple", 1, "red")),
        ("a red and round ball", one("round ball", 1, "red")),
        ("a cat with a hat", one("cat with a hat")),
        ("a red cat with blue eyes", one("cat with blue eyes", 1, "red")),
        ("画笔", one("画笔")),
        ("老房子", one("房子")),
        ("红色的金鱼", one("金鱼", 1, "red")),
        ("bubbles", one("bubble", 3)),
        ("busts in silhouette", one("bust in silhouette", 2)),
    ],
)
def test_number_colour_and_thing_are_read(prompt: str, request_: Request) -> None:
    assert parse(prompt) == request_


@pytest.mark.parametrize(
    "words",
    [
        "黑桃", "红桃", "粉笔", "红茶", "黄蜂", "金鱼", "咖啡杯", "老人", "老男人", "大豆", "新月",
        "新娘", "小丑", "black pepper", "orange tree", "navy seal", "navy seals", "sweet potato",
        "new moon",
    ],
)  # fmt: skip
def test_a_word_of_several_words_is_not_split(words: str) -> None:
    assert parse(words) == one(words)


def test_each_name_of_a_drawing_is_read_as_that_drawing() -> None:
    misread = []
    for drawing in lexicon().drawings.values():
        for name in drawing.names.values():
            request = parse(name)
            found = {seen.id for item in request.items for seen in lexicon().find(item.words)}
            if len(request.items) != 1 or request.relation or drawing.id not in found:
                misread.append((drawing.id, name, request))
    assert misread == []


CUP = Item("cup")
BANANA = Item("banana")
CUP_ZH, BANANA_ZH = Item("杯子"), Item("香蕉")


@pytest.mark.parametrize(
    ("prompt", "items", "relation"),
    [
        ("a banana to the left of a cup", (BANANA, CUP), "left of"),
        ("a banana left of a cup", (BANANA, CUP), "left of"),
        ("to the left of a cup is a banana", (BANANA, CUP), "left of"),
        ("a banana on the right side of a cup", (BANANA, CUP), "right of"),
        ("a banana on the left and a cup on the right", (BANANA, CUP), "left of"),
        ("a banana lying on a cup", (BANANA, CUP), "above"),
        ("a banana under the cup", (BANANA, CUP), "below"),
        ("a banana that is above a cup", (BANANA, CUP), "above"),
        ("on the left a banana, on the right a cup", (BANANA, CUP), "left of"),
        ("on the left is a banana and on the right is a cup", (BANANA, CUP), "left of"),
        ("the banana is on the left and the cup is on the right", (BANANA, CUP), "left of"),
        ("a banana to the right and a cup to the left", (BANANA, CUP), "right of"),
        ("there is a banana at the top and a cup at the bottom", (BANANA, CUP), "above"),
        ("香蕉在左边，杯子在右边", (BANANA_ZH, CUP_ZH), "left of"),
        ("一根香蕉在下面，一个杯子在上面", (BANANA_ZH, CUP_ZH), "below"),
        ("a banana next to a cup", (BANANA, CUP), ""),
        ("a banana, a cup", (BANANA, CUP), ""),
        ("杯子左边有一根香蕉", (BANANA_ZH, CUP_ZH), "left of"),
        ("一根香蕉在杯子的左侧", (BANANA_ZH, CUP_ZH), "left of"),
        ("杯子右边的香蕉", (BANANA_ZH, CUP_ZH), "right of"),
        ("一根在杯子下面的香蕉", (BANANA_ZH, CUP_ZH), "below"),
        ("杯子上方有香蕉", (BANANA_ZH, CUP_ZH), "above"),
        ("左边是香蕉，右边是杯子", (BANANA_ZH, CUP_ZH), "left of"),
        ("香蕉和杯子", (BANANA_ZH, CUP_ZH), ""),
        ("杯子旁边有一根香蕉", (CUP_ZH, BANANA_ZH), ""),
    ],
)
def test_where_things_stand_is_read(prompt: str, items: tuple[Item, ...], relation: str) -> None:
    assert parse(prompt) == Request(items, relation)


@pytest.mark.parametrize(
    ("prompt", "items"),
    [
        ("two blue cars and a green tree", (Item("car", 2, "blue"), Item("tree", 1, "green"))),
        ("a red and a green apple", (Item("apple", 1, "red"), Item("apple", 1, "green"))),
        ("two red and three green apples", (Item("apple", 2, "red"), Item("apple", 3, "green"))),
        ("a cat, a dog, and a bird", (Item("cat"), Item("dog"), Item("bird"))),
        ("一只黑猫和两棵绿树", (Item("猫", 1, "black"), Item("树", 2, "green"))),
        ("猫、狗和鸟", (Item("猫"), Item("狗"), Item("鸟"))),
    ],
)
def test_each_thing_keeps_its_own_colour(prompt: str, items: tuple[Item, ...]) -> None:
    assert parse(prompt).items == items


@pytest.mark.parametrize(
    ("prompt", "background"),
    [
        ("an apple on a blue background", "blue"),
        ("an apple against a light green backdrop", "green"),
        ("an apple, white background", "white"),
        ("an apple on black", "black"),
        ("on a pink background, an apple", "pink"),
        ("an apple on a plain background", ""),
        ("an apple on a table", ""),
    ],
)
def test_a_background_is_told_from_a_thing(prompt: str, background: str) -> None:
    request = parse(prompt)
    assert request.background == background
    assert request.items[0] == Item("apple")


@pytest.mark.parametrize(
    "prompt", ["蓝色背景上的一个苹果", "一个苹果，蓝色背景", "一个苹果，背景是蓝色"]
)
def test_a_chinese_background_is_told_from_a_thing(prompt: str) -> None:
    assert parse(prompt) == Request((Item("苹果"),), "", "blue")


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("", "names nothing to draw"),
        ("   ", "names nothing to draw"),
        ("a", "names no thing"),
        ("the", "names no thing"),
        ("a dozen", "names no thing"),
        ("一个", "没有说东西"),
        ("a red, green and blue ball", "3 colours \\(red, green, blue\\)"),
        ("a cat on the left and a dog on the left", "not opposite"),
        ("a cat on the left and a dog at the top", "not opposite"),
        ("左边是猫，上面是狗", "不是相对的"),
        ("左边一只猫，左边一只狗", "不是相对的"),
        ("猫在左边，狗在左边", "不是相对的"),
        ("a cat on the left", "not beside what"),
        ("一只猫在左边", "没有说在什么旁边"),
        ("左边的猫", "没有说在什么旁边"),
        ("a red green apple", "2 colours"),
        ("a black and white cat", "2 colours"),
        ("红绿苹果", "2 种颜色（红色、绿色）"),
        ("red", "no thing"),
        ("红色", "只说了颜色"),
        ("红色和青色的苹果", "2 种颜色（红色、绿色）"),
        ("一个红色、绿色的苹果", "`一个红色、绿色的苹果`有 2 种颜色"),
        ("两个红色和三只猫", "`两个红色`只说了颜色"),
        ("zero cats", "whole number"),
        ("1.5 cats", "whole number"),
        ("no cats", "whole number"),
        ("没有猫", "整数"),
        (", , ,", "names nothing to draw"),
        ("an apple " * 60, f"up to {MOST_CHARS}"),
        ("a cat to the left of a dog and a bird", "relates two"),
        ("two dogs above a yellow car and a blue umbrella", "relates two"),
        ("桌子和椅子的上面有两只猫", "只能摆放两种"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(prompt: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "two red cats to the left of a house", "an orange", "three glasses of milk", "grapes",
        "two mice and an orange umbrella", "an apple on a blue background",
        "五只红色的猫", "一棵树的上面有两只鸟", "一个苹果，蓝色背景",
    ],
)  # fmt: skip
def test_a_request_in_words_is_read_as_the_same_request(prompt: str) -> None:
    assert in_words(parse(prompt)) == prompt


PIECES = (
    "a", "two", "12", "0", "-3", "1.5", "dozen", "red", "light", "green", "apple", "cats", "mice",
    "and", ",", "of", "pair", "to the left of", "under", "on", "on the right", "background", "with",
    "一", "两", "只", "个", "红", "色的", "的", "苹果", "猫", "在", "左边", "下面", "有", "和",
    "背景", "一双", "三明治", "包", "打", "�", "🍎", "'", "(", "%s", "\n", "É", "²",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join),
                 st.lists(st.sampled_from(PIECES), max_size=14).map("".join)))  # fmt: skip
def test_any_words_are_read_or_refused(prompt: str) -> None:
    with suppress(InputError):
        request = parse(prompt)
        assert request.items
        assert all(item.words and item.count >= 1 for item in request.items)
        assert in_words(request)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 40),
    st.sampled_from(("", "red", "grey", "white")),
    st.sampled_from(("apple", "cat", "mouse", "glass of milk", "cherry", "knife", "ice cream")),
)
def test_every_request_in_words_comes_back(count: int, colour: str, thing: str) -> None:
    request = one(thing, count, colour)
    assert parse(in_words(request)) == request


@pytest.mark.parametrize(
    "piece",
    ["红", "大红", "red ", "light red ", "a ", "大", "and ", "在左边", "一", "a cat on ", ","],
)
@pytest.mark.timeout(60)  # a reader that tries all ways to split them never ends
def test_a_piece_said_over_and_over_is_read(piece: str) -> None:
    with suppress(InputError):
        parse((piece * MOST_CHARS)[: MOST_CHARS - 5] + "apple")


@pytest.mark.parametrize(
    ("name", "several"),
    [
        ("cat", "cats"), ("bus", "buses"), ("cherry", "cherries"), ("key", "keys"),
        ("mouse", "mice"), ("knife", "knives"), ("potato", "potatoes"), ("sheep", "sheep"),
        ("glass of milk", "glasses of milk"), ("bowl with spoon", "bowls with spoon"),
        ("fried egg", "fried eggs"), ("scissors", "scissors"), ("brush", "brushes"),
    ],
)  # fmt: skip
def test_english_plurals(name: str, several: str) -> None:
    assert plurals(name)[0] == several


def test_plurals_are_taken_back() -> None:
    for several, name in [("cherries", "cherry"), ("mice", "mouse"), ("socks", "sock"),
                          ("glasses", "glass"), ("bus", "bus"),
                          ("busts in silhouette", "bust in silhouette")]:  # fmt: skip
        assert singular(several) == name
