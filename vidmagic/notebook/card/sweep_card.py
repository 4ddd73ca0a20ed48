"""A sweep while it lives: one output with a line for each job, which ends as all the videos side by side."""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from collections.abc import Iterator

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.escaping import LITERAL, escape, isolate, plain
from vidmagic.media.video import Video
from vidmagic.notebook.card.card import WORDS, clock, fraction
from vidmagic.notebook.card.frontend import FrontEnd
from vidmagic.notebook.card.live_output import LiveOutput
from vidmagic.notebook.card.terminal import say
from vidmagic.notebook.card.widget_card import CardState
from vidmagic.notebook.views.compare import grid
from vidmagic.notebook.views.style import FONT, QUIET
from vidmagic.session.sweep.sweep import Sweep


class SweepCard:
    """The output of one cell for a sweep; `steps` keeps it true until all jobs have ended."""

    def __init__(self, sweep: Sweep, front: FrontEnd, *, updates: float, quiet: bool) -> None:
        self.sweep = sweep
        self.front = front
        self.updates = updates
        self.quiet = quiet
        self._output = LiveOutput(
            front, label="progress of the sweep", button="Cancel all", tip="Stop these jobs", pressed=sweep.cancel
        )

    def open(self) -> None:
        """Show the card."""
        self._output.open(moment(self.sweep), live=not self.sweep.ended)

    def steps(self) -> Iterator[float]:
        """Redraw the card until all jobs have ended; yield the seconds to rest between two drawings."""
        while not self.sweep.ended:
            self._output.draw(moment(self.sweep))
            yield 1 / self.updates
        self._close()

    def _close(self) -> None:
        """End as plain HTML: a saved notebook holds no widget."""
        if self._output.is_open:
            self._output.close(
                ended_html(self.sweep, quiet=self.quiet), repr(self.sweep), line=ended_html(self.sweep, quiet=True)
            )
        elif sys.stderr.isatty() or self.front.kind == "terminal":
            for line in [headline(self.sweep), *repr(self.sweep).splitlines()]:
                say(line)


def moment(sweep: Sweep) -> CardState:
    """Return what the card shows of a sweep at this moment."""
    return CardState(
        progress(sweep),
        lines=lines_html(sweep),
        told=headline(sweep),
        text=plain(headline(sweep)),
        hint="If this has stopped moving: <code>%video resume</code> takes up what is left.",
    )


LINES = 24  # jobs that have a line of their own, and videos that are shown side by side
_CELL = "padding:0 12px 0 0;text-align:left;vertical-align:top;overflow-wrap:anywhere"


def headline(sweep: Sweep) -> str:
    """Say in one line how far a sweep is."""
    counted = Counter(WORDS[job.state] for job in sweep)
    done = counted.pop(WORDS[states.DONE], 0)
    return " · ".join([f"{done} of {len(sweep)} done", *(f"{number} {word}" for word, number in counted.items())])


def progress(sweep: Sweep) -> float:
    """Return how far all jobs are together, 0 to 1."""
    return sum(fraction(job) or 0.0 for job in sweep) / len(sweep)


def lines_html(sweep: Sweep) -> str:
    """Return the headline and a line for each job; of many only those that went wrong or run."""
    labelled = list(zip(sweep, sweep.labels, strict=True))
    if len(labelled) > LINES:
        labelled = [(job, label) for job, label in labelled if not job.ended or job in sweep.failed][:LINES]
    rows = "".join(_line(job, label) for job, label in labelled)
    notes = "".join(f'<div style="{QUIET}">{isolate(note)}</div>' for note in sweep.notes)
    head = f'<div style="{FONT}"><strong style="font-weight:600">{escape(headline(sweep))}</strong></div>'
    return f'{head}<table style="border-collapse:collapse;{FONT}"><tbody>{rows}</tbody></table>{notes}'


def ended_html(sweep: Sweep, *, quiet: bool) -> str:
    """Return the last word on a sweep: its videos side by side, and what became of the others."""
    if quiet or len(sweep) > LINES:
        return f'<div class="{LITERAL}" style="max-width:960px">{lines_html(sweep)}</div>'
    lost = [f"{label}: {'; '.join(job.error.lines() if job.error is not None else [job.state])}"
            for job, label in zip(sweep, sweep.labels, strict=True) if job in sweep.failed]  # fmt: skip
    return grid(_fitting([job.result() for job in sweep if job.state == states.DONE]), lost=[*sweep.notes, *lost])


def _fitting(videos: list[Video]) -> list[Video]:
    """Let the notebook carry the videos only if it can carry all of them within the limit for one."""
    options = [video.display for video in videos]
    if all(display.embed == "auto" for display in options) and sum(map(_size, videos)) > min(
        (display.embed_limit for display in options), default=0
    ):
        for video in videos:
            video.display = dataclasses.replace(video.display, embed="never")
    return videos


def _size(video: Video) -> int:
    return video.path.stat().st_size if video.path.is_file() else 0


def _line(job: Job, label: str) -> str:
    said = [WORDS[job.state]]
    if job.percent is not None and job.state == states.RUNNING:
        said.append(f"{job.percent:g} %")
    said += [clock(job.elapsed)] if not job.ended else []
    said += ["reused, not charged again"] * job.reused
    said += [job.error.message] if job.ended and job.error is not None else []
    words = " · ".join(said)
    cells = (isolate(label or job.short), isolate(words), f"<code>{escape(job.id)}</code>")
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"
