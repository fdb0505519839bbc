"""Sentences are cut where a reader would pause, however the text arrives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sentences import SentenceBuffer, split_sentences

CASES = [
    ("Open the page. Press Reconnect!", ["Open the page.", "Press Reconnect!"]),
    ("Go to 192.168.7.1. Sign in.", ["Go to 192.168.7.1.", "Sign in."]),
    ("It takes 2.5 s. Wait.", ["It takes 2.5 s.", "Wait."]),
    ("E-42 means that PPPoE failed [1]. Try again [2].",
     ["E-42 means that PPPoE failed [1].", "Try again [2]."]),
    ("PPPoE failed. [1] Try again.[2] Wait.", ["PPPoE failed. [1]", "Try again.[2]", "Wait."]),
    ("Use a cable, e.g. Cat 6. Ask Dr. Lee.", ["Use a cable, e.g. Cat 6.", "Ask Dr. Lee."]),
    ("See fig. 3 and no. 5. No. It is red.", ["See fig. 3 and no. 5.", "No.", "It is red."]),
    ("Do this:\n1. Open it.\n2. Press **Save.** Done.",
     ["Do this:", "1. Open it.", "2. Press **Save.**", "Done."]),
    ("Step 1. Open it. Step 2. Close it.", ["Step 1. Open it.", "Step 2. Close it."]),
    ('"Is it red?" he asked. Yes.', ['"Is it red?" he asked.', "Yes."]),
    ("Take plan B. Robert J. Smith agreed.", ["Take plan B.", "Robert J. Smith agreed."]),
    ("Wait... it reboots. Ready?! Go", ["Wait... it reboots.", "Ready?!", "Go"]),
    ("See https://kestrel.example/a?b=1. Then stop.",
     ["See https://kestrel.example/a?b=1.", "Then stop."]),
    ("E-42 表示认证失败[1]。请打开“设置”！好吗？",
     ["E-42 表示认证失败[1]。", "请打开“设置”！", "好吗？"]),
    ("他说：“红灯亮了。”然后重启。[2]等待60秒。",
     ["他说：“红灯亮了。”", "然后重启。[2]", "等待60秒。"]),
    ("真的吗?打开 192.168.7.1,按 Reconnect.然后等 2.5 分钟",
     ["真的吗?", "打开 192.168.7.1,按 Reconnect.", "然后等 2.5 分钟"]),
    ("1.打开设置。2.按重新连接。", ["1.打开设置。", "2.按重新连接。"]),
    ("", []),
    (" \n\n ", []),
    ("no end", ["no end"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentences"), CASES)
def test_cuts_where_a_sentence_ends(text: str, sentences: list[str]):
    assert split_sentences(text) == sentences


@pytest.mark.parametrize(("text", "sentences"), CASES)
@pytest.mark.parametrize("size", [1, 3])
def test_streaming_cuts_at_the_same_places(text: str, sentences: list[str], size: int):
    buffer = SentenceBuffer()
    streamed = [s for i in range(0, len(text), size) for s in buffer.push(text[i : i + size])]
    assert streamed + buffer.flush() == sentences


def test_a_sentence_comes_as_soon_as_the_next_begins():
    buffer = SentenceBuffer()
    assert buffer.push("Press Reconnect.") == []
    assert buffer.push(" W") == ["Press Reconnect."]
    assert buffer.push("ait") == []
    assert buffer.flush() == ["Wait"]
    assert buffer.flush() == []


@given(st.text(alphabet="aB1.!?。！ \n[]*”"), st.integers(1, 5))
def test_no_letter_is_lost_and_streaming_agrees(text: str, size: int):
    whole = split_sentences(text)
    assert "".join("".join(whole).split()) == "".join(text.split())
    buffer = SentenceBuffer()
    streamed = [s for i in range(0, len(text), size) for s in buffer.push(text[i : i + size])]
    assert streamed + buffer.flush() == whole
