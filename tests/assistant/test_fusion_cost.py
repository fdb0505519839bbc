"""What fusing costs and what its parts are for, measured at toy size."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from assistant.fusion import ablate, head
from assistant.fusion.ablate import ABLATIONS, ablations, open_gates, see_alone
from assistant.fusion.evaluate_cost import branch_cost, int8_cost, network_cost
from assistant.fusion.evaluate_prompt import Asked, prompt_cost
from assistant.fusion.evaluate_spoken_routes import routes
from assistant.fusion.int8_network import Int8Linear, in_int8, kept_bytes
from assistant.fusion.network import QUERY, Batch, FusionNetwork, batch
from assistant.fusion.segments import MEASURES, WIDTHS, Segments
from assistant.fusion.situations import read_domains
from assistant.fusion.train_fusion import Known, Lesson, figures
from assistant.fusion.turns import SupportTurn
from assistant.models.deterministic import DeterministicEmbedder
from assistant.models.lazy import Models
from assistant.models.protocols import Transcription
from assistant.settings import Settings
from assistant.types import Channel, FusedState, Percept, Segment
from knowledge.documents import make_document
from knowledge.types import Evidence, Locator

SITUATION = read_domains("train")[0].situations[0]


def units(count: int, width: int, chance: np.random.Generator) -> np.ndarray:
    rows = chance.normal(size=(count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def toy_segments(*channels: Channel, sounds: int = 0, seed: int = 0) -> Segments:
    """Return a text segment of each channel, and some windows of sound."""
    chance = np.random.default_rng(seed)
    counts = {"text": len(channels), "sound": sounds}
    vectors = {name: units(count, WIDTHS[name], chance) for name, count in counts.items()}
    heard: tuple[Channel, ...] = ("transcript",) * sounds
    places = channels + heard
    measures = chance.uniform(size=(len(places), MEASURES)).astype(np.float32)
    encoders = ("text",) * len(channels) + ("sound",) * sounds
    return Segments(places, encoders, np.arange(len(places)), vectors, measures)


def toy_batch(*turns: Segments) -> Batch:
    return batch(turns, [True] * len(turns))


def toy_network(seed: int = 0) -> FusionNetwork:
    torch.manual_seed(seed)
    return FusionNetwork(width=32, layers=2).eval()


def toy_lesson() -> Lesson:
    """Return turns whose typed words are their passage, and whose screens are noise."""
    chance = np.random.default_rng(3)
    passages = units(40, QUERY, chance)
    turns = []
    for number in range(96):
        segments = toy_segments("ocr", "typed", seed=number)
        segments.vectors["text"][1] = passages[number % 20]
        relevant, good = np.array([True, True]), np.array([1, -1, 0, -1])
        turns.append(Known(segments, True, number % 20, relevant, good))
    return Lesson(turns, passages)


def toy_embed(texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
    del languages
    rows = [np.random.default_rng(sum(map(ord, text))).normal(size=QUERY) for text in texts]
    return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)


def typed(*sentences: str) -> SupportTurn:
    segments = tuple(Segment(sentence) for sentence in sentences)
    percept = Percept("typed", "typed", " ".join(sentences), 1.0, segments)
    return SupportTurn(SITUATION, "en", {"typed": "good"}, (percept,), ((True,) * len(segments),))


def test_an_8_bit_layer_nearly_gives_what_the_whole_one_gives() -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(64, 48), torch.randn(3, 5, 64)
    x[0, 0] = 0  # padding
    near, right = Int8Linear(layer.weight.detach(), layer.bias.detach())(x), layer(x)
    assert near.shape == right.shape
    assert torch.allclose(near, right, atol=0.02)
    assert not torch.equal(near, right)


@torch.inference_mode()
def test_the_8_bit_network_agrees_with_the_whole_one_and_takes_a_quarter() -> None:
    torch.manual_seed(0)
    whole = FusionNetwork().eval()
    small = in_int8(whole)
    turns = toy_batch(toy_segments("typed", "ocr", "ocr", sounds=9), toy_segments("typed", seed=1))
    right, near = whole(turns), small(turns)
    assert float((right.query * near.query).sum(dim=-1).min()) > 0.999
    assert torch.allclose(right.relevance, near.relevance, atol=0.05)
    assert not torch.equal(right.relevance, near.relevance)
    assert kept_bytes(small) < 0.27 * kept_bytes(whole, torch.float32)
    assert all(isinstance(p, nn.Linear) for p in whole.adapters.values())  # it is left as it was


def test_int8_cost_tells_sizes_speeds_and_figures() -> None:
    lesson, network = toy_lesson(), toy_network()
    rows = int8_cost(network, lesson)
    sizes = [float(str(row["MB"])) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert rows[0]["recall@1"] == rows[1]["recall@1"] == figures(network, lesson)["recall@1"]
    assert float(str(rows[2]["network ms"])) > 0


def test_more_words_take_more_work() -> None:
    turns = {"one": [typed("It stopped.")], "four": [typed("It", "beeps", "all", "day.")]}
    one, four = network_cost(toy_network(), turns, toy_embed)
    assert [one["segments"], four["segments"]] == [1, 4]
    assert float(str(four["network MFLOP"])) > 3 * float(str(one["network MFLOP"]))


def asked(*relevance: float) -> Asked:
    lines = tuple(Segment(f"line {number} of the screen") for number in range(len(relevance)))
    words = Percept("typed", "typed", "What does it mean?", 1.0)
    screen = Percept("ocr", "a.png", "", 1.0, lines)
    fused = FusedState("", (), {}, ((), relevance), {}, "en")
    manual = make_document("Press it.", "text", "a.md", Locator(heading="E-1"), {})
    evidence = (Evidence(manual, 1.0, ""),)
    return Asked((words, screen), fused, evidence, frozenset({"line 1 of the screen"}))


def test_what_relevance_leaves_out_is_saved_and_what_it_loses_is_told() -> None:
    prompts: list[str] = []

    def read(prompt: str) -> tuple[int, float]:
        prompts.append(prompt)
        return len(prompt.split()), len(prompt.split()) / 100

    turns = [asked(0.1, 0.9, 0.15, 0.6), asked(0.9, 0.15, 0.1, 0.1)]
    (row,) = prompt_cost({"screens": turns}, read)
    assert (row["lines"], row["lines in the prompt"]) == (4.0, 1.5)
    assert row["a decisive line is in"] == 0.5
    assert "(My screen shows: line 1 of the screen; line 3 of the screen)" in prompts[1]
    assert all("line 2" in prompt for prompt in prompts[::2])
    assert len({prompt.split()[0] for prompt in prompts}) == 4  # none finds another in the cache
    assert row["tokens, all lines"] == round(np.mean([len(p.split()) for p in prompts[::2]]))
    assert float(str(row["sooner s"])) > 0
    assert 0 < float(str(row["tokens saved"])) < 1


@torch.inference_mode()
def test_open_gates_let_every_channel_count_alike() -> None:
    network, turns = toy_network(), toy_batch(toy_segments("typed", "ocr"))
    before = torch.sigmoid(network(turns).gates[0, :2])
    open_gates(network)
    assert torch.sigmoid(network(turns).gates[0, [0, 2]]).tolist() == pytest.approx(
        [1, 1], abs=1e-3
    )
    assert not torch.isfinite(network(turns).gates[0, 1])
    assert float(before.max()) < 0.99


@torch.inference_mode()
def test_without_attention_no_segment_changes_another() -> None:
    network = toy_network()
    one, beside = toy_segments("typed", "ocr"), toy_segments("typed", "ocr")
    beside.vectors["text"][1] = toy_embed(["another line"], ["en"])[0]
    turns = toy_batch(one, beside, toy_segments("typed", "ocr", "ocr", "ocr", seed=4))
    seeing = network(turns).relevance
    assert float((seeing[0, 0] - seeing[1, 0]).abs()) > 1e-4
    see_alone(network)
    alone = network(turns)
    assert torch.isfinite(alone.query).all()
    assert alone.relevance[0, 0] == alone.relevance[1, 0]
    assert alone.relevance[0, 1] != alone.relevance[1, 1]


@torch.inference_mode()
def test_without_sound_a_turn_is_as_if_it_had_none() -> None:
    network = toy_network()
    turn, words = toy_segments("typed", "transcript", sounds=9), toy_segments("typed", "transcript")
    words.vectors["text"][:], words.measures[:] = turn.vectors["text"], turn.measures[:2]
    whole = network(toy_batch(turn))
    ABLATIONS["no sound windows"](network)
    less, none = network(toy_batch(turn)), network(toy_batch(words))
    assert torch.allclose(less.query, none.query, atol=1e-5)
    assert torch.allclose(less.gates, none.gates, atol=1e-5)
    assert not torch.allclose(less.gates[0, :2], whole.gates[0, :2], atol=1e-3)


def test_ablations_are_trained_once_and_measured_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []

    def epoch(course: ablate.Course, number: int) -> float:
        trained.append(f"{number}")
        return 0.0

    monkeypatch.setattr(ablate.Course, "epoch", epoch)
    monkeypatch.setattr(ablate, "lesson", lambda *_: toy_lesson())
    monkeypatch.setattr(
        ablate, "load", lambda path=None: head.load(path) if path else toy_network()
    )
    monkeypatch.setattr(ablate, "EPOCHS", 2)
    settings = Settings(cache_dir=tmp_path)
    (tmp_path / "fusion").mkdir()
    rows = ablations(settings, lambda network: figures(network, toy_lesson()))
    assert [row["network"] for row in rows] == ["whole", *ABLATIONS]
    assert len(trained) == 2 * len(ABLATIONS)
    assert rows[1]["gates AUROC"] == 0.5  # gates that are always open tell nothing
    ablations(settings, lambda network: figures(network, toy_lesson()))
    assert len(trained) == 2 * len(ABLATIONS)
    assert not list(tmp_path.rglob("*.pt"))


class ToyEmbedder(DeterministicEmbedder):
    def embed_queries(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        return toy_embed(texts, languages)


class ToyModels(Models):
    def text_embedder(self) -> ToyEmbedder:
        return ToyEmbedder(Settings())


def test_typed_words_pay_for_no_other_branch() -> None:
    settings, turn = Settings(profile="deterministic"), typed("It", "beeps", "all", "day.")
    rows = branch_cost(
        settings, ToyModels(settings), toy_network(), [turn] * 3, [typed("It stopped.")] * 3
    )
    parts = {str(row["part"]): row for row in rows}
    perceived = parts["recogniser, reader and tagger"]
    assert float(str(perceived["typed alone"])) < float(str(perceived["all channels"]))
    assert float(str(parts["the network alone"]["saved"])) == pytest.approx(0.75, abs=0.05)
    whole = sum(float(str(row["all channels"])) for row in rows[:3])
    assert parts["the whole"]["all channels"] == pytest.approx(whole, abs=0.05)


def test_spoken_messages_are_planned_as_they_are_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(profile="deterministic", cache_dir=tmp_path)
    typed_alike, spoken = routes(settings)[1:3]
    assert spoken["understood"] == 1  # these models hear what was said
    assert spoken["exact set of steps"] == typed_alike["exact set of steps"]

    path = "assistant.models.deterministic.DeterministicSpeechToText.transcribe"
    monkeypatch.setattr(path, lambda *_: [Transcription("Thanks.", "en", 0.9)])
    assert routes(settings)[2] == spoken  # what was heard once is kept
    for kept in tmp_path.rglob("spoken-*.json"):
        kept.unlink()
    misheard = routes(settings)[2]
    assert misheard["understood"] == 0
    assert float(str(misheard["exact set of steps"])) < float(str(spoken["exact set of steps"]))
