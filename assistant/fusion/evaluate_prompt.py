"""Measure what relevance saves of the chat model's prompt: tokens, and time to the first word."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import numpy as np

from assistant.fusion.model import Fuser
from assistant.fusion.turns import SupportTurn
from assistant.intake import read_turn
from assistant.models.llamacpp_chat import LlamaCppChat
from assistant.prompts import PREFIX, grounded_prompt, question_of
from assistant.session import SAMPLES, Assistant
from assistant.settings import Settings
from assistant.stages.draft import PASSAGES, relevant_lines
from assistant.stages.perceive import in_source_order, perceive
from assistant.stages.retrieve import retrieve
from assistant.types import FusedState, Percept
from knowledge.documents import make_document
from knowledge.types import Evidence, Locator

Row = dict[str, object]
Read = Callable[[str], tuple[int, float]]  # a prompt → its tokens, seconds until the first one back


@dataclass(frozen=True)
class Asked:
    """A turn as the prompt is made of it."""

    percepts: Sequence[Percept]
    fused: FusedState
    evidence: Sequence[Evidence]
    decisive: frozenset[str]  # the lines that tell what is wrong, where they are known


def prompt_cost(asked: Mapping[str, Sequence[Asked]], read: Read) -> list[Row]:
    """Return by kind of turn what the prompt costs with the relevant lines and with all of them.

    Tokens are those behind the prefix that every prompt has and the cache holds; seconds are
    medians, and so is the gain of each turn.
    """
    rows: list[Row] = []
    number = 0
    for kind, turns in asked.items():
        pairs: list[list[tuple[int, float]]] = []
        for turn in turns:
            pair = []
            for lines in (_shown(turn), _chosen(turn)):
                number += 1  # stands before the prompt: the cache must not hold its evidence yet
                pair.append(read(f"{number}. {_prompt(turn, lines)}"))
            pairs.append(pair)
        costs = np.array(pairs)  # (turns, all lines or relevant ones, tokens and seconds)
        tokens, seconds = costs[..., 0].mean(axis=0), np.median(costs[..., 1], axis=0)
        told = [bool(t.decisive & set(_chosen(t))) for t in turns if t.decisive]
        rows.append({
            "turns": kind, "count": len(turns),
            "lines": _mean([len(_shown(turn)) for turn in turns]),
            "lines in the prompt": _mean([len(_chosen(turn)) for turn in turns]),
            "tokens, all lines": round(tokens[0]), "tokens": round(tokens[1]),
            "tokens saved": round(float(1 - tokens[1] / tokens[0]), 3),
            "first word s, all lines": round(float(seconds[0]), 2),
            "first word s": round(float(seconds[1]), 2),
            "sooner s": round(float(np.median(costs[:, 0, 1] - costs[:, 1, 1])), 2),
            "a decisive line is in": round(float(np.mean(told)), 3) if told else "",
        })  # fmt: skip
    return rows


def support_asked(turns: Sequence[SupportTurn], fuser: Fuser) -> list[Asked]:
    """Return support turns with the passage that answers them as their evidence."""
    asked = []
    for turn in turns:
        situation, language = turn.situation, turn.language
        heading = f"{situation.product.name} > {situation.heading[language]}"
        document = make_document(
            situation.passage[language], "text", "manual.md", Locator(heading=heading), {}
        )
        decisive = {
            segment.text
            for percept, flags in zip(turn.percepts, turn.relevant, strict=True)
            if percept.modality == "ocr"
            for segment, flag in zip(percept.segments, flags, strict=True)
            if flag
        }
        fused = fuser.fuse(turn.percepts, (), language)
        evidence = (Evidence(document, 1.0, fused.query),)
        asked.append(Asked(turn.percepts, fused, evidence, frozenset(decisive)))
    return asked


def sample_asked(settings: Settings) -> Asked:
    """Return the sample turn, whose screenshot is a dense page, with what the manual holds."""
    with TemporaryDirectory() as folder:
        assistant = Assistant(replace(settings, data_dir=Path(folder)))
        assistant.prepare_knowledge()
        models = assistant.models
        words = (SAMPLES / "typed.txt").read_text().strip()
        files = [SAMPLES / "screenshot.png", SAMPLES / "question.wav"]
        turn = read_turn(words, files, settings=settings)
        percepts = in_source_order(
            list(perceive(
                turn, speech_to_text=models.speech_to_text, screen_reader=models.screen_reader,
                image_tagger=models.image_tagger, limits=settings.limits, stop=Event(),
            )),
            turn,
        )  # fmt: skip
        fused = Fuser(models.text_embedder).fuse(percepts, (), None)
        evidence = retrieve(
            fused, knowledge=assistant.knowledge(turn.knowledge_base),
            embedder=models.text_embedder, entailment=models.entailment,
        )  # fmt: skip
        return Asked(percepts, fused, evidence[:PASSAGES], frozenset())


def chat_reader(settings: Settings) -> Read:
    """Return the chat model of `pocket`, warm, as what reads prompts.

    Raises ConfigurationError when its weights or the memory for them are missing.
    """
    chat = LlamaCppChat(settings)
    chat.warm(PREFIX)
    prefix = [{"role": message.role, "content": message.content} for message in PREFIX]

    def read(prompt: str) -> tuple[int, float]:
        answers: list[Mapping[str, Any]] = []
        messages = [*prefix, {"role": "user", "content": prompt}]
        begin = time.perf_counter()
        chat._server.handle_chat_completions(
            {"messages": messages, "max_tokens": 1, "temperature": 0.0}, answers.append
        )
        return answers[0]["timings"]["prompt_n"], time.perf_counter() - begin

    return read


def _shown(turn: Asked) -> list[str]:
    """Return all lines of the screens, in reading order."""
    return [s.text for p in turn.percepts if p.modality == "ocr" for s in p.segments]


def _chosen(turn: Asked) -> list[str]:
    """Return the lines that go into the prompt, the most relevant one first."""
    return [segment.text for segment in relevant_lines(turn.percepts, turn.fused)]


def _prompt(turn: Asked, lines: Sequence[str]) -> str:
    question = question_of(turn.percepts)
    return grounded_prompt(question, turn.fused.language, turn.evidence, lines)


def _mean(counts: Sequence[int]) -> float:
    return round(float(np.mean(counts)), 1)
