"""The journal: jobs in SQLite, one row each. Only this room, engine/journal, writes SQL."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from vidmagic.engine.fork import at_fork
from vidmagic.engine.journal import owners, request_takes, spill
from vidmagic.engine.journal.database import BUSY, Database
from vidmagic.engine.journal.lease import Lease, Owner, this_process
from vidmagic.engine.journal.outcome import advance
from vidmagic.engine.journal.record import SHORTEST_ID, Record
from vidmagic.engine.journal.rows import TRANSCRIPT, insert, of_request, read, storable, value_of
from vidmagic.engine.states import DONE
from vidmagic.engine.uninterrupted import uninterrupted
from vidmagic.errors import AmbiguousJob, JournalError, NoSuchJob

_T = TypeVar("_T")


class Store:
    """The journal in *folder*, for the process *owner*; another kernel's lock is waited for *busy* seconds.

    *lease* judges which other processes live. The first call opens the journal and creates the folder, for the user
    alone.
    """

    def __init__(self, folder: Path, owner: Owner, *, busy: float = BUSY, lease: Lease | None = None) -> None:
        self.owner = owner
        self.path = folder / "jobs.db"
        self.database = Database(self.path, busy=busy)
        self._busy = busy
        self._lease = Lease() if lease is None else lease
        at_fork(in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        """Be the journal of a forked child: another owner, which drives none of its parent's jobs."""
        self.owner = this_process()
        self.database = Database(self.path, busy=self._busy)

    def open(self) -> None:
        """Create or migrate the journal, note that this process lives, take over the spill file. Raises JournalError.

        It is done once, and again after the file was deleted or quarantined.
        """
        if not self.database.prepared:
            uninterrupted(self._open)

    def _open(self) -> None:
        if self.database.prepare():
            self.beat()
            spill.take_over(self.database)
            self.database.write(_forget_transcripts)

    def write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do *work* in one transaction and return its result; no interrupt cuts it in half. Raises JournalError."""
        self.open()
        return self.database.write(work)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the journal for queries. Raises JournalError."""
        self.open()
        with self.database.reading() as db:
            yield db

    def begin(
        self, record: Record, *, again: bool, satisfies: Callable[[Record], bool], take: int | None = None
    ) -> tuple[Record, bool]:
        """Store *record*, or return the earlier job of the same request; the flag is True when *record* was stored.

        *satisfies* decides of each earlier job, newest first, whether it answers the request. With *take* that take of
        the request is wanted. Raises InvalidRequest where takes before it are missing.
        """
        return self.begin_all([record], again=again, take=take, satisfies=satisfies)[0]

    def begin_all(
        self,
        records: Sequence[Record],
        *,
        again: bool,
        satisfies: Callable[[Record], bool],
        take: int | None = None,
    ) -> list[tuple[Record, bool]]:
        """Do for different requests what `begin` does for one: all of them are stored, or none.

        One transaction, so that two kernels that start the same request at the same time make one job.
        """

        def there_or_next(db: sqlite3.Connection, record: Record) -> Record | int:
            earlier = of_request(db, record.fingerprint)
            return request_takes.there_or_next(earlier, again=again, take=take, satisfies=satisfies)

        def begin(db: sqlite3.Connection) -> list[tuple[Record, bool]]:
            # Every query precedes the first change: *satisfies* reads by another connection, which a write locks out.
            rows_or_takes = [there_or_next(db, record) for record in records]
            added = [new for new, old in zip(records, rows_or_takes, strict=True) if not isinstance(old, Record)]
            if not again:
                self._check_doubt(added)
            if added:  # whoever reads the new rows sees that their owner lives
                owners.beat(db, self._lease.beating(self.owner))
            return [
                (old, False) if isinstance(old, Record) else (_added(db, new, self.owner.id, old, again=again), True)
                for new, old in zip(records, rows_or_takes, strict=True)
            ]

        return self.write(begin)

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
        self.write(lambda db: owners.mark_sending(db, job_id, self.owner.id))

    def update(self, job_id: str, **changes: Any) -> None:
        """Change the given columns, `state` and `charged` as far as `advance` allows.

        Raises JournalError also where the journal no longer knows the job.
        """

        def change(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
            if row is None:
                raise JournalError(f"the journal {self.path} no longer knows the job {job_id}", job_id=job_id)
            after = advance(read(row), changes)
            values = {"updated": time.time(), **changes, "state": after.state, "charged": after.charged}
            db.execute(
                f"UPDATE job SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ?",
                [*(value_of(name, value) for name, value in values.items()), job_id],
            )
            if after.state == DONE:
                db.execute(f"DELETE FROM {TRANSCRIPT} WHERE job_id = ?", (job_id,))  # it holds the signed link

        self.write(change)

    def add_transcript(self, job_id: str, text: str) -> None:
        """Store what a service has sent once and never repeats."""
        values = job_id, time.time(), storable(text)
        self.write(lambda db: db.execute(f"INSERT INTO {TRANSCRIPT} VALUES (?, ?, ?)", values))

    def claim(self, job_id: str, state: str) -> bool:
        """Take over, into *state*, a job that nobody drives; return False if another process drives it."""
        return self.write(lambda db: owners.claim(db, job_id, state, self.owner, self._lease))

    def give_up_submit(self, job_id: str, error: dict[str, str]) -> None:
        """Note that the outcome of a submit is unknown because of *error*, where nobody drives it and none came."""
        self.write(lambda db: owners.give_up_submit(db, job_id, error, self.owner, self._lease))

    def spill(self, record: Record) -> None:
        """Store a job that the journal refused in the spill file. Raises OSError."""
        spill.add(self.path, record)

    def beat(self) -> None:
        """Note that this process lives. Raises JournalError."""
        self.write(lambda db: owners.beat(db, self._lease.beating(self.owner)))

    def get(self, start: str) -> Record:
        """Return the one job of the id *start*, or whose id begins with its SHORTEST_ID characters or more.

        Raises NoSuchJob, and AmbiguousJob for the beginning of several ids.
        """
        start = start.strip().lower()
        with self.reading() as db:
            rows = db.execute(
                "SELECT * FROM job WHERE id >= ? AND id < ? LIMIT 3", (start, start + "\x7f")
            ).fetchall() if start else []  # fmt: skip
        records = [read(row) for row in rows]
        exact = [record for record in records if record.id == start]
        if exact or (len(records) == 1 and len(start) >= SHORTEST_ID):
            return (exact or records)[0]
        if len(start) < SHORTEST_ID:
            raise NoSuchJob(
                f"{start!r} is too short for a job id, which may be cut to {SHORTEST_ID} characters",
                hint="`%video jobs` lists the ids; a take is written with its shot, as pond:2.",
            )
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
            return of_request(db, fingerprint)

    def transcript(self, job_id: str) -> str:
        """Return the stored texts of a service, one a line, in the order in which they arrived."""
        with self.reading() as db:
            rows = db.execute(f"SELECT text FROM {TRANSCRIPT} WHERE job_id = ? ORDER BY rowid", (job_id,)).fetchall()
        return "\n".join(row["text"] for row in rows)

    def is_held_by_another(self, record: Record) -> bool:
        """Return whether another living process drives this job."""
        with self.reading() as db:
            return owners.is_held_by_another(db, record.owner, self.owner, self._lease)


def _forget_transcripts(db: sqlite3.Connection) -> None:
    """Remove what services sent of jobs that are done, signed links among it: earlier versions stored it for ever."""
    db.execute(f"DELETE FROM {TRANSCRIPT} WHERE job_id IN (SELECT id FROM job WHERE state = ?)", (DONE,))


def _added(db: sqlite3.Connection, record: Record, owner: str, take: int, *, again: bool) -> Record:
    record = dataclasses.replace(record, owner=owner, updated=time.time(), again=again, request_take=take)
    return dataclasses.replace(record, n=insert(db, record).lastrowid or 0)
