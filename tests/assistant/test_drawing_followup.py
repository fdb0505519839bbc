"""Follow-ups to a drawing: what they make of it, and what is none."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant.drawing.followup import followed
from assistant.drawing.png import save_png
from assistant.drawing.prompt import prompt_of
from assistant.errors import InputError
from assistant.types import Exchange


def thread(folder: Path, prompt: str) -> list[Exchange]:
    """Return a thread whose last turn drew something."""
    path = folder / "s1-draw.png"
    save_png(Image.new("RGB", (8, 8)), path, {"Prompt": prompt})
    return [Exchange("t1", f"Draw {prompt}", "", "en", pictures=(path,))]


@pytest.mark.parametrize(
    ("before", "request_", "after"),
    [
        ("a red apple", "Now make it green", "a green apple"),
        ("a red apple", "in blue please", "a blue apple"),
        ("a red apple", "What about in green?", "a green apple"),
        ("a red apple", "make it three", "three red apples"),
        ("a red apple", "Draw two of them.", "two red apples"),
        ("a red apple", "add a banana", "a red apple and a banana"),
        ("a red apple", "add a printer to the picture", "a red apple and a printer"),
        ("a red apple", "on a blue background", "a red apple on a blue background"),
        ("a cat left of a dog", "make the cat black", "a black cat to the left of a dog"),
        ("a cat and a dog", "remove the dog", "a cat"),
        ("一个红色的苹果", "改成绿色的", "一个绿色的苹果"),
        ("一个红色的苹果", "把它变成蓝色吧", "一个蓝色的苹果"),
        ("一个红色的苹果", "画成三个", "三个红色的苹果"),
        ("一个红色的苹果", "再加一根香蕉", "一个红色的苹果和一根香蕉"),
        ("一个红色的苹果", "添加一根香蕉", "一个红色的苹果和一根香蕉"),
        ("一个红色的苹果", "背景换成黄色", "一个红色的苹果，黄色背景"),
        ("一只猫和一只狗", "把猫改成黑色的", "一只黑色的猫和一只狗"),
        ("一只猫和一只狗", "去掉狗", "一只猫"),
    ],
)
def test_a_follow_up_changes_the_drawing(
    tmp_path: Path, before: str, request_: str, after: str
) -> None:
    assert prompt_of(request_, thread(tmp_path, before)) == after


@pytest.mark.parametrize(
    "request_",
    ["make it nicer", "make it work", "turn it off", "What do I do?", "without internet",
     "怎么办？", "Draw a cat", "remove the apple", "make it red", "去掉猫", "Add a printer",
     "Add a second router to the network", "add a user", "add a contact", "add a cat to my network",
     "Add a printer to my network", "add a blorp", "添加用户", "加密码", "添加一台打印机", "加班"],
)  # fmt: skip
def test_what_changes_nothing_is_no_follow_up(tmp_path: Path, request_: str) -> None:
    assert followed(request_, thread(tmp_path, "a red apple")) == ""


def test_without_a_drawing_there_is_nothing_to_change(tmp_path: Path) -> None:
    assert followed("make it green", []) == ""
    assert followed("make it green", [Exchange("t1", "Hello", "Hi", "en")]) == ""
    gone = thread(tmp_path, "a red apple")
    gone[0].pictures[0].unlink()
    assert followed("make it green", gone) == ""


@pytest.mark.parametrize("request_", ["Now make it green", "Draw them in blue", "把它变成蓝色"])
def test_what_points_at_no_drawing_is_asked_back(request_: str) -> None:
    with pytest.raises(InputError, match=r"does not say what to draw|没有说要画什么"):
        prompt_of(request_, [])


@given(st.text(max_size=80))
def test_any_text_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert isinstance(followed(text, thread(folder, "two cats and a dog")), str)
