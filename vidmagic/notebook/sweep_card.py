"""A sweep while it lives: one output with a line for each job, which ends as all the videos side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from vidmagic.markup import plain
from vidmagic.notebook.frontend import FrontEnd
from vidmagic.notebook.live_output import LiveOutput
from vidmagic.notebook.moment import Moment
from vidmagic.notebook.sweep_view import ended_html, headline, lines_html, progress
from vidmagic.progress import say
from vidmagic.sweeps import Sweep


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


def moment(sweep: Sweep) -> Moment:
    """Return what the card shows of a sweep at this moment."""
    return Moment(
        progress(sweep),
        lines=lines_html(sweep),
        told=headline(sweep),
        text=plain(headline(sweep)),
        hint="If this has stopped moving: <code>%video resume</code> takes up what is left.",
    )
