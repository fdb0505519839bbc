"""What an exchange shows."""

import re
from pathlib import Path

import pytest

from assistant.types import (
    Citation,
    Claim,
    Document,
    Exchange,
    Percept,
    Picture,
    Plan,
    StepProgress,
    Verification,
)
from assistant.weights_fetch import FetchProgress
from tests.ui.fakes import CLAIMS, EVIDENCE, STEPS, ScriptedAssistant
from tests.ui.test_view import TURN
from ui.frame import describe_news
from ui.render import Links, render_exchange, status_line
from ui.sights import Sight
from ui.view import ExchangeView, fold, open_view, recall_view
from ui.words import Words, words_for


def sight(document: Document, base: str) -> Sight:
    """Where the scripted evidence would be seen."""
    del base
    url = f"media/{document.id}"
    picture = url if document.modality == "image" else ""
    return Sight(url, picture, player="audio" if document.modality == "audio" else "")


LINKS = Links(lambda path: f"media/{path.name}", sight)


@pytest.fixture
def en() -> Words:
    return words_for("en")


def finished(scripted: ScriptedAssistant) -> ExchangeView:
    view = open_view(TURN)
    for event in scripted.stream(TURN):
        view = fold(view, event, lambda chunk: f"media/{chunk.index}.wav")
    return view


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_finished_turn_shows_all_it_rests_on(scripted: ScriptedAssistant, en: Words) -> None:
    html = render_exchange(finished(scripted), en, LINKS)
    text = text_of(html)
    for part in (
        "It says E-42.", "PPPoE authentication failed", "Heard", "3 lines of text",
        "What I relied on", "36 %", "Checked: everything agrees", "not verified",
        "Error codes &gt; E-42", "0:12–0:25", "91 % match", "Done in 14 s", "first sound 2.3 s",
        "priority 1",
    ):  # fmt: skip
        assert part in text, part
    assert 'alt="Your screenshot; a box marks E-42."' in html
    assert 'src="media/d3#t=12,25.5"' in html
    assert html.count("data-speech=") == 2


def test_the_answer_says_its_language(scripted: ScriptedAssistant, en: Words) -> None:
    assert 'class="answer" lang="en"' in render_exchange(finished(scripted), en, LINKS)


def test_chinese_words_surround_the_same_turn(scripted: ScriptedAssistant) -> None:
    text = text_of(render_exchange(finished(scripted), words_for("zh-CN"), LINKS))
    for part in ("听到", "计划", "已核对：全部一致", "匹配度 91%"):
        assert part in text


def test_a_verdict_is_told_in_words_and_marks(en: Words) -> None:
    view = ExchangeView("t", "?", verification=Verification("inconsistent", CLAIMS))
    text = text_of(render_exchange(view, en, LINKS))
    assert "✗ Careful: something does not agree" in text
    assert "✓ supported" in text
    assert "? not verified" in text


def test_what_is_doubtful_stands_open_and_what_is_supported_is_folded(
    scripted: ScriptedAssistant, en: Words
) -> None:
    html = render_exchange(finished(scripted), en, LINKS)
    check = html[html.index('class="part check"') :]
    folded = check[check.index('<details class="all">') : check.index("</section>")]
    assert "the provider refused it" not in folded
    assert "2 statements checked and supported" in text_of(folded)
    assert "“Error codes” says so." in folded


def test_each_claim_opens_its_proof(scripted: ScriptedAssistant, en: Words) -> None:
    html = render_exchange(finished(scripted), en, LINKS)
    proof = html[html.index('<details class="claim supported">') :]
    told = text_of(proof[: proof.index("</details>")])
    assert told.startswith(" ✓ supported · code: E-42 "), told
    assert "Compared with Error codes Found “Error codes” says so." in told
    assert '<a href="#source-t1-1">Error codes</a>' in proof


def test_a_claim_without_anything_to_compare_it_with_says_so(en: Words) -> None:
    claim = Claim("E-7", "code", "unverified", 0.0, "", "No source names `E-7`.")
    view = ExchangeView("t", "?", verification=Verification("insufficient", (claim,)))
    text = text_of(render_exchange(view, en, LINKS))
    assert "Compared with nothing to compare it with Found No source names “E-7”." in text


@pytest.mark.parametrize("pictures", [1, 2])
def test_claims_about_pictures_stand_beside_them(pictures: int, en: Words) -> None:
    apple = Claim("a red apple", "picture", "contradicted", 0.0, "picture", "It is green.")
    shown = tuple(
        Picture(Path(f"{i}.png"), "generated", "a red apple", "An apple.", "contradicted")
        for i in range(pictures)
    )
    view = ExchangeView(
        "t", "?", pictures=shown, verification=Verification("inconsistent", (*CLAIMS, apple))
    )
    html = render_exchange(view, en, LINKS)
    assert html.count("It is green.") == 1
    figure = html[html.index("<figure") : html.index("</figure>")]
    assert ("It is green." in figure) == (pictures == 1)
    assert html.index("It is green.") < html.index('class="verdict')


def test_claims_about_the_users_picture_do_not_stand_beside_the_replys(en: Words) -> None:
    cat = Claim("a cat", "object", "contradicted", 0.0, "image", "`a cat` was not seen.")
    shown = (Picture(Path("0.png"), "diagram", "Steps", "Steps.", "supported"),)
    view = ExchangeView("t", "?", pictures=shown, verification=Verification("inconsistent", (cat,)))
    html = render_exchange(view, en, LINKS)
    assert "was not seen" in html
    assert "was not seen" not in html[html.index("<figure") : html.index("</figure>")]


def test_an_empty_percept_says_why(en: Words) -> None:
    silent = Percept("transcript", "a.wav", "", 0.0, note="Nobody speaks in this recording.")
    text = text_of(render_exchange(ExchangeView("t", "", percepts=(silent,)), en, LINKS))
    assert "nothing recognised" in text
    assert "Nobody speaks in this recording." in text


def test_a_spoken_question_stands_where_a_typed_one_would(en: Words) -> None:
    heard = Percept("transcript", "a.wav", "Why is it red?", 0.9)
    html = render_exchange(ExchangeView("t", "", percepts=(heard,)), en, LINKS)
    assert '<p class="asked" dir="auto">Why is it red?</p>' in html


@pytest.mark.parametrize(
    ("name", "language", "alt"),
    [
        ("s2-annotate.png", "en", "Your screenshot, marked"),
        ("s2-annotate.png", "zh", "标注后的截图"),
        ("s3-diagram.png", "en", "Flowchart of the steps"),
        ("s1-draw.png", "en", "Generated picture"),
    ],
)
def test_a_picture_of_an_earlier_turn_is_described(name: str, language: str, alt: str) -> None:
    view = recall_view(Exchange("t0", "Why?", "So.", "en", (), (Path(name),)))
    assert f'alt="{alt}"' in render_exchange(view, words_for(language), LINKS)


def test_a_stopped_answer_is_marked_as_unchecked(en: Words) -> None:
    view = ExchangeView("t", "?", state="stopped", texts={"s1": "Half an"})
    text = text_of(render_exchange(view, en, LINKS))
    assert "Half an" in text
    assert "has not been checked" in text


def test_the_status_follows_the_turn(scripted: ScriptedAssistant, en: Words) -> None:
    view, lines = open_view(TURN), []
    for event in scripted.stream(TURN):
        view = fold(view, event, lambda chunk: "")
        lines.append(status_line(view, en))
    assert list(dict.fromkeys(lines)) == [
        "Reading and listening", "Planning", "Looking it up", "Working: Answer",
        "Checking the answer", "Working: Mark the picture", "Done in 14 s",
    ]  # fmt: skip


def test_progress_of_a_picture_is_shown_while_it_runs(en: Words) -> None:
    view = ExchangeView(
        "t",
        "?",
        plan=Plan(STEPS),
        progress={"s2": StepProgress("s2", "running", 0.5, "step 2 of 4")},
    )
    html = render_exchange(view, en, LINKS)
    assert '<progress max="100" value="50"' in html
    assert "step 2 of 4" in html


def test_a_citation_points_to_the_card_with_its_number(en: Words) -> None:
    view = ExchangeView(
        "t",
        "?",
        texts={"s1": "See [2]."},
        evidence=EVIDENCE,
        citations=(Citation("[2]", "d1", ""),),
    )
    html = render_exchange(view, en, LINKS)
    assert 'href="#source-t-1"' in html
    assert re.search(r'id="source-t-1".*?class="number">2<', html, re.DOTALL)


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        ("knowledge", "Opening the knowledge base"),
        ("something new", "something new"),
        (FetchProgress("Fetching qwen"), "Fetching qwen"),
        (FetchProgress("qwen", 0, 2_000_000), "Fetching qwen: 0 B of 2 MB"),
        (
            FetchProgress("qwen", 500_000_000, 1_100_000_000, 2_000_000.0),
            "Fetching qwen: 500 MB of 1.1 GB, 2 MB/s, 5 min left",
        ),
    ],
)
def test_news_of_weights_tell_size_rate_and_time_left(
    news: FetchProgress | str, expected: str, en: Words
) -> None:
    assert describe_news(news, en) == expected
