"""The sample manual on the real models: the right passage, the figure, the moment, or nothing."""

from pathlib import Path

import pytest

from assistant.drawing.compose import compose
from assistant.drawing.request import parse
from assistant.library import Library, Question
from assistant.models.lazy import Models
from assistant.settings import Settings, load_settings
from knowledge.evaluation.measures import balanced_accuracy, recall
from knowledge.evaluation.questions import load_questions, relevances
from knowledge.search import ANSWERS, search
from knowledge.store import KnowledgeBase
from knowledge.types import Evidence

pytestmark = [pytest.mark.weights, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    cache_dir = load_settings().cache_dir
    return Models(Settings(cache_dir=cache_dir, data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def library(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Library:
    settings = Settings(
        cache_dir=load_settings().cache_dir, data_dir=tmp_path_factory.mktemp("data")
    )
    library = Library(settings, models)
    assert library.fill_samples("router").skipped == ()
    return library


@pytest.fixture(scope="module")
def manual(library: Library) -> KnowledgeBase:
    return library.create("router")


def test_a_picture_of_something_else_takes_nothing_from_the_words(
    library: Library, tmp_path: Path
) -> None:
    picture = tmp_path / "flower.png"
    compose(parse("a flower")).picture.save(picture)
    words = "How do I set up the guest network?"
    alone = library.search("router", Question(words))
    both = library.search("router", Question(words, picture))
    assert alone[0].score >= ANSWERS
    assert (both[0].document, both[0].score) == (alone[0].document, alone[0].score)


def find(kb: KnowledgeBase, models: Models, query: str, language: str = "en") -> list[Evidence]:
    return search(kb, models.text_embedder(), query, language)


@pytest.mark.parametrize(
    ("query", "language", "heading"),
    [
        ("What does E-42 mean?", "en", "E-42 PPPoE authentication failed"),
        ("E-42 是什么意思?", "zh", "E-42 PPPoE authentication failed"),
        ("The screen shows error E24", "en", "E-24 No address from the provider (DHCP)"),
        ("屏幕显示错误代码 E24", "zh", "E-24 No address from the provider (DHCP)"),
        ("I get E 43 since the technician was here", "en", "E-43 PPPoE server not found"),
        ("How long is the guarantee?", "en", "Warranty"),
        ("保修期是多久?", "zh", "Warranty"),
    ],
)
def test_the_right_passage_comes_first(
    manual: KnowledgeBase, models: Models, query: str, language: str, heading: str
) -> None:
    best = find(manual, models, query, language)[0]
    assert (best.document.locator.heading or "").endswith(heading)
    assert best.score >= ANSWERS


def test_the_development_questions_find_their_section_or_nothing(
    manual: KnowledgeBase, models: Models
) -> None:
    questions = [q for q in load_questions("dev") if q.corpus == "router"]
    found_in_five: list[float] = []
    answered: list[bool] = []
    for question in questions:
        evidence = find(manual, models, question.text, question.language)
        answered.append(evidence[0].score >= ANSWERS)
        if question.answers:
            shown = relevances([e.document for e in evidence], question.answers)
            found_in_five.append(recall(shown, 5))
    assert sum(found_in_five) / len(found_in_five) >= 0.9
    assert balanced_accuracy(answered, [bool(q.answers) for q in questions]) >= 0.85


def test_a_figure_is_found_by_what_is_written_in_it(manual: KnowledgeBase, models: Models) -> None:
    found = search(
        manual, models.text_embedder(), "Kestrel-Guest sunny-harbour-61", "en", modality="image"
    )
    assert found[0].document.uri == "figures/guest-network.png"


def test_a_moment_of_the_recording_is_found(manual: KnowledgeBase, models: Models) -> None:
    found = search(
        manual, models.text_embedder(), "where is the Wi-Fi password printed", "en",
        modality="audio",
    )  # fmt: skip
    locator = found[0].document.locator
    assert "label" in found[0].document.text
    assert locator.start_s is not None
    assert 20 < locator.start_s < 35
