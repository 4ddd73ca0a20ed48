"""Jobs that the journal would not take are kept in a file beside it, and taken over when it is next opened."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
from pathlib import Path

from vidmagic.engine.journal.database import Database
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import FIELDS, as_json, to_columns, value_of

RESCUE = "jobs-rescue.jsonl"
_KEPT = frozenset({"id", "owner", "created", "rehearsal"})  # what a rescued row does not change


def leave(journal: Path, record: Record) -> None:
    """Add a job to the file beside *journal*, and wait until the disk has it. Raises OSError."""
    line = as_json(to_columns(record)) + "\n"
    descriptor = os.open(journal.with_name(RESCUE), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def take_over(journal: Database) -> None:
    """Bring the jobs that were left into the journal, unless it knows better. Raises JournalError."""
    with contextlib.suppress(FileNotFoundError):  # there is none, or another kernel was faster
        file = journal.path.with_name(RESCUE)
        file.rename(file.with_name(f"{RESCUE}.{secrets.token_hex(4)}"))
    for taken in journal.path.parent.glob(f"{RESCUE}.*"):
        with journal.writing() as db, contextlib.suppress(FileNotFoundError):
            for line in taken.read_text(encoding="utf-8").splitlines():
                _restore(db, line)
            taken.unlink()


def _restore(db: sqlite3.Connection, line: str) -> None:
    """Store one rescued job unless the journal has something newer; a line that was never finished says nothing."""
    try:
        row = json.loads(line)
    except ValueError:
        return
    names = [name for name in FIELDS if name in row and name != "n"]
    db.execute(
        f"INSERT INTO job ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608  our own names
        f"{', '.join(f'{name} = excluded.{name}' for name in names if name not in _KEPT)}"
        " WHERE excluded.updated > job.updated",
        [value_of(name, row[name]) for name in names],
    )
