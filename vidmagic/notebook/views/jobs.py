"""The jobs of the journal as a sequence that shows itself: stills, states, prices, and what to type next."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, overload

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record, can_follow
from vidmagic.escaping import LITERAL, escape, isolate
from vidmagic.notebook.views.thumbnails import stills
from vidmagic.session.reports import tables
from vidmagic.session.session import Session

WORDS = 90  # characters of a prompt

_FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.45"
_TABLE = "border-collapse:collapse;width:100%;table-layout:auto;margin:0;color:inherit;background:transparent;border:0"
_CELL = "padding:6px 12px 6px 0;text-align:left;vertical-align:top;font-size:13px;line-height:1.45"
_RULE = "background:transparent;border:0;border-bottom:1px solid var(--jp-border-color2,#8886)"
_QUIET = "font-size:12px;color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#767676))"
_STILL = "display:block;width:60px;height:40px;border-radius:3px"
_COMMAND = "white-space:nowrap;font-size:11px;padding:0;background:transparent;color:inherit"
_NOTES = {
    states.UNKNOWN: "answer lost",
    states.PAUSED: "waits for you",
}


class Jobs(Sequence[Job]):
    """Some jobs; a notebook shows them as a table, a terminal as lines."""

    def __init__(self, jobs: Iterable[Job], session: Session) -> None:
        self._jobs = tuple(jobs)
        self._session = session

    @classmethod
    def chosen(cls, session: Session, **filters: str) -> Jobs:
        """Return the jobs that the filters of `tables.chosen` leave. Raises InvalidRequest."""
        return cls(map(session.peek, tables.chosen(session.store, session.catalog, **filters)), session)

    @overload
    def __getitem__(self, at: int) -> Job: ...
    @overload
    def __getitem__(self, at: slice) -> Jobs: ...
    def __getitem__(self, at: int | slice) -> Job | Jobs:
        return Jobs(self._jobs[at], self._session) if isinstance(at, slice) else self._jobs[at]

    def __len__(self) -> int:
        return len(self._jobs)

    def __repr__(self) -> str:
        return str(tables.jobs(job.record for job in self)) if self else "No such job in the journal."

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        if not self:
            return f'<div style="{_FONT}">No such job in the journal.</div>'
        pictures = stills([job.record for job in self], _STILL)
        now = time.time()
        rows = "".join(self._row(job, still, now) for job, still in zip(self, pictures, strict=True))
        head = "".join(f'<th scope="col" style="{_CELL};{_RULE};{_QUIET}">{name}</th>' for name in _COLUMNS)
        seen = f"{len(self)} job{'s'[: len(self) != 1]}, as of {time.strftime('%Y-%m-%d %H:%M', time.localtime(now))}"
        return (
            f'<div class="vidmagic {LITERAL}" style="{_FONT};max-width:960px;overflow-x:auto">'
            f'<table style="{_TABLE}"><thead><tr style="background:transparent">{head}</tr></thead>'
            f'<tbody>{rows}</tbody></table><div style="{_QUIET};margin-top:6px">{seen}</div></div>'
        )

    def _row(self, job: Job, still: str, now: float) -> str:
        record = job.record
        facts = " · ".join(filter(None, [job.short, _length(record), _price(record), tables.age(now - record.created)]))
        made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        words = f'<div style="overflow-wrap:anywhere">{isolate(_first_words(record))}</div>'
        cells = (
            still,
            f'<div style="min-width:118px">{words}</div><div style="{_QUIET}" title="{made}">{isolate(facts)}</div>',
            f'{_state(record)}<code style="{_COMMAND}">%video {self._next(job)} {escape(record.id)}</code>',
        )
        shown = "".join(f'<td style="{_CELL};{_RULE}">{cell}</td>' for cell in cells)
        return f'<tr style="background:transparent">{shown}</tr>'

    def _next(self, job: Job) -> str:
        """Return the verb that a person would type next for *job*."""
        record = job.record
        if record.state == states.DONE:
            lost = not Path(record.path).is_file() and record.ticket is not None
            return "resume" if lost else "show"
        if record.state in states.LIVE:
            rests = job.ended and record.state != states.NEW and not self._session.store.is_held_by_another(record)
            return "resume" if rests else "show"
        return "resume" if record.state in tables.URGENT or can_follow(record) else "show"


_COLUMNS = ("video", "prompt", "state, next")


def _state(record: Record) -> str:
    weight = "600" if record.state in tables.URGENT else "400"
    charged = {"unknown": "may be charged", "no": "not charged"}.get(record.charged, "")
    if record.state in states.LIVE | {states.DONE} or record.in_sandbox:
        charged = ""
    note = " · ".join(filter(None, [_NOTES.get(record.state), charged]))
    said = f' <span style="{_QUIET}">{note}</span>' if note else ""
    return f'<div><span style="font-weight:{weight}">{escape(record.state)}</span>{said}</div>'


def _first_words(record: Record) -> str:
    words = " ".join(record.prompt.split())
    return words if len(words) <= WORDS else words[: WORDS - 1].rstrip() + "…"


def _length(record: Record) -> str:
    seconds = record.params.get("duration")
    return f"{seconds:g} s" if isinstance(seconds, int | float) and seconds > 0 else ""


def _price(record: Record) -> str:
    if record.in_sandbox:
        return "rehearsal, free"
    return record.short_price if record.price else "price unknown"
