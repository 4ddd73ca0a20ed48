"""A sweep while it lives: one output with a line for each job, which ends as all the videos side by side."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from vidmagic.markup import LITERAL, escape, plain
from vidmagic.notebook.bar import Bar
from vidmagic.notebook.card import FONT, QUIET, VIEWS
from vidmagic.notebook.frontend import FrontEnd
from vidmagic.notebook.hearing import hear_while_busy
from vidmagic.notebook.mount import PATIENCE, Mount, can_mount
from vidmagic.notebook.sweep_view import ended_html, headline, lines_html, progress
from vidmagic.notebook.waiting import Interrupted, hold
from vidmagic.progress import say, show_line
from vidmagic.sweeps import Sweep


def show_sweep(sweep: Sweep, front: FrontEnd, *, updates: float = 4.0, quiet: bool = False, wait: bool = False) -> None:
    """Show *sweep* in the cell that runs now, once; hold the cell until its end where *wait* says so.

    Raises SweepFailed in a waiting cell, and Interrupted when the user stops the waiting.
    """
    where = front.execution()
    if sweep.shown_in == where and where is not None:
        return
    sweep.shown_in = where
    card = SweepCard(sweep, front, updates=updates, quiet=quiet)
    try:
        card.open()
        if not wait and not sweep.ended:
            VIEWS.add(card.steps())
            return
        hold(card.steps(), front)
    except KeyboardInterrupt:
        VIEWS.add(card.steps())
        raise Interrupted(*sweep) from None
    if wait and sweep.error is not None:
        raise sweep.error


class SweepCard:
    """The output of one cell for a sweep; `steps` keeps it true until all jobs have ended."""

    def __init__(self, sweep: Sweep, front: FrontEnd, *, updates: float, quiet: bool) -> None:
        self.sweep = sweep
        self.front = front
        self.updates = updates
        self.quiet = quiet
        self._handle: Any = None
        self._widgets: _Widgets | None = None
        self._mount: Mount | None = None
        self._opened = time.monotonic()
        self._shown = ""

    def open(self) -> None:
        """Show the card."""
        if not self.front.has_html:
            return
        from IPython.display import display

        if self.front.has_widgets and not self.sweep.ended:
            self._widgets = _Widgets(self.sweep)
            if self.front.kind == "live" and can_mount():
                self._mount = Mount(self._widgets.box)
        self._handle = display(self._bundle(), raw=True, display_id=True)

    def steps(self) -> Iterator[float]:
        """Redraw the card until all jobs have ended; yield the seconds to rest between two drawings."""
        while not self.sweep.ended:
            self._draw()
            yield 1 / self.updates
        self._close()

    def _bundle(self) -> dict[str, Any]:
        """Return the output: HTML into which the page puts the widgets, or, for pages that cannot, both of them."""
        shown = self._html()
        bundle = {
            "text/plain": plain(headline(self.sweep)),
            "text/html": shown if self._mount is None else self._mount.html(shown),
        }
        return bundle if self._widgets is None or self._mount is not None else bundle | self._widgets.bundle()

    def _draw(self) -> None:
        if self._mount is not None and not self._mount.seen and time.monotonic() > self._opened + PATIENCE:
            self._mount.close()
            self._mount = None
            self._handle.update(self._bundle(), raw=True)
        if self._widgets is not None:
            self._widgets.draw()
        elif self._handle is not None:
            if (now := self._html()) != self._shown:
                self._shown = now
                self._handle.update({"text/html": now, "text/plain": plain(headline(self.sweep))}, raw=True)
        else:
            show_line(headline(self.sweep))

    def _close(self) -> None:
        """End as plain HTML: a saved notebook holds no widget."""
        if self._handle is not None:
            shown = {"text/html": ended_html(self.sweep, quiet=self.quiet), "text/plain": repr(self.sweep)}
            self._handle.update(shown, raw=True)
            if self._widgets is not None:
                self._widgets.close()
            if self._mount is not None:
                self._mount.close()
        elif sys.stderr.isatty() or self.front.kind == "terminal":
            for line in [headline(self.sweep), *repr(self.sweep).splitlines()]:
                say(line)

    def _html(self) -> str:
        go_on = "If this has stopped moving: <code>%video resume</code> takes up what is left."
        return (
            f'<div class="{LITERAL}" style="{FONT};max-width:640px" role="status">'
            f'<progress max="1" value="{progress(self.sweep):.3f}" style="width:100%" aria-label="progress"></progress>'
            f'{lines_html(self.sweep)}<div style="{QUIET}">{go_on}</div></div>'
        )


class _Widgets:
    """The live part of the card: a bar for all, a line for each, and Cancel for all that run."""

    def __init__(self, sweep: Sweep) -> None:
        import ipywidgets

        self.sweep = sweep
        self.bar = Bar("progress of the sweep", layout={"flex": "1 1 auto", "width": "auto"})
        self.cancel = ipywidgets.Button(
            description="Cancel all", tooltip="Stop these jobs", layout={"flex": "0 0 auto", "width": "auto"}
        )
        self.text = ipywidgets.HTML(lines_html(sweep))
        row = ipywidgets.HBox([self.bar.widget, self.cancel], layout={"align_items": "center"})
        self.box = ipywidgets.VBox([row, self.text], layout={"max_width": "640px"})
        self.cancel.on_click(lambda _: sweep.cancel())
        hear_while_busy(self.cancel, "click", sweep.cancel)

    def bundle(self) -> dict[str, Any]:
        data: dict[str, Any] = self.box._repr_mimebundle_()
        return {name: value for name, value in data.items() if name == "application/vnd.jupyter.widget-view+json"}

    def draw(self) -> None:
        self.bar.draw(progress(self.sweep))
        self.bar.tell(headline(self.sweep))
        if self.text.value != (lines := lines_html(self.sweep)):
            self.text.value = lines

    def close(self) -> None:
        """Shrink to one line, for a page that was reloaded and has lost the display handle."""
        self.text.value = f'<div style="{FONT}">{escape(headline(self.sweep))}</div>'
        self.box.children = [self.text]
        for each in (self.bar, self.cancel):
            each.close()
