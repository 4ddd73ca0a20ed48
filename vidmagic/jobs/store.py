"""The journal: jobs in SQLite, and the one place that writes SQL.

A rollback journal with `synchronous=EXTRA`, because it holds on network homes and loses no commit; `BEGIN IMMEDIATE`,
because a deferred transaction fails under several kernels whatever the busy timeout; a connection a call, because
threads and forks must not share one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from vidmagic.errors import JournalError, NoSuchJob
from vidmagic.jobs.migrations import MIGRATIONS
from vidmagic.jobs.owner import Owner
from vidmagic.jobs.record import CANCELLED, DONE, FOLLOWED, LIVE, NEW, PAUSED, SENDING, UNKNOWN, Record, Spending
from vidmagic.jobs.sidecar import read_sidecars

APPLICATION = 0x7669646D  # "vidm": what `file` and others may know the journal by
RESCUE = "jobs-rescue.jsonl"
BUSY = 10.0  # seconds to wait for another kernel

_FIELDS = tuple(field.name for field in dataclasses.fields(Record))
_KEPT = frozenset({"id", "owner", "created", "rehearsal"})  # what a rescued row does not change
_JSON = frozenset({"params", "images", "ticket", "links", "error", "price", "reported"})


class Store:
    """The journal in *folder*; opened at the first call, with the folder made for the user alone."""

    def __init__(self, folder: Path, owner: Owner) -> None:
        self.path = folder / "jobs.db"
        self.owner = owner
        self._ready = False
        self._read_only = ""

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
        with self._write() as db:
            # All looks come before the first insert: `found` reads by another connection, which a long write locks out.
            there = [None if again else _earlier(db, record.fingerprint, found) for record in records]
            return [
                (earlier, False) if earlier is not None else (_added(db, record, self.owner.id), True)
                for record, earlier in zip(records, there, strict=True)
            ]

    def sending(self, job_id: str) -> None:
        """Record that the first byte is about to leave: the gate. Raises JournalError unless it is ours to send."""
        with self._write() as db:
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
        with self._write() as db:
            changed = db.execute(
                f"UPDATE job SET {setting} WHERE id = ?",  # noqa: S608  our own names
                [*(_value(name, value) for name, value in changes.items()), job_id],
            )
            if changed.rowcount != 1:
                raise JournalError(f"the journal {self.path} no longer knows the job {job_id}", job_id=job_id)

    def hear(self, job_id: str, text: str) -> None:
        """Keep the words of a service that says each thing only once."""
        with self._write() as db:
            db.execute("INSERT INTO heard VALUES (?, ?, ?)", (job_id, time.time(), _storable(text)))

    def claim(self, job_id: str, state: str) -> bool:
        """Take over, into *state*, a job that rests or whose owner is gone; False if another kernel drives it."""
        with self._write() as db:
            row = db.execute("SELECT owner, state FROM job WHERE id = ?", (job_id,)).fetchone()
            if row is None or (row["state"] in LIVE and self._held_by_another(db, row["owner"])):
                return False
            db.execute(
                "UPDATE job SET owner = ?, state = ?, error = NULL, updated = ? WHERE id = ?",
                (self.owner.id, state, time.time(), job_id),
            )
            return True

    def rescue(self, record: Record) -> None:
        """Keep a job that the journal would not take in a file beside it, to be taken over when it is next opened."""
        line = _json(dataclasses.asdict(record)) + "\n"
        descriptor = os.open(self.path.with_name(RESCUE), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def rebuild(self, folders: Sequence[Path]) -> list[Record]:
        """Take over from the files beside videos in *folders* the finished jobs that the journal does not know."""
        found = [record for folder in folders for record in read_sidecars(folder)]
        with self._write() as db:
            return [record for record in found if _insert(db, record, "OR IGNORE").rowcount]

    def beat(self) -> None:
        """Show that this process lives."""
        mine = dataclasses.replace(self.owner, beat=time.time())
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO owner VALUES (?, ?, ?, ?, ?, ?)", dataclasses.astuple(mine))

    # -- reading

    def reading(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """Open the journal for the questions of another module of this room. Raises JournalError."""
        return self._read_only_db()

    def writing(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """Open the journal for one transaction of another module of this room. Raises JournalError."""
        return self._write()

    def get(self, start: str) -> Record:
        """Return the one job whose id begins with *start*. Raises NoSuchJob."""
        start = start.strip().lower()
        with self._read_only_db() as db:
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
        with self._read_only_db() as db:
            rows = db.execute(
                f"SELECT * FROM job WHERE created >= ? AND (? = '' OR model = ?) {wanted} ORDER BY n DESC LIMIT ?",  # noqa: S608
                [since, model, model, *states, limit],
            ).fetchall()
        return [read(row) for row in rows]

    def of_request(self, fingerprint: str) -> list[Record]:
        """Return the jobs of one request, newest first."""
        with self._read_only_db() as db:
            return _of_request(db, fingerprint)

    def times(self, model: str, *, rehearsal: bool, limit: int = 20) -> list[tuple[float, dict[str, Any]]]:
        """Return how many seconds the newest finished jobs of *model* took, each with its parameters."""
        with self._read_only_db() as db:
            rows = db.execute(
                "SELECT ready - accepted AS took, params FROM job WHERE model = ? AND rehearsal = ?"
                " AND ready > accepted AND accepted > 0 ORDER BY n DESC LIMIT ?",
                (model, rehearsal, limit),
            ).fetchall()
        return [(row["took"], json.loads(row["params"])) for row in rows]

    def spent(self) -> list[Spending]:
        """Return what may have been charged, by day (local time), model and currency, newest first."""
        with self._read_only_db() as db:
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

    def heard(self, job_id: str) -> str:
        """Return all that was kept of a service's words, one utterance a line."""
        with self._read_only_db() as db:
            rows = db.execute("SELECT text FROM heard WHERE job_id = ? ORDER BY rowid", (job_id,)).fetchall()
        return "\n".join(row["text"] for row in rows)

    def is_held_by_another(self, record: Record) -> bool:
        """Tell whether another process that lives drives this job."""
        with self._read_only_db() as db:
            return self._held_by_another(db, record.owner)

    def _held_by_another(self, db: sqlite3.Connection, owner_id: str) -> bool:
        if owner_id == self.owner.id:
            return False
        row = db.execute("SELECT * FROM owner WHERE id = ?", (owner_id,)).fetchone()
        return row is not None and Owner(**dict(row)).is_alive(self.owner)

    # -- the file

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._connect() as db:
            if self._read_only:
                raise JournalError(self._read_only)
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                if db.in_transaction:  # a full disk has ended it already
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextlib.contextmanager
    def _read_only_db(self) -> Iterator[sqlite3.Connection]:
        with self._connect() as db:
            yield db

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        try:
            self._prepare()
            with self._open() as db:
                yield db
        except (sqlite3.Error, OSError) as error:
            if _is_damage(error) and (kept := self._put_aside()):
                raise JournalError(
                    f"the journal {self.path} was damaged; it is kept as {kept.name} and a new one is begun",
                    hint="`vidmagic rebuild FOLDER` takes finished videos over into the new one; jobs that were under"
                    " way are at the service, or in what `sqlite3`'s `.recover` finds.",
                ) from error
            raise JournalError(
                f"the journal {self.path} cannot be used: {error}",
                hint="Free space or set VIDMAGIC_HOME to a folder that can be written.",
            ) from error

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        there = f"{self.path.absolute().as_uri()}?mode=rw"  # SQLite would make a missing file with a mode of its own
        with contextlib.closing(sqlite3.connect(there, uri=True, timeout=BUSY, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("PRAGMA foreign_keys = ON")
            yield db

    def _prepare(self) -> None:
        """Make or migrate the journal, once a process; a newer one is opened for reading only."""
        if self._ready and self.path.exists():
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with self._open() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                self._read_only = (
                    f"the journal {self.path} was made by a newer vidmagic: it can be read, and nothing new be sent"
                )
            elif version < len(MIGRATIONS):
                self._migrate(db)
        self._ready = True
        if not self._read_only:
            self.beat()
            self._take_over_rescued()

    def _put_aside(self) -> Path | None:
        """Keep a damaged journal under another name; None if another kernel was faster and all is well again."""
        try:
            with self._open() as db:
                if db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                    return None
        except sqlite3.Error as error:
            if not _is_damage(error):
                return None
        kept = self.path.with_name(f"jobs-corrupt-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.db")
        self.path.rename(kept)
        with contextlib.suppress(FileNotFoundError):  # its rollback journal must never meet the new file
            self.path.with_name(f"{self.path.name}-journal").rename(kept.with_name(f"{kept.name}-journal"))
        self._ready = False
        return kept

    def _take_over_rescued(self) -> None:
        """Bring what a failing journal had to leave in the rescue file into the journal, unless it knows better."""
        with contextlib.suppress(FileNotFoundError):  # there is none, or another kernel was faster
            file = self.path.with_name(RESCUE)
            file.rename(file.with_name(f"{RESCUE}.{secrets.token_hex(4)}"))
        for taken in self.path.parent.glob(f"{RESCUE}.*"):
            with self._write() as db, contextlib.suppress(FileNotFoundError):
                for line in taken.read_text(encoding="utf-8").splitlines():
                    _restore(db, line)
                taken.unlink()

    def _migrate(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        version = db.execute("PRAGMA user_version").fetchone()[0]  # another kernel may have been first
        for step in MIGRATIONS[version:]:
            for statement in step.split(";"):
                if statement.strip():
                    db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")


def _insert(db: sqlite3.Connection, record: Record, otherwise: str = "") -> sqlite3.Cursor:
    columns = [name for name in _FIELDS if name != "n"]
    return db.execute(
        f"INSERT {otherwise} INTO job ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608  our own names
        [_value(name, getattr(record, name)) for name in columns],
    )


def _added(db: sqlite3.Connection, record: Record, owner: str) -> Record:
    record = dataclasses.replace(record, owner=owner, updated=time.time())
    return dataclasses.replace(record, n=_insert(db, record).lastrowid or 0)


def _earlier(db: sqlite3.Connection, fingerprint: str, found: Callable[[Record], bool]) -> Record | None:
    """Return the newest job of which *found* says that it stands for the request."""
    return next((record for record in _of_request(db, fingerprint) if found(record)), None)


def _of_request(db: sqlite3.Connection, fingerprint: str) -> list[Record]:
    rows = db.execute("SELECT * FROM job WHERE fingerprint = ? ORDER BY n DESC", (fingerprint,)).fetchall()
    return [read(row) for row in rows]


def _restore(db: sqlite3.Connection, line: str) -> None:
    """Store one rescued job unless the journal has something newer; a line that was never finished says nothing."""
    try:
        row = json.loads(line)
    except ValueError:
        return
    names = [name for name in _FIELDS if name in row and name != "n"]
    db.execute(
        f"INSERT INTO job ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608  our own names
        f"{', '.join(f'{name} = excluded.{name}' for name in names if name not in _KEPT)}"
        " WHERE excluded.updated > job.updated",
        [_value(name, row[name]) for name in names],
    )


def stands_for_request(record: Record) -> bool:
    """Tell whether an earlier job answers the same request, so that nothing is sent.

    Running, done, paused or unknown: yes. Cancelled: unless it was stopped before it could cost anything. A new job
    whose owner is gone was never sent, so its request is sent afresh.
    """
    if record.state == CANCELLED:
        return record.charged != "no"
    return record.state in LIVE | {DONE, UNKNOWN, PAUSED}


def can_follow(record: Record) -> bool:
    """Tell whether the job can go on: the service can be asked about it, or has given a link."""
    something = record.ticket is not None or record.links is not None
    return something and record.state in FOLLOWED | {PAUSED, CANCELLED, UNKNOWN}


def _value(name: str, value: Any) -> Any:
    if name in _JSON:
        return None if value is None else _json(value)
    if isinstance(value, str):
        return _storable(value)
    return int(value) if isinstance(value, bool) else value


def _json(value: Any) -> str:
    """Write JSON that any file and SQLite take; what a plug-in gives that is no JSON is kept as text."""
    return _storable(json.dumps(value, ensure_ascii=False, default=str))


def _storable(text: str) -> str:
    """Escape halves of surrogate pairs, which services send and UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _is_damage(error: Exception) -> bool:
    """Tell a damaged file from one that is locked, unreadable or on a full disk. Python 3.10 has only the words."""
    said = str(error)
    return isinstance(error, sqlite3.DatabaseError) and ("not a database" in said or "malformed" in said)


def read(row: sqlite3.Row) -> Record:
    """Return a row of the table `job` as a record."""
    values = {name: row[name] for name in _FIELDS}
    for name in _JSON:
        values[name] = json.loads(values[name]) if values[name] is not None else None
    values["images"] = tuple(values["images"])
    values["rehearsal"] = bool(values["rehearsal"])
    return Record(**values)
