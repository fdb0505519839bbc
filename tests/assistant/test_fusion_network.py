"""The fusion network at toy size, with random weights: what must hold whatever it has learnt."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.checkpoints import resume, save
from assistant.fusion.head import FusionHead, load
from assistant.fusion.network import HALVES, QUERY, FusionNetwork, batch
from assistant.fusion.screen_choice import meant
from assistant.fusion.segments import MEASURES, MOST_SEGMENTS, WIDTHS, Segments, describe
from assistant.fusion.train_fusion import Course, Known, Lesson, auroc, figures, write
from assistant.types import Channel, Percept, Segment
from knowledge.errors import KnowledgeError


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


GOLDEN_GATES = [-0.0433, 0.4918, -0.7826, -np.inf]
GOLDEN_RELEVANCE = [-0.023, -0.3701, 0.0743, 0.5554]


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
    save(kept, whole.parts, 1)
    loss = whole.epoch(1)
    again = Course(network(seed=5), lesson, seed=1)
    assert resume(kept, again.parts) == 1
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
    assert weighed.relevance[1][MOST_SEGMENTS - 2] > 0 == weighed.relevance[1][MOST_SEGMENTS - 1]
    assert set(weighed.gates) == {"typed", "ocr"}
    assert weighed.query


def test_the_sound_counts_beside_the_words_it_came_with(tmp_path: Path) -> None:
    write(FusionNetwork(), tmp_path / "a.safetensors", "e")
    windows = np.random.default_rng(4).normal(size=(3, WIDTHS["sound"])).tolist()
    spoken = Percept("transcript", "a.wav", "No light", 0.9, (Segment("No light"),))
    heard = replace(spoken, features=tuple(map(tuple, windows)))
    segments = describe([heard], "en", embed)
    assert segments.encoders == ("text", "sound", "sound", "sound")
    assert segments.channels == ("transcript",) * 4
    assert np.linalg.norm(segments.vectors["sound"], axis=1) == pytest.approx(np.ones(3), 1e-4)
    head = FusionHead(tmp_path / "a.safetensors")
    with_sound, without = (head.weigh([percept], "en", embed) for percept in (heard, spoken))
    assert [len(row) for row in with_sound.relevance] == [1]
    assert with_sound.gates != without.gates


@pytest.mark.parametrize("features", [((1.0,) * 1280,) * 2, ((0.0,) * 512,)])
def test_sound_of_another_recogniser_and_silence_do_no_harm(
    tmp_path: Path, features: tuple[tuple[float, ...], ...]
) -> None:
    write(FusionNetwork(), tmp_path / "a.safetensors", "e")
    heard = Percept("transcript", "a.wav", "No light", 0.9, (Segment("No light"),))
    head = FusionHead(tmp_path / "a.safetensors")
    weighed = head.weigh([replace(heard, features=features)], "en", embed)
    assert np.isfinite(weighed.query_vector).all()


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


def test_a_broken_knowledge_base_leaves_the_choice_to_the_network(tmp_path: Path) -> None:
    def broken(words: str, language: str) -> list[str]:
        raise KnowledgeError(f"The store cannot be read: {words} {language}")

    write(FusionNetwork(), tmp_path / "a.safetensors", "e")
    typed = Percept("typed", "typed", "noise", 1.0, (Segment("noise"),))
    head = FusionHead(tmp_path / "a.safetensors")
    percepts = [typed, screen(3), screen(4)]
    assert head.weigh(percepts, "en", embed, broken).relevance == (
        head.weigh(percepts, "en", embed).relevance
    )


def test_words_and_every_screen_count_however_much_there_is() -> None:
    spoken = Percept("transcript", "a.wav", "", 1.0, (Segment("It beeps"),) * 3)
    percepts = [screen(MOST_SEGMENTS), screen(20), screen(MOST_SEGMENTS), spoken]
    segments = describe(percepts, "en", embed)
    counts = [int((segments.sources == number).sum()) for number in range(4)]
    assert sum(counts) <= MOST_SEGMENTS
    assert counts[3] == 3
    assert counts[1] == 20
    assert abs(counts[0] - counts[2]) <= 1
    assert counts[0] > 150


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
