"""Verification: planted changes are caught, speech and pictures are compared, drafts are mended."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.checks.mend import corrected, faults, renumbered
from assistant.checks.speech import check_speech
from assistant.models.protocols import Transcription
from assistant.prompts import fixed
from assistant.stages.illustrate import annotate, diagram
from assistant.stages.verify import (
    check_citations,
    check_pictures,
    check_sentence,
    grounds_of,
    sources_of,
    verify,
)
from assistant.types import Citation, Claim, Draft, Exchange, Percept, Picture
from knowledge.types import Document, Evidence, Locator, Segment

PLANTED = json.loads((Path(__file__).parents[1] / "data/planted_changes.json").read_text())

ARTICLE = (
    "Cause: the provider did not accept the user name or password. The Internet light is red.\n"
    "1. Open Settings > Internet > PPPoE.\n"
    "2. Type the user name and password from the provider's letter again.\n"
    "3. Press Reconnect.\n"
    "4. Wait until the Internet light is green (about 60 seconds)."
)
EVIDENCE = Evidence(
    Document(
        "router/04#e-42", ARTICLE, "text", "articles/04.md",
        Locator(heading="Error codes > E-42 PPPoE authentication failed"),
    ),
    0.9,
    "what does E-42 mean",
)  # fmt: skip
TYPED = Percept("typed", "typed", "It says E-42 since this morning.", 1.0)
SCREEN = Percept(
    "ocr", "screen.png", "E-42 PPPoE authentication failed\nReconnect", 0.9,
    (Segment("E-42 PPPoE authentication failed", box=(100, 100, 400, 120)),
     Segment("Reconnect", box=(100, 200, 180, 220))),
)  # fmt: skip
ANSWER = (
    "E-42 means that the provider did not accept your password [1].\n\n"
    "1. Open Settings > Internet > PPPoE [1].\n"
    "2. Type the password from the provider's letter again.\n"
    "3. Press Reconnect [1].\n"
    "4. Wait about 60 seconds until the Internet light is green."
)
CITED = (Citation("[1]", "router/04#e-42", "3. Press Reconnect."),)
SOURCES = sources_of([EVIDENCE], [TYPED, SCREEN])
GROUNDS = grounds_of(SOURCES)


def verdicts(claims: list[Claim]) -> dict[str, str]:
    return {claim.text: claim.verdict for claim in claims}


def rates(split: str) -> tuple[float, float, float]:
    """Return how many planted changes and right sentences are stopped, and right ones marked."""
    facts = [fact for fact in PLANTED["facts"] if fact["split"] == split]
    stopped, marked = {"right": 0, "wrong": 0}, 0
    for fact in facts:
        sources = {name: PLANTED["sources"][name] for name in fact["sources"]}
        for side in stopped:
            claims = check_sentence(fact[side], grounds_of(sources))
            stopped[side] += bool(faults(claims))
            marked += side == "right" and any(claim.verdict != "supported" for claim in claims)
    return stopped["wrong"] / len(facts), stopped["right"] / len(facts), marked / len(facts)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_planted_changes_are_caught(split: str) -> None:
    caught, false_alarms, marked = rates(split)
    assert caught >= 0.9
    assert false_alarms <= 0.1
    assert marked <= 0.35  # words alone decide here, and they know few paraphrases


def test_the_planted_changes_are_what_they_say() -> None:
    facts = PLANTED["facts"]
    assert len(facts) * 2 >= 60
    assert all(fact["right"] != fact["wrong"] for fact in facts)
    chinese = [fact for fact in facts if any("一" <= char <= "鿿" for char in fact["right"])]
    assert len(chinese) >= len(facts) // 4


def test_a_supported_item_names_its_source() -> None:
    claims = check_sentence("E-42 needs 60 seconds; press **Reconnect**.", GROUNDS)
    assert set(verdicts(claims).values()) == {"supported"}
    assert {claim.against for claim in claims} <= set(SOURCES)
    assert next(c for c in claims if c.text == "60 seconds").against == "router/04#e-42"


@pytest.mark.parametrize(
    ("sentence", "item", "verdict"),
    [
        ("Wait about 90 seconds until the light is green.", "90 seconds", "contradicted"),
        ("Wait a minute, that is one minute.", "one minute", "supported"),
        ("请等待六十秒。", "六十秒", "supported"),
        ("E-47 means that the password is wrong.", "E-47", "contradicted"),
        ("Open Settings > Wi-Fi > PPPoE.", "Settings > Wi-Fi > PPPoE", "contradicted"),
        ("Use 42 GB of memory.", "42 GB", "unverified"),
        ("The address is 10.0.0.1.", "10.0.0.1", "unverified"),
        ("点击「重新连接」。", "重新连接", "unverified"),  # the label is English in the sources
    ],
)
def test_each_item_gets_its_verdict(sentence: str, item: str, verdict: str) -> None:
    assert verdicts(check_sentence(sentence, GROUNDS))[item] == verdict


def test_sums_of_the_user_s_own_numbers_are_unverified_not_contradicted() -> None:
    sources = {"typed": "What do 3 routers at 40 dollars each cost, with 15% off?"}
    claims = check_sentence("They cost 120 dollars together.", grounds_of(sources))
    assert verdicts(claims) == {"120 dollars": "unverified"}


def test_a_sentence_without_claims_and_empty_sources_are_fine() -> None:
    assert check_sentence("Good morning, how can I help?", grounds_of({})) == []
    assert verdicts(check_sentence("It is E-42.", grounds_of({}))) == {"E-42": "unverified"}


def heard(text: str) -> Transcription:
    return Transcription(text, "en", 0.9)


@pytest.mark.parametrize(
    ("said", "recognised"),
    [
        ("E-42 means that PPPoE failed.", "E 42 means that P P P O E failed."),
        ("E-42 means that PPPoE failed.", "e42 means that PPP OE failed"),
        ("E-42 means that PPPoE failed.", "E forty-two means that PPPoE failed"),
        ("E-42 means it.", "E four two means it"),
        ("Open 192.168.7.1 now.", "Open one hundred ninety-two dot 168 dot 7.1 now."),
        ("Wait 60 seconds.", "wait one minute"),
        ("It costs 1,000 dollars.", "It costs one thousand dollars."),
        ("Use 2.4 GHz.", "use two point four gigahertz"),
        ("E-42 表示认证失败，等待60秒。", "E四十二表示認證失敗等待六十秒"),
        ("点击「重新连接」。", "點擊重新鏈接"),
    ],
)
def test_speech_survives_however_the_recogniser_writes_it(said: str, recognised: str) -> None:
    assert {claim.verdict for claim in check_speech(said, heard(recognised))} == {"supported"}


@pytest.mark.parametrize(
    ("said", "recognised", "item"),
    [
        ("E-42 means that.", "E-24 means that", "E-42"),
        ("E-42 means that.", "E 43 means that", "E-42"),
        ("Wait 60 seconds.", "wait 90 seconds", "60 seconds"),
        ("Wait 60 seconds.", "wait sixteen seconds", "60 seconds"),
        ("Open 192.168.7.1.", "open 192.168.1.1", "192.168.7.1"),
        ("等待六十秒。", "等待十六秒", "六十秒"),
    ],
)
def test_another_number_heard_is_a_contradiction(said: str, recognised: str, item: str) -> None:
    (claim,) = [c for c in check_speech(said, heard(recognised)) if c.text == item]
    assert (claim.verdict, claim.kind) == ("contradicted", "speech")


def test_what_was_not_heard_at_all_is_unverified() -> None:
    claims = check_speech("Press Reconnect and wait 60 seconds.", heard("hello"))
    assert set(verdicts(claims).values()) == {"unverified"}


def test_a_right_answer_is_consistent() -> None:
    verification = verify(
        Draft(ANSWER, CITED), evidence=[EVIDENCE], percepts=[TYPED, SCREEN],
        grounded=True, repaired=False,
    )  # fmt: skip
    assert verification.verdict == "consistent"
    kinds = {claim.kind for claim in verification.claims}
    assert kinds == {"code", "name", "number", "instruction", "evidence"}
    assert all(claim.verdict == "supported" for claim in verification.claims)
    wait = next(claim for claim in verification.claims if claim.text == "60 seconds")
    assert wait.against == "router/04#e-42"  # the id for the page, the title for the reader
    assert wait.detail == "“Error codes > E-42 PPPoE authentication failed” says so."


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (ANSWER.replace("60 seconds", "90 seconds"), "inconsistent"),
        (ANSWER.replace("E-42", "E-24"), "inconsistent"),
        (ANSWER + " Your contract number is KX-77120.", "inconsistent"),  # in no source
        (ANSWER + " It is called **Blue Help**.", "consistent"),  # an unknown name is marked
        (ANSWER + " Press **Blue Help**.", "inconsistent"),  # nobody says so
        (ANSWER + " Paint the antenna with nail polish.", "inconsistent"),
    ],
)
def test_the_verdict_follows_the_claims(changed: str, expected: str) -> None:
    verification = verify(
        Draft(changed, CITED), evidence=[EVIDENCE], percepts=[TYPED, SCREEN],
        grounded=True, repaired=False,
    )  # fmt: skip
    assert verification.verdict == expected
    assert any(claim.verdict != "supported" for claim in verification.claims)


def test_no_evidence_is_insufficient_and_a_repair_is_named() -> None:
    honest = Draft("I found nothing about that in the knowledge base.")
    given = {"percepts": [TYPED], "grounded": True}
    assert verify(honest, evidence=[], repaired=False, **given).verdict == "insufficient"
    fine = Draft(ANSWER, CITED)
    assert verify(fine, evidence=[EVIDENCE], repaired=True, **given).verdict == "repaired"


def test_what_the_assistant_says_of_itself_is_no_claim() -> None:
    words = fixed("en", "nothing_found"), fixed("en", "nothing_found_hint")
    draft = Draft(f"{ANSWER} {' '.join(words)}", CITED)
    verification = verify(
        draft, evidence=[EVIDENCE], percepts=[TYPED, SCREEN], grounded=True, repaired=False
    )
    assert verification.verdict == "consistent"
    assert not [c for c in verification.claims if "manual" in c.text]


def test_plain_conversation_may_name_numbers_of_its_own() -> None:
    draft = Draft("Water boils at 100 °C, and 15% of 80 is 12.")
    typed = Percept("typed", "typed", "What is 15% of 80?", 1.0)
    verification = verify(draft, evidence=[], percepts=[typed], grounded=False, repaired=False)
    assert verification.verdict == "consistent"
    assert verdicts(list(verification.claims))["100 °C"] == "unverified"


def test_talk_of_buttons_that_nothing_shows_is_no_answer() -> None:
    draft = Draft("1. Open *Menu > Care*.\n2. Press **Descale**.")
    typed = Percept("typed", "typed", "Dessine un chat noir", 1.0)
    verification = verify(draft, evidence=[], percepts=[typed], grounded=False, repaired=False)
    assert verification.verdict == "insufficient"


def test_an_answer_may_rest_on_earlier_turns() -> None:
    past = Exchange("t1", "My contract number is KX-77120.", "Thank you.", "en")
    verification = verify(
        Draft("It is KX-77120."), evidence=[EVIDENCE], percepts=[TYPED], history=[past],
        grounded=True, repaired=False,
    )  # fmt: skip
    assert verification.verdict == "consistent"


def test_the_assistants_own_earlier_answers_prove_nothing() -> None:
    past = Exchange("t1", "Guess my number!", "Your contract number is KX-77120.", "en")
    verification = verify(
        Draft("It is KX-77120."), evidence=[EVIDENCE], percepts=[TYPED], history=[past],
        grounded=True, repaired=False,
    )  # fmt: skip
    assert verification.verdict == "inconsistent"
    assert verdicts(list(verification.claims)) == {"KX-77120": "unverified"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The screen says [404] not found.", []),  # a number of the screen, no marker
        ("Press Reconnect [1].", ["contradicted"]),  # the only passage, quoted nowhere
    ],
)
def test_only_markers_of_this_turns_evidence_are_citations(text: str, expected: list[str]) -> None:
    claims = check_citations(Draft(text), [EVIDENCE])
    assert [claim.verdict for claim in claims] == expected


def test_a_citation_of_a_document_that_was_not_found_is_contradicted() -> None:
    cited = (Citation("[7]", "router/99", "Press it."),)
    (claim,) = check_citations(Draft("Press it [7].", cited), [EVIDENCE])
    assert claim.verdict == "contradicted"


def test_silence_in_the_place_of_speech_is_contradicted() -> None:
    (claim,) = check_speech("Good morning, how can I help?", heard(" "))
    assert claim.verdict == "contradicted"
    assert "nothing was heard" in claim.detail
    assert check_speech("…", heard("")) == []  # nothing was to be heard


@pytest.mark.parametrize("repaired", [False, True])
def test_a_grounded_answer_without_words_is_insufficient(repaired: bool) -> None:
    verification = verify(
        Draft(""), evidence=[EVIDENCE], percepts=[TYPED], grounded=True, repaired=repaired
    )
    assert verification.verdict == "insufficient"


def test_pictures_agree_with_the_answer(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (600, 400), "white").save(tmp_path / "screen.png")
    steps = ["Open Settings > Internet > PPPoE.", "Type the password.", "Press Reconnect."]
    answer = "\n".join(f"{i}. {step}" for i, step in enumerate(steps, start=1))
    boxed = annotate(tmp_path / "screen.png", SCREEN, [1.0, 0.2], steps, tmp_path / "boxed.png")
    chart = diagram(steps, "Fix it", tmp_path / "chart.png", "en")
    painted = Picture(tmp_path / "fox.png", "generated", "a fox", "a fox")
    right = check_pictures([boxed, chart, painted], answer=answer, percepts=[SCREEN])
    assert [claim.verdict for claim in right] == ["supported"] * 3 + ["unverified"]
    assert "not checked" in right[-1].detail
    swapped = "1. Press Reconnect.\n2. Type the password.\n3. Open Settings > Internet > PPPoE."
    wrong = check_pictures([boxed, chart], answer=swapped, percepts=[SCREEN])
    assert verdicts(wrong)["Reconnect"] == "contradicted"
    assert wrong[-1].verdict == "contradicted"
    elsewhere = replace(SCREEN, segments=(Segment("Wi-Fi"),))
    unread = check_pictures([boxed], answer=answer, percepts=[elsewhere])
    assert {claim.verdict for claim in unread} == {"contradicted"}


def test_a_wrong_number_is_corrected_from_the_sources() -> None:
    wrong = "4. Wait until the Internet light is green (about 90 seconds)."
    assert corrected(wrong, GROUNDS) == wrong.replace("90", "60")


def test_what_the_sources_do_not_say_is_not_corrected() -> None:
    assert corrected("Enter contract number KX-77120.", GROUNDS) == ""


def test_a_right_sentence_has_no_fault() -> None:
    for sentence in ANSWER.splitlines():
        assert not faults(check_sentence(sentence, GROUNDS))


def test_the_steps_behind_a_dropped_one_close_up() -> None:
    text = "Cause.\n1. Open Settings.\n3. Press Reconnect [1].\n4. Wait."
    assert renumbered(text) == "Cause.\n1. Open Settings.\n2. Press Reconnect [1].\n3. Wait."


def test_the_size_of_a_picture_is_known_and_an_address_need_not_be_heard() -> None:
    image = Percept("image", "a.png", "a screenshot", 0.5, size_px=(1280, 800))
    sources = sources_of([], [image])
    claims = check_sentence("The picture is 1280 by 800 pixels.", grounds_of(sources))
    assert {claim.verdict for claim in claims} == {"supported"}
    said = "It reads: http://192.168.7.1/status; Status."
    assert check_speech(said, heard("It reads status.")) == []


@pytest.mark.parametrize("title", ["E-77. Login failed", "指南。第二章", "What now? Step 2."])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_title_of_the_closest_passage_is_no_claim(title: str, language: str) -> None:
    said = fixed(language, "nothing_found") + " " + fixed(language, "closest", title=title)
    verification = verify(
        Draft(said, (), ()), evidence=[EVIDENCE], percepts=[TYPED], grounded=True, repaired=False
    )
    assert not verification.claims
