"""What a card shows of a sweep: a line for each job, and at the end all the videos side by side."""

from __future__ import annotations

import contextlib
from collections import Counter

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.errors import VidmagicError
from vidmagic.escaping import LITERAL, escape, isolate, plain
from vidmagic.notebook.card.comparison_html import comparison_html
from vidmagic.notebook.card.factor_table import factor_table
from vidmagic.notebook.card.job_content import REUSED, fraction, percent_text
from vidmagic.notebook.card.tile import Tile, take_name, tiles_of
from vidmagic.notebook.style import CELL, FONT, LIST_WIDTH, QUIET, STRONG
from vidmagic.notebook.surfaces.card_state import CardEnd, CardState, Controls
from vidmagic.session.sweep.sweep import Sweep
from vidmagic.spec.duration import duration_text

LINES = 24  # jobs that have a line of their own, and videos that are shown side by side
_NARROWEST = 110  # pixels of a column of a grid of running jobs
_CELL = f"padding:0 12px 0 0;{CELL};overflow-wrap:anywhere"


class SweepContent:
    """The content of the card of *sweep*."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep

    @property
    def ended(self) -> bool:
        """Whether all jobs have ended."""
        return self._sweep.ended

    def controls(self) -> Controls:
        """Return the bar's label and the button."""
        return Controls("progress of the sweep", "Cancel all", "Stop these jobs", self._cancel)

    def _cancel(self) -> None:
        """Cancel the jobs; each job notes why it cannot be cancelled from here."""
        with contextlib.suppress(VidmagicError):
            self._sweep.cancel()

    def state(self) -> CardState:
        """Return what the card shows now."""
        return CardState(
            progress(self._sweep),
            lines=lines_html(self._sweep),
            announcement=headline(self._sweep),
            text=plain(headline(self._sweep)),
            title=escape(f"Sweep of {len(self._sweep)} videos"),
            hint="<code>%video resume</code> picks up what is left, free.",
        )

    def end(self, *, quiet: bool) -> CardEnd:
        """Return what stays: the videos side by side, and what became of the others."""
        sweep = self._sweep
        written = (headline(sweep), *repr(sweep).splitlines())
        return CardEnd(ended_html(sweep, quiet=quiet), repr(sweep), line=ended_html(sweep, quiet=True), written=written)


def headline(sweep: Sweep) -> str:
    """Return in one line how far a sweep is."""
    counted = Counter(states.label(job.state) for job in sweep)
    done = counted.pop(states.label(states.DONE), 0)
    return " · ".join([f"{done} of {len(sweep)} done", *(f"{number} {word}" for word, number in counted.items())])


def progress(sweep: Sweep) -> float:
    """Return how far all jobs are together, 0 to 1."""
    return sum(fraction(job) or 0.0 for job in sweep) / len(sweep)


def lines_html(sweep: Sweep) -> str:
    """Return the headline and a line for each job; of many only those that went wrong or run."""
    labelled = list(zip(sweep, sweep.labels, strict=True))
    if len(labelled) > LINES:
        labelled = [(job, label) for job, label in labelled if not job.ended or job in sweep.failed][:LINES]
    notes = "".join(f'<div style="{QUIET}">{isolate(note)}</div>' for note in sweep.notes)
    head = f'<div style="{FONT}"><strong style="{STRONG}">{escape(headline(sweep))}</strong></div>'
    if sweep.layout is not None and len(labelled) == len(sweep):
        table = factor_table(sweep.layout, lambda at: f"<div>{_status(sweep[at])}</div>", width=_NARROWEST)
    else:
        rows = "".join(_line(job, label) for job, label in labelled)
        table = f'<table style="border-collapse:collapse;{FONT}"><tbody>{rows}</tbody></table>'
    return f"{head}{table}{notes}"


def ended_html(sweep: Sweep, *, quiet: bool) -> str:
    """Return the end of a sweep: its videos side by side, and what became of the others."""
    if quiet or len(sweep) > LINES:
        return f'<div class="{LITERAL}" style="{LIST_WIDTH}">{lines_html(sweep)}</div>'
    tiles = [_tile(job, label) for job, label in zip(sweep, sweep.labels, strict=True)]
    heading, _ = tiles_of([tile.video for tile in tiles if tile.video is not None])
    return comparison_html(tiles, heading=heading, layout=sweep.layout, notes=sweep.notes, together=True)


def _tile(job: Job, label: str) -> Tile:
    if job.has_video:
        return Tile(job.result(), name(job, label), take_name(job.take))
    reasons = job.error.lines() if job.error is not None else [job.state]
    return Tile(None, lost=f"{name(job, label)}: {'; '.join(reasons)}")


def name(job: Job, label: str) -> str:
    """Return what a job of a sweep is called, while it runs and at its end: only what sets it apart."""
    return label or job.short


def _line(job: Job, label: str) -> str:
    cells = (isolate(name(job, label)), _status(job))
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _status(job: Job) -> str:
    parts = [job.record.state_label, percent_text(job)]
    parts += [duration_text(job.elapsed)] if not job.ended else []
    parts += [REUSED] * job.reused
    parts += [job.error.message] if job.ended and job.error is not None else []
    return f"{isolate(' · '.join(filter(None, parts)))} <code>{escape(job.id)}</code>"
