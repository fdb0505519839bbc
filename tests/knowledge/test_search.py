"""Searching ranks by meaning and by code, and knows when nothing answers."""

import pytest

from assistant.models.deterministic import DeterministicEmbedder
from assistant.stages.retrieve import retrieve
from assistant.types import FusedState
from knowledge.documents import full_text, make_document
from knowledge.search import ANSWERS, candidates, search
from knowledge.store import KnowledgeBase
from knowledge.types import Document, Locator, Modality

REMEDY = "Cause: the provider refuses. Open the page, type it again and press the button."


def document(heading: str, text: str, modality: Modality = "text") -> Document:
    return make_document(text, modality, "/manual.md", Locator(heading=heading), {"title": "M"})


@pytest.fixture
def manual(kb: KnowledgeBase, embedder: DeterministicEmbedder) -> KnowledgeBase:
    documents = [
        document("E-24 no address", REMEDY),
        document("E-42 refused", REMEDY),
        document("Lights", "The internet light is red: look up the error code."),
        document("Logs", "A log may name E-42 among other lines."),
        document("E-42 refused", "Status page. Reads: E-42 refused", "image"),
        document("Guest network", "Guests scan the square on the screen."),
    ]
    kb.add(documents, embedder.embed([full_text(d) for d in documents]))
    return kb


def headings(kb: KnowledgeBase, embedder: DeterministicEmbedder, query: str) -> list[str | None]:
    return [e.document.locator.heading for e in search(kb, embedder, query, "en")]


@pytest.mark.parametrize(
    "query",
    [
        "what about E-42, the provider refuses",
        "the screen says E42",
        "error 42 on the page",
        "屏幕显示错误代码 E-42",
    ],
)
def test_the_code_asked_for_beats_the_near_miss(
    manual: KnowledgeBase, embedder: DeterministicEmbedder, query: str
) -> None:
    found = headings(manual, embedder, query)
    assert found[0] == "E-42 refused"
    assert "E-24 no address" not in found[:2]


def test_a_heading_that_names_the_code_beats_a_mention(
    manual: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    found = headings(manual, embedder, "E-42")
    assert found.index("E-42 refused") < found.index("Logs")


def test_a_code_that_nothing_explains_finds_no_answer(
    manual: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    found = search(manual, embedder, "the provider refuses, E-77", "en")
    assert all(e.score < ANSWERS for e in found if "E-" in (e.document.locator.heading or ""))


def test_the_name_of_a_device_is_not_the_code_asked_for(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    documents = [document(f"Washer W74 > F{n}0: fault {n}", REMEDY) for n in range(1, 6)]
    kb.add(documents, embedder.embed([full_text(d) for d in documents]))
    right = candidates(kb, embedder, "my W74 shows F20", "en")
    others = [c for c in right if c.document.locator.heading != documents[1].locator.heading]
    assert max(c.coded for c in right) == max(c.code_headed for c in right) == 1
    assert all(0 < c.coded < 0.5 for c in others)
    scores = [
        search(kb, embedder, f"my W74 shows {code}", "en")[0].score for code in ("F20", "F90")
    ]
    assert scores[1] < ANSWERS <= scores[0]


def test_a_passage_in_another_script_is_told(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    documents = [document("Lights", REMEDY), document("指示灯", "红灯：运营商拒绝登录。")]
    kb.add(documents, embedder.embed([full_text(d) for d in documents]))
    found = candidates(kb, embedder, "why is it red?", "en")
    assert {c.document.locator.heading: c.across for c in found} == {
        "Lights": False,
        "指示灯": True,
    }


def test_a_rare_name_finds_the_document_that_holds_it(
    kb: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    documents = [document(f"Part {n}", f"open the page at 10.0.0.{n}.") for n in range(1, 12)]
    documents.append(document("Login", "Sign in as kh-204417@fibrelink and go on."))
    kb.add(documents, embedder.embed([full_text(d) for d in documents]))
    assert headings(kb, embedder, "open the page kh-204417@fibrelink")[0] == "Login"
    assert headings(kb, embedder, "where do I sign in at 10.0.0.7")[0] == "Part 7"


def test_scores_fall_and_lie_between_0_and_1(
    manual: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    found = search(manual, embedder, "why is the internet light red?", "en", k=6)
    scores = [e.score for e in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert found[0].document.locator.heading == "Lights"
    assert found[0].query == "why is the internet light red?"


def test_only_the_modality_asked_for_is_searched(
    manual: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    for query in ("E-42", "a picture of the screen"):
        found = search(manual, embedder, query, "en", modality="image")
        assert [e.document.modality for e in found] == ["image"]


def fused(query: str, embedder: DeterministicEmbedder) -> FusedState:
    vector = tuple(embedder.embed_queries([query], ["en"])[0].tolist())
    return FusedState(query, vector, {}, (), {}, "en")


def test_retrieving_keeps_what_answers_and_nothing_else(
    manual: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    found = retrieve(
        fused("the provider refuses, E-42", embedder),
        knowledge=manual,
        embedder=lambda: embedder,
        entailment=lambda: None,
    )
    assert found[0].document.text == REMEDY
    assert all(evidence.score >= ANSWERS for evidence in found)
    nothing = retrieve(
        fused("bake sourdough bread", embedder),
        knowledge=manual,
        embedder=lambda: embedder,
        entailment=lambda: None,
    )
    assert nothing == ()


def test_retrieving_takes_the_fused_vector_not_only_the_words(
    manual: KnowledgeBase, embedder: DeterministicEmbedder
) -> None:
    vector = fused("guests scan the square on the screen", embedder).query_vector
    state = FusedState("what is this?", vector, {}, (), {}, "en")
    found = retrieve(
        state, knowledge=manual, embedder=lambda: embedder, entailment=lambda: None, k=1
    )
    assert found[0].document.locator.heading == "Guest network"
