"""Wait for jobs in a terminal: a line with their progress, and a Ctrl-C that loses no job."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType, TracebackType

from vidmagic.engine.job import Job
from vidmagic.engine.states import READY
from vidmagic.escaping import plain

INTERVAL = 0.2  # seconds between two drawings


class Interrupts:
    """Count Ctrl-C instead of raising KeyboardInterrupt."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Interrupts:  # noqa: PYI034  typing.Self needs Python 3.11
        self._earlier_handler = signal.signal(signal.SIGINT, self._count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._earlier_handler)

    def _count(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


def hold(jobs: Sequence[Job], interrupts: Interrupts) -> list[Job]:
    """Wait until *jobs* have ended; return those that Ctrl-C left running.

    A job that another process could not resume yet is waited for even then; a second Ctrl-C leaves it too.
    """
    delay = threading.Event()
    warned = False
    while running := [job for job in jobs if not job.ended]:
        show_line(describe(jobs))
        delay.wait(INTERVAL)
        not_resumable = [job for job in running if not job.ended and not _is_resumable(job)]
        if interrupts.count and (not not_resumable or interrupts.count > 1):
            break
        if interrupts.count and not warned:
            warned = True
            write_line(
                f"Waiting until job {not_resumable[0].id} can be left: now its video would be lost. "
                "Ctrl-C again leaves it."
            )
    show_line("")
    return [job for job in jobs if not job.ended]


def describe(jobs: Sequence[Job]) -> str:
    """Return in one line how far *jobs* are."""
    if len(jobs) > 1:
        return f"{sum(job.ended for job in jobs)} of {len(jobs)} jobs have ended"
    job = jobs[0]
    parts = [f"job {job.id}", job.record.state_label, f"{job.elapsed:.0f} s"]
    if job.state == READY:
        parts.append(f"{job.fetched[0] / 1e6:.1f} MB")
    elif job.percent is not None:
        parts.append(f"{job.percent:.0f} %")
    return " · ".join([*parts, *filter(None, [plain(job.status_text)])])


def write_line(line: str) -> None:
    """Write a line for people to stderr: it is not the result."""
    show_line("")
    sys.stderr.write(plain(line) + "\n")
    sys.stderr.flush()


def show_line(line: str) -> None:
    """Show *line* in place of the one shown before; only in a terminal, where a person reads it."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r\x1b[K" + plain(line)[:width])
        sys.stderr.flush()


def _is_resumable(job: Job) -> bool:
    """Return whether the journal holds what another process needs to go on with the job."""
    return job.record.ticket is not None or job.record.links is not None
