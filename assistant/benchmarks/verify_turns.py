"""Whole support turns: how many replies tell something false, and how many of those without a mark.

The manuals are the passages of the fused model's held-back domains; a third of the questions are
about what was left out of them. What the chat model writes is the reply without any check; it is
compared with the reply that leaves. A second chat model says the same with one planted change, and
insists on it when asked again. What is false is told by the passage alone, without a claim's help:
a figure, code or marked name that neither passage nor question holds, or a remedy where there is
none.
"""

import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from assistant.data_sets import LANGUAGES, Language, Split
from assistant.fusion.situations import Situation, passage_text, read_domains
from assistant.intake import read_turn
from assistant.models.lazy import Models
from assistant.models.protocols import ChatMessage, ChatModel
from assistant.numerals import find_numerals, plain
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.types import Reply
from knowledge.documents import full_text, make_document
from knowledge.types import Document, Locator

TURNS, UNANSWERED = 60, 20
_BASE = "manuals"
_MARKED = re.compile(r"\*{1,2}([^*\n]{2,40})\*{1,2}|[“「『]([^”」』\n]{2,40})[”」』]")
_FIGURE = re.compile(r"(?<![\w.])(?=[\w.:/-]*\d)[A-Za-z0-9]+(?:[.:/-][A-Za-z0-9]+)*", re.ASCII)
_UNTOLD = re.compile(r"\[\d+\]|^\s*\d{1,2}[.)、]|\b(?:[Ss]tep|步骤|第)\s*\d+", re.MULTILINE)
_NAMES = {  # that stand in no passage
    "en": ("Reset Vault", "Blue Gate", "Overclock", "Purge Index"),
    "zh": ("清空金库", "蓝色闸门", "超频模式", "重建索引库"),
}
Row = dict[str, object]


@dataclass(frozen=True)
class Question:
    """A turn of the benchmark."""

    situation: Situation
    language: Language
    answered: bool  # whether the manuals hold its passage

    @property
    def text(self) -> str:
        return self.situation.precise[self.language]


@dataclass(frozen=True)
class Outcome:
    """What became of a turn."""

    question: Question
    said: str  # what the chat model wrote first
    reply: Reply
    planted: str = ""  # what was changed in it

    @property
    def false_before(self) -> list[str]:
        """What is false in what the chat model wrote."""
        return false_parts(self.said, self.question)

    @property
    def unmarked(self) -> list[str]:
        """What is false in the reply that left, and carries no mark."""
        text, verification = self.reply.text, self.reply.verification
        if verification.verdict == "insufficient":
            return []
        doubted = [c.text for c in verification.claims if c.verdict != "supported"]
        marked = {
            _key(part) for claim in doubted if claim in text for part in [claim, *told(claim)]
        }
        return [part for part in false_parts(text, self.question) if _key(part) not in marked]


class Overheard(ChatModel):
    """Passes on what a chat model writes, and keeps the first answer of a turn."""

    def __init__(self, chat: ChatModel) -> None:
        self._chat = chat
        self._answers: list[str] = []

    def first(self) -> str:
        """Return the first answer of the turn that has ended, and forget the turn."""
        first = next(iter(self._answers), "")
        self._answers = []
        return first

    def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int, stop: Event,
        temperature: float = 0.0, stop_at: Sequence[str] = (),
    ) -> Iterator[str]:  # fmt: skip
        """Yield the model's words."""
        place = len(self._answers)
        self._answers.append("")
        for piece in self._chat.stream(
            messages, max_tokens=max_tokens, stop=stop, temperature=temperature, stop_at=stop_at
        ):
            self._answers[place] += piece
            yield piece

    def warm(self, messages: Sequence[ChatMessage]) -> None:
        """Load the model."""
        self._chat.warm(messages)


class Insisting(ChatModel):
    """Says one text, whatever is asked."""

    text = ""

    def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int, stop: Event,
        temperature: float = 0.0, stop_at: Sequence[str] = (),
    ) -> Iterator[str]:  # fmt: skip
        """Yield the text word by word."""
        del messages, max_tokens, stop, temperature, stop_at
        yield from re.findall(r"\s*\S+", self.text)

    def warm(self, messages: Sequence[ChatMessage]) -> None:
        """Nothing is loaded."""


class WithChat(Models):
    """The models of a profile, but for the chat model."""

    def __init__(self, settings: Settings, chat: ChatModel) -> None:
        super().__init__(settings)
        self._other = chat

    def chat(self) -> ChatModel:
        """Return the other chat model."""
        return self._other


def measure(settings: Settings, split: Split = "test") -> tuple[Row, dict[str, list[Row]]]:
    """Return the headline figures and the tables. Raises ConfigurationError without the weights."""
    asked = questions(split)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings, data_dir=Path(folder), knowledge_base=_BASE)
        found = {"as it writes": as_written(settings, asked)}
        found["with one planted change"] = with_changes(settings, found["as it writes"])
    rows = [
        _row(name, group, some) for name, all_ in found.items() for group, some in _groups(all_)
    ]
    before, after = (_share([bool(parts(o)) for some in found.values() for o in some])
                     for parts in (lambda o: o.false_before, lambda o: o.unmarked))  # fmt: skip
    headline: Row = {
        "replies with an unmarked false claim, before checking": _figure(before),
        "replies with an unmarked false claim, as they leave": _figure(after),
    }
    return headline, {"whole turns": rows}


def questions(split: Split, count: int = TURNS, unanswered: int = UNANSWERED) -> list[Question]:
    """Return turns, spread over the domains, languages in turns; the last ones have no answer."""
    situations = [s for domain in read_domains(split) for s in domain.situations]
    chosen = random.Random(0).sample(situations, min(count, len(situations)))
    languages: list[Language] = [LANGUAGES[n % len(LANGUAGES)] for n in range(len(chosen))]
    return [
        Question(situation, language, number < len(chosen) - unanswered)
        for number, (situation, language) in enumerate(zip(chosen, languages, strict=True))
    ]


def as_written(settings: Settings, asked: Sequence[Question]) -> list[Outcome]:
    """Return what becomes of the turns with the profile's chat model."""
    chat = Overheard(Models(settings).chat())
    assistant = Assistant(settings, WithChat(settings, chat))
    fill(assistant, asked)
    outcomes = []
    for number, question in enumerate(asked):
        print(f"Turn {number + 1} of {len(asked)}", file=sys.stderr)
        reply = _ask(assistant, question)
        outcomes.append(Outcome(question, chat.first(), reply))
    return outcomes


def with_changes(settings: Settings, written: Sequence[Outcome]) -> list[Outcome]:
    """Return what becomes of the answered turns when the chat model errs in one thing."""
    chat = Insisting()
    assistant = Assistant(settings, WithChat(settings, chat))
    outcomes = []
    for outcome in written:
        changed = planted(outcome.said, outcome.question) if outcome.question.answered else None
        if changed:
            chat.text, new = changed
            reply = _ask(assistant, outcome.question)
            outcomes.append(Outcome(outcome.question, chat.text, reply, new))
    return outcomes


def fill(assistant: Assistant, asked: Sequence[Question]) -> None:
    """Put the passages of the questions that are to be answered into the knowledge base."""
    documents = [passage_document(q.situation, q.language) for q in asked if q.answered]
    embedder = assistant.models.text_embedder()
    vectors = embedder.embed([full_text(document) for document in documents])
    assistant.library.create(_BASE).add(documents, vectors)


def passage_document(situation: Situation, language: Language) -> Document:
    """Return the manual's passage about a situation."""
    product = situation.product.name
    return make_document(
        situation.passage[language], "text", f"{product}.md",
        Locator(heading=f"{product} > {situation.heading[language]}"), {"title": product},
    )  # fmt: skip


def planted(text: str, question: Question) -> tuple[str, str] | None:
    """Return a text with one figure or one marked name changed, and what it says now."""
    chance = random.Random(text)
    parts = [part for part in told(text) if part in text]
    if not parts:
        return None
    old = chance.choice(parts)
    digits = [place for place, char in enumerate(old) if char.isdigit()]
    if digits:
        place = chance.choice(digits)
        new = f"{old[:place]}{(int(old[place]) + chance.randint(1, 8)) % 10}{old[place + 1 :]}"
    else:
        new = chance.choice(_NAMES[question.language])
    return text.replace(old, new), new


def false_parts(text: str, question: Question) -> list[str]:
    """Return the figures, codes and marked names of a text that the passage does not hold.

    Where the manuals do not hold the passage, a reply that gives steps is false as a whole.
    """
    if not question.answered and re.search(r"^\s*1[.)、]", text, re.MULTILINE):
        return [text]
    languages = LANGUAGES if question.answered else ()
    known = [passage_text(question.situation, language) for language in languages]
    held = _in_digits("\n".join([*known, question.text]))
    figures = {_key(figure) for figure in _FIGURE.findall(held)}
    return [
        part for part in told(text)
        if _key(part) not in figures and (_FIGURE.fullmatch(part) or _key(part) not in _key(held))
    ]  # fmt: skip


def told(text: str) -> list[str]:
    """Return the figures, codes and marked names of a text, without the numbers of its steps."""
    bare = _UNTOLD.sub(" ", text)
    names = [one or other for one, other in _MARKED.findall(bare)]
    return list(dict.fromkeys([*_FIGURE.findall(bare), *names]))


def _in_digits(text: str) -> str:
    """Return a text with its spelled numerals in digits."""
    for numeral in reversed(find_numerals(text)):
        if numeral.spelled:
            text = f"{text[: numeral.start]} {plain(numeral.value)} {text[numeral.end :]}"
    return text


def _key(part: str) -> str:
    """Return a part without case, marks and spaces; of a measure such as 20min, the number."""
    bare = re.sub(r"[\s*“”「」『』\"-]", "", part).lower()
    measure = re.fullmatch(r"(\d[\d.:/]*)[a-z]*", bare)
    return measure[1] if measure else bare


def _ask(assistant: Assistant, question: Question) -> Reply:
    turn = read_turn(
        question.text, [], settings=assistant.settings, language=question.language,
        knowledge_base=_BASE,
    )  # fmt: skip
    *_, reply = assistant.stream(turn, speak=False)
    assert isinstance(reply, Reply)
    return reply


def _groups(outcomes: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    """Return outcomes by whether the manuals answer, and by language."""
    keys = [("answered" if answered else "not in the manuals", answered, language)
            for answered in (True, False) for language in LANGUAGES]  # fmt: skip
    groups = [
        (f"{name}, {language}",
         [o for o in outcomes if (o.question.answered, o.question.language) == (held, language)])
        for name, held, language in keys
    ]  # fmt: skip
    return [(name, some) for name, some in groups if some]


def _row(chat: str, group: str, some: Sequence[Outcome]) -> Row:
    left = [o for o in some if o.planted and o.planted in o.reply.text]
    return {
        "chat model": chat, "questions": group, "turns": len(some),
        "false before checking": _share([bool(o.false_before) for o in some]),
        "false and unmarked as it leaves": _share([bool(o.unmarked) for o in some]),
        "planted change still in the words": _share([o in left for o in some]) if any(
            o.planted for o in some) else "",
        "says that it does not know": _share(
            [o.reply.verification.verdict == "insufficient" for o in some]),
    }  # fmt: skip


def _share(held: Sequence[bool]) -> float:
    return round(sum(held) / len(held), 3)


def _figure(value: float) -> Row:
    return {"value": value, "target": "—", "holds": None}
