"""Show jobs in the cell that runs now, and hold the cell where it is to wait for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vidmagic.engine.job import Job
from vidmagic.notebook.card.card import VIEWS, Card
from vidmagic.notebook.card.frontend import FrontEnd
from vidmagic.notebook.card.sweep_card import SweepCard
from vidmagic.notebook.card.waiting import Interrupted, hold
from vidmagic.session.sweep.sweep import Sweep


def show(job: Job, front: FrontEnd, *, updates: float = 4.0, quiet: bool = False, wait: bool = False) -> None:
    """Show *job* in the cell that runs now, once; hold the cell until its end where *wait* says so.

    Raises the job's error in a waiting cell, and Interrupted when the user stops the waiting.
    """
    _show(job, Card(job, front, updates=updates, quiet=quiet), [job], front, wait=wait)


def show_sweep(sweep: Sweep, front: FrontEnd, *, updates: float = 4.0, quiet: bool = False, wait: bool = False) -> None:
    """Show *sweep* in the cell that runs now, once; hold the cell until its end where *wait* says so.

    Raises SweepFailed in a waiting cell, and Interrupted when the user stops the waiting.
    """
    _show(sweep, SweepCard(sweep, front, updates=updates, quiet=quiet), sweep, front, wait=wait)


def _show(shown: Job | Sweep, card: Card | SweepCard, jobs: Sequence[Job], front: FrontEnd, *, wait: bool) -> None:
    where = front.execution()
    if shown.shown_in == where and where is not None:
        return
    shown.shown_in = where
    try:
        card.open()
        if not wait and not shown.ended:
            VIEWS.add(card.steps())
            return
        hold(card.steps(), front)
    except KeyboardInterrupt:
        VIEWS.add(card.steps())
        raise Interrupted(*jobs) from None
    if wait and shown.error is not None:
        raise shown.error


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
