"""A job while it lives: one output that shows how far it is, and ends as the player."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.engine.scheduler import Scheduler
from vidmagic.escaping import LITERAL, escape, isolate, plain
from vidmagic.media.display import size_text
from vidmagic.media.player import html
from vidmagic.notebook.card.frontend import FrontEnd
from vidmagic.notebook.card.live_output import LiveOutput
from vidmagic.notebook.card.terminal import say
from vidmagic.notebook.card.widget_card import CardState
from vidmagic.notebook.views.style import FONT, QUIET
from vidmagic.notebook.views.take_caption import take_html, take_text

MESSAGES = 120.0  # a second, for all cards together: far below Jupyter's limit, and a page stays smooth
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
VIEWS = Scheduler("views", 1)  # apart from the jobs' threads, so that no open stream keeps a card from moving


class Card:
    """The output of one cell for one job.

    `open` shows it, `steps` keeps it true until the job has ended, pulled by the views' engine or by a waiting cell.
    """

    def __init__(self, job: Job, front: FrontEnd, *, updates: float = 4.0, quiet: bool = False) -> None:
        self.job = job
        self.front = front
        self.quiet = quiet
        self.updates = updates
        self._output = LiveOutput(front, **words(job), pressed=job.cancel)

    def open(self) -> None:
        """Show the card."""
        self._output.open(moment(self.job), live=not self.job.ended)
        if self._output.is_open:
            _live.add(self)
        else:
            self._say(*map(plain, self.job.notes))

    def steps(self) -> Iterator[float]:
        """Redraw the card until the job has ended; yield the seconds to rest between two drawings."""
        while not self.job.ended:
            self._draw()
            yield max(1 / self.updates, len(_live) * self._output.messages / MESSAGES)
        self._close()

    def _draw(self) -> None:
        self._output.draw(moment(self.job))

    def _close(self) -> None:
        """End as plain HTML: a saved notebook holds no widget."""
        _live.discard(self)
        shown, text = ended(self.job, quiet=self.quiet)
        if self._output.is_open:
            self._output.close(shown, text, line=ended(self.job, quiet=True)[0])
        else:
            self._say(text)

    def _say(self, *lines: str) -> None:
        """Write lines where a person reads them; a program that uses this package from a script gets none."""
        if sys.stderr.isatty() or self.front.kind == "terminal":
            for line in lines:
                say(line)


def words(job: Job) -> dict[str, str]:
    """Return what the parts of a card are called."""
    return {"label": f"progress of job {job.id}", "button": "Cancel", "tip": f"Stop job {job.id}"}


def moment(job: Job) -> CardState:
    """Return what a card shows of a job at this moment."""
    value = fraction(job)
    drawn = "" if value is None else f"{'█' * int(value * 20):░<20} "
    return CardState(
        value,
        lines=status_html(job),
        told=f"{job.short}: {WORDS[job.state]}",
        text=f"{drawn}{plain(' · '.join(status(job)))}",
        hint=f"If this has stopped moving: <code>%video resume {escape(job.id)}</code>",
    )


def status(job: Job) -> list[str]:
    """Return what is true of a job at this moment, for people, most important first."""
    said = [job.short, WORDS[job.state]]
    if job.percent is not None and job.state == states.RUNNING:
        said.append(f"{job.percent:g} %")
    if job.state == states.READY:
        received, total = job.fetched
        said.append(size_text(received) + (f" of {size_text(total)}" if total else ""))
    said.append(clock(job.elapsed))
    if job.state in {states.ACCEPTED, states.RUNNING} and job.percent is None and job.schedule is not None:
        said.append(f"of about {clock(job.schedule.expected)} (estimate from {job.schedule.source})")
    said.append(f"job {job.id}")
    price = job.record.short_price
    said.append(
        "rehearsal, free of charge"
        if job.record.in_sandbox
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
    if job.status_text and not job.ended:
        lines.append(f'<div style="{FONT};{QUIET};overflow-wrap:anywhere">{isolate(job.status_text)}</div>')
    return "".join(lines)


def ended(job: Job, *, quiet: bool) -> tuple[str, str]:
    """Return the last word on a job, as HTML and as text: the player, or what went wrong."""
    if job.state == states.DONE:
        video = job.result()
        notes = "".join(f'<div style="{FONT};{QUIET}">{isolate(note)}</div>' for note in job.notes)
        if quiet:
            return f'<div style="{FONT}">{isolate(" · ".join(status(job)))} · {isolate(video.path)}</div>', repr(video)
        text = " · ".join(filter(None, [repr(video), take_text(job)]))
        return html(video, video.display) + take_html(job) + notes, text
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
    if job.schedule is None or job.state not in {states.ACCEPTED, states.RUNNING}:
        return None
    return min(0.95, job.elapsed / max(job.schedule.expected, 0.1))


def clock(seconds: float) -> str:
    """Return seconds as "0:07", "12:30" or "1:02:03"."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
