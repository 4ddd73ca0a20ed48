"""What a card shows of a job."""

from __future__ import annotations

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.errors import VidmagicError
from vidmagic.escaping import LITERAL, escape, isolate, plain, shorten
from vidmagic.media.display import size_text
from vidmagic.media.player import html
from vidmagic.notebook.card.embedding import display_in
from vidmagic.notebook.card.rating import rating_html
from vidmagic.notebook.card.take_caption import take_html, take_text
from vidmagic.notebook.style import CARD_WIDTH, FONT, QUIET, STRONG
from vidmagic.notebook.surfaces.card_state import CardEnd, CardState, Controls
from vidmagic.notebook.surfaces.carried import Cell
from vidmagic.notebook.surfaces.progress_bar import bar_text
from vidmagic.session.drafts import draft_text
from vidmagic.session.ratings import rating_text
from vidmagic.spec.duration import duration_text

TITLE = 60  # characters of the prompt
REUSED = "reused, not charged again"


class JobContent:
    """The content of the card of *job* in *cell*; *below* is HTML that stands below it, live and at the end."""

    def __init__(self, job: Job, below: str = "", cell: Cell | None = None) -> None:
        self._job = job
        self._below = below
        self._cell = cell

    @property
    def ended(self) -> bool:
        """Whether the job has ended."""
        return self._job.ended

    def controls(self) -> Controls:
        """Return the bar's label and the button."""
        job = self._job
        return Controls(f"progress of job {job.id}", "Cancel", f"Stop job {job.id}", self._cancel, self._below)

    def _cancel(self) -> None:
        """Cancel the job; where that cannot be done from here, the card says why."""
        try:
            self._job.cancel()
        except VidmagicError as problem:
            self._job.add_notes(problem.message)

    def state(self) -> CardState:
        """Return what the card shows now."""
        job, value = self._job, fraction(self._job)
        return CardState(
            value,
            lines=status_html(job),
            announcement=f"{job.short}: {states.label(job.state)}",
            text=f"{bar_text(value)}{plain(' · '.join(status(job)))}",
            title=" · ".join(map(isolate, [job.short, shorten(job.prompt, TITLE), f"job {job.id}"])),
            hint=_picked_up(job),
            notes=tuple(job.notes),
        )

    def end(self, *, quiet: bool) -> CardEnd:
        """Return what stays: the player, or what went wrong. *quiet* leaves the player out."""
        job = self._job
        whole, text = job_end(job, self._cell, quiet=quiet)
        return CardEnd(whole + ("" if quiet else self._below), text, line=job_end(job, quiet=True)[0], written=(text,))


def _picked_up(job: Job) -> str:
    """Return how a job is picked up after its kernel has gone: its cell would buy once more where it asked for that."""
    command = f"<code>%video resume {escape(job.id)}</code>"
    return (
        f"{command} picks the video up, free."
        if job.record.again
        else (f"Run this cell again to pick the video up, free (or {command}).")
    )


def status(job: Job) -> list[str]:
    """Return the status of a job as short texts, most important first."""
    parts = [job.short, job.record.state_label, *_progress(job)]
    parts += [f"job {job.id}", job.record.price_text]
    return [*parts, REUSED] if job.reused else parts


def _progress(job: Job) -> list[str]:
    """Return how far a job is: the service's percentage, bytes, and the time beside the time it may take."""
    parts = [percent_text(job)] if percent_text(job) else []
    if job.state == states.READY:
        received, total = job.fetched
        parts.append(size_text(received) + (f" of {size_text(total)}" if total else ""))
    parts.append(duration_text(job.elapsed))
    if is_at_service(job) and job.percent is None and job.schedule is not None:
        parts.append(f"of about {duration_text(job.schedule.expected)} (estimate from {job.schedule.source})")
    return parts


def percent_text(job: Job) -> str:
    """Return the service's percentage while it makes the video; "" where it sent none."""
    return f"{job.percent:g} %" if job.percent is not None and job.state == states.RUNNING else ""


def is_at_service(job: Job) -> bool:
    """Return whether the service has accepted the job and has not finished it."""
    return job.state in states.FOLLOWED - {states.READY}


def status_html(job: Job) -> str:
    """Return the status as HTML, with the service's own message and what the user should know."""
    first, *others = [f'<span style="white-space:nowrap">{isolate(part)}</span>' for part in status(job)]
    lines = [f'<div style="{FONT}"><strong style="{STRONG}">{first}</strong> · {" · ".join(others)}</div>']
    lines += [take_html(job), _draft_html(job), rating_html(job.record), _notes_html(job)]
    if job.status_text and not job.ended:
        lines.append(f'<div style="{FONT};{QUIET};overflow-wrap:anywhere">{isolate(job.status_text)}</div>')
    return "".join(lines)


def job_end(job: Job, cell: Cell | None = None, *, quiet: bool) -> tuple[str, str]:
    """Return the end of a job in *cell* as HTML and as text: the player, or what went wrong."""
    return _done(job, cell, quiet=quiet) if job.has_video else _not_done(job)


def _done(job: Job, cell: Cell | None, *, quiet: bool) -> tuple[str, str]:
    video = job.result()
    if quiet:
        return f'<div style="{FONT}">{isolate(" · ".join(status(job)))} · {isolate(video.path)}</div>', repr(video)
    parts = [repr(video), take_text(job), "draft" if job.record.draft else "", rating_text(job.record)]
    below = take_html(job) + _draft_html(job) + rating_html(job.record) + _notes_html(job)
    return html(video, display_in(video, cell)) + below, " · ".join(filter(None, parts))


def _not_done(job: Job) -> tuple[str, str]:
    messages = job.error.lines() if job.error is not None else [f"job {job.id}: {job.state}"]
    messages += job.lifetimes.notes(job.record)
    lines = "".join(f'<div style="overflow-wrap:anywhere">{isolate(line)}</div>' for line in messages)
    whole = f'<div class="{LITERAL}" style="{FONT};{CARD_WIDTH}" role="status">{status_html(job)}{lines}</div>'
    return whole, plain(" · ".join([*status(job), *messages]))


def _draft_html(job: Job) -> str:
    """Return what a draft is, with the line that makes the full version; "" for any other job."""
    if not job.record.draft:
        return ""
    return f'<div style="{FONT};{QUIET}">{isolate(draft_text(job.record.full, job.record.price_text, job.id))}</div>'


def _notes_html(job: Job) -> str:
    return "".join(f'<div style="{FONT};{QUIET}">{isolate(note)}</div>' for note in job.notes)


def fraction(job: Job) -> float | None:
    """Return how far the bar is, 0 to 1: the service's percentage, bytes fetched, or an estimate; None for unknown."""
    if job.ended:
        return 1.0
    if job.state == states.READY:
        received, total = job.fetched
        return received / total if total else None
    if job.percent is not None:
        return min(job.percent, 100.0) / 100
    if job.schedule is None or not is_at_service(job):
        return None
    return min(0.95, job.elapsed / max(job.schedule.expected, 0.1))
