"""Make what the model learns from: passages with sentences they bear out, deny or are silent on."""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.data_sets import LANGUAGES, Language
from assistant.entailment.changes import change
from assistant.entailment.help_pages import Paragraph, Topic
from assistant.sentences import split_sentences

Label = Literal[0, 1, 2]
SUPPORTED: Label = 0  # the passage says so, or answers the question
CONTRADICTED: Label = 1  # it says otherwise
SILENT: Label = 2  # it does not tell
_DATA = Path(__file__).parent / "data"
_ELSEWHERE = 0.4  # share of facts that are also laid beside a section that does not tell them
_LONGEST = {"en": 800, "zh": 320}  # characters of a passage
_ASKS = {  # forms that any heading goes into
    "en": (
        "{}?", "What does the manual say about {}?", "help with {}", "{}: how does that work?",
        "I have a question about {}.", "Tell me about {}",
    ),
    "zh": ("{}？", "{}是怎么回事？", "关于{}，该怎么办？", "请问{}", "{}怎么弄？", "说说{}"),
}  # fmt: skip
_ORDERS = {  # forms of "a, then b", and of the reverse with the same words
    "en": (
        ("First {a}, then {b}.", "First {b}, then {a}."),
        ("{A} before you {b}.", "{B} before you {a}."),
        ("After you {a}, {b}.", "After you {b}, {a}."),
        ("{A} and then {b}.", "{B} and then {a}."),
        ("{B} only once you {a}.", "{A} only once you {b}."),
    ),
    "zh": (
        ("先{a}，再{b}。", "先{b}，再{a}。"),
        ("{b}之前，先{a}。", "{a}之前，先{b}。"),
        ("{a}之后，再{b}。", "{b}之后，再{a}。"),
        ("首先{a}，然后{b}。", "首先{b}，然后{a}。"),
    ),
}
_COMMAND = re.compile(r"[A-Z][a-z]+ (?:the|a|an|your|to|in|on|[A-Z])")


@dataclass(frozen=True)
class Lesson:
    """A passage, a sentence or a question, and what the first makes of the second."""

    passage: str
    sentence: str
    label: Label


@dataclass(frozen=True)
class Manual:
    """A hand-written manual in both languages with facts and questions about it."""

    name: str
    sections: Mapping[Language, Sequence[str]]
    facts: Sequence[tuple[str, Language, str, str, str]]
    questions: Sequence[tuple[Language, str, int]]


def read_manuals(folder: Path = _DATA) -> list[Manual]:
    """Return the manuals of the training data, in the order of the files' names."""
    rows = [
        row for path in sorted(folder.glob("*.json")) for row in json.loads(path.read_text("utf-8"))
    ]
    return [
        Manual(
            row["name"], {language: row[language] for language in LANGUAGES},
            [tuple(fact) for fact in row["facts"]], [tuple(asked) for asked in row["questions"]],
        )
        for row in rows
    ]  # fmt: skip


class HelpPages:
    """Lessons without end from help pages in two languages."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._topics = topics
        self._pages: dict[str, list[Topic]] = {}
        for topic in topics:
            self._pages.setdefault(topic.page, []).append(topic)
        self._names = {
            page: (
                sorted({a for t in some for p in t.paragraphs for a, _ in p.names}),
                sorted({b for t in some for p in t.paragraphs for _, b in p.names}),
            )
            for page, some in self._pages.items()
        }

    def lessons(self, chance: random.Random) -> Iterator[Lesson]:
        """Yield a question, an order or a statement of a random topic, each label as often."""
        while True:
            topic = chance.choice(self._topics)
            lesson = chance.choice((self._statement, self._statement, self._question, self._order))
            made = lesson(topic, chance)
            if made:
                yield made

    def _statement(self, topic: Topic, chance: random.Random) -> Lesson | None:
        language, other = _languages(chance, same=0.25)
        paragraphs, passage = _window(topic, language, chance)
        paragraph = chance.choice(paragraphs)
        label: Label = chance.choice((SUPPORTED, CONTRADICTED, SILENT))
        if label == SILENT:
            rival = self._rival(topic, chance)
            paragraph = chance.choice(rival.paragraphs)
            if paragraph in topic.paragraphs:
                return None
        sentences = split_sentences(getattr(paragraph, other))
        if not sentences:
            return None
        start = chance.randrange(len(sentences))
        text = " ".join(sentences[start : start + chance.choice((1, 1, 2))])
        if label == CONTRADICTED:
            names = self._names[topic.page][other == "zh"]
            changed = change(text, names, chance)
            if not changed:
                return None
            text = changed
        return Lesson(passage, text, label)

    def _question(self, topic: Topic, chance: random.Random) -> Lesson | None:
        language, other = _languages(chance, same=0.5)
        heading = topic.zh if other == "zh" else topic.en
        if (heading.isascii() and other == "zh") or " " not in topic.en:  # untranslated, or vague
            return None
        asked = _lowered(heading) if other == "en" else heading
        text = chance.choice(_ASKS[other]).format(asked)
        if heading.endswith(("?", "？")):
            text = heading
        label: Label = chance.choice((SUPPORTED, SILENT))
        about = topic if label == SUPPORTED else self._rival(topic, chance)
        if about.en == topic.en and label == SILENT:
            return None
        _, passage = _window(about, language, chance, headed=chance.random() < 0.5)
        return Lesson(passage, text, label)

    def _order(self, topic: Topic, chance: random.Random) -> Lesson | None:
        steps = [p for p in topic.paragraphs if p.step and _COMMAND.match(p.en)]
        if len(steps) < 2:
            return None
        language, other = _languages(chance, same=0.4)
        first = chance.randrange(len(steps) - 1)
        pair = [split_sentences(getattr(p, other))[0] for p in steps[first : first + 2]]
        a, b = (text.rstrip(".。:：;； ") for text in pair)
        if max(len(a), len(b)) > (90 if other == "en" else 40):
            return None
        label: Label = chance.choice((SUPPORTED, CONTRADICTED))
        form = chance.choice(_ORDERS[other])[label]
        lowered = (_lowered(a), _lowered(b)) if other == "en" else (a, b)
        text = form.format(a=lowered[0], b=lowered[1], A=a, B=b)
        near = topic.paragraphs.index(steps[first])
        _, passage = _window(topic, language, chance, near=near)
        if getattr(steps[first + 1], language)[:20] not in passage:
            return None
        return Lesson(passage, text, label)

    def _rival(self, topic: Topic, chance: random.Random) -> Topic:
        """Return another topic: of the same page mostly, else of the same program."""
        page = [one for one in self._pages[topic.page] if one is not topic]
        if page and chance.random() < 0.7:
            return chance.choice(page)
        return chance.choice(self._topics)


def manual_lessons(manual: Manual, homes: Mapping[str, int], chance: random.Random) -> list[Lesson]:
    """Return a manual's facts and questions on its sections, a fresh draw each time.

    `homes` tells for a faithful sentence which section bears it out.
    """

    def section(number: int) -> str:
        return manual.sections[chance.choice(LANGUAGES)][number]

    lessons = []
    for kind, _, right, old, new in manual.facts:
        home, wrong = homes[right], right.replace(old, new)
        fate = SILENT if kind == "invented" else CONTRADICTED
        lessons += [Lesson(section(home), right, SUPPORTED), Lesson(section(home), wrong, fate)]
        if chance.random() < _ELSEWHERE:
            away = chance.choice([i for i in range(len(manual.sections["en"])) if i != home])
            lessons.append(Lesson(section(away), chance.choice((right, wrong)), SILENT))
    for _, text, home in manual.questions:
        for number in range(len(manual.sections["en"])):
            if number == home or home < 0 or chance.random() < 0.5:
                label = SUPPORTED if number == home else SILENT
                lessons.append(Lesson(section(number), text, label))
    return lessons


def _languages(chance: random.Random, *, same: float) -> tuple[Language, Language]:
    language = chance.choice(LANGUAGES)
    if chance.random() < same:
        return language, language
    return language, "zh" if language == "en" else "en"


def _window(
    topic: Topic,
    language: Language,
    chance: random.Random,
    *,
    headed: bool = True,
    near: int | None = None,
) -> tuple[list[Paragraph], str]:
    """Return neighbouring paragraphs that fit into a passage, and the passage."""
    count = len(topic.paragraphs)
    start = chance.randrange(count) if near is None else max(0, near - chance.randrange(3))
    room, chosen = _LONGEST[language], []
    for paragraph in topic.paragraphs[start:]:
        room -= len(getattr(paragraph, language))
        if room < 0 and chosen:
            break
        chosen.append(paragraph)
    lines = [f"# {topic.zh if language == 'zh' else topic.en}"] if headed else []
    step = 0
    for paragraph in chosen:
        step = step + 1 if paragraph.step else 0
        lines.append((f"{step}. " if step else "") + getattr(paragraph, language))
    return chosen, "\n".join(lines)


def _lowered(text: str) -> str:
    first = text.split(" ", 1)[0]
    return text if first.isupper() and len(first) > 1 else text[:1].lower() + text[1:]
