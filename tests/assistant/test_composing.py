"""Composed pictures: known things in the colour, number and place that were asked for."""

import io
import json
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from PIL import Image

from assistant import Assistant, Reply
from assistant.checks.pictures import check_pictures
from assistant.drawing.compose import MOST_THINGS, Composed, compose
from assistant.drawing.drawings import lexicon
from assistant.drawing.png import THINGS_KEY, note_of
from assistant.drawing.recolour import colour_of, rasterise, recolour, svg_of
from assistant.drawing.request import parse
from assistant.errors import ConfigurationError, InputError
from assistant.intake import read_turn
from assistant.models.diffusers_painter import DiffusersPainter
from assistant.models.registry import BACKENDS, BackendSpec
from assistant.pictures.colours import NAMES, colour_shares, own_colour
from assistant.report import to_json, to_markdown
from assistant.settings import Settings
from assistant.stages.illustrate import draw
from assistant.types import Picture
from tests.assistant.easels import easel

KNOWN = """
cat dog horse cow pig sheep goat chicken rooster duck goose rabbit mouse bear panda tiger lion
elephant monkey giraffe zebra deer camel snake turtle frog fish shark whale dolphin octopus crab
penguin bird owl butterfly bee ladybug spider snail dinosaur fox wolf apple orange banana pear
grapes strawberry cherry watermelon pineapple lemon tomato potato carrot corn mushroom bread
cheese egg pizza hamburger sandwich cake cookie candy coffee tea milk car bus truck train
bicycle motorcycle airplane helicopter rocket boat ship tractor taxi ambulance chair table sofa
bed lamp door window mirror bathtub clock television shelf fridge shirt dress jacket trousers
hat shoe boot sock glove scarf tie glasses umbrella crown ring hammer wrench screwdriver saw axe
scissors ladder key bucket broom knife fork spoon cup bottle plate sun moon star cloud rain
snowflake snowman rainbow lightning tornado tree flower rose tulip sunflower cactus leaf house
castle mountain book pencil phone computer camera ball balloon guitar piano drum heart bell
candle bag box gift kite robot
"""
KNOWN_ZH = """
猫 狗 马 牛 猪 羊 鸡 鸭子 兔子 老鼠 熊 熊猫 老虎 狮子 大象 猴子 长颈鹿 斑马 蛇
乌龟 青蛙 鱼 鲨鱼 鲸鱼 海豚 章鱼 螃蟹 企鹅 鸟 猫头鹰 蝴蝶 蜜蜂 瓢虫 蜘蛛 蜗牛
恐龙 狐狸 狼 苹果 橙子 香蕉 梨 葡萄 草莓 樱桃 西瓜 菠萝 柠檬 西红柿 土豆 胡萝卜
玉米 蘑菇 面包 奶酪 鸡蛋 披萨 汉堡 三明治 蛋糕 饼干 糖果 咖啡 茶 牛奶 汽车 公交车
卡车 火车 自行车 摩托车 飞机 直升机 火箭 船 拖拉机 出租车 救护车 椅子 桌子 沙发 床
灯 门 窗户 镜子 浴缸 时钟 电视 书架 冰箱 衬衫 裙子 外套 裤子 帽子 鞋子 靴子 袜子
手套 围巾 领带 眼镜 雨伞 皇冠 戒指 锤子 扳手 螺丝刀 锯子 斧头 剪刀 梯子 钥匙 水桶
扫帚 刀 叉子 勺子 杯子 瓶子 盘子 太阳 月亮 星星 云 雨 雪花 雪人 彩虹 闪电 龙卷风
树 花 玫瑰 房子 城堡 山 书 铅笔 手机 电脑 相机 球 气球 吉他 钢琴 鼓 爱心 铃铛
蜡烛 包 盒子 礼物 风筝 机器人
"""


def composed(prompt: str) -> Composed:
    return compose(parse(prompt))


def crops(made: Composed) -> list[Image.Image]:
    """Return each thing as it is seen in the picture, RGBA, the page transparent."""
    page = [int(made.page[i : i + 2], 16) for i in (1, 3, 5)]
    found = []
    for thing in made.things:
        pixels = np.asarray(made.picture.crop(thing.box).convert("RGBA")).copy()
        away = np.abs(pixels[..., :3].astype(int) - page).max(axis=-1)
        pixels[away < 8, 3] = 0
        found.append(Image.fromarray(pixels))
    return found


def blobs(made: Composed) -> int:
    """Return how many connected parts differ from the page."""
    page = [int(made.page[i : i + 2], 16) for i in (1, 3, 5)]
    front = np.abs(np.asarray(made.picture).astype(int) - page).max(axis=-1) > 8
    closed = cv2.morphologyEx(front.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9)))
    return cv2.connectedComponents(closed)[0] - 1


@pytest.mark.parametrize("words", [KNOWN, KNOWN_ZH], ids=["english", "chinese"])
def test_everyday_things_are_known(words: str) -> None:
    assert len(words.split()) >= 100
    assert [word for word in words.split() if not lexicon().knows(parse(word).items[0].words)] == []


@pytest.mark.parametrize(
    ("words", "drawing"),
    [
        ("apple", "red-apple"), ("apples", "red-apple"), ("car", "automobile"), ("bear", "bear"),
        ("tree", "deciduous-tree"), ("mouse", "mouse"), ("computer mouse", "computer-mouse"),
        ("book", "closed-book"), ("bat", "bat"), ("苹果", "red-apple"), ("汽车", "automobile"),
        ("鼠标", "computer-mouse"), ("书", "closed-book"), ("红包", "red-envelope"),
        ("电话", "telephone"), ("table", "table"), ("杯子", "cup"),
    ],
)  # fmt: skip
def test_a_name_finds_what_people_mean_by_it(words: str, drawing: str) -> None:
    assert lexicon().find(words)[0].id.rpartition("/")[2] == drawing


@pytest.mark.parametrize("thing", ["apple", "cat", "car", "house", "bus", "chair", "cup", "flower"])
def test_a_thing_takes_each_of_the_eleven_colours(thing: str) -> None:
    drawing = lexicon().find(thing)[0]
    seen = {}
    for colour in NAMES:
        body = recolour(drawing.body, drawing.size, colour)
        assert body is not None
        image = rasterise(svg_of(body, drawing.size), 256)
        seen[colour] = colour_of(image)
        assert colour_shares(image)[NAMES.index(colour)] >= 0.4
    assert seen == {colour: colour for colour in NAMES}


def test_a_repainted_thing_keeps_its_eyes_and_its_shape() -> None:
    drawing = lexicon().find("cat")[0]
    blue = recolour(drawing.body, drawing.size, "blue")
    assert blue is not None
    was, new = (rasterise(svg_of(body, drawing.size), 256) for body in (drawing.body, blue))
    assert np.array_equal(np.asarray(was)[..., 3], np.asarray(new)[..., 3])
    assert own_colour(new) == "blue"
    assert colour_shares(new)[NAMES.index("black")] > 0
    assert len(np.unique(np.asarray(new)[..., :3].reshape(-1, 3), axis=0)) > 20  # still shaded


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("a red apple", ["red"]),
        ("a blue banana", ["blue"]),
        ("two blue cars and a green tree", ["blue", "blue", "green"]),
        ("a red and a green apple", ["red", "green"]),
        ("a white cup to the left of a black cat", ["white", "black"]),
        ("一个紫色的苹果", ["purple"]),
        ("一只黑猫和一只白猫", ["black", "white"]),
    ],
)
def test_colours_are_seen_in_the_picture(prompt: str, colours: list[str]) -> None:
    made = composed(prompt)
    assert [colour_of(crop) for crop in crops(made)] == colours
    assert [thing.colour for thing in made.things] == colours


@pytest.mark.parametrize("count", range(1, MOST_THINGS + 1))
@pytest.mark.parametrize("thing", ["apple", "balloon"])
def test_as_many_things_are_seen_as_were_asked_for(thing: str, count: int) -> None:
    made = composed(f"{count} {thing}s")
    assert len(made.things) == blobs(made) == count


def test_a_drawing_of_two_counts_as_two() -> None:
    assert len(composed("two socks").things) == 1
    assert len(composed("four cherries").things) == 2
    assert len(composed("three bubbles").things) == len(composed("sweat droplets").things) == 1
    assert len(composed("two crossed swords").things) == len(composed("open hands").things) == 1
    with pytest.raises(InputError, match="shows 2 at once"):
        composed("three socks")
    with pytest.raises(InputError, match="without a number"):
        composed("seven grapes")


@pytest.mark.parametrize(
    "prompt",
    [
        "twelve cats", "seven stars", "five buses", "three apples and four pears",
        "a mouse above an elephant", "eleven dogs to the left of a house",
        "a cat, two dogs, three birds and a tree", "nine pencils below a table",
    ],
)  # fmt: skip
def test_nothing_overlaps_or_leaves_the_picture(prompt: str) -> None:
    made = composed(prompt)
    for box in (thing.box for thing in made.things):
        assert 0 <= box[0] < box[2] <= 512
        assert 0 <= box[1] < box[3] <= 512
        assert max(box[2] - box[0], box[3] - box[1]) >= 40
    for a, b in combinations([thing.box for thing in made.things], 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@pytest.mark.parametrize("count", [4, 6, 9, 12])
def test_a_grid_has_straight_rows(count: int) -> None:
    tops = sorted({thing.box[1] for thing in composed(f"{count} apples").things})
    assert 1 < len(tops) <= 4
    steps = [low - high for high, low in pairwise(tops)]
    assert max(steps) - min(steps) <= 2  # tops are rounded to whole pixels


@pytest.mark.parametrize(
    ("prompt", "axis", "first_is_less"),
    [
        ("a banana to the left of a cup", 0, True),
        ("a banana to the right of a cup", 0, False),
        ("a bird above a tree", 1, True),
        ("a dog under a table", 1, False),
        ("two dogs under three tables", 1, False),
        ("杯子左边有一根香蕉", 0, True),
        ("桌子下面有一只狗", 1, False),
        ("房子上面有太阳", 1, True),
        ("猫在狗的右边", 0, False),
    ],
)
def test_things_stand_where_they_were_asked_to(prompt: str, axis: int, first_is_less: bool) -> None:
    request, made = parse(prompt), composed(prompt)
    first = [t.box for t in made.things if t.words == request.items[0].words]
    second = [t.box for t in made.things if t.words == request.items[1].words]
    before, after = (first, second) if first_is_less else (second, first)
    assert max(box[axis + 2] for box in before) <= min(box[axis] for box in after)


def test_big_things_are_bigger() -> None:
    mouse, elephant = composed("a mouse and an elephant").things
    assert elephant.box[2] - elephant.box[0] > 1.3 * (mouse.box[2] - mouse.box[0])


@pytest.mark.parametrize(
    ("prompt", "name"),
    [("a red apple on a blue background", "blue"), ("一只白猫，黑色背景", "black")],
)
def test_the_background_has_the_colour_asked_for(prompt: str, name: str) -> None:
    made = composed(prompt)
    corner = made.picture.crop((0, 0, 20, 20)).convert("RGBA")
    assert own_colour(corner) == name


def test_a_white_thing_on_white_is_still_seen() -> None:
    assert blobs(composed("a white cup on a white background")) >= 1
    lines = np.asarray(composed("a white cat on a white background").picture.convert("L"))
    assert (lines < 170).mean() > 0.005


def test_picture_and_svg_are_the_same_and_the_same_each_time() -> None:
    first, again = composed("two red apples above a car"), composed("two red apples above a car")
    assert first.svg == again.svg
    assert first.picture.tobytes() == again.picture.tobytes()
    assert (first.picture.size, first.picture.mode) == ((512, 512), "RGB")
    drawn = rasterise(first.svg, 512).convert("RGB")
    assert np.array_equal(np.asarray(drawn), np.asarray(first.picture))
    assert "<title>two red apples above a car</title>" in first.svg


def test_copies_in_other_colours_do_not_share_their_gradients() -> None:
    with_ids = next(d for d in lexicon().drawings.values() if "url(#" in d.body)
    made = composed(f"a red {with_ids.names['en']} and a blue {with_ids.names['en']}")
    ids = [piece.split('"')[0] for piece in made.svg.split(' id="')[1:]]
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("a samovar", "`samovar`"),
        ("a wooden chair", "`chair`"),
        ("a fox in the snow", "`fox`"),
        ("a aple", "`apple`"),
        ("a vehicle", "known: `"),
        ("一只麒麟", "没有`麒麟`"),
        ("木头椅子", "`椅子`"),
        ("13 cats", f"up to {MOST_THINGS}"),
        ("seven cats and six dogs", "13 things"),
        ("a cat, a dog, a bird, a fish and a bear", "5 kinds"),
        ("99999999999 cats", f"up to {MOST_THINGS}"),
        ("a black man", "people are drawn as they are"),
        ("三个绿色的女孩", "人物按原样画"),
        ("十三只猫", f"最多放 {MOST_THINGS} 样"),
        ("猫、狗、鸟、鱼和熊", "5 种"),
    ],
)
def test_what_cannot_be_composed_is_named(prompt: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        composed(prompt)
    assert said in str(caught.value)


def test_the_svg_says_whose_drawings_it_holds() -> None:
    svg = composed("a cat and a table").svg
    notice = svg.split("<metadata>")[1].split("</metadata>")[0]
    assert "Fluent Emoji, Copyright (c) Microsoft Corporation, MIT: fluent-emoji-flat/cat" in notice
    assert "The above copyright notice and this permission notice shall be included" in notice
    assert "Samesense, Apache-2.0: samesense/table" in notice
    assert "Microsoft" not in composed("a table").svg


def test_a_brush_stays_a_brush(tmp_path: Path) -> None:
    assert [
        t["drawing"] for t in json.loads(note_of(drawn("画画笔", tmp_path).path, THINGS_KEY))
    ] == ["fluent-emoji-flat/paintbrush"]


def drawn(request: str, tmp_path: Path, language: str = "en") -> Picture:
    """Draw where no painter is set up."""
    painter, out = DiffusersPainter(Settings()), tmp_path / "s1-draw.png"
    return draw(
        request, language, easel=easel(painter), out=out, seed=1, stop=Event(), composer=compose
    )


def test_draw_composes_where_nothing_paints(tmp_path: Path) -> None:
    picture = drawn("Draw me two red apples, please", tmp_path)
    assert (picture.kind, picture.prompt) == ("composed", "two red apples")
    assert picture.alt == "Composed picture: two red apples"
    with Image.open(picture.path) as written:
        assert written.size == (512, 512)
        notes = written.info
    assert "composed of drawings" in notes["Source"]
    assert "MIT" in notes["Source"]
    things = json.loads(notes[THINGS_KEY])
    assert [(t["drawing"], t["colour"]) for t in things] == [
        ("fluent-emoji-flat/red-apple", "red")
    ] * 2
    svg = picture.path.with_suffix(".svg").read_text("utf-8")
    shown = np.asarray(rasterise(svg, 512).convert("RGB"))
    assert np.array_equal(shown, np.asarray(Image.open(picture.path)))


def test_a_chinese_request_gets_chinese_words(tmp_path: Path) -> None:
    assert drawn("帮我画三只黑猫", tmp_path, "zh").alt == "合成的图片：三只黑色的猫"


def test_what_neither_can_draw_gets_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        drawn("Draw a samovar", tmp_path)
    assert "`samovar`" in str(caught.value)
    assert "SAMESENSE_PAINTER" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_refused_request_is_not_composed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not drawn"):
        drawn("Draw a naked woman and an apple", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigurationError, match="could not be written"):
        drawn("Draw a cat", tmp_path / "file")


@pytest.mark.parametrize(
    "request_",
    [
        "two red apples", "a cat and a black cat", "a dog under a table", "a cat left of a cat",
        "two socks", "grapes", "a red apple on a blue background", "杯子左边有一根香蕉",
        "一只黑猫和两只白猫", "an orange cat and a cat", "a cat and an orange cat",
        "a red apple and an apple", "three red apples and two apples", "a rabbit left of a bunny",
        "a cat left of an orange cat", "an orange cat left of a cat", "a cup and a mug",
        "a dog and a puppy", "three bubbles and two socks", "一只猫和一只橙色的猫",
    ],
)  # fmt: skip
def test_a_composed_picture_holds_what_was_asked_for(request_: str, tmp_path: Path) -> None:
    claims = check_pictures([drawn(request_, tmp_path)], answer="", percepts=[])
    assert claims
    assert {claim.verdict for claim in claims} == {"supported"}


@pytest.mark.parametrize(
    ("shown", "asked"),
    [
        ("two red apples", "three red apples"),
        ("two red apples", "two green apples"),
        ("two red apples", "two red pears"),
        ("a cat and a dog", "a cat"),
        ("three red apples", "two red apples"),
        ("a red apple and a pear", "a red apple and an apple"),
        ("a rabbit", "a rabbit and a bunny"),
        ("three bubbles", "two bubbles"),
        ("an orange cat left of a dog", "a dog left of a cat"),
        ("a dog under a table", "a dog above a table"),
        ("a banana to the left of a cup", "a banana to the right of a cup"),
        ("an apple on a blue background", "an apple on a green background"),
    ],
)
def test_a_picture_of_something_else_is_contradicted(
    shown: str, asked: str, tmp_path: Path
) -> None:
    picture = replace(drawn(shown, tmp_path), prompt=asked)
    claims = check_pictures([picture], answer="", percepts=[])
    assert "contradicted" in {claim.verdict for claim in claims}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Draw a red apple", "Composed picture: a red apple"),
        ("画一个红苹果", "合成的图片：一个红色的苹果"),
    ],
)
def test_a_turn_without_a_painter_gives_a_composed_picture(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unset = BackendSpec("assistant.models.diffusers_painter", "DiffusersPainter")
    monkeypatch.setitem(BACKENDS["image_generator"], "deterministic", unset)
    settings = Settings(profile="deterministic", data_dir=tmp_path / "data")
    turn = read_turn(text, [], settings=settings)
    *_, reply = Assistant(settings).stream(turn, tmp_path / "out", speak=False)
    assert isinstance(reply, Reply)
    (picture,) = reply.images
    assert reply.notices == ()
    claims = [claim for claim in reply.verification.claims if claim.kind == "picture"]
    assert [claim.verdict for claim in claims] == ["supported"]
    (told,) = to_json(reply, tmp_path / "out")["images"]
    assert (told["path"], told["kind"], told["alt"]) == (picture.path.name, "composed", words)
    assert words in to_markdown(reply, tmp_path / "out")
    image = Image.open(io.BytesIO(picture.path.read_bytes())).convert("RGBA")
    assert colour_shares(image)[NAMES.index("red")] > 0.2


@pytest.mark.parametrize(
    ("request_", "question", "said"),
    [
        ("Draw a red cat", "What is in this picture?", "I drew this from the words “a red cat”"),
        ("画两只猫", "图里有什么？", "这是我按“两只猫”画的"),
    ],
)
def test_what_it_drew_itself_is_known_by_its_file(
    request_: str, question: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unset = BackendSpec("assistant.models.diffusers_painter", "DiffusersPainter")
    monkeypatch.setitem(BACKENDS["image_generator"], "deterministic", unset)
    settings = Settings(profile="deterministic", data_dir=tmp_path / "data")
    one = Assistant(settings)
    turn = read_turn(request_, [], settings=settings, thread_id="one")
    *_, drew = one.stream(turn, tmp_path / "out", speak=False)
    assert isinstance(drew, Reply)
    sent = [drew.images[0].path]
    for thread, pictures in (("one", []), ("two", sent)):  # asked in its thread, and sent elsewhere
        asked = read_turn(question, pictures, settings=settings, thread_id=thread)
        *_, reply = one.stream(asked, tmp_path / thread, speak=False)
        assert isinstance(reply, Reply)
        assert said in reply.text
        assert {claim.verdict for claim in reply.verification.claims} <= {"supported"}


def test_a_painter_that_was_chosen_and_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BackendSpec("assistant.models.diffusers_painter", "DiffusersPainter")
    monkeypatch.setitem(BACKENDS["image_generator"], "deterministic", broken)
    settings = Settings(profile="deterministic", data_dir=tmp_path, painter="./absent")
    turn = read_turn("Draw a red apple", [], settings=settings)
    *_, reply = Assistant(settings).stream(turn, tmp_path / "out", speak=False)
    assert isinstance(reply, Reply)
    assert [picture.kind for picture in reply.images] == ["composed"]
    assert any("./absent" in notice for notice in reply.notices)
