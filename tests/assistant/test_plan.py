"""The planner on the words alone: no weights but the head's own."""

from pathlib import Path

import numpy as np
import pytest

from assistant.drawing.languages import language_of
from assistant.fusion.clauses import split_clauses
from assistant.fusion.model import Fuser
from assistant.fusion.routes import OUTPUTS, RouteHead
from assistant.models.deterministic import DeterministicEmbedder
from assistant.settings import Settings
from assistant.stages.plan import MAX_STEPS, plan
from assistant.types import Attachment, Exchange, Percept, Plan, Segment

EMBEDDER = DeterministicEmbedder(Settings())


def planned(
    text: str,
    *,
    spoken: str = "",
    screen: tuple[str, ...] = (),
    photo: bool = False,
    earlier: str = "",
    attachments: tuple[Attachment, ...] = (),
    screen_type: str = "image/png",
) -> Plan:
    """Fuse and plan a turn on the deterministic encoder."""
    percepts = [Percept("typed", "typed", text, 1.0)]
    if spoken:
        percepts.append(Percept("transcript", "question.wav", spoken, 0.9))
    if screen:
        lines = tuple(
            Segment(line, box=(0, i * 20, 90, i * 20 + 18)) for i, line in enumerate(screen)
        )
        file = Attachment(Path("a.png"), screen_type, "a" * 64)
        attachments = (*attachments, file)
        text_on_it = "\n".join(screen)
        percepts.append(Percept("ocr", "a.png", text_on_it, 0.9, lines, attachment=file.sha256))
    if photo:
        tags = (Segment("dog"), Segment("meadow"))
        percepts.append(Percept("image", "a.png", "dog, meadow", 0.8, tags))
    history = [Exchange("t0", earlier, "...", "en")] if earlier else []
    fused = Fuser(lambda: EMBEDDER).fuse(percepts, history, None)
    return plan(
        fused, percepts, history,
        route_head=RouteHead(), embedder=lambda: EMBEDDER, attachments=attachments,
    )  # fmt: skip


def actions(plan: Plan) -> list[str]:
    return [step.action for step in plan.steps]


def test_a_question_is_one_grounded_answer() -> None:
    (step,) = planned("How do I reset the router?").steps
    assert (step.action, step.priority, step.grounded, step.id) == ("answer", 1, True, "s1")


@pytest.mark.parametrize("text", ["thank you!", "谢谢", "Hello!"])
def test_talk_is_one_answer_without_evidence(text: str) -> None:
    (step,) = planned(text).steps
    assert (step.action, step.grounded) == ("answer", False)


@pytest.mark.parametrize(
    "text",
    [
        "How do I reset the router? And then draw a cat on a sofa.",
        "怎么重置路由器？然后画一只沙发上的猫。",
        "Draw a cat on a sofa. Also, how do I reset the router?",
    ],
)
def test_words_come_before_pictures(text: str) -> None:
    answer, draw = planned(text).steps
    assert (answer.action, answer.priority) == ("answer", 1)
    assert (draw.action, draw.priority, draw.depends_on) == ("draw", 2, ())


def test_an_urgent_picture_comes_first_and_says_why() -> None:
    first, second = planned(
        "Quickly draw a cat, I need it in five minutes! Also, how do I reset the router?"
    ).steps
    assert (first.action, first.priority, second.action, second.priority) == (
        "draw",
        1,
        "answer",
        2,
    )
    assert "urgent" in first.reason


@pytest.mark.parametrize(
    "text",
    [
        "draw a cat and tell me how to reset the router i have a meeting in five minutes",
        "画一只猫，再告诉我怎么重置路由器我五分钟后要开会",
    ],
)
def test_spoken_urgency_without_punctuation_hurries_the_request_before_it(text: str) -> None:
    first, second = planned(text).steps
    assert (first.action, second.action) == ("answer", "draw")
    assert first.reason in ("urgent: comes first", "紧急：最先处理")
    assert second.priority > first.priority


def test_pictures_of_an_answer_follow_it_and_share_their_place() -> None:
    plan = planned(
        "What should I do? Mark the error in my screenshot and make a flowchart of the steps.",
        screen=("Status", "E-42 PPPoE authentication failed"),
    )
    assert actions(plan)[0] == "answer"
    assert sorted(actions(plan)[1:]) == ["annotate", "diagram"]
    assert {step.depends_on for step in plan.steps[1:]} == {("s1",)}
    assert {step.priority for step in plan.steps[1:]} == {2}


def test_a_flowchart_alone_brings_the_answer_it_shows() -> None:
    answer, diagram = planned("make a flowchart of the steps to reset the router").steps
    assert (answer.action, diagram.action, diagram.depends_on) == ("answer", "diagram", ("s1",))


def test_the_sample_turn_is_one_answer_and_a_marked_screenshot() -> None:
    plan = planned(
        "It says E-42 since this morning.",
        spoken="My router shows this error and the internet light is red. What should I do?",
        screen=("Kestrel R7", "Internet: disconnected", "E-42 PPPoE authentication failed", "Help"),
    )
    assert actions(plan) == ["answer", "annotate"]
    assert plan.steps[0].grounded
    assert "screenshot" in plan.steps[1].reason


@pytest.mark.parametrize("text", ["What should I do?", "Mark the error and tell me what to do."])
def test_an_error_in_a_video_is_answered_but_not_marked(text: str) -> None:
    plan = planned(
        text, screen=("Status", "E-42 PPPoE authentication failed"), screen_type="video/mp4"
    )
    assert actions(plan) == ["answer"]


def test_a_screen_without_an_error_is_not_marked() -> None:
    assert actions(planned("How do I bake bread?", screen=("Menu", "Help", "OK"))) == ["answer"]


def test_a_picture_alone_is_described() -> None:
    assert actions(planned("", photo=True)) == ["describe"]


def test_a_picture_that_could_not_be_read_is_known_from_the_attachments(tmp_path) -> None:
    attachment = Attachment(tmp_path / "a.png", "image/png", "0" * 64)
    (step,) = planned("", attachments=(attachment,)).steps
    assert step.action == "describe"


def test_nothing_at_all_asks_for_what_is_missing() -> None:
    (step,) = planned("").steps
    assert (step.action, step.grounded) == ("answer", False)
    assert "missing" in step.reason


def test_a_description_needs_a_picture() -> None:
    assert actions(planned("What is in this picture?", photo=True)) == ["describe"]
    assert actions(planned("What is in this picture?")) == ["answer"]


@pytest.mark.parametrize(
    "text", ["don't draw anything, what does E-42 mean?", "E-42是什么意思？什么都别画"]
)
def test_a_refused_picture_is_not_drawn(text: str) -> None:
    assert actions(planned(text)) == ["answer"]


@pytest.mark.parametrize(
    "text",
    [
        "Zeichne einen roten Apfel",
        "Mal mir bitte zwei Katzen!",
        "Kannst du mir drei grüne Äpfel zeichnen?",
        "Bitte erstelle ein Bild von einem Hund",
        "Ich möchte, dass du einen Hund zeichnest",
        "Je voudrais un dessin d'un chat",
        "Quiero un dibujo de un perro",
        "Dessine une pomme rouge",
        "Dessine-moi un mouton",
        "Peux-tu me dessiner un chat noir ?",
        "Dibuja una manzana roja",
        "¿Puedes dibujarme dos gatos?",
        "Píntame un perro, por favor",
        "Male einen Hund",
        "Malen Sie bitte drei Katzen",
        "Ich hätte gerne ein Bild von zwei Katzen",
        "Ich möchte eine Zeichnung eines Hundes",
        "Je voudrais une image d'un chat noir",
        "Quiero una imagen de un perro rojo",
        "Crea una imagen de dos gatos",
        "Crée une image d'une pomme",
        "Haz un dibujo de la luna",
    ],
)
def test_a_drawing_is_known_as_such_in_other_languages(text: str) -> None:
    assert actions(planned(text)) == ["draw"]


@pytest.mark.parametrize(
    "text",
    [
        "Mal sehen, ob der Drucker wieder geht. Was bedeutet E-42?",
        "Mal ein anderes Kabel probieren?",
        "Mein Drucker kann keine Bilder zeichnen, was soll ich tun?",
        "Mon imprimante ne peut pas dessiner, que faire ?",
        "La impresora pinta mal, ¿qué hago?",
        "Pinta mal la impresora, ¿qué hago?",
        "Pinta una línea negra la impresora, ¿qué hago?",
        "Hallo, mal eine kurze Frage zum Drucker.",
        "mal eine andere Frage, der Router zeigt E-42.",
        "Mal 2 Fragen: Was bedeutet E-42 und wie starte ich den Router neu?",
        "Male 5 pin connector does not fit.",
        "Ich möchte das Bild von der Kamera auf den Fernseher übertragen. Wie geht das?",
        "Ich will ein Bild mit dem Scanner einscannen.",
        "Ich will ein Bild mit einem Scanner einscannen.",
        "Kannst du mir helfen, mit dem Stift zu zeichnen?",
        "Je voudrais une image de meilleure qualité sur ma télé.",
        "Crée une image disque",
        "Crée une image d'un disque",
        "Quiero una imagen de mejor calidad en el televisor.",
        "Crea una imagen ISO del disco",
        "Haz una imagen del sistema antes de actualizar",
    ],
)
def test_support_questions_in_other_languages_are_no_drawings(text: str) -> None:
    assert language_of(text) == ""
    assert "draw" not in actions(planned(text))


@pytest.mark.parametrize(
    "text",
    ["Erstelle ein Bild von einer Festplatte", "Crea una imagen de un disco"],
)
def test_a_copy_of_a_disk_is_no_drawing_in_another_language(text: str) -> None:
    assert language_of(text) == ""


def test_what_is_quoted_is_not_asked_for() -> None:
    assert actions(planned('What does "draw a cat, then make a flowchart" mean?')) == ["answer"]


def test_reasons_speak_the_users_language() -> None:
    assert planned("怎么重置路由器？").steps[0].reason == "您的问题"


@pytest.mark.parametrize(
    "text",
    [
        "draw a cat. how do I reset it? " * 600,
        "also draw a cat. " * 500,
        "另外，怎么重置路由器？" * 500,
        " , . " * 4000,
        "🙂" * 3000,
        "x" * 20_000,
    ],
)
def test_hostile_text_stays_a_small_plan(text: str) -> None:
    plan = planned(text)
    assert 1 <= len(plan.steps) <= MAX_STEPS
    known: set[str] = set()
    for step in plan.steps:
        assert set(step.depends_on) <= known
        known.add(step.id)


def test_nothing_of_a_long_message_is_lost() -> None:
    text = "".join(f"Also, how do I find item {i}? " for i in range(100))
    requests = " ".join(step.request for step in planned(text).steps)
    assert all(f"item {i}?" in requests for i in range(100))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Reset it, then draw a cat", ["Reset it", "draw a cat"]),
        ("怎么重置？顺便画一只猫", ["怎么重置？", "画一只猫"]),
        (
            'Draw a sign that says "Stop. And then go"',
            ['Draw a sign that says "Stop. And then go"'],
        ),
        ("Use channel 2.4 on 192.168.7.1", ["Use channel 2.4 on 192.168.7.1"]),
        ("Also, what is PPPoE?", ["what is PPPoE?"]),
        ("and then?", ["and then?"]),
        ("", []),
    ],
)
def test_clauses(text: str, pieces: list[str]) -> None:
    assert [clause.text for clause in split_clauses(text)] == pieces


def test_the_head_gives_a_probability_to_each_output() -> None:
    routes = RouteHead().predict(["draw a cat", "画一只猫", "", "🙂"])
    assert routes.shape == (4, len(OUTPUTS))
    assert np.all((routes >= 0) & (routes <= 1))


@pytest.mark.parametrize(
    "text", ["what colour is it?", "上面写着什么", "再看一次", "请描述图片", "who is this?"]
)
def test_what_is_asked_about_the_look_of_a_picture_is_described(text: str) -> None:
    assert actions(planned(text, photo=True)) == ["describe"]


def test_a_question_beside_a_picture_stays_a_question() -> None:
    plan = planned("What should I do?", screen=("E-42 PPPoE authentication failed",))
    assert actions(plan)[0] == "answer"


@pytest.mark.parametrize(
    "text",
    [
        "Can you describe how to reset the router?", "Describe the steps to fix this error",
        "How old is the battery?", "Is there anyone in support I can talk to?",
        "What text do I enter in this field?", "Is there any text limit on SMS?",
        "请详细说明如何重置路由器", "谁在用我的网络？", "充电时灯是什么颜色？",
        "How do I fix this? Please explain in more detail.",
    ],
)  # fmt: skip
def test_support_questions_beside_a_picture_are_no_descriptions(text: str) -> None:
    assert "describe" not in actions(planned(text, photo=True))
