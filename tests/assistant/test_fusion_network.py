"""The fusion network at toy size, with random weights: what must hold whatever it has learnt."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.fusion.head import FusionHead, load
from assistant.fusion.network import HALVES, QUERY, FusionNetwork, batch
from assistant.fusion.screen_choice import meant
from assistant.fusion.segments import MEASURES, MOST_SEGMENTS, WIDTHS, Segments, describe
from assistant.fusion.train_fusion import Course, Known, Lesson, auroc, figures, write
from assistant.types import Channel, Percept, Segment


def some(*channels: Channel, seed: int = 0) -> Segments:
    chance = np.random.default_rng(seed)
    vectors = chance.normal(size=(len(channels), QUERY)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    measures = chance.uniform(size=(len(channels), MEASURES)).astype(np.float32)
    texts = ("text",) * len(channels)
    held = {name: np.zeros((0, width), np.float32) for name, width in WIDTHS.items()}
    held["text"] = vectors
    return Segments(channels, texts, np.arange(len(channels)), held, measures)


def network(seed: int = 0) -> FusionNetwork:
    torch.manual_seed(seed)
    return FusionNetwork(width=32, layers=1).eval()


NINE: tuple[Channel, ...] = ("ocr",) * 9


@torch.inference_mode()
def test_padding_changes_nothing() -> None:
    model, short, long = network(), some("typed", "ocr"), some(*NINE, seed=1)
    alone, beside = model(batch([short], [True])), model(batch([short, long], [True, True]))
    assert torch.allclose(alone.query[0], beside.query[0], atol=1e-5)
    assert torch.allclose(alone.relevance[0], beside.relevance[0, :2], atol=1e-5)


@torch.inference_mode()
def test_an_absent_channel_has_no_gate_and_no_segment() -> None:
    fused = network()(batch([some("typed", "typed")], [True]))
    assert [bool(torch.isfinite(gate)) for gate in fused.gates[0]] == [True, False, False, False]
    assert fused.relevance.shape == (1, 2)


@torch.inference_mode()
def test_a_query_has_unit_length_and_no_english_half_in_other_languages() -> None:
    turn = some("typed", "ocr", "transcript")
    for english in (True, False):
        query = network()(batch([turn], [english])).query[0]
        assert float(query.norm()) == pytest.approx(1, abs=1e-4)
        assert (float(query[HALVES[0] :].norm()) > 0) == english


@torch.inference_mode()
def test_the_query_of_one_segment_is_its_own_vector() -> None:
    turn = some("transcript")
    query = network()(batch([turn], [True])).query[0].numpy()
    assert query @ turn.vectors["text"][0] == pytest.approx(1, abs=1e-4)


@torch.inference_mode()
def test_golden_numbers() -> None:
    """The same seed gives the same numbers: a change of the architecture shows."""
    fused = network()(batch([some("typed", "transcript", "ocr", "ocr")], [True]))
    assert fused.gates[0].tolist() == pytest.approx(GOLDEN_GATES, abs=1e-3)
    assert fused.relevance[0].tolist() == pytest.approx(GOLDEN_RELEVANCE, abs=1e-3)


GOLDEN_GATES = [-0.0527, -0.3107, 0.4849, -np.inf]
GOLDEN_RELEVANCE = [-0.0857, -0.2378, -0.3215, -0.1654]


def toy_lesson() -> Lesson:
    """Return turns whose typed words are their passage, and whose screens are noise."""
    chance = np.random.default_rng(3)
    passages = chance.normal(size=(40, QUERY)).astype(np.float32)
    passages /= np.linalg.norm(passages, axis=1, keepdims=True)
    turns = []
    for number in range(640):
        segments = some("ocr", "typed", seed=number)
        segments.vectors["text"][1] = passages[number % 20]
        good = np.array([1, -1, 0, -1])
        turns.append(Known(segments, True, number % 20, np.array([True, True]), good))
    return Lesson(turns, passages)


def test_training_learns_which_channel_tells() -> None:
    lesson, model = toy_lesson(), network()
    course = Course(model, lesson, seed=0, rate=3e-3)
    losses = [course.epoch(number) for number in range(6)]
    assert losses[-1] < 0.7 * losses[0]
    found = figures(model, lesson)
    assert found["recall@1"] > 0.9
    assert found["gates AUROC"] > 0.95


def test_a_killed_training_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    lesson, kept = toy_lesson(), tmp_path / "kept.pt"
    whole = Course(network(), lesson, seed=1)
    whole.epoch(0)
    whole.save(kept, 1)
    loss = whole.epoch(1)
    again = Course(network(seed=5), lesson, seed=1)
    assert again.resume(kept) == 1
    assert again.epoch(1) == pytest.approx(loss, rel=1e-4)


def test_auroc_counts_pairs_in_the_right_order() -> None:
    assert auroc([(0.9, True), (0.8, True), (0.1, False)]) == 1
    assert auroc([(0.5, True), (0.5, False)]) == 0.5
    assert auroc([(0.1, True), (0.9, False)]) == 0


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    torch.manual_seed(1)
    written = FusionNetwork(width=32, layers=1)
    write(written, tmp_path / "a.safetensors", "some-embedder")
    read = load(tmp_path / "a.safetensors")
    assert FusionHead(tmp_path / "a.safetensors").embedder_name == "some-embedder"
    for name, tensor in written.state_dict().items():
        assert torch.allclose(read.state_dict()[name], tensor, atol=1e-2)


def embed(texts, languages) -> np.ndarray:
    del languages
    rows = [np.random.default_rng(sum(map(ord, text))).normal(size=QUERY) for text in texts]
    return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)


def screen(lines: int) -> Percept:
    segments = tuple(Segment(f"Line {n}", box=(0, 10 * n, 50, 10 * n + 9)) for n in range(lines))
    return Percept("ocr", "a.png", "", 0.9, segments, size_px=(100, 10 * lines + 10))


def test_every_segment_gets_a_weight_however_many_there_are(tmp_path: Path) -> None:
    write(FusionNetwork(), tmp_path / "a.safetensors", "e")
    typed = Percept("typed", "typed", "What is E-42?", 1.0, (Segment("What is E-42?"),))
    weighed = FusionHead(tmp_path / "a.safetensors").weigh(
        [typed, screen(MOST_SEGMENTS + 20)], "en", embed
    )
    assert [len(row) for row in weighed.relevance] == [1, MOST_SEGMENTS + 20]
    assert set(weighed.gates) == {"typed", "ocr"}
    assert weighed.query


def test_sounds_and_pictures_count_beside_the_words_they_came_with(tmp_path: Path) -> None:
    write(FusionNetwork(), tmp_path / "a.safetensors", "e")
    chance = np.random.default_rng(4)
    spoken = Percept("transcript", "a.wav", "No light", 0.9, (Segment("No light"),))
    seen = Percept("image", "a.png", "a lamp", 0.9, (Segment("a lamp"),))
    heard = replace(spoken, features=tuple(chance.normal(size=(3, WIDTHS["sound"]))))
    looked = replace(seen, features=tuple(chance.normal(size=(9, WIDTHS["picture"]))))
    segments = describe([heard, looked], "en", embed)
    assert segments.encoders == ("text", "text", *["sound"] * 3, *["picture"] * 9)
    assert segments.channels[2:] == ("transcript",) * 3 + ("image",) * 9
    assert np.linalg.norm(segments.vectors["picture"], axis=1) == pytest.approx(np.ones(9), 1e-4)
    head = FusionHead(tmp_path / "a.safetensors")
    with_parts, without = (
        head.weigh(percepts, "en", embed) for percepts in ([heard, looked], [spoken, seen])
    )
    assert [len(row) for row in with_parts.relevance] == [1, 1]
    assert with_parts.gates != without.gates


def documents(words: str, language: str) -> list[str]:
    """Find a document for each word, as a search would that knows nothing else."""
    del language
    return words.lower().split()


def test_the_screen_that_finds_what_the_words_find_is_meant(tmp_path: Path) -> None:
    write(FusionNetwork(), tmp_path / "a.safetensors", "e")
    typed = Percept("typed", "typed", "fan noise", 1.0, (Segment("fan noise"),))
    screens = [
        Percept("ocr", f"{text}.png", text, 0.9, (Segment(text, box=(0, 0, 9, 9)),), size_px=(9, 9))
        for text in ("paper jam", "noise fan")
    ]
    head = FusionHead(tmp_path / "a.safetensors")
    for order in (screens, screens[::-1]):
        weighed = head.weigh([typed, *order], "en", embed, documents)
        best = max(zip(weighed.relevance[1:], order, strict=True), key=lambda pair: pair[0])
        assert best[1].text == "noise fan"
        assert "jam" not in weighed.query


def test_the_screen_on_which_something_is_wrong_is_meant_when_words_find_nothing() -> None:
    shares = meant("this", ["menu", "alarm"], [0.2, 0.8], "en", lambda words, language: [])
    assert shares.sum() == pytest.approx(1)
    assert shares[1] > shares[0]


def test_measures_lie_between_0_and_1() -> None:
    typed = Percept("typed", "typed", "", 1.0, (Segment("It says E-42"), Segment("help!")))
    segments = describe([typed, screen(12)], "en", embed)
    assert segments.measures.shape == (14, MEASURES)
    assert segments.measures.min() >= 0
    assert segments.measures.max() <= 1.0001
