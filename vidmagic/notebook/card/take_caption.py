"""One line under a video: its take of the shot, and the changes from another take."""

from __future__ import annotations

from vidmagic.engine.job import Job
from vidmagic.engine.journal.request_diff import Change, Changes
from vidmagic.escaping import LITERAL, escape, isolate, plain
from vidmagic.notebook.style import FONT

PICK = " ★ pick"  # after the name of the picked take: a word beside the mark


def take_html(job: Job) -> str:
    """Return the line as HTML; "" for a job without a shot."""
    if job.take is None:
        return ""
    parts = [f"<strong>{escape(job.take)}</strong>{PICK if job.take.picked else ''}", changes_html(job.changes)]
    return f'<div class="{LITERAL}" style="{FONT};overflow-wrap:anywhere">{" · ".join(filter(None, parts))}</div>'


def take_text(job: Job) -> str:
    """Return the line as text; "" for a job without a shot."""
    if job.take is None:
        return ""
    name = f"{job.take}{PICK if job.take.picked else ''}"
    return plain(" · ".join(str(part) for part in (name, job.changes) if part is not None))


def changes_html(changes: Changes | None) -> str:
    """Return what changed from another take: added words underlined, removed words crossed out."""
    if changes is None:
        return ""
    return f"{escape(changes.opening)} {', '.join(map(_change, changes.differences))}".strip()


def _change(change: Change) -> str:
    if change.what:
        return isolate(change)
    old = f"<del>{isolate(change.old)}</del>" if change.old else ""
    new = f"<ins>{isolate(change.new)}</ins>" if change.new else ""
    return f"{old} {new}".strip()
