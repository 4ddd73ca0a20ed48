"""Journals and rows for the tests."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from vidmagic.engine.journal.lease import this_process
from vidmagic.engine.journal.record import Record, new_id, satisfies_request
from vidmagic.engine.journal.store import Store


def opened(home: Path, *, busy: float = 10.0) -> Store:
    """Return the journal of *home* as a kernel of its own opens it."""
    return Store(home, this_process(), busy=busy)


def record(**changes: Any) -> Record:
    """Return a new job's record."""
    fixed = {"id": new_id(), "model": "tiny/one", "prompt": "a red kite", "params": {"seed": 0}, "fingerprint": "f"}
    return Record(**{**fixed, "created": time.time(), **changes})


def stored(journal: Store, **changes: Any) -> Record:
    """Store a new job; return its record."""
    return journal.begin(record(**changes), again=True, satisfies=satisfies_request)[0]


def raw(home: Path) -> closing[sqlite3.Connection]:
    """Open the file of a journal as another program would."""
    return contextlib.closing(sqlite3.connect(home / "jobs.db", isolation_level=None))
