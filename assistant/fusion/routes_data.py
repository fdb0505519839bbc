"""Write the planner's examples: clause templates composed into messages, and messages by hand.

No template and no slot value is on both sides of the split; every hand-written message is a family
of its own. Run `python -m assistant.fusion.routes_data` to write the committed files anew.
"""

import json
import random
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from assistant.data_sets import Split
from assistant.language import detect_language
from assistant.types import ACTIONS, Action

DATA = Path(__file__).with_name("data")
SPLITS = ("train", "dev", "test")
SIZES = {"train": 2000, "dev": 240, "test": 400}  # composed messages, both languages
SEED = 20

_LETTERS: dict[str, tuple[Action, bool]] = {
    "a": ("answer", True), "c": ("answer", False), "s": ("describe", False),
    "d": ("draw", False), "m": ("annotate", True), "f": ("diagram", True),
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A step that a message asks for."""

    action: Action
    request: str
    urgent: bool
    grounded: bool
    priority: int


@dataclass(frozen=True)
class LabelledClause:
    """A clause and what it asks for: actions, `urgent`, `grounded`."""

    text: str
    labels: tuple[str, ...]
    family: str = ""


@dataclass(frozen=True)
class Example:
    """A message, the facts of its turn, and the steps it asks for in the order of the message."""

    message: str
    language: str
    family: str
    steps: tuple[Wanted, ...]
    picture: str = ""  # "photo" or "screen"
    earlier: str = ""  # the question before
    clauses: tuple[LabelledClause, ...] = field(default=())  # known for composed messages only


def read(split: Split) -> list[Example]:
    """Read the committed examples of a split."""
    lines = (DATA / f"routes-{split}.jsonl").read_text("utf-8").splitlines()
    return [_example(json.loads(line)) for line in lines]


def generate(split: Split) -> list[Example]:
    """Compose the examples of a split, the same ones every time."""
    rng = random.Random(f"{SEED} {split}")
    examples = []
    for language in ("en", "zh"):
        composer = _Composer(language, split, rng)
        examples += [composer.message() for _ in range(SIZES[split] // 2)]
    by_hand = DATA / f"routes-hand-{split}.txt"
    if by_hand.exists():
        examples += _by_hand(by_hand, split)
    return list({example.message: example for example in examples}.values())


class _Composer:
    """Fills and joins the clause templates of one language and split."""

    def __init__(self, language: str, split: Split, rng: random.Random) -> None:
        self.language, self.rng = language, rng
        self.slots = {
            name: [value.strip() for value in values.split(";")]
            for of, name, values in _rows("route-slots.txt", language)
            if of == split
        }
        self.templates: dict[str, list[LabelledClause]] = {}
        for number, (of, labels, text) in enumerate(_rows("route-templates.txt", language)):
            if of == split:
                template = LabelledClause(text, tuple(labels.split()), f"{language}-{number}")
                kind = "chat" if labels == "answer" else labels.split()[0]
                if "urgent" in template.labels:
                    kind += " urgent"
                self.templates.setdefault(kind, []).append(template)

    def clause(self, kind: str) -> LabelledClause:
        """Pick a template of a kind and fill its slots."""
        template = self.rng.choice(self.templates[kind])
        text = re.sub(
            r"\{(\w+)\}", lambda match: self.rng.choice(self.slots[match[1]]), template.text
        )
        return replace(template, text=text)

    def message(self) -> Example:
        """Compose a message of one to three requests with what people say around them."""
        rng = self.rng
        kinds = rng.choices(_SHAPES, [weight for *_, weight in _SHAPES])[0][0].split("+")
        parts = [self.clause(_kind(kind, self.templates)) for kind in kinds]
        if any(kind.strip("!") in _PICTURES for kind in kinds):
            while any("wordsonly" in part.labels for part in parts):
                parts = [self.clause(_kind(kind, self.templates)) for kind in kinds]
        message = self._styled(self._joined(parts))
        asked = [part for part in parts if "context" not in part.labels] or parts
        urgent = [part for part in parts if part.labels == ("context", "urgent")]
        if urgent:  # it hurries the request before it, else the one behind
            at = parts.index(urgent[0])
            before = [part for part in parts[:at] if part in asked]
            hurried = before[-1] if before else next(p for p in parts[at:] if p in asked)
        else:
            hurried = None
        steps = _steps([(part, "urgent" in part.labels or part is hurried) for part in asked])
        picture = _picture({step.action for step in steps})
        if picture == "screen" and not any(step.action == "annotate" for step in steps):
            picture = ""
        family = "|".join(part.family for part in parts)
        return Example(message, self.language, family, steps, picture, "", tuple(parts))

    def _joined(self, parts: list[LabelledClause]) -> str:
        """Join clauses as people do: sentences, commas, connectors."""
        message = parts[0].text
        requests = int("context" not in parts[0].labels)
        for part in parts[1:]:
            request = "context" not in part.labels
            connectors = _ALSO[self.language] if request and requests else _NEXT[self.language]
            connector = self.rng.choice(connectors)
            bare = message.rstrip("。.,， ")
            ended = bare[-1] in "?？!！"
            text = part.text
            if ended:
                connector = connector.lstrip(",，.。;； ")
            if connector.endswith((", ", "and ", "then ", "plus ")) and not text.startswith("I"):
                text = text[0].lower() + text[1:]
            gap = " " if ended and self.language == "en" and connector[:1] != "\n" else ""
            message = bare + gap + connector + text
            requests += request
        return message

    def _styled(self, message: str) -> str:
        """Leave it as it is, or write it as if spoken, without punctuation, or with a typo."""
        style = self.rng.random()
        if style < 0.15 and self.language == "en":
            return re.sub(r"[?!,:;]|\.(?=\s|$)", "", message).lower()
        if style < 0.15:
            return re.sub(r"[？！，。：]$", "", message)
        if style < 0.25 and self.language == "en" and len(message) > 12:
            at = self.rng.randrange(1, len(message) - 2)
            if message[at : at + 2].isalpha():
                return message[:at] + message[at + 1] + message[at] + message[at + 2 :]
        return message


# What a message is made of and how often; `!` takes an urgent template.
_SHAPES: list[tuple[str, int]] = [
    ("answer", 20), ("answer!", 6), ("chat", 9), ("context", 4), ("describe", 7), ("draw", 8),
    ("draw!", 2),     ("annotate", 6), ("diagram", 6), ("context+answer", 8), ("answer+context", 6),
    ("context+draw", 3), ("draw+context", 3), ("hurry+answer", 5), ("answer+hurry", 5),
    ("answer+draw", 6), ("draw+answer", 4), ("answer+diagram", 5), ("answer+annotate", 4),
    ("describe+draw", 3), ("hurry+answer+draw", 3), ("draw!+answer", 2), ("draw+answer!", 3),
    ("answer+annotate+diagram", 2), ("answer+draw+context", 2), ("context+describe", 2),
    ("context+annotate", 2), ("context+diagram", 2),
]  # fmt: skip
_ALSO = {
    "en": [
        ". ", ". And ", ", and ", " and ", ". Also, ", ", then ", ". Then ", " and then ",
        ". By the way, ", "\n", ", plus ", ". After that, ",
    ],
    "zh": [
        "。", "，再", "，然后", "。另外，", "，顺便", "。还有，", "，并且", "\n", "；", "。之后",
    ],
}  # fmt: skip
_NEXT = {"en": [". ", ". ", ", ", ", ", "; ", "\n"], "zh": ["，", "，", "。", "；", "\n"]}
_HURRY = "context urgent"
_PICTURE_WORK = ("draw", "annotate", "diagram")
_ACTIONS: dict[str, Action] = {action: action for action in ACTIONS}
_PICTURES = (*_PICTURE_WORK, "describe")


def _kind(name: str, templates: dict[str, list[LabelledClause]]) -> str:
    kind = {"hurry": _HURRY}.get(name, name.replace("!", " urgent"))
    return kind if kind in templates else kind.removesuffix(" urgent")


def _steps(asked: list[tuple[LabelledClause, bool]]) -> tuple[Wanted, ...]:
    """Return the steps that clauses ask for, with the order the planner promises.

    Pictures of an answer bring the answer with them; urgent comes first, words before pictures.
    """
    drafts: list[tuple[Action, str, bool, bool]] = []
    for clause, urgent in asked:
        action: Action = _ACTIONS.get(clause.labels[0], "answer")
        drafts.append((action, clause.text, urgent, "grounded" in clause.labels))
    explained = [draft for draft in drafts if draft[0] in ("annotate", "diagram")]
    if explained and not any(draft[0] == "answer" for draft in drafts):
        drafts.insert(0, ("answer", explained[0][1], any(d[2] for d in explained), True))
    hurried = any(draft[2] for draft in explained)
    drafts = [(a, r, u or (hurried and a == "answer"), g) for a, r, u, g in drafts]
    keys = [(not urgent, action in _PICTURE_WORK) for action, _, urgent, _ in drafts]
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys)), start=1)}
    return tuple(
        Wanted(action, request, urgent, grounded, ranks[key])
        for (action, request, urgent, grounded), key in zip(drafts, keys, strict=True)
    )


def _picture(actions: set[Action]) -> str:
    if "annotate" in actions:
        return "screen"
    return "photo" if "describe" in actions else ""


def _by_hand(path: Path, split: Split) -> list[Example]:
    """Read messages written by hand; the file's head says what its columns are."""
    examples = []
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    for number, line in enumerate(lines):
        picture, earlier, message, steps = (column.strip() for column in line.split("|"))
        wanted = tuple(
            Wanted(*_LETTERS[step[0]][:1], "", "!" in step, _LETTERS[step[0]][1], int(step[1]))
            for step in steps.split()
        )
        examples.append(
            Example(message, detect_language(message), f"hand-{split}-{number}", wanted,
                    picture.replace("-", ""), earlier)
        )  # fmt: skip
    return examples


def _rows(name: str, language: str) -> list[tuple[str, str, str]]:
    """Read the three columns of one language's section of a template file."""
    section = (DATA / name).read_text("utf-8").split(f"[{language}]\n")[1].split("\n[")[0]
    rows = [line.split("|") for line in section.splitlines()]
    return [(split.strip(), labels.strip(), text.strip()) for split, labels, text in rows]


def _example(record: dict) -> Example:
    clauses = (
        LabelledClause(c["text"], tuple(c["labels"]), c["family"]) for c in record["clauses"]
    )
    steps = (Wanted(**step) for step in record["steps"])
    return Example(**record | {"clauses": tuple(clauses), "steps": tuple(steps)})


def main() -> None:
    """Write the three files."""
    for split in SPLITS:
        lines = [json.dumps(asdict(example), ensure_ascii=False) for example in generate(split)]
        (DATA / f"routes-{split}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
