"""The model of entailment at toy size: its base, its lessons, its training, its 8 bits."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assistant.entailment.base import Base, encoder_of, kept_pieces, read_base, tokenizer_of
from assistant.entailment.changes import change
from assistant.entailment.help_pages import Paragraph, Topic, topics_in_gnome, topics_in_office
from assistant.entailment.lessons import (
    CONTRADICTED,
    SILENT,
    SUPPORTED,
    HelpPages,
    Lesson,
    Manual,
    manual_lessons,
    read_manuals,
)
from assistant.entailment.network import EntailmentNetwork
from assistant.entailment.pairs import padded, token_rows
from assistant.entailment.shipped import write
from assistant.entailment.train_entailment import Course, Library, Stage, rate_at
from assistant.models.pocket_entailment import PocketEntailment
from assistant.settings import load_settings

WIDTH, LAYERS, HEADS, INNER, LONGEST = 96, 2, 12, 192, 512
PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    *"▁abcdefghijklmnopqrstuvwxyz.,路由器重启红灯",
    "▁the",
    "▁ça",
]
MANUAL = Manual(
    "kettle",
    {"en": ["# Water\nFill it.", "# Heat\nWait.", "# Off\nPull the plug."],
     "zh": ["# 水\n加水。", "# 加热\n等待。", "# 关\n拔插头。"]},
    [("negation", "en", "You have to wait.", "have", "do not have"),
     ("invented", "zh", "先拔插头。", "拔插头", "按两下")],
    [("en", "How do I turn it off?", 2), ("zh", "它多少钱？", -1)],
)  # fmt: skip
TOPICS = [
    Topic(
        f"page {n}", f"Make the {n} thing", f"制作第 {n} 件东西",
        (
            Paragraph(f"Open the {n} lid before you press.", f"按下前打开第 {n} 个盖子。", True),
            Paragraph(f"Close the {n} lid after {n + 2} minutes.", f"{n + 2} 分钟后关闭它。", True),
            Paragraph(f"It cannot open at {n + 5} degrees.", f"{n + 5} 度时不能打开它。", False),
        ),
    )
    for n in range(6)
]  # fmt: skip


def packed(path: Path) -> dict[str, np.ndarray]:
    """Write a tiny encoder as the package has it, and return what its matrices should be."""
    chance = np.random.default_rng(0)
    tensors: dict[str, np.ndarray] = {"emb.word": chance.normal(0, 0.5, (len(PIECES), WIDTH))}
    tensors |= {
        "emb.pos": chance.normal(0, 0.1, (LONGEST, WIDTH)),
        "emb.type": np.zeros((2, WIDTH)),
    }
    sizes = {"q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH), "ao": (WIDTH, WIDTH),
             "fi": (INNER, WIDTH), "fo": (WIDTH, INNER)}  # fmt: skip
    for name in ["emb.ln", *(f"l{i}.{n}" for i in range(LAYERS) for n in ("aln", "oln"))]:
        tensors |= {f"{name}.w": np.ones(WIDTH), f"{name}.b": np.zeros(WIDTH)}
    for layer in range(LAYERS):
        for name, size in sizes.items():
            tensors[f"l{layer}.{name}.w"] = chance.normal(0, 0.1, size)
            tensors[f"l{layer}.{name}.b"] = chance.normal(0, 0.1, size[0])
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack("<7if", WIDTH, LAYERS, HEADS, INNER, len(PIECES), LONGEST, 2, 1e-12)
    head += struct.pack("<i", 32)
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype(np.uint32)
    scores = -np.arange(len(PIECES), dtype=np.float32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob))
    head += ends.tobytes() + scores.tobytes() + blob + struct.pack("<iI", 0, 0)
    rows = {name: value.astype(np.float32) for name, value in tensors.items()}
    entries, body, expected = b"", b"", {}
    start = len(head) + 4 + sum(2 + len(name) + 21 for name in rows)
    for name, value in rows.items():
        quantized = name == "emb.word" or (name.endswith(".w") and "ln" not in name)
        data, expected[name] = _quantized(value) if quantized else (value.tobytes(), value)
        entries += struct.pack("<H", len(name)) + name.encode()
        entries += struct.pack("<BIQQ", quantized, value.size, start + len(body), len(data))
        body += data
    path.write_bytes(head + struct.pack("<i", len(rows)) + entries + body)
    return expected


def _quantized(value: np.ndarray) -> tuple[bytes, np.ndarray]:
    blocks = value.reshape(-1, 32)
    scale = (np.abs(blocks).max(axis=1) / 7).astype(np.float16)
    whole = np.clip(np.round(blocks / scale.astype(np.float32)[:, None]), -8, 7).astype(int) + 8
    nibbles = (whole[:, :16] | whole[:, 16:] << 4).astype(np.uint8)
    data = b"".join(s.tobytes() + n.tobytes() for s, n in zip(scale, nibbles, strict=True))
    return data, ((whole - 8) * scale.astype(np.float32)[:, None]).reshape(value.shape)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    path = tmp_path_factory.mktemp("base") / "e5.bin"
    packed(path)
    return read_base(path)


def test_the_base_is_read_as_it_was_packed(tmp_path: Path) -> None:
    expected = packed(tmp_path / "e5.bin")
    read = read_base(tmp_path / "e5.bin")
    assert [piece for piece, _ in read.pieces] == PIECES
    np.testing.assert_allclose(
        read.weights["encoder.layer.1.output.dense.weight"], expected["l1.fo.w"], rtol=1e-3
    )
    np.testing.assert_allclose(
        read.weights["embeddings.word_embeddings.weight"], expected["emb.word"], rtol=1e-3
    )


def test_pieces_of_other_languages_are_left_out_and_the_others_keep_their_vectors(
    base: Base,
) -> None:
    rows = kept_pieces(base, ["the lid"], {"the"})
    kept = [PIECES[row] for row in rows]
    assert {"▁the", "路"} <= set(kept)
    assert "▁ça" not in kept
    tokens = tokenizer_of([base.pieces[row] for row in rows]).encode("the 路由器").tokens
    assert tokens == ["▁the", "▁", "路", "由", "器"]
    table = encoder_of(base, rows).embeddings.word_embeddings.weight
    place = kept.index("路")
    expected = base.weights["embeddings.word_embeddings.weight"][PIECES.index("路")]
    np.testing.assert_allclose(table[place].detach().numpy(), expected)


def test_the_network_in_8_bits_says_what_it_said(base: Base, tmp_path: Path) -> None:
    torch.manual_seed(0)
    rows = list(range(len(PIECES)))
    network = EntailmentNetwork(encoder_of(base, rows)).eval()
    torch.nn.init.normal_(network.head.weight, 0, 0.1)
    tokenizer = tokenizer_of(base.pieces)
    write(network.state_dict(), tokenizer, tmp_path)
    pairs = [("the router", "路由器重启"), ("red lid. open it", "is it a lid"), ("红灯", "the")]
    with torch.inference_mode():
        ids, parts = (torch.from_numpy(x) for x in padded(token_rows(tokenizer, pairs)))
        expected = network(ids, parts).softmax(-1).numpy()
    found = PocketEntailment(load_settings(), tmp_path).judge(pairs)
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found, expected, atol=0.03)
    assert np.ptp(expected, axis=0).max() > 0.05  # or the comparison would say nothing


def test_nothing_to_judge_is_no_error(base: Base, tmp_path: Path) -> None:
    write(
        EntailmentNetwork(encoder_of(base, range(len(PIECES)))).state_dict(),
        tokenizer_of(base.pieces), tmp_path,
    )  # fmt: skip
    entailment = PocketEntailment(load_settings(), tmp_path)
    assert entailment.judge([]).shape == (0, 3)
    assert np.isfinite(entailment.judge([("", ""), ("x" * 500, "y" * 500)])).all()


def test_it_learns_a_handful_of_lessons_and_goes_on_where_it_stopped(base: Base) -> None:
    lessons = [
        Lesson("the red lid", "the red lid", SUPPORTED),
        Lesson("the red lid", "路由器重启", SILENT),
        Lesson("红灯", "红灯", SUPPORTED),
        Lesson("红灯", "the lid", SILENT),
    ]
    course = Course(base, range(len(PIECES)), seed=0)
    losses = [course.step(lessons, 2e-3) for _ in range(60)]
    assert np.mean(losses[-5:]) < 0.3 < losses[0]
    again = Course(base, range(len(PIECES)), seed=1)
    for name, part in course.parts.items():
        again.parts[name].load_state_dict(part.state_dict())
    course.network.eval()
    again.network.eval()
    assert again.step(lessons, 1e-3) == pytest.approx(course.step(lessons, 1e-3), abs=1e-3)


def test_batches_are_the_same_for_the_same_seed_and_of_all_kinds() -> None:
    library = Library(HelpPages(TOPICS), [MANUAL], {"You have to wait.": 1, "先拔插头。": 2})
    stage = Stage(10, 1e-3, own=0.5, frozen=0, batch=8)
    first, again = (
        [batch for _, batch in zip(range(20), library.batches(stage, "0"), strict=False)]
        for _ in range(2)
    )
    assert first == again
    assert all(len(batch) == 8 for batch in first)
    lessons = [lesson for batch in first for lesson in batch]
    assert {lesson.label for lesson in lessons} == {SUPPORTED, CONTRADICTED, SILENT}
    assert rate_at(stage, 0) == stage.rate
    assert rate_at(stage, 9) < stage.rate / 5


def test_a_manual_tells_what_it_tells_and_no_more() -> None:
    homes = {"You have to wait.": 1, "先拔插头。": 2}
    lessons = [one for n in range(20) for one in manual_lessons(MANUAL, homes, random.Random(n))]
    labels = {(one.sentence, one.passage.split("\n")[0].strip("# ")): one.label for one in lessons}
    assert labels["You have to wait.", "Heat"] == SUPPORTED
    assert labels["You do not have to wait.", "加热"] == CONTRADICTED
    assert labels["先按两下。", "Off"] == SILENT
    assert labels["How do I turn it off?", "关"] == SUPPORTED
    assert labels["How do I turn it off?", "Water"] == SILENT
    assert {label for (text, _), label in labels.items() if text == "它多少钱？"} == {SILENT}


def test_help_pages_are_laid_side_by_side(tmp_path: Path) -> None:
    for tongue, head, text in (
        ("en-US", "Locks", "Click <b>OK</b> to lock."),
        ("zh-CN", "锁定", "点击确定以锁定它。"),
    ):
        page = tmp_path / tongue / "scalc/lock.html"
        page.parent.mkdir(parents=True)
        page.write_text(
            f'<div id="DisplayArea"><h1 id="h1">{head}</h1><ol><li><p id="p1">{text}</p></li></ol>'
            f'<p id="{tongue}">Only here, in one language.</p></div>', "utf-8",
        )  # fmt: skip
    (topic,) = topics_in_office(tmp_path / "en-US", tmp_path / "zh-CN")
    assert (topic.en, topic.zh) == ("Locks", "锁定")
    assert topic.paragraphs == (Paragraph("Click OK to lock.", "点击确定以锁定它。", True),)
    for tongue, head, text in (
        ("C", "Shut down", "Press the power button."),
        ("zh_CN", "关机", "按下电源按钮。"),
    ):
        page = tmp_path / tongue / "help/off.page"
        page.parent.mkdir(parents=True)
        page.write_text(
            f'<page xmlns="http://projectmallard.org/1.0/"><info><desc>x</desc></info>'
            f"<title>{head}</title><steps><item><p>{text}</p></item></steps></page>", "utf-8",
        )  # fmt: skip
    (topic,) = topics_in_gnome(tmp_path / "C", tmp_path / "zh_CN")
    assert topic.paragraphs == (Paragraph("Press the power button.", "按下电源按钮。", True),)


@given(st.text(max_size=80), st.integers())
def test_a_planted_change_is_a_change(sentence: str, seed: int) -> None:
    changed = change(sentence, ["Save", "OK"], random.Random(seed))
    assert changed is None or changed != sentence


@pytest.mark.parametrize(
    "sentence",
    ["Wait 30 seconds.", "Do not open the lid.", "等待 5 分钟。", "不能打开它。", "Press Save."],
)
def test_what_can_be_changed_is_changed(sentence: str) -> None:
    assert change(sentence, ["Save", "Cancel"], random.Random(0))


def test_the_shipped_manuals_are_what_they_say() -> None:
    manuals = read_manuals()
    assert len({manual.name for manual in manuals}) == len(manuals) >= 100
    for manual in manuals:
        for _, _, right, old, new in manual.facts:
            assert right.count(old) == 1, (manual.name, right)
            assert old != new, (manual.name, right)
        assert all(home in (-1, 0, 1, 2) for _, _, home in manual.questions)
