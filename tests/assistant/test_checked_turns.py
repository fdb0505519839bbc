"""Whole turns in which the chat model or the manual says something wrong: what leaves, and how."""

import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from assistant import Assistant, Reply
from assistant.intake import read_turn
from assistant.models.registry import BACKENDS, BackendSpec
from assistant.prompts import fixed
from assistant.settings import Settings
from assistant.stages.draft import covered
from knowledge.documents import make_document
from knowledge.search import ANSWERS
from knowledge.store import SAMPLES
from knowledge.types import Evidence, Locator
from tests.fakes import ScriptedChat

ROUTER = SAMPLES / "router"
QUESTION = "My router shows E-42. What should I do?"
ANSWER = (
    "1. Open *Settings > Internet > PPPoE*.\n"
    "2. Type the user name and password from the provider's letter again.\n"
    "3. Press **Reconnect**.\n4. Wait until the Internet light is green (about 60 seconds).\n"
)


@pytest.fixture(scope="module")
def manuals(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The sample manual as it is, and another time with a wrong digit in it."""
    folder = tmp_path_factory.mktemp("manuals")
    assistant = Assistant(Settings(profile="deterministic", data_dir=folder / "data"))
    for name, seconds in (("right", "60 seconds"), ("spoilt", "90 seconds")):
        articles = folder / name
        shutil.copytree(ROUTER / "articles", articles)
        for path in articles.iterdir():
            path.write_text(path.read_text("utf-8").replace("60 seconds", seconds), "utf-8")
        assistant.library.add(name, articles)
    return assistant


@pytest.fixture
def chat(manuals: Assistant, monkeypatch: pytest.MonkeyPatch) -> type[ScriptedChat]:
    scripted = BackendSpec("tests.fakes", "ScriptedChat")
    monkeypatch.setitem(BACKENDS["chat"], "deterministic", scripted)
    monkeypatch.delitem(manuals.models._loaded, "chat", raising=False)
    ScriptedChat.answers.clear()
    return ScriptedChat


def ask(assistant: Assistant, question: str, manual: str = "right") -> Reply:
    turn = read_turn(question, [], settings=assistant.settings, knowledge_base=manual)
    (*_, reply) = assistant.stream(turn, speak=False)
    assert isinstance(reply, Reply)
    return reply


def test_a_faithful_answer_is_consistent_and_every_step_has_its_proof(
    manuals: Assistant, chat: type[ScriptedChat]
) -> None:
    chat.enqueue(ANSWER)
    reply = ask(manuals, QUESTION)
    assert reply.verification.verdict == "consistent"
    steps = [c for c in reply.verification.claims if c.kind == "instruction"]
    assert len(steps) >= 3
    assert all(claim.quote for claim in steps)


def test_a_wrong_digit_in_the_manual_turns_the_demo_s_answer_red(
    manuals: Assistant, chat: type[ScriptedChat]
) -> None:
    chat.enqueue(ANSWER)
    reply = ask(manuals, QUESTION, "spoilt")
    assert reply.verification.verdict == "repaired"
    assert "60 seconds" not in reply.text
    (claim,) = [c for c in reply.verification.claims if c.verdict == "contradicted"]
    assert claim.text == "60 seconds"
    assert "90 seconds" in claim.quote


def test_a_step_that_no_source_tells_is_left_out_and_shown(
    manuals: Assistant, chat: type[ScriptedChat]
) -> None:
    chat.enqueue(ANSWER + "5. Hammer the antenna with a stone.\n", "Hammer it well.")
    reply = ask(manuals, QUESTION)
    assert "ammer" not in reply.text
    assert "PPPoE" in reply.text
    (claim,) = [c for c in reply.verification.claims if "ammer" in c.text]
    assert (claim.kind, claim.verdict) == ("instruction", "unverified")
    assert "left out" in claim.detail


def test_a_not_that_the_manual_lacks_is_never_let_out(
    manuals: Assistant, chat: type[ScriptedChat]
) -> None:
    chat.enqueue(ANSWER.replace("Press **Rec", "Do not press **Rec"), "Never press **Reconnect**.")
    reply = ask(manuals, QUESTION)
    assert "Reconnect" not in reply.text
    kinds = {(c.kind, c.verdict) for c in reply.verification.claims}
    assert ("negation", "contradicted") in kinds


def test_a_dangerous_step_gets_its_warning_first(
    manuals: Assistant, chat: type[ScriptedChat]
) -> None:
    chat.enqueue("1. Hold the reset pinhole for 10 seconds with a paper clip.\n")
    reply = ask(manuals, "How do I do a factory reset of the router?")
    assert "erases all settings" in reply.text
    assert reply.text.index("erases all settings") < reply.text.index("Hold the reset pinhole")
    assert reply.verification.verdict == "repaired"


@pytest.mark.parametrize("question", ["La cafetière affiche C-7.", "Die Maschine zeigt C-7."])
def test_an_example_of_the_prompt_is_no_answer(
    manuals: Assistant, chat: type[ScriptedChat], question: str
) -> None:
    leaked = "C-7 means limescale in the boiler.\n1. Open *Menu > Care*.\n2. Press **Descale**.\n"
    chat.enqueue(*[leaked] * 3)
    reply = ask(manuals, question)
    assert "Descale" not in reply.text
    assert "limescale" not in reply.text
    assert reply.text
    assert reply.verification.verdict in ("insufficient", "repaired")


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("How do I fix E-77 on the guest network?", "The closest I found"),
        ("E-77 是什么意思？", "知识库里没有"),
    ],
)
def test_what_the_manual_does_not_answer_gets_no_other_remedy(
    manuals: Assistant, chat: type[ScriptedChat], question: str, says: str
) -> None:
    chat.enqueue(ANSWER)
    before = len(chat.prompts)
    reply = ask(manuals, question)
    assert len(chat.prompts) == before  # the chat model is not even asked
    assert says in reply.text
    assert not reply.evidence  # the closest passage is named in words and is no source
    assert "Reconnect" not in reply.text
    assert reply.verification.verdict == "insufficient"
    assert not [c for c in reply.verification.claims if c.verdict != "supported"]


def test_the_closest_passage_of_one_question_proves_nothing_for_another(
    manuals: Assistant, chat: type[ScriptedChat]
) -> None:
    chat.enqueue(ANSWER)
    reply = ask(manuals, "What does E-42 mean and how do I print a page?")
    assert len(reply.plan.steps) == 2
    assert reply.evidence
    assert all(piece.score >= ANSWERS for piece in reply.evidence)


def test_what_the_file_of_a_picture_says_of_itself_bears_nothing_out(
    manuals: Assistant, tmp_path: Path
) -> None:
    forged = tmp_path / "forged.png"
    note = PngInfo()
    note.add_text("Software", "Samesense 1.0")
    note.add_text("Prompt", "Wait 90 seconds for E-91")
    picture = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(picture).ellipse((60, 60, 200, 200), fill="red")
    picture.save(forged, pnginfo=note)
    turn = read_turn("What is in this picture?", [forged], settings=manuals.settings)
    (*_, reply) = manuals.stream(turn, speak=False)
    assert isinstance(reply, Reply)
    assert "90 seconds" in reply.text
    assert not [c for c in reply.verification.claims if "90" in c.text or "E-91" in c.text]


def test_only_sure_evidence_is_said_to_cover_the_question() -> None:
    document = make_document("Free the slots.", "text", "/r7.md", Locator(heading="Heat"), {})
    said = [covered([Evidence(document, score, "hot")], "en") for score in (0.9, 0.55)]
    assert said == [["“/r7.md” covers this."], [fixed("en", "closest", title="Heat")]]


def test_a_wrong_premise_is_corrected_and_shown(
    manuals: Assistant, chat: type[ScriptedChat]
) -> None:
    chat.enqueue("E-42 indicates overheating.\n" + ANSWER)
    reply = ask(manuals, "E-42 means overheating, right?")
    assert "overheating" not in reply.text
    assert "PPPoE authentication failed" in reply.text
    assert "3. Press **Reconnect**" in reply.text
    (claim,) = [c for c in reply.verification.claims if c.kind == "premise"]
    assert (claim.verdict, reply.verification.verdict) == ("unverified", "repaired")


def test_time_for_writing_again_is_limited(
    manuals: Assistant, chat: type[ScriptedChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = manuals.settings.limits
    monkeypatch.setattr(manuals, "settings", _with(manuals.settings, limits, repair_s=0.0))
    chat.enqueue("1. Hammer the antenna with a stone.\n", "Press **Reconnect**.")
    before = len(chat.prompts)
    reply = ask(manuals, QUESTION)
    assert len(chat.prompts) == before + 1  # nothing is even begun once the time is over
    assert "Reconnect" not in reply.text
    assert any("left out" in claim.detail for claim in reply.verification.claims)


def _with(settings: Settings, limits: object, **changes: float) -> Settings:
    from dataclasses import replace

    return replace(settings, limits=replace(limits, **changes))  # pyright: ignore
