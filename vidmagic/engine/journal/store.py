"""The journal: jobs in SQLite, one row each. Only this room, engine/journal, writes SQL."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from vidmagic.engine.journal import spill
from vidmagic.engine.journal.database import BUSY, Database
from vidmagic.engine.journal.lease import Owner
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import IN_SANDBOX, TRANSCRIPT, insert, read, storable, value_of
from vidmagic.engine.states import LIVE, NEW, SENDING
from vidmagic.errors import AmbiguousJob, JournalError, NoSuchJob


class Store:
    """The journal in *folder*, for the process *owner*; another kernel's lock is waited for *busy* seconds.

    The first call opens it and creates the folder, for the user alone.
    """

    def __init__(self, folder: Path, owner: Owner, *, busy: float = BUSY) -> None:
        self.owner = owner
        self.path = folder / "jobs.db"
        self.database = Database(self.path, busy=busy)

    def open(self) -> None:
        """Create or migrate the journal, note that this process lives, take over the spill file. Raises JournalError.

        It is done once, and again after the file was deleted or quarantined.
        """
        if self.database.prepare():
            self.beat()
            spill.take_over(self.database)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open the journal for one transaction. Raises JournalError."""
        self.open()
        with self.database.writing() as db:
            yield db

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the journal for queries. Raises JournalError."""
        self.open()
        with self.database.reading() as db:
            yield db

    def begin(self, record: Record, *, again: bool, satisfies: Callable[[Record], bool]) -> tuple[Record, bool]:
        """Store *record*, or return the earlier job of the same request; the flag is True when *record* was stored.

        *satisfies* decides of each earlier job, newest first, whether it answers the request.
        """
        return self.begin_all([record], again=again, satisfies=satisfies)[0]

    def begin_all(
        self, records: Sequence[Record], *, again: bool, satisfies: Callable[[Record], bool]
    ) -> list[tuple[Record, bool]]:
        """Do for different requests what `begin` does for one: all of them are stored, or none.

        One transaction, so that two kernels that start the same request at the same time make one job.
        """
        with self.writing() as db:
            # Every query precedes the first insert: *satisfies* reads by another connection, which a write locks out.
            earlier = [None if again else _earlier(db, record.fingerprint, satisfies) for record in records]
            if not again:
                self._check_doubt([new for new, old in zip(records, earlier, strict=True) if old is None])
            return [
                (old, False) if old is not None else (_added(db, new, self.owner.id), True)
                for new, old in zip(records, earlier, strict=True)
            ]

    def _check_doubt(self, fresh: Sequence[Record]) -> None:
        """Refuse requests that may have been bought before the journal was damaged. Raises JournalError."""
        if self.database.doubtful and any(not record.in_sandbox for record in fresh):
            raise JournalError(
                "the journal was damaged, and what it knew of this request may be lost; nothing was sent",
                hint="`vidmagic rebuild FOLDER` takes over the finished videos of a folder and goes on; `--again` sends"
                " this one request.",
            )

    def mark_sending(self, job_id: str) -> None:
        """Record that the first byte is about to leave. Raises JournalError unless this process may send it."""
        with self.writing() as db:
            moved = db.execute(
                f"UPDATE job SET state = ?, charged = iif({IN_SANDBOX}, 'no', 'unknown'), updated = ?"
                " WHERE id = ? AND owner = ? AND state = ?",
                (SENDING, time.time(), job_id, self.owner.id, NEW),
            )
            if moved.rowcount != 1:
                raise JournalError(f"job {job_id} is no longer this kernel's to send; nothing was sent", job_id=job_id)

    def update(self, job_id: str, **changes: Any) -> None:
        """Change the given columns. Raises JournalError also where the journal no longer knows the job."""
        changes.setdefault("updated", time.time())
        assignments = ", ".join(f"{name} = ?" for name in changes)
        with self.writing() as db:
            changed = db.execute(
                f"UPDATE job SET {assignments} WHERE id = ?",
                [*(value_of(name, value) for name, value in changes.items()), job_id],
            )
            if changed.rowcount != 1:
                raise JournalError(f"the journal {self.path} no longer knows the job {job_id}", job_id=job_id)

    def add_transcript(self, job_id: str, text: str) -> None:
        """Store what a service has sent once and never repeats."""
        with self.writing() as db:
            db.execute(f"INSERT INTO {TRANSCRIPT} VALUES (?, ?, ?)", (job_id, time.time(), storable(text)))

    def claim(self, job_id: str, state: str) -> bool:
        """Take over, into *state*, a job that nobody drives; return False if another process drives it."""
        with self.writing() as db:
            row = db.execute("SELECT owner, state FROM job WHERE id = ?", (job_id,)).fetchone()
            if row is None or (row["state"] in LIVE and self._is_held_by_another(db, row["owner"])):
                return False
            db.execute(
                "UPDATE job SET owner = ?, state = ?, error = NULL, updated = ? WHERE id = ?",
                (self.owner.id, state, time.time(), job_id),
            )
            return True

    def spill(self, record: Record) -> None:
        """Store a job that the journal refused in the spill file. Raises OSError."""
        spill.add(self.path, record)

    def beat(self) -> None:
        """Note that this process lives. Raises JournalError."""
        beating = dataclasses.replace(self.owner, beat=time.time())
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO owner VALUES (?, ?, ?, ?, ?, ?)", dataclasses.astuple(beating))

    def get(self, start: str) -> Record:
        """Return the one job whose id begins with *start*. Raises NoSuchJob."""
        start = start.strip().lower()
        with self.reading() as db:
            rows = db.execute(
                "SELECT * FROM job WHERE id >= ? AND id < ? LIMIT 3", (start, start + "\x7f")
            ).fetchall() if start else []  # fmt: skip
        records = [read(row) for row in rows]
        exact = [record for record in records if record.id == start]
        if len(records) == 1 or exact:
            return (exact or records)[0]
        if not records:
            raise NoSuchJob(f"no job's id begins with {start!r}", hint="`%video jobs` lists them.")
        raise AmbiguousJob(f"more than one job's id begins with {start!r}: {', '.join(r.id for r in records)}")

    def find(self, *, states: Sequence[str] = (), model: str = "", since: float = 0.0, limit: int = -1) -> list[Record]:
        """Return jobs, newest first: of these states, of this model, created since then."""
        of_states = f"AND state IN ({', '.join('?' * len(states))})" if states else ""
        with self.reading() as db:
            rows = db.execute(
                f"SELECT * FROM job WHERE created >= ? AND (? = '' OR model = ?) {of_states} ORDER BY n DESC LIMIT ?",
                [since, model, model, *states, limit],
            ).fetchall()
        return [read(row) for row in rows]

    def of_request(self, fingerprint: str) -> list[Record]:
        """Return the jobs of one request, newest first."""
        with self.reading() as db:
            return _of_request(db, fingerprint)

    def transcript(self, job_id: str) -> str:
        """Return the stored texts of a service, one a line, in the order in which they arrived."""
        with self.reading() as db:
            rows = db.execute(f"SELECT text FROM {TRANSCRIPT} WHERE job_id = ? ORDER BY rowid", (job_id,)).fetchall()
        return "\n".join(row["text"] for row in rows)

    def is_held_by_another(self, record: Record) -> bool:
        """Return whether another living process drives this job."""
        with self.reading() as db:
            return self._is_held_by_another(db, record.owner)

    def _is_held_by_another(self, db: sqlite3.Connection, owner_id: str) -> bool:
        if owner_id == self.owner.id:
            return False
        row = db.execute("SELECT * FROM owner WHERE id = ?", (owner_id,)).fetchone()
        return row is not None and Owner(**dict(row)).is_alive(self.owner)


def _added(db: sqlite3.Connection, record: Record, owner: str) -> Record:
    record = dataclasses.replace(record, owner=owner, updated=time.time())
    return dataclasses.replace(record, n=insert(db, record).lastrowid or 0)


def _earlier(db: sqlite3.Connection, fingerprint: str, satisfies: Callable[[Record], bool]) -> Record | None:
    """Return the newest job that answers the request."""
    return next((record for record in _of_request(db, fingerprint) if satisfies(record)), None)


def _of_request(db: sqlite3.Connection, fingerprint: str) -> list[Record]:
    rows = db.execute("SELECT * FROM job WHERE fingerprint = ? ORDER BY n DESC", (fingerprint,)).fetchall()
    return [read(row) for row in rows]
