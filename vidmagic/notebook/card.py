"""A job while it lives: one output that shows how far it is, and ends as the player."""

from __future__ import annotations

import sys
import time
import weakref
from collections.abc import Iterator
from typing import Any

from vidmagic.jobs import record as states
from vidmagic.jobs.engine import Engine
from vidmagic.jobs.job import Job
from vidmagic.markup import LITERAL, escape, isolate, plain
from vidmagic.media.player import html, size_text
from vidmagic.notebook.bar import Bar
from vidmagic.notebook.frontend import FrontEnd
from vidmagic.notebook.hearing import hear_while_busy
from vidmagic.notebook.mount import PATIENCE, Mount, can_mount
from vidmagic.notebook.take_line import take_html, take_text
from vidmagic.progress import say, show_line

MESSAGES = 150.0  # a second, for all cards together: half of what keeps a page smooth, and far below Jupyter's limit
FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.5"
QUIET = "color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#777))"
WORDS = {
    states.NEW: "starting",
    states.SENDING: "sending",
    states.ACCEPTED: "queued",
    states.RUNNING: "generating",
    states.READY: "downloading",
    states.DONE: "done",
    states.REJECTED: "refused, not charged",
    states.UNKNOWN: "outcome unknown",
    states.FAILED: "failed",
    states.CANCELLED: "cancelled",
    states.PAUSED: "paused",
}

_live: weakref.WeakSet[Card] = weakref.WeakSet()
VIEWS = Engine("views", 2)  # apart from the jobs' threads, so that no open stream keeps a card from moving


class Card:
    """The output of one cell for one job.

    `open` shows it, `steps` keeps it true until the job has ended, pulled by the views' engine or by a waiting cell.
    """

    def __init__(self, job: Job, front: FrontEnd, *, updates: float = 4.0, quiet: bool = False) -> None:
        self.job = job
        self.front = front
        self.quiet = quiet
        self.updates = updates
        self._handle: Any = None
        self._widgets: _Widgets | None = None
        self._mount: Mount | None = None
        self._opened = time.monotonic()
        self._shown = ""

    def open(self) -> None:
        """Show the card."""
        if not self.front.has_html:
            self._say(*map(plain, self.job.notes))
            return
        from IPython.display import display

        if self.front.has_widgets and not self.job.ended:
            self._widgets = _Widgets(self.job)
            if self.front.kind == "live" and can_mount():
                self._mount = Mount(self._widgets.box)
        self._handle = display(self._bundle(), raw=True, display_id=True)
        _live.add(self)

    def steps(self) -> Iterator[float]:
        """Redraw the card until the job has ended; yield the seconds to rest between two drawings."""
        while not self.job.ended:
            self._draw()
            yield max(1 / self.updates, len(_live) * 2 / MESSAGES)
        self._close()

    def live(self) -> None:
        """Keep the card true from the background, under the context of the cell that runs now."""
        VIEWS.add(self.steps())

    def _bundle(self) -> dict[str, Any]:
        """Return the output: HTML into which the page puts the widgets, or, for pages that cannot, both of them."""
        shown = self._html()
        bundle = {"text/plain": self._text(), "text/html": shown if self._mount is None else self._mount.html(shown)}
        return bundle if self._widgets is None or self._mount is not None else bundle | self._widgets.bundle()

    def _show_without_mount(self) -> None:
        """Show the widgets in the usual way, in a front end that does not put them into the HTML."""
        assert self._mount is not None
        self._mount.close()
        self._mount = None
        self._handle.update(self._bundle(), raw=True)

    def _draw(self) -> None:
        if self._mount is not None and not self._mount.seen and time.monotonic() > self._opened + PATIENCE:
            self._show_without_mount()
        if self._widgets is not None:
            self._widgets.draw(self.job)
        elif self._handle is not None:
            if (now := self._html()) != self._shown:
                self._shown = now
                self._update(now, self._text())
        else:
            show_line(self._text())

    def _close(self) -> None:
        """End as plain HTML: a saved notebook holds no widget."""
        _live.discard(self)
        if self._handle is not None:
            self._update(*ended(self.job, quiet=self.quiet))
            if self._widgets is not None:
                self._widgets.close(ended(self.job, quiet=True)[0])
            if self._mount is not None:
                self._mount.close()
        else:
            self._say(ended(self.job, quiet=self.quiet)[1])

    def _say(self, *lines: str) -> None:
        """Write lines where a person reads them; a program that uses this package from a script gets none."""
        if sys.stderr.isatty() or self.front.kind == "terminal":
            for line in lines:
                say(line)

    def _update(self, shown: str, text: str) -> None:
        self._handle.update({"text/html": shown, "text/plain": text}, raw=True)

    def _html(self) -> str:
        value = fraction(self.job)
        bar = f' value="{value:.3f}"' if value is not None else ""
        return (
            f'<div class="{LITERAL}" style="{FONT};max-width:640px" role="status">'
            f'<progress max="1"{bar} style="width:100%" aria-label="progress"></progress>'
            f"{status_html(self.job)}{_how_to_go_on(self.job)}</div>"
        )

    def _text(self) -> str:
        value = fraction(self.job)
        bar = "" if value is None else f"{'█' * int(value * 20):░<20} "
        return f"{bar}{plain(' · '.join(status(self.job)))}"


def status(job: Job) -> list[str]:
    """Return what is true of a job at this moment, for people, most important first."""
    said = [job.short, WORDS[job.state]]
    if job.percent is not None and job.state == states.RUNNING:
        said.append(f"{job.percent:g} %")
    if job.state == states.READY:
        received, total = job.fetched
        said.append(size_text(received) + (f" of {size_text(total)}" if total else ""))
    said.append(clock(job.elapsed))
    if job.state in {states.ACCEPTED, states.RUNNING} and job.percent is None and job.pace is not None:
        said.append(f"of about {clock(job.pace.expected)} (estimate from {job.pace.source})")
    said.append(f"job {job.id}")
    price = job.record.short_price
    said.append(
        "rehearsal, free of charge"
        if job.record.rehearsal
        else f"{price} (estimate)"
        if job.record.price
        else "price unknown"
    )
    if job.reused:
        said.append("reused, not charged again")
    return said


def status_html(job: Job) -> str:
    """Return the same as HTML, with what the service said and what the user should know."""
    first, *others = [f'<span style="white-space:nowrap">{isolate(part)}</span>' for part in status(job)]
    lines = [f'<div style="{FONT}"><strong style="font-weight:600">{first}</strong> · {" · ".join(others)}</div>']
    lines += [take_html(job)]
    lines += [f'<div style="{FONT};{QUIET}">{isolate(note)}</div>' for note in job.notes]
    if job.said and not job.ended:
        lines.append(f'<div style="{FONT};{QUIET};overflow-wrap:anywhere">{isolate(job.said)}</div>')
    return "".join(lines)


def ended(job: Job, *, quiet: bool) -> tuple[str, str]:
    """Return the last word on a job, as HTML and as text: the player, or what went wrong."""
    if job.state == states.DONE:
        video = job.result()
        notes = "".join(f'<div style="{FONT};{QUIET}">{isolate(note)}</div>' for note in job.notes)
        if quiet:
            return f'<div style="{FONT}">{isolate(" · ".join(status(job)))} · {isolate(video.path)}</div>', repr(video)
        text = " · ".join(filter(None, [repr(video), take_text(job)]))
        return html(video, video.look) + take_html(job) + notes, text
    error = job.error
    said = error.lines() if error is not None else [f"job {job.id}: {job.state}"]
    lines = "".join(f'<div style="overflow-wrap:anywhere">{isolate(line)}</div>' for line in said)
    whole = f'<div class="{LITERAL}" style="{FONT};max-width:640px" role="status">{status_html(job)}{lines}</div>'
    return whole, plain(" · ".join([*status(job), *said]))


def fraction(job: Job) -> float | None:
    """Return how far the bar is, 0 to 1: the service's percentage, bytes fetched, or an estimate; None for unknown."""
    if job.ended:
        return 1.0
    if job.state == states.READY:
        received, total = job.fetched
        return received / total if total else None
    if job.percent is not None:
        return min(job.percent, 100.0) / 100
    if job.pace is None or job.state not in {states.ACCEPTED, states.RUNNING}:
        return None
    return min(0.95, job.elapsed / max(job.pace.expected, 0.1))


def clock(seconds: float) -> str:
    """Return seconds as "0:07", "12:30" or "1:02:03"."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _how_to_go_on(job: Job) -> str:
    """Say how to find the job again; what a saved notebook shows where the live card was."""
    return f'<div style="{FONT};{QUIET}">If this has stopped moving: <code>%video resume {escape(job.id)}</code></div>'


class _Widgets:
    """The live part of a card: a bar, a line of text and Cancel."""

    def __init__(self, job: Job) -> None:
        import ipywidgets

        self.bar = Bar(f"progress of job {job.id}", layout={"flex": "1 1 auto", "width": "auto"})
        self.cancel = ipywidgets.Button(
            description="Cancel", tooltip=f"Stop job {job.id}", layout={"flex": "0 0 auto", "width": "auto"}
        )
        self.text = ipywidgets.HTML(status_html(job))
        row = ipywidgets.HBox([self.bar.widget, self.cancel], layout={"align_items": "center"})
        self.box = ipywidgets.VBox([row, self.text], layout={"max_width": "640px"})
        self.cancel.on_click(lambda _: self._pressed(job))
        hear_clicks_while_busy(self.cancel, lambda: self._pressed(job))

    def _pressed(self, job: Job) -> None:
        """Ask for the job to be stopped. It may run on another thread than the cell, so it does nothing else."""
        job.cancel()

    def bundle(self) -> dict[str, Any]:
        data: dict[str, Any] = self.box._repr_mimebundle_()
        return {name: value for name, value in data.items() if name == "application/vnd.jupyter.widget-view+json"}

    def draw(self, job: Job) -> None:
        self.bar.draw(fraction(job))
        self.bar.tell(f"{job.short}: {WORDS[job.state]}")
        if self.text.value != (line := status_html(job)):
            self.text.value = line

    def close(self, line: str) -> None:
        """Shrink to one line, for a page that was reloaded and has lost the display handle."""
        self.text.value = line
        self.box.children = [self.text]  # not a new widget: many cards may end together, and each message counts
        for each in (self.bar, self.cancel):
            each.close()


def hear_clicks_while_busy(button: Any, pressed: Any) -> None:
    """Hear a click while the cell of the button still runs."""
    hear_while_busy(button, "click", pressed)
