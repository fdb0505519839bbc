"""Show a fetch in the terminal: a live bar where there is one, plain lines everywhere else."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.weights import size_text
from assistant.weights_fetch import FetchProgress, Report

_LINE_EVERY_S = 5.0  # in a log, one line in this time is enough


@contextmanager
def show_fetch() -> Iterator[Report]:
    """Give the function that draws each progress on standard error."""
    if sys.stderr.isatty():
        with _live_bar() as report:
            yield report
    else:
        yield _Lines().report


@contextmanager
def _live_bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as SpeedColumn

    columns = (
        BarColumn(),
        DownloadColumn(),
        SpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(progress: FetchProgress) -> None:
            if progress.detail:
                bar.console.print(progress.detail, markup=False, highlight=False)
            if progress.total_bytes:
                bar.update(task, completed=progress.done_bytes, total=progress.total_bytes)

        yield report


class _Lines:
    """Write what happens, and now and then how far it is."""

    def __init__(self) -> None:
        self.last_s = time.monotonic()

    def report(self, progress: FetchProgress) -> None:
        now = time.monotonic()
        if progress.detail:
            print(progress.detail, file=sys.stderr, flush=True)
        elif now - self.last_s >= _LINE_EVERY_S:
            self.last_s = now
            print(progress_text(progress), file=sys.stderr, flush=True)


def progress_text(progress: FetchProgress) -> str:
    """Write a progress as one line: `612 MB of 1.4 GB, 48 MB/s, 17 s left`."""
    parts = [f"{size_text(progress.done_bytes)} of {size_text(progress.total_bytes)}"]
    if progress.left_s is not None:
        parts.append(f"{size_text(progress.bytes_per_s)}/s")
        minutes, seconds = divmod(round(progress.left_s), 60)
        parts.append(f"{minutes} min {seconds} s left" if minutes else f"{seconds} s left")
    return ", ".join(parts)
