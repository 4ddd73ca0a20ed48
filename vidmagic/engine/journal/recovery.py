"""Read what can still be read of a damaged journal."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

TABLES = ("owner", "job", "heard", "take")  # a row before those that name it
GAP = 10_000  # rows in a row that cannot be read, after which a table is given up


def salvage(kept: Path, db: sqlite3.Connection) -> int:
    """Copy the rows of the damaged journal *kept* that can be read into *db*; return how many jobs that were.

    They are read from a copy, one by one: a page that is damaged takes only its own rows along. What *db* knows of a
    job stays, so this may be done again.
    """
    known = {row["id"] for row in db.execute("SELECT id FROM job")}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "jobs.db"
        shutil.copyfile(kept, copy)
        with contextlib.closing(sqlite3.connect(copy)) as damaged:
            damaged.row_factory = sqlite3.Row
            found = {
                table: sum(_taken(db, table, row) for row in _rows(damaged, table) if _job_of(row) not in known)
                for table in TABLES
            }
    return found["job"]


def _rows(damaged: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """Yield the rows of a table by their numbers, since a whole scan ends at the first damage."""
    number = missed = 0
    while missed < GAP:
        number += 1
        try:
            row = damaged.execute(f"SELECT * FROM {table} WHERE rowid = ?", (number,)).fetchone()  # noqa: S608  our own
        except sqlite3.DatabaseError:
            row = None
        missed = 0 if row is not None else missed + 1
        if row is not None:
            yield row


def _job_of(row: sqlite3.Row) -> str:
    """Return the id of the job that a row belongs to; that of an owner is nobody's."""
    return str(row["job_id"] if "job_id" in row.keys() else row["id"])  # noqa: SIM118  a row's `in` asks its values


def _taken(db: sqlite3.Connection, table: str, row: sqlite3.Row) -> bool:
    """Store one row; False where the new journal would not have it, for its job is lost or its values are broken."""
    names = [name for name in row.keys() if name != "n"]  # noqa: SIM118  the new journal counts by itself
    try:
        done = db.execute(
            f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",  # noqa: S608
            [row[name] for name in names],
        )
    except sqlite3.Error:
        return False
    return bool(done.rowcount)
