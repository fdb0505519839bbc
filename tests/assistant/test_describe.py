"""Pictures are described honestly: gist first, hedged as surely as they were seen, or refused."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from assistant.checks.described import check_description, contradicts
from assistant.models.imagenet_kinds import CLASSES_OF, known_labels, phrase_of
from assistant.picture_questions import asked, asks_of_new, earlier_pictures
from assistant.stages.describe import describe
from assistant.types import Draft, Exchange, FusedState, Percept, Segment, Step, View
from assistant.viewing import fault_of, is_drawn, middle_shares, view_of
from tests.assistant.media_files import noise

SIZE = (300, 300)


def line(text: str, y: int = 10, confidence: float = 0.95) -> Segment:
    return Segment(text, box=(10, y, 200, y + 20), confidence=confidence)


def looked(
    *tags: tuple[str, float], lines: Sequence[Segment] = (), view: View | None = None,
    source: str = "a.jpg",
) -> list[Percept]:  # fmt: skip
    """Return the percepts of one look at a picture."""
    view = view or View(colours=("green", "brown"))
    segments = tuple(Segment(label, confidence=chance) for label, chance in tags)
    return [
        Percept("ocr", source, "", 0.9, tuple(lines), size_px=SIZE, view=view),
        Percept("image", source, "", 0.9, segments, size_px=SIZE, view=view),
    ]


def told(percepts: Sequence[Percept], request: str = "", language: str = "en") -> str:
    step = Step("s1", "describe", request, 1, (), "")
    fused = FusedState("", (), {}, (), {}, language)
    *_, draft = describe(step, percepts=percepts, fused=fused)
    assert isinstance(draft, Draft)
    return draft.text


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.95, "It shows a lion."),
        (0.7, "It probably shows a lion."),
        (0.4, "It may show a lion."),
        (0.2, "I cannot tell what it shows"),
    ],
)
def test_words_are_as_sure_as_what_was_seen(confidence: float, words: str) -> None:
    assert told(looked(("lion", confidence))).startswith(words)


def test_chinese_names_things_in_chinese() -> None:
    assert told(looked(("lion", 0.95)), language="zh").startswith("画面上是狮子。")
    assert "狗，也许是比格犬" in told(looked(("dog", 0.95), ("Beagle", 0.4)), language="zh")


def test_every_label_and_kind_has_a_name_in_both_languages() -> None:
    labels = [*known_labels(), *CLASSES_OF]
    assert len(known_labels()) == 1000
    assert not [label for label in labels if phrase_of(label, "zh").isascii()]
    assert phrase_of("binoculars", "en") == "binoculars"
    assert phrase_of("unicycle", "en") == "a unicycle"


def test_people_are_never_guessed() -> None:
    assert "a person" in told(looked(("bridegroom", 0.97)))
    assert "It probably shows" in told(looked(("bridegroom", 0.97)))
    assert "do not guess" in told(looked(("suit", 0.9)), "Who is this?")


def test_the_gist_comes_first_then_hazards_then_text() -> None:
    text = told(looked(("cleaver", 0.95), lines=[line("Kitchen"), line("Danger: hot")]))
    places = [text.index(words) for words in ("It shows", "Careful", "Danger: hot", "Kitchen")]
    assert places == sorted(places)
    assert "pixels" not in text
    assert "a.jpg" not in text


def test_doubtful_lines_are_said_to_be_uncertain() -> None:
    text = told(looked(lines=[line("Exit"), line("P1atforn", 40, 0.5)]))
    assert "It reads: Exit." in text
    assert "not sure of this text: P1atforn." in text


def test_details_come_on_request_only() -> None:
    percepts = looked(("lion", 0.7), ("tiger", 0.25), lines=[line(f"Line {i}") for i in range(20)])
    assert "ask for more detail" in told(percepts)
    more = told(percepts, "tell me more")
    for words in ("It could also be a tiger", "green and brown", "Line 19", "300 by 300"):
        assert words in more
        assert words not in told(percepts)


def test_text_is_told_by_its_place() -> None:
    percepts = looked(lines=[line("Top line", 10), line("Low line", 270)])
    assert told(percepts, "What does it say at the top?") == "At the top it reads: Top line."
    assert told(percepts, "最下面写着什么？", "zh") == "底部写着：Low line。"
    assert "no text on the right" in told(percepts, "What is written on the right?")


def test_the_top_of_a_full_screen_is_its_first_lines() -> None:
    rows = [f"Row {number}" for number in range(25)]
    percepts = looked(lines=[line(row, 12 * number) for number, row in enumerate(rows)])
    top, bottom = (told(percepts, f"What does it say at the {end}?") for end in ("top", "bottom"))
    assert top == f"At the top it reads: {'; '.join(rows[:4])}."
    assert bottom == f"At the bottom it reads: {'; '.join(rows[-4:])}."


@pytest.mark.parametrize(
    ("fault", "advice"),
    [("dark", "light"), ("blurred", "hold still"), ("faint", "lens"), ("tiny", "larger")],
)
def test_what_is_too_bad_is_refused_with_advice(fault: str, advice: str) -> None:
    bad = View(fault=fault)  # pyright: ignore[reportArgumentType]
    refused = told(looked(("lion", 0.4), view=bad))
    assert "for me to describe" in refused
    assert advice in refused
    assert "lion" not in refused
    named = told(looked(("lion", 0.95), view=bad))  # what is seen all the same is hedged
    assert "It probably shows a lion." in named
    assert "may be wrong" in named
    read = told(looked(lines=[line("Exit")], view=bad))
    assert "It reads: Exit." in read


def test_a_second_look_says_what_changed() -> None:
    closer = View(colours=("green", "brown"), again=True)
    first = looked(("lion", 0.4), lines=[line("Exit")])
    again = looked(("tiger", 0.7), lines=[line("Exit"), line("Gate 4")], view=closer)
    changed = told([*first, *again], "look again")
    assert "It may show a lion." in changed
    assert "It probably shows a tiger." in changed
    assert "I also read: Gate 4" in changed
    same = told([*first, *looked(("lion", 0.4), lines=[line("Exit")], view=closer)], "look again")
    assert "nothing changed" in same


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (["+ New conversation", "Ready"], ["New", "conversation Ready"], "nothing changed"),
        (["Guest network"], ["Guest netwerk"], "nothing changed"),
        (["你好，世界", "出口"], ["你好，", "世界 出口"], "nothing changed"),
        (["Gate 14 closed"], ["Gate 15 closed"], "I also read: Gate 15 closed"),
        (["Wait"], ["Wait", "42"], "I also read: 42"),
        (["Wait", "Exit left"], ["Wait"], "I no longer read: Exit left"),
    ],
)
def test_a_second_look_tells_apart_what_is_read_from_how_it_is_cut(
    before: list[str], now: list[str], said: str
) -> None:
    first = looked(("lion", 0.7), lines=[line(text) for text in before])
    view = View(colours=("green", "brown"), again=True)
    again = looked(("lion", 0.7), lines=[line(text) for text in now], view=view)
    assert said in told([*first, *again], "look again")


def test_several_pictures_are_told_apart() -> None:
    text = told([*looked(("lion", 0.95)), *looked(("tiger", 0.95), source="b.jpg")])
    assert "First picture: It shows a lion." in text
    assert "Second picture: It shows a tiger." in text


def test_pictures_of_one_name_keep_their_own_text() -> None:
    percepts = [
        replace(percept, attachment=sha)
        for sha, words in (("a" * 64, "ERROR 42"), ("b" * 64, "EXIT 7"))
        for percept in looked(("lion", 0.95), lines=[line(words)])
    ]
    first, second = told(percepts).split("Second picture:")
    assert "ERROR 42" in first
    assert "EXIT 7" in second
    assert "ERROR 42" not in second


def test_a_closer_look_that_is_refused_claims_no_sameness() -> None:
    dark = looked(("dog", 0.7), view=View(fault="dark"))
    closer = looked(("dog", 0.4), view=View(fault="dark", again=True))
    assert "nothing changed" not in told([*dark, *closer], "look again")
    refused = looked(("dog", 0.4), view=View(fault="dark"))
    assert "nothing changed" in told([*refused, *closer], "look again")


# --- what is asked, and of which picture


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("what colour is it?", "colour"), ("What does it say at the top?", "text"),
        ("上面写着什么", "text"), ("check again", "again"), ("再看一次", "again"),
        ("tell me more", "detail"), ("详细一点", "detail"), ("who is that?", "people"),
        ("Describe this picture", "gist"), ("图里有什么？", "gist"), ("它是什么颜色的？", "colour"),
        ("Describe it", "gist"), ("What text is in it?", "text"), ("这个人是谁？", "people"),
        ("这辆车是什么颜色的？", "colour"), ("图片的颜色是什么？", "colour"),
        ("图里有谁？", "people"),
        ("What colours are in this picture?", "colour"), ("How old is she?", "people"),
        ("Is there anyone in the picture?", "people"), ("Is there any text?", "text"),
        ("How many people are in the photo?", "count"), ("how old is the man?", "people"),
        ("I can't read it, look again", "again"), ("I want you to look again", "again"),
        ("我看不清，再看一次", "again"), ("帮我再看一次", "again"),
        ("我发的图片请再看一下。", "again"), ("麻烦把我的照片重新看一下。", "again"),
        ("把我的图再看一遍", "again"), ("The picture I sent: please look again", "again"),
        ("Look again: is it tomorrow or today?", "again"),
        ("Look again at the picture. It says 'try again later'.", "again"),
        ("I'll send it tomorrow. Look again", "again"),
        ("What does it say? And how do I fix it?", "text"), ("写着什么？怎么修复？", "text"),
    ],
)  # fmt: skip
def test_questions_about_a_picture_are_understood(text: str, topic: str) -> None:
    assert asked(text).topics == (topic,)


@pytest.mark.parametrize(
    "text",
    [
        "What should I do?", "How do I reset the router?", "What colour should the light be?",
        "what does the manual say about resets?", "E-42 是什么？", "怎么办？", "Try again",
        "Can you describe how to reset the router?", "Describe the steps to fix this error",
        "Please describe in detail how to fix this", "How old is the battery?",
        "Is there anyone in support I can talk to?", "Which color is the cable for the WAN port?",
        "What text do I enter in this field?", "Is there any text limit on SMS?",
        "How many photos fit on the card?", "How many screenshots can I store on the device?",
        "What colour is the status LED?", "Describe the warranty conditions",
        "Who is on my network?",
        "How do I fix this? Please explain in more detail.", "请详细说明如何重置路由器",
        "具体说一下怎么修复", "谁在用我的网络？", "是谁在用我的WiFi", "充电时灯是什么颜色？",
        "I'll check it again tomorrow", "I looked at it again", "Let me look again",
        "Tomorrow, check again", "I'll ask: 'look again'", "我自己会再检查的",
        "We will take another look later", "我明天再看看", "我会重新检查的", "我再看一下",
        "路由器的灯是什么颜色才正常？", "还有什么办法？", "你是谁？", "短信有字数限制吗？",
    ],
)  # fmt: skip
def test_other_questions_are_left_alone(text: str) -> None:
    assert asked(text).topics == ()


def test_a_second_look_is_not_called_off_by_what_the_picture_may_say() -> None:
    assert "again" in asked("Look again: does the picture say tomorrow or today?").topics


@given(st.text(max_size=200))
def test_any_text_can_be_asked(text: str) -> None:
    wanted = asked(text)
    assert not wanted.place or wanted.topics
    assert asks_of_new(text) <= bool(wanted.topics)


def exchange(question: str, *images: str) -> Exchange:
    return Exchange("t", question, "…", "en", images=tuple(map(Path, images)))


def test_a_follow_up_finds_its_picture() -> None:
    described = exchange("Describe this picture", "a.jpg")
    colour = exchange("what colour is it?")
    assert earlier_pictures("what colour is it?", [described]) == (Path("a.jpg"),)
    assert earlier_pictures("look again", [described, colour]) == (Path("a.jpg"),)
    assert earlier_pictures("再看一次", [exchange("", "a.jpg")]) == (Path("a.jpg"),)


def test_a_follow_up_of_an_answer_leaves_the_picture_alone() -> None:
    support = exchange("My router shows this. What should I do?", "a.jpg")
    talk = exchange("How do I reset it?")
    assert earlier_pictures("tell me more", [support]) == ()
    assert earlier_pictures("what colour is it?", [support, talk]) == ()
    assert earlier_pictures("What should I do?", [support]) == ()
    for text in ("How many photos fit on the card?", "What colour is the status LED?"):
        assert earlier_pictures(text, [support]) == ()
    assert earlier_pictures("what does the picture say?", [support, talk]) == (Path("a.jpg"),)


# --- pixels


def photograph(width: int = 320, height: int = 240) -> Image.Image:
    """Return something that looks like a photograph to the measures."""
    rough = noise(width // 4, height // 4).resize((width, height), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).normal(0, 6, (height, width, 3))
    return Image.fromarray((np.asarray(rough) + grain).clip(0, 255).astype(np.uint8))


def test_faults_are_told_by_the_pixels() -> None:
    good = photograph()
    assert fault_of(good) == ""
    assert fault_of(Image.new("RGB", (300, 200), "white")) == "blank"
    assert fault_of(good.resize((40, 30))) == "tiny"
    assert fault_of(Image.eval(good, lambda level: level // 25)) == "dark"
    assert fault_of(Image.eval(good, lambda level: 130 + level // 16)) == "faint"
    assert fault_of(noise(16, 10).resize((640, 400))) == "blurred"


def test_screens_are_drawn_and_photographs_on_white_are_not() -> None:
    screen = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(screen).rectangle((20, 20, 380, 80), fill="navy")
    assert is_drawn(screen)
    product = Image.new("RGB", (400, 300), "white")
    product.paste(photograph(160, 120), (120, 90))
    assert not is_drawn(product)


def test_colours_come_from_the_pixels() -> None:
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).ellipse((50, 50, 150, 150), fill="red")
    view = view_of(image)
    assert view.colours[0] == "white"
    assert view.middle == ("red",)


def test_a_label_whose_colour_is_nowhere_is_not_said() -> None:
    swans = Image.new("RGB", (200, 200), (40, 90, 30))
    ImageDraw.Draw(swans).ellipse((50, 50, 150, 150), fill="white")
    shares = middle_shares(swans)
    assert contradicts("black swan", shares)
    assert not contradicts("white stork", shares)
    assert not contradicts("lion", shares)


# --- the check


def test_a_description_is_checked_against_what_was_seen() -> None:
    percepts = looked(("lion", 0.7), lines=[line("Red tiger park")])
    right = "It probably shows a lion. Its colours are mostly green. It reads: Red tiger park."
    assert {c.verdict for c in check_description(right, percepts)} == {"supported"}
    for wrong, words in [
        ("It shows a lion.", "a lion"),  # not that sure
        ("It may show a tiger.", "a tiger"),
        ("画面上可能是老虎。", "老虎"),
        ("Its colours are mostly blue.", "blue"),
        ("颜色主要是蓝色。", "blue"),
    ]:
        claims = check_description(wrong, percepts)
        assert [(c.text, c.verdict) for c in claims] == [(words, "contradicted")]


@pytest.mark.parametrize("read", [".", "。", " ", "a", "e", "cat", "s"])
def test_a_short_line_hides_nothing_from_the_check(read: str) -> None:
    percepts = looked(("dog", 0.95), lines=[line(read)])
    claims = check_description("It shows a cat. Its colours are mostly red.", percepts)
    assert [(c.text, c.verdict) for c in claims] == [
        ("a cat", "contradicted"), ("red", "contradicted"),
    ]  # fmt: skip


def test_quoted_lines_are_not_looked_at() -> None:
    percepts = looked(("dog", 0.95), lines=[line("Tiger."), line("red, blue"), line("虎; cat")])
    for language in ("en", "zh"):
        claims = check_description(told(percepts, "what does it say?", language), percepts)
        assert claims == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_described_passes_its_check(language: str) -> None:
    percepts = looked(("dog", 0.95), ("Beagle", 0.4), lines=[line("Exit")])
    text = told(percepts, "in more detail", language)
    claims = check_description(text, percepts)
    assert len(claims) >= 4
    assert {claim.verdict for claim in claims} == {"supported"}
