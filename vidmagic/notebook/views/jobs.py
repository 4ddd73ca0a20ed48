"""The jobs of the journal as a sequence and a table: thumbnails, states, prices, and the next step."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from typing import Any, overload

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record, can_follow
from vidmagic.engine.journal.search import search
from vidmagic.escaping import LITERAL, escape, isolate, shorten
from vidmagic.notebook.card.rating import rating_html
from vidmagic.notebook.style import FONT, LIST_WIDTH, RULE, SMALL
from vidmagic.notebook.views.thumbnails import thumbnails
from vidmagic.session.reports.frame import data_frame, job_row
from vidmagic.session.reports.job_table import URGENT, age, choose, job_table
from vidmagic.session.session import Session

_PROMPT_WIDTH = 90  # characters
_THUMBNAIL = (60, 40)  # pixels
_TABLE = "border-collapse:collapse;width:100%;table-layout:auto;margin:0;color:inherit;background:transparent;border:0"
_CELL = "padding:6px 12px 6px 0;text-align:left;vertical-align:top;font-size:13px;line-height:1.45"
_RULE = f"background:transparent;border:0;{RULE}"
_COMMAND = "white-space:nowrap;font-size:11px;padding:0;background:transparent;color:inherit"


class Jobs(Sequence[Job]):
    """Some jobs; a notebook shows them as a table, a terminal as lines."""

    def __init__(self, jobs: Iterable[Job], session: Session) -> None:
        self._jobs = tuple(jobs)
        self._session = session

    @classmethod
    def chosen(cls, session: Session, *, shot: str = "", words: Sequence[str] = (), **filters: str) -> Jobs:
        """Return the jobs that the filters of `choose` leave: of a shot, with all *words* in their prompts.

        Raises InvalidRequest, and NoSuchJob for a shot without a take.
        """
        ids = _ids(session, shot, words)
        return cls(map(session.factory.peek, choose(session.store, session.catalog, ids=ids, **filters)), session)

    @overload
    def __getitem__(self, at: int) -> Job: ...
    @overload
    def __getitem__(self, at: slice) -> Jobs: ...
    def __getitem__(self, at: int | slice) -> Job | Jobs:
        return Jobs(self._jobs[at], self._session) if isinstance(at, slice) else self._jobs[at]

    def __len__(self) -> int:
        return len(self._jobs)

    def to_dataframe(self) -> Any:
        """Return the jobs as a pandas DataFrame. Raises ImportError where pandas is not installed."""
        return data_frame([_frame_row(self._session.shots.describe(job)) for job in self])

    def __repr__(self) -> str:
        return str(job_table(job.record for job in self)) if self else "No such job in the journal."

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        if not self:
            return f'<div style="{FONT}">No such job in the journal.</div>'
        pictures = thumbnails([job.record for job in self], *_THUMBNAIL)
        now = time.time()
        rows = "".join(self._row(job, picture, now) for job, picture in zip(self, pictures, strict=True))
        head = "".join(f'<th scope="col" style="{_CELL};{_RULE};{SMALL}">{name}</th>' for name in _COLUMNS)
        seen = f"{len(self)} job{'s'[: len(self) != 1]}, as of {time.strftime('%Y-%m-%d %H:%M', time.localtime(now))}"
        return (
            f'<div class="vidmagic {LITERAL}" style="{FONT};{LIST_WIDTH};overflow-x:auto">'
            f'<table style="{_TABLE}"><thead><tr style="background:transparent">{head}</tr></thead>'
            f'<tbody>{rows}</tbody></table><div style="{SMALL};margin-top:6px">{seen}</div></div>'
        )

    def _row(self, job: Job, picture: str, now: float) -> str:
        record = job.record
        facts = " · ".join(filter(None, [job.short, _length(record), record.price_text, age(now - record.created)]))
        made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        words = f'<div style="overflow-wrap:anywhere">{isolate(shorten(record.prompt, _PROMPT_WIDTH, empty=""))}</div>'
        cells = (
            picture,
            f'<div style="min-width:118px">{words}</div><div style="{SMALL}" title="{made}">{isolate(facts)}</div>'
            + rating_html(record),
            f'{_state(record)}<code style="{_COMMAND}">%video {self._next(job)} {escape(record.id)}</code>',
        )
        shown = "".join(f'<td style="{_CELL};{_RULE}">{cell}</td>' for cell in cells)
        return f'<tr style="background:transparent">{shown}</tr>'

    def _next(self, job: Job) -> str:
        """Return the verb of the next step of *job*."""
        record = job.record
        if record.state == states.DONE:
            is_lost = record.is_missing and not record.deleted
            return "resume" if is_lost and record.ticket is not None else "show"
        if record.state in states.LIVE:
            is_resumable = (
                record.state != states.NEW and not self._session.store.is_held_by_another(record) and job.ended
            )
            return "resume" if is_resumable else "show"
        return "resume" if record.state in URGENT or can_follow(record) else "show"


def _ids(session: Session, shot: str, words: Sequence[str]) -> set[str] | None:
    """Return the ids of the jobs of *shot* whose prompts hold all *words*; None for every job."""
    of_shot = {job.id for job in session.shots.find(shot)} if shot else None
    if not words:
        return of_shot
    with_words = {record.id for record in search(session.store, words, -1)}
    return with_words if of_shot is None else with_words & of_shot


_COLUMNS = ("video", "prompt", "state, next")


def _frame_row(job: Job) -> dict[str, Any]:
    """Return a job as a row: when it was started, which take it is, what is known of it, and what the user noted."""
    record = job.record
    return {
        "started": dt.datetime.fromtimestamp(record.created).astimezone(),
        "shot": job.take.shot if job.take is not None else "",
        "take": job.take.number if job.take is not None else None,
        **job_row(job),
        "note": record.note,
        "tags": ", ".join(record.tags),
        "draft": record.draft,
    }


def _state(record: Record) -> str:
    """Return the state with what it may have cost; its tooltip is what to do next."""
    row = states.STATES[record.state]
    weight = "600" if record.state in URGENT else "400"
    charged = {"unknown": "may be charged", "no": "not charged"}.get(record.charged, "")
    if row.live or record.state == states.DONE or record.in_sandbox or charged in row.label:
        charged = ""
    if record.is_missing:
        charged = "its file was deleted" if record.deleted else "its file is missing"
    note = f' <span style="{SMALL}">{charged}</span>' if charged else ""
    tooltip = f' title="{escape(row.next_step)}"' if row.next_step else ""
    return f'<div{tooltip}><span style="font-weight:{weight}">{escape(record.state_label)}</span>{note}</div>'


def _length(record: Record) -> str:
    seconds = record.params.get("duration")
    return f"{seconds:g} s" if isinstance(seconds, int | float) and seconds > 0 else ""
