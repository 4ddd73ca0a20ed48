"""Show jobs and sweeps in the cell that runs now, and hold the cell where it is to wait for them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Iterator, Sequence

from vidmagic.engine.job import Job
from vidmagic.media.display import DisplayOptions
from vidmagic.notebook.card.card import Card
from vidmagic.notebook.card.job_content import JobContent
from vidmagic.notebook.card.sweep_content import SweepContent
from vidmagic.notebook.card.waiting import Interrupted, hold
from vidmagic.notebook.surfaces.frontend import FrontEnd, front_end
from vidmagic.notebook.surfaces.live_display import live_display
from vidmagic.notebook.surfaces.surface import choose_surface
from vidmagic.session.sweep.sweep import Sweep


def show(
    shown: Job | Sweep,
    front: FrontEnd,
    *,
    updates: float = 4.0,
    quiet: bool = False,
    wait: bool = False,
    again: bool = False,
    below: str = "",
) -> None:
    """Show a job or a sweep in the cell that runs now, once unless *again*; with *wait*, hold the cell until its end.

    *below* is HTML that stands below a job. Raises the error it ended with in a waiting cell, and Interrupted when the
    user stops the waiting.
    """
    view = live_display().view(shown)
    cell = front.execution()
    if view.shown_in == cell and cell is not None and not again:
        return
    content = SweepContent(shown) if isinstance(shown, Sweep) else JobContent(shown, below, front.cell())
    card = Card(content, functools.partial(choose_surface, front), updates=updates, quiet=quiet)
    view.shown_in, view.is_output = cell, card.is_output
    _run(card, front, [shown] if isinstance(shown, Job) else shown, wait=wait)
    if wait and shown.error is not None:
        raise shown.error


def _run(card: Card, front: FrontEnd, jobs: Sequence[Job], *, wait: bool) -> None:
    """Open *card* and see to it that it is drawn, in this cell or beside it."""
    try:
        card.open()
        if wait or all(job.ended for job in jobs):
            hold(card.steps(), front)
        else:
            live_display().add(card.steps())
    except KeyboardInterrupt:
        if card.is_open:
            live_display().add(card.steps())
        raise Interrupted(*jobs) from None


def display_with(jobs: Iterable[Job], options: DisplayOptions) -> None:
    """Show the videos of *jobs* with *options*, now and whenever they are shown again."""
    for job in jobs:
        job.on_video(lambda video: setattr(video, "display", options))


def register() -> None:
    """Let IPython show a job or a sweep that is the value of a cell as its card; in plain Python nothing happens."""
    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        formatter = shell.display_formatter.ipython_display_formatter
        formatter.for_type(Job, _show_value)
        formatter.for_type(Sweep, _show_value)


def _show_value(shown: Job | Sweep) -> None:
    front, view = front_end(), live_display().view(shown)
    if isinstance(shown, Job) and not view.is_output and view.shown_in == front.execution():
        raise NotImplementedError  # the line on its end has been written; IPython then shows the repr as the value
    show(shown, front)


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
