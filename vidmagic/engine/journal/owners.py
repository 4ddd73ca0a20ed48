"""Whose job it is: each function is part of one transaction, so that two processes never both win."""

from __future__ import annotations

import dataclasses
import sqlite3
import time

from vidmagic.engine.journal.lease import Lease, Owner
from vidmagic.engine.journal.record import Record, satisfies_request
from vidmagic.engine.journal.request_takes import by_number
from vidmagic.engine.journal.rows import IN_SANDBOX, of_request, read, value_of
from vidmagic.engine.states import DONE, LIVE, NEW, SENDING, UNKNOWN
from vidmagic.errors import JournalError


def beat(db: sqlite3.Connection, owner: Owner) -> None:
    """Note that *owner* lives."""
    values = dataclasses.asdict(owner)
    names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT OR REPLACE INTO owner ({names}) VALUES ({marks})", values)


def is_held_by_another(db: sqlite3.Connection, owner_id: str, me: Owner, lease: Lease) -> bool:
    """Return whether another living process is the owner."""
    if owner_id == me.id:
        return False
    row = db.execute("SELECT * FROM owner WHERE id = ?", (owner_id,)).fetchone()
    return row is not None and lease.is_alive(Owner(**dict(row)), me)


def claim(db: sqlite3.Connection, job_id: str, state: str, me: Owner, lease: Lease) -> bool:
    """Take over, into *state*, a job that nobody drives; return False if another process drives it.

    A finished job stays `done` in the journal, also while its video is downloaded once more.
    """
    row = db.execute("SELECT owner, state FROM job WHERE id = ?", (job_id,)).fetchone()
    if row is None or (row["state"] in LIVE and is_held_by_another(db, row["owner"], me, lease)):
        return False
    beat(db, lease.beating(me))
    if row["state"] == DONE:
        return True
    db.execute(
        "UPDATE job SET owner = ?, state = ?, error = NULL, updated = ? WHERE id = ?",
        (me.id, state, time.time(), job_id),
    )
    return True


def give_up_submit(db: sqlite3.Connection, job_id: str, error: dict[str, str], me: Owner, lease: Lease) -> None:
    """Note of a submit whose process is gone that its outcome is unknown.

    It changes nothing where another process has taken the job over, or had stored the answer just before it went.
    """
    row = db.execute("SELECT owner FROM job WHERE id = ? AND state = ?", (job_id, SENDING)).fetchone()
    if row is not None and not is_held_by_another(db, row["owner"], me, lease):
        values = UNKNOWN, value_of("error", error), time.time(), job_id
        db.execute("UPDATE job SET state = ?, error = ?, updated = ? WHERE id = ?", values)


def mark_sending(db: sqlite3.Connection, job_id: str, owner_id: str) -> None:
    """Record that the first byte of a job is about to leave.

    Raises JournalError unless the job is this owner's to send and its request is nobody else's by now: whether another
    process lives can be misjudged, what it has written cannot.
    """
    row = db.execute("SELECT * FROM job WHERE id = ? AND owner = ? AND state = ?", (job_id, owner_id, NEW)).fetchone()
    if row is None:
        raise JournalError(f"job {job_id} is no longer this kernel's to send; nothing was sent", job_id=job_id)
    record = read(row)
    other = None if record.again else _begun_elsewhere(db, record)
    if other is not None:
        raise JournalError(
            f"another kernel has sent the same request as job {other.id}; nothing was sent here",
            hint="Run the cell again: it shows that job, free of charge.",
            job_id=job_id,
        )
    db.execute(
        f"UPDATE job SET state = ?, charged = iif({IN_SANDBOX}, 'no', 'unknown'), updated = ? WHERE id = ?",
        (SENDING, time.time(), job_id),
    )


def _begun_elsewhere(db: sqlite3.Connection, record: Record) -> Record | None:
    """Return another job that has been sent as the same take of the same request, or None."""
    others = (other for other in of_request(db, record.fingerprint) if other.id != record.id and other.state != NEW)
    takes = by_number(filter(satisfies_request, others))
    return takes.get(record.request_take) if record.request_take else next(iter(takes.values()), None)
