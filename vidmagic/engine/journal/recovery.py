"""Copy the readable rows of a damaged journal into a new one."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vidmagic.engine.journal.rows import TRANSCRIPT

TABLES = ("owner", "job", TRANSCRIPT, "take", "choice")  # a referenced row comes before the rows that refer to it
GAP = 10_000  # unreadable rows in succession after which a table is given up


def salvage(quarantined: Path, db: sqlite3.Connection) -> int:
    """Copy the rows of a damaged journal that can be read into *db*; return how many jobs that were.

    They are read from a copy, one by one: a damaged page costs only its own rows. Jobs that *db* has already stay as
    they are, so that this may be repeated.
    """
    known = {row["id"] for row in db.execute("SELECT id FROM job")}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "jobs.db"
        shutil.copyfile(quarantined, copy)
        with contextlib.closing(sqlite3.connect(copy)) as damaged:
            damaged.row_factory = sqlite3.Row
            counts = {
                table: sum(_store(db, table, row) for row in _rows(damaged, table) if _job_of(row) not in known)
                for table in TABLES
            }
    return counts["job"]


def _rows(damaged: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """Yield the rows of a table by their numbers, since a whole scan ends at the first damage."""
    number = missed = 0
    while missed < GAP:
        number += 1
        try:
            row = damaged.execute(f"SELECT * FROM {table} WHERE rowid = ?", (number,)).fetchone()
        except sqlite3.DatabaseError:
            row = None
        missed = 0 if row is not None else missed + 1
        if row is not None:
            yield row


def _job_of(row: sqlite3.Row) -> str:
    """Return the id of the job that a row belongs to; a row of the tables `owner` and `choice` belongs to no job."""
    names = row.keys()
    return str(next((row[name] for name in ("job_id", "id") if name in names), ""))


def _store(db: sqlite3.Connection, table: str, row: sqlite3.Row) -> bool:
    """Store one row; return False where the new journal refuses it: its job is lost, or its values are broken."""
    names = [name for name in row.keys() if name != "n"]  # noqa: SIM118  the new journal counts by itself
    try:
        cursor = db.execute(
            f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            [row[name] for name in names],
        )
    except sqlite3.Error:
        return False
    return bool(cursor.rowcount)
