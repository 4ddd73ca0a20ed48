"""The journal: jobs in SQLite, and the one place that writes SQL."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from vidmagic.engine.download.sidecar import read_sidecars
from vidmagic.engine.journal import spill as rescue
from vidmagic.engine.journal.database import Database
from vidmagic.engine.journal.lease import Owner
from vidmagic.engine.journal.record import Record, Spending
from vidmagic.engine.journal.rows import insert, read, storable, value_of
from vidmagic.engine.states import LIVE, NEW, SENDING
from vidmagic.errors import JournalError, NoSuchJob


class Store:
    """The journal in *folder*; opened at the first call, with the folder made for the user alone."""

    def __init__(self, folder: Path, owner: Owner) -> None:
        self.owner = owner
        self.path = folder / "jobs.db"
        self.file = Database(self.path, self._begun)

    def _begun(self) -> None:
        self.beat()
        rescue.take_over(self.file)

    # -- writing

    def begin(self, record: Record, *, again: bool, found: Callable[[Record], bool]) -> tuple[Record, bool]:
        """Store *record*, or return the job there is for the same request; the flag says which (True: stored).

        *found* tells of each earlier job, newest first, whether it stands for the request.
        """
        return self.begin_all([record], again=again, found=found)[0]

    def begin_all(
        self, records: Sequence[Record], *, again: bool, found: Callable[[Record], bool]
    ) -> list[tuple[Record, bool]]:
        """Do for different requests what `begin` does for one: all of them are stored, or none.

        One transaction, so that two kernels that start the same request at the same time make one job.
        """
        with self.file.writing() as db:
            # All looks come before the first insert: `found` reads by another connection, which a long write locks out.
            there = [None if again else _earlier(db, record.fingerprint, found) for record in records]
            if not again:
                self._check_doubt([new for new, earlier in zip(records, there, strict=True) if earlier is None])
            return [
                (earlier, False) if earlier is not None else (_added(db, record, self.owner.id), True)
                for record, earlier in zip(records, there, strict=True)
            ]

    def _check_doubt(self, fresh: Sequence[Record]) -> None:
        """Refuse what may have been bought before the journal was damaged. Raises JournalError."""
        if self.file.doubtful and any(not record.in_sandbox for record in fresh):
            raise JournalError(
                "the journal was damaged, and what it knew of this request may be lost; nothing was sent",
                hint="`vidmagic rebuild FOLDER` takes over the finished videos of a folder and goes on; `--again` sends"
                " this one request.",
            )

    def sending(self, job_id: str) -> None:
        """Record that the first byte is about to leave: the gate. Raises JournalError unless it is ours to send."""
        with self.file.writing() as db:
            moved = db.execute(
                "UPDATE job SET state = ?, charged = iif(rehearsal, 'no', 'unknown'), updated = ?"
                " WHERE id = ? AND owner = ? AND state = ?",
                (SENDING, time.time(), job_id, self.owner.id, NEW),
            )
            if moved.rowcount != 1:
                raise JournalError(f"job {job_id} is no longer this kernel's to send; nothing was sent", job_id=job_id)

    def update(self, job_id: str, **changes: Any) -> None:
        """Change the fields given. Raises JournalError also where the journal no longer knows the job."""
        changes.setdefault("updated", time.time())
        setting = ", ".join(f"{name} = ?" for name in changes)
        with self.file.writing() as db:
            changed = db.execute(
                f"UPDATE job SET {setting} WHERE id = ?",  # noqa: S608  our own names
                [*(value_of(name, value) for name, value in changes.items()), job_id],
            )
            if changed.rowcount != 1:
                raise JournalError(f"the journal {self.path} no longer knows the job {job_id}", job_id=job_id)

    def add_transcript(self, job_id: str, text: str) -> None:
        """Keep the words of a service that says each thing only once."""
        with self.file.writing() as db:
            db.execute("INSERT INTO heard VALUES (?, ?, ?)", (job_id, time.time(), storable(text)))

    def claim(self, job_id: str, state: str) -> bool:
        """Take over, into *state*, a job that rests or whose owner is gone; False if another kernel drives it."""
        with self.file.writing() as db:
            row = db.execute("SELECT owner, state FROM job WHERE id = ?", (job_id,)).fetchone()
            if row is None or (row["state"] in LIVE and self._held_by_another(db, row["owner"])):
                return False
            db.execute(
                "UPDATE job SET owner = ?, state = ?, error = NULL, updated = ? WHERE id = ?",
                (self.owner.id, state, time.time(), job_id),
            )
            return True

    def rescue(self, record: Record) -> None:
        """Keep a job that the journal would not take in a file beside it. Raises OSError."""
        rescue.leave(self.path, record)

    def rebuild(self, folders: Sequence[Path]) -> list[Record]:
        """Take over from the files beside videos in *folders* the finished jobs that the journal does not know.

        What can be read of damaged journals comes first: it knows more.
        """
        self.file.salvage_again()
        found = [record for folder in folders for record in read_sidecars(folder)]
        with self.file.writing() as db:
            taken = [record for record in found if insert(db, record, "OR IGNORE").rowcount]
        self.file.settle()
        return taken

    def beat(self) -> None:
        """Show that this process lives."""
        mine = dataclasses.replace(self.owner, beat=time.time())
        with self.file.writing() as db:
            db.execute("INSERT OR REPLACE INTO owner VALUES (?, ?, ?, ?, ?, ?)", dataclasses.astuple(mine))

    # -- reading

    def get(self, start: str) -> Record:
        """Return the one job whose id begins with *start*. Raises NoSuchJob."""
        start = start.strip().lower()
        with self.file.reading() as db:
            rows = db.execute(
                "SELECT * FROM job WHERE id >= ? AND id < ? LIMIT 3", (start, start + "\x7f")
            ).fetchall() if start else []  # fmt: skip
        found = [read(row) for row in rows]
        exact = [record for record in found if record.id == start]
        if len(found) == 1 or exact:
            return (exact or found)[0]
        if not found:
            raise NoSuchJob(f"no job's id begins with {start!r}", hint="`%video jobs` lists them.")
        raise NoSuchJob(f"more than one job's id begins with {start!r}: {', '.join(r.id for r in found)}")

    def find(self, *, states: Sequence[str] = (), model: str = "", since: float = 0.0, limit: int = -1) -> list[Record]:
        """Return jobs, newest first."""
        wanted = f"AND state IN ({', '.join('?' * len(states))})" if states else ""
        with self.file.reading() as db:
            rows = db.execute(
                f"SELECT * FROM job WHERE created >= ? AND (? = '' OR model = ?) {wanted} ORDER BY n DESC LIMIT ?",  # noqa: S608
                [since, model, model, *states, limit],
            ).fetchall()
        return [read(row) for row in rows]

    def of_request(self, fingerprint: str) -> list[Record]:
        """Return the jobs of one request, newest first."""
        with self.file.reading() as db:
            return _of_request(db, fingerprint)

    def times(self, model: str, *, in_sandbox: bool, limit: int = 20) -> list[tuple[float, dict[str, Any]]]:
        """Return how many seconds the newest finished jobs of *model* took, each with its parameters."""
        with self.file.reading() as db:
            rows = db.execute(
                "SELECT ready - accepted AS took, params FROM job WHERE model = ? AND rehearsal = ?"
                " AND ready > accepted AND accepted > 0 ORDER BY n DESC LIMIT ?",
                (model, in_sandbox, limit),
            ).fetchall()
        return [(row["took"], json.loads(row["params"])) for row in rows]

    def spent(self) -> list[Spending]:
        """Return what may have been charged, by day (local time), model and currency, newest first."""
        with self.file.reading() as db:
            rows = db.execute(
                "SELECT date(created, 'unixepoch', 'localtime') AS day, service, model,"
                " coalesce(json_extract(price, '$.currency'), '') AS currency,"
                " sum(CAST(coalesce(json_extract(price, '$.amount'), 0) AS REAL)) AS amount, count(*) AS jobs,"
                " sum(charged = 'unknown') AS doubtful,"
                " sum(coalesce(CAST(json_extract(reported, '$.credits') AS REAL), 0)) AS credits"
                " FROM job WHERE rehearsal = 0 AND charged != 'no'"
                " GROUP BY day, service, model, currency ORDER BY day DESC, service, model"
            ).fetchall()
        return [Spending(**{**dict(row), "amount": Decimal(f"{row['amount']:.2f}")}) for row in rows]

    def transcript(self, job_id: str) -> str:
        """Return all that was kept of a service's words, one utterance a line."""
        with self.file.reading() as db:
            rows = db.execute("SELECT text FROM heard WHERE job_id = ? ORDER BY rowid", (job_id,)).fetchall()
        return "\n".join(row["text"] for row in rows)

    def is_held_by_another(self, record: Record) -> bool:
        """Tell whether another process that lives drives this job."""
        with self.file.reading() as db:
            return self._held_by_another(db, record.owner)

    def _held_by_another(self, db: sqlite3.Connection, owner_id: str) -> bool:
        if owner_id == self.owner.id:
            return False
        row = db.execute("SELECT * FROM owner WHERE id = ?", (owner_id,)).fetchone()
        return row is not None and Owner(**dict(row)).is_alive(self.owner)


def _added(db: sqlite3.Connection, record: Record, owner: str) -> Record:
    record = dataclasses.replace(record, owner=owner, updated=time.time())
    return dataclasses.replace(record, n=insert(db, record).lastrowid or 0)


def _earlier(db: sqlite3.Connection, fingerprint: str, found: Callable[[Record], bool]) -> Record | None:
    """Return the newest job of which *found* says that it stands for the request."""
    return next((record for record in _of_request(db, fingerprint) if found(record)), None)


def _of_request(db: sqlite3.Connection, fingerprint: str) -> list[Record]:
    rows = db.execute("SELECT * FROM job WHERE fingerprint = ? ORDER BY n DESC", (fingerprint,)).fetchall()
    return [read(row) for row in rows]
