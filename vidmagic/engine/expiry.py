"""How long a service answers for a job, and what a person should know of that while the job waits."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import DONE, PAUSED, UNKNOWN

WAITING = (PAUSED, UNKNOWN)  # the states in which a job waits for a person, and the service does not
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """For how many hours a service knows a job by its id, and a link leads to its video; None where nobody says."""

    id_hours: float | None = None
    link_hours: float | None = None

    def forgotten_at(self, record: Record) -> float | None:
        """Return when the service forgets the job, in seconds since 1970; None where that is not known."""
        if self.id_hours is None or record.in_sandbox or record.state == DONE:
            return None
        return (record.accepted or record.created) + self.id_hours * _HOUR

    def link_ends_at(self, record: Record) -> float | None:
        """Return when the stored link of a job no longer leads to its video; None where there is none."""
        if self.link_hours is None or record.in_sandbox or not record.links or not record.ready:
            return None
        return record.ready + self.link_hours * _HOUR

    def notes(self, record: Record, now: float | None = None) -> list[str]:
        """Return what a person should know of a job that waits for them; nothing of any other."""
        if record.state not in WAITING:
            return []
        now = time.time() if now is None else now
        forgotten, ended = self.forgotten_at(record), self.link_ends_at(record)
        notes = []
        if forgotten is not None:
            verb = "forgets" if forgotten > now else "forgot"
            notes.append(f"the service {verb} this job at {clock_text(forgotten, now)}")
        if ended is not None:
            verb = "ends" if ended > now else "ended"
            notes.append(f"the link to its video {verb} about {clock_text(ended, now)}")
        return notes


NOT_KNOWN = Lifetimes()


def clock_text(at: float, now: float) -> str:
    """Return a time as a person reads it: "18:40 today", "09:05 tomorrow", "18:40 on 2026-11-28"."""
    then, today = dt.datetime.fromtimestamp(at), dt.datetime.fromtimestamp(now).date()  # noqa: DTZ006
    days = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    return f"{then:%H:%M} {days.get((then.date() - today).days, f'on {then:%Y-%m-%d}')}"
