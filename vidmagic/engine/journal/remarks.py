"""What the user stores about a job: stars, note and tags, and that its file was deleted.

These columns are the user's alone. Whatever drives the job leaves them as they are, and to change them says nothing of
the job: when it was `updated` stays.
"""

from __future__ import annotations

import dataclasses
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import read, value_of
from vidmagic.engine.journal.store import Store
from vidmagic.errors import JournalError


def remark(store: Store, job_id: str, change: Callable[[Record], Record]) -> Record:
    """Store the stars, the note and the tags that *change* makes of a job's, and return the job. Raises JournalError.

    It is one transaction, so that two kernels that tag the same job lose no tag.
    """

    def remark_it(db: sqlite3.Connection) -> Record:
        after = change(_job(db, store, job_id))
        _set(db, job_id, stars=after.stars, note=after.note, tags=after.tags)
        return after

    return store.write(remark_it)


def mark_deleted(store: Store, job_id: str) -> Record:
    """Store that the user has deleted the file of a job just now, and return the job. Raises JournalError."""

    def mark_it(db: sqlite3.Connection) -> Record:
        after = dataclasses.replace(_job(db, store, job_id), deleted=time.time())
        _set(db, job_id, deleted=after.deleted)
        return after

    return store.write(mark_it)


def _job(db: sqlite3.Connection, store: Store, job_id: str) -> Record:
    row = db.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise JournalError(f"the journal {store.path} no longer knows the job {job_id}", job_id=job_id)
    return read(row)


def _set(db: sqlite3.Connection, job_id: str, **values: Any) -> None:
    db.execute(
        f"UPDATE job SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ?",
        [*(value_of(name, value) for name, value in values.items()), job_id],
    )
