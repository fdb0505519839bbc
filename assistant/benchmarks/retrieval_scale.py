"""How taking in and searching grow with the number of documents: 1,000 to 100,000 passages.

Each size runs in a process of its own, from an empty folder, through the same code as
`samesense kb add` and `samesense kb search`. The passages are made of the sentences of both
manuals, put together anew with numbers and names of their own, so that no two are alike.
"""

import argparse
import json
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from assistant.benchmarks.manual import fetch_manual
from assistant.settings import Settings, load_settings
from knowledge.store import SAMPLES

SIZES = (1_000, 10_000, 100_000)
_QUERIES = 200
_WARM = 20  # queries before the clock counts
_FILE_PASSAGES = 20  # in a file
_SENTENCES = 3  # in a passage


def run(settings: Settings) -> list[dict[str, float]]:
    """Return a row of figures for each size."""
    manual = fetch_manual(settings.cache_dir)
    rows = []
    for size in SIZES:
        print(f"Measuring {size:,} documents…", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=settings.cache_dir) as folder:
            command = [sys.executable, "-m", __name__, str(size), folder, str(manual)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    return rows


def measure(size: int, folder: Path, manual: Path, queries: int = _QUERIES) -> dict[str, float]:
    """Take `size` passages in under `folder`, ask questions, and return the row of figures."""
    from assistant.library import Library, Question
    from assistant.models.lazy import Models

    settings = replace(load_settings(), data_dir=folder / "data", chroma_url="")
    chance = random.Random(size)
    sentences = list(_sentences(manual))
    _write(folder / "pages", sentences, size, chance)
    models = Models(settings)
    library = Library(settings, models)
    models.text_embedder().embed(["I am ready."])
    begin = time.perf_counter()
    report = library.add("scale", folder / "pages")
    lasted_s = time.perf_counter() - begin
    words = [_question(sentences, chance) for _ in range(_WARM + queries)]
    took_s = []
    for text in words:
        begin = time.perf_counter()
        library.search("scale", Question(text))
        took_s.append(time.perf_counter() - begin)
    spans = statistics.quantiles(took_s[_WARM:], n=20)
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    return {
        "documents": report.added,
        "documents/s": round(report.added / lasted_s),
        "query p50 ms": round(spans[9] * 1e3, 1),
        "query p95 ms": round(spans[18] * 1e3, 1),
        "memory MB": _peak_mb(),
        "disk MB": round(sum(path.stat().st_size for path in files) / 1e6),
    }


def _peak_mb() -> int:
    """Return the most memory this process has held, in MB.

    `ru_maxrss` also counts the process that started it, so Linux is asked about this one alone.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000_000  # macOS: bytes


def _sentences(manual: Path) -> Iterator[str]:
    """Yield the sentences of both manuals."""
    from knowledge.loaders.articles import read_article

    pages = [*sorted(manual.glob("*.html")), *sorted((SAMPLES / "router").rglob("*.md"))]
    for page in pages:
        for passage in read_article(page).passages:
            for sentence in re.split(r"(?<=[.!?])\s+", passage.text):
                if 5 <= len(sentence.split()) <= 40:
                    yield " ".join(sentence.split())


def _write(folder: Path, sentences: list[str], size: int, chance: random.Random) -> None:
    """Write `size` sections of a passage each into Markdown files."""
    folder.mkdir()
    for first in range(0, size, _FILE_PASSAGES):
        sections = []
        for number in range(first, min(first + _FILE_PASSAGES, size)):
            text = " ".join(chance.sample(sentences, _SENTENCES))
            own = f"It concerns unit K{chance.randrange(10**6)} of series {number}."
            sections.append(f"## Section {number}\n\n{text} {own}\n")
        path = folder / f"page-{first:06}.md"
        path.write_text(f"# Page {first}\n\n" + "\n".join(sections), encoding="utf-8")


def _question(sentences: list[str], chance: random.Random) -> str:
    """Return half a sentence as a question."""
    words = chance.choice(sentences).split()
    return f"How about {' '.join(words[: max(4, len(words) // 2)])}?"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("size", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("manual", type=Path)
    args = parser.parse_args()
    print(json.dumps(measure(args.size, args.folder, args.manual)))
