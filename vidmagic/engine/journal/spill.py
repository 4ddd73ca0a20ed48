"""The spill file beside the journal: jobs that the journal refused to store, until it is next opened."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any

from vidmagic.engine.journal.database import Database
from vidmagic.engine.journal.outcome import advance
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import FIELDS, IN_SANDBOX, as_json, read, to_columns, value_of

SPILL = "jobs-rescue.jsonl"  # its name on disk since the first version
UNREADABLE = "jobs-unreadable.jsonl"
# Columns of a stored job that a spilled row leaves alone; the user's are changed by nobody else.
_UNCHANGED = frozenset({"id", "owner", "created", IN_SANDBOX, "stars", "note", "tags", "deleted"})
_OUTCOME = ("state", "charged", "task_id", "ticket", "links", "path")


def add(journal: Path, record: Record) -> None:
    """Append a job to the spill file of *journal* and sync it. Raises OSError."""
    line = as_json(to_columns(record)) + "\n"
    descriptor = os.open(journal.with_name(SPILL), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def take_over(database: Database) -> None:
    """Move the spilled jobs into the journal, unless it has newer rows of them. Raises JournalError."""
    with contextlib.suppress(FileNotFoundError):  # there is none, or another kernel was faster
        file = database.path.with_name(SPILL)
        file.rename(file.with_name(f"{SPILL}.{secrets.token_hex(4)}"))
    for taken in database.path.parent.glob(f"{SPILL}.*"):
        database.write(functools.partial(_restore_all, taken))


def _restore_all(taken: Path, db: sqlite3.Connection) -> None:
    with contextlib.suppress(FileNotFoundError):
        lines = taken.read_text(encoding="utf-8", errors="replace").splitlines()
        refused = [line for line in lines if not _restore(db, line)]
        if refused:  # stored for a person to read: it may be a paid job
            taken.replace(taken.with_name(f"{UNREADABLE}.{taken.name.rpartition('.')[2]}"))
        else:
            taken.unlink()


def _restore(db: sqlite3.Connection, line: str) -> bool:
    """Store one spilled job unless the journal has a newer row; return False for a line without a job."""
    try:
        row = json.loads(line)
        if not {"id", "model", "state"} <= row.keys():
            return False
        _restore_row(db, row)
    except (
        *(AttributeError, KeyError, ValueError, TypeError, RecursionError),
        *(sqlite3.IntegrityError, sqlite3.ProgrammingError),
    ):
        return False  # cut short by a crash, or changed
    return True


def _restore_row(db: sqlite3.Connection, row: dict[str, Any]) -> None:
    stored = db.execute("SELECT * FROM job WHERE id = ?", (row["id"],)).fetchone()
    if stored is not None:
        after = advance(read(stored), {name: row[name] for name in _OUTCOME if name in row})
        row |= {"state": after.state, "charged": after.charged}
    names = [name for name in FIELDS if name in row and name != "n"]
    values = [value_of(name, row[name]) for name in names]
    db.execute(
        f"INSERT INTO job ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) ON CONFLICT (id) DO UPDATE SET "
        f"{', '.join(f'{name} = excluded.{name}' for name in names if name not in _UNCHANGED)}"
        " WHERE excluded.updated > job.updated",
        values,
    )
