"""Show jobs in the cell that runs now, and hold the cell where it is to wait for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vidmagic.jobs.job import Job
from vidmagic.notebook.card import Card
from vidmagic.notebook.frontend import FrontEnd
from vidmagic.notebook.waiting import Interrupted, hold


def show(job: Job, front: FrontEnd, *, updates: float = 4.0, quiet: bool = False, wait: bool = False) -> None:
    """Show *job* in the cell that runs now, once; hold the cell until its end where *wait* says so.

    Raises the job's error in a waiting cell, and Interrupted when the user stops the waiting.
    """
    where = front.execution()
    if job.shown_in == where and where is not None:
        return
    job.shown_in = where
    card = Card(job, front, updates=updates, quiet=quiet)
    try:
        card.open()
        if not wait and not job.ended:
            card.live()
            return
        hold(card.steps(), front)
    except KeyboardInterrupt:
        card.live()
        raise Interrupted(job) from None
    if wait and job.error is not None:
        raise job.error


def join(jobs: Sequence[Job], front: FrontEnd) -> None:
    """Hold the cell until all *jobs* have ended; each goes on in its own card. Raises the first error."""
    try:
        hold(_until_all_ended(jobs), front)
    except KeyboardInterrupt:
        raise Interrupted(*jobs) from None
    for job in jobs:
        if job.error is not None:
            raise job.error


def _until_all_ended(jobs: Sequence[Job]) -> Iterator[float]:
    while not all(job.ended for job in jobs):
        yield 0.1
