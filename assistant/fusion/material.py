"""What the real recognisers make of the situations' screens and spoken words, kept on disk.

Making it takes most of the time of training: every screen is drawn and read, every sentence spoken
and heard, clean and spoilt. What is made goes into a file line by line, so a killed run goes on.
"""

import json
import os
import random
import re
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from PIL.Image import Image

from assistant.data_sets import LANGUAGES, Language, Split
from assistant.fusion.screens import Screen, draw_screen, holds, on_desktop, spoil
from assistant.fusion.situations import Domain, Style, read_domains
from assistant.fusion.sounds import noisy
from assistant.models.lazy import Models
from assistant.settings import Settings
from knowledge.types import Segment

_VERSION = 3  # of the drawing and the noise: another one is made anew
_STYLES: tuple[Style, ...] = ("dialog", "settings", "terminal", "device")
SCREENS = {"own": 0.0, "spoilt": 0.9, "other": 0.25}  # variant → how much it is spoilt
SOUNDS = {"quiet": 0.15, "noisy": 0.9}
_LETTER = re.compile(r"\w")
_DENSE = 0.5  # share of the other variants that show a whole desktop
IDLE = 3  # screens of a product on which nothing is wrong


@dataclass(frozen=True)
class Read:
    """A screen as it was read."""

    segments: tuple[Segment, ...]
    decisive: tuple[bool, ...]  # whether each segment is what the situation is about
    size_px: tuple[int, int]


@dataclass(frozen=True)
class Heard:
    """A recording as it was heard."""

    segments: tuple[Segment, ...]
    sounds: np.ndarray  # (windows, width) float32, what the recogniser's encoder makes of it


@dataclass(frozen=True)
class Material:
    """All readings and hearings of one part, by what they are of."""

    screens: dict[tuple[str, Language, str], Read]  # situation or product, language, variant
    sounds: dict[tuple[str, Language, str], Heard]


_Job = tuple[str, str, Language, str]  # kind, of what, language, variant


def prepare(settings: Settings, split: Split) -> Material:
    """Return the material of one part, making what is not there yet.

    Raises ConfigurationError when the recognisers' weights are absent.
    """
    domains = read_domains(split)
    path = settings.cache_dir / "fusion" / f"{split}-{_digest(domains)}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():  # a killed run may have left half a line
        path.write_text("".join(line for line in path.open() if line.endswith("\n")))
    done = dict(_stored(path))
    jobs = [job for job in _jobs(domains) if job not in done]
    if jobs:
        _Workshop(settings, domains, path).make(jobs)
        done = dict(_stored(path))
    return _material(done)


def _jobs(domains: Sequence[Domain]) -> Iterator[_Job]:
    """Yield what is needed; to spare time, the rarer variants are made in one language only."""
    for domain in domains:
        for number, situation in enumerate(domain.situations):
            for place, language in enumerate(LANGUAGES):
                yield "screen", situation.id, language, "own"
                yield "screen", situation.id, language, "spoilt"
                yield "sound", situation.id, language, "quiet"
                if number % 2 == place:
                    yield "screen", situation.id, language, "other"
                if number % 4 == place:
                    yield "sound", situation.id, language, "noisy"
        for product in sorted({s.product.name for s in domain.situations}):
            for language in LANGUAGES:
                for number in range(IDLE):
                    yield "screen", product, language, f"idle {number}"


class _Workshop:
    """Draws and reads, speaks and hears."""

    def __init__(self, settings: Settings, domains: Sequence[Domain], path: Path) -> None:
        self._models = Models(replace(settings, threads=1))
        self._path = path
        self._lock = Lock()
        self._domains = {s.id: d for d in domains for s in d.situations}
        self._domains |= {s.product.name: d for d in domains for s in d.situations}
        self._situations = {s.id: s for d in domains for s in d.situations}
        self._products = {s.product.name: s.product for s in self._situations.values()}
        self._babble: dict[Language, np.ndarray] = {}

    def make(self, jobs: Sequence[_Job]) -> None:
        print(f"{len(jobs)} screens and sentences to read and hear…", file=sys.stderr)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for number, _ in enumerate(pool.map(self._one, jobs), start=1):
                if number % 100 == 0:
                    print(f"{number} of {len(jobs)}", file=sys.stderr)

    def _one(self, job: _Job) -> None:
        kind, name, language, variant = job
        make = self._read if kind == "screen" else self._hear
        row = {"job": job, **make(name, language, variant)}
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _read(self, name: str, language: Language, variant: str) -> dict:
        screen, image = self._shown(name, language, variant)
        read = self._models.screen_reader().read([image])[0]
        if image is screen.image:
            decisive = [s.box is not None and holds(screen.decisive, s.box) for s in read]
        else:  # the lines are no longer where they were drawn
            own = self._situations[name].screen[language]
            decisive = [any(alike(segment.text, line) for line in own) for segment in read]
        return {"segments": [asdict(s) for s in read], "decisive": decisive, "size": image.size}

    def _shown(self, name: str, language: Language, variant: str) -> tuple[Screen, Image]:
        """Return a screen as it was drawn, and as it was sent."""
        situation, domain = self._situations.get(name), self._domains[name]
        product = situation.product if situation else self._products[name]
        seed = f"{name} {language} {variant}"
        chance = random.Random(f"{seed} chance")
        style = chance.choice(_STYLES) if variant == "other" else product.style
        screen = draw_screen(domain, situation or product, style, language, seed)
        if variant == "other" and chance.random() < _DENSE:
            screen = on_desktop(screen, domain.clutter[language], seed)
        if strength := SCREENS.get(variant, 0.0):
            strength *= chance.uniform(0.7, 1.1)
            return screen, spoil(screen.image, f"{seed} spoilt", strength)
        return screen, screen.image

    def _hear(self, name: str, language: Language, variant: str) -> dict:
        speech = self._models.text_to_speech()
        with self._lock:
            if language not in self._babble:
                others = list(self._situations.values())[:4]
                said = speech.speak([s.spoken[language] for s in others], language)
                self._babble[language] = np.concatenate([sound.samples for sound in said])
        sound = speech.speak([self._situations[name].spoken[language]], language)[0]
        seed = zlib.crc32(f"{name} {language} {variant}".encode())
        strength = SOUNDS[variant] * random.Random(f"{seed} strength").uniform(0.75, 1.1)
        spoilt = noisy(sound, seed, strength, self._babble[language])
        heard = self._models.speech_to_text().transcribe([spoilt], language)[0]
        sounds = np.zeros((0, 1)) if heard.sounds is None else heard.sounds
        return {"segments": [asdict(s) for s in heard.segments], "sounds": _packed(sounds)}


def _stored(path: Path) -> Iterator[tuple[_Job, dict]]:
    if not path.exists():
        return
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        kind, name, language, variant = row.pop("job")
        yield (kind, name, language, variant), row


def _material(done: dict[_Job, dict]) -> Material:
    screens: dict[tuple[str, Language, str], Read] = {}
    sounds: dict[tuple[str, Language, str], Heard] = {}
    for (kind, name, language, variant), row in done.items():
        segments = tuple(Segment(**fields | {"box": fields["box"] and tuple(fields["box"])})
                         for fields in row["segments"])  # fmt: skip
        if kind == "sound":
            sounds[name, language, variant] = Heard(segments, _unpacked(row["sounds"]))
        else:
            size = (row["size"][0], row["size"][1])
            screens[name, language, variant] = Read(segments, tuple(row["decisive"]), size)
    return Material(screens, sounds)


def _packed(vectors: np.ndarray) -> dict[str, Any]:
    """Return vectors in half precision as JSON can hold them."""
    return {"shape": vectors.shape, "f2": b64encode(vectors.astype("<f2").tobytes()).decode()}


def _unpacked(packed: Mapping[str, Any]) -> np.ndarray:
    vectors = np.frombuffer(b64decode(packed["f2"]), "<f2").reshape(packed["shape"])
    return vectors.astype(np.float32)


def alike(a: str, b: str) -> bool:
    """Tell whether what was read or heard is nearly what was written: seven characters of ten."""
    a, b = ("".join(_LETTER.findall(text.lower())) for text in (a, b))
    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= 0.7


def _digest(domains: Sequence[Domain]) -> str:
    text = json.dumps([_VERSION, [asdict(domain) for domain in domains]], default=dict)
    return f"{zlib.crc32(text.encode()):08x}"
