"""Between a Record and its row in SQLite."""

from __future__ import annotations

import dataclasses
import json
import math
import sqlite3
from typing import Any

from vidmagic.engine.journal.outcome import corrected
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.validate import fits
from vidmagic.engine.states import UNKNOWN

# On disk columns and tables keep their first names, so that every version reads every journal and sidecar.
IN_SANDBOX = "rehearsal"
TRANSCRIPT = "heard"
LARGEST = 2**63 - 1  # that SQLite takes
_STORED_AS = {"in_sandbox": IN_SANDBOX}
COLUMNS = {field.name: _STORED_AS.get(field.name, field.name) for field in dataclasses.fields(Record)}
FIELDS = {column: field for field, column in COLUMNS.items()}
_NOT_KNOWN = {  # a job of which too little is known is not sent again
    **{field.name: field.default for field in dataclasses.fields(Record) if field.default is not dataclasses.MISSING},
    **dict.fromkeys(("id", "model", "prompt", "fingerprint"), ""),
    "params": {},
    "reported": {},
    "full": {},
    "state": UNKNOWN,
    "charged": "unknown",
}
_JSON = frozenset({"params", "images", "ticket", "links", "error", "price", "reported", "tags", "full"})
_TUPLES = ("images", "tags")
_FLAGS = ("in_sandbox", "again", "draft")


def insert(db: sqlite3.Connection, record: Record, on_conflict: str = "") -> sqlite3.Cursor:
    """Store a new row; *on_conflict* is SQLite's clause for a job that is stored already, such as `OR IGNORE`."""
    values = {column: value for column, value in to_columns(record).items() if column != "n"}
    return db.execute(
        f"INSERT {on_conflict} INTO job ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        [value_of(column, value) for column, value in values.items()],
    )


def to_columns(record: Record) -> dict[str, Any]:
    """Return the fields of a record by the names of their columns."""
    return {column: getattr(record, field) for column, field in FIELDS.items()}


def value_of(name: str, value: Any) -> Any:
    """Return the value of a record's field as SQLite takes it."""
    if name in _JSON:
        return None if value is None else as_json(value)
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int):
        return min(max(int(value), -LARGEST), LARGEST)
    return 0.0 if isinstance(value, float) and not math.isfinite(value) else value


def as_json(value: object) -> str:
    """Return JSON that any file and SQLite take; values of a plug-in that JSON cannot hold become text."""
    try:
        return storable(json.dumps(value, ensure_ascii=False, default=str, allow_nan=False))
    except ValueError:  # NaN, which SQLite's own JSON functions refuse
        finite = json.loads(json.dumps(value, default=str), parse_constant=lambda _: None)
        return storable(json.dumps(finite, ensure_ascii=False))


def from_json(text: str | None) -> Any:
    """Return the value of a column with JSON, None where it is damaged."""
    try:
        return None if text is None else json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def storable(text: str) -> str:
    """Escape halves of surrogate pairs, which services send and UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def read(row: sqlite3.Row) -> Record:
    """Return a row of the table `job` as a record.

    A field that cannot be what it says, as in a damaged journal, is read as if nothing were known of it: one such row
    must not hide all others.
    """
    values = {field: row[column] for column, field in FIELDS.items()}
    for name in _JSON:
        values[name] = from_json(values[name])
    values.update({name: _NOT_KNOWN[name] for name, value in values.items() if not fits(name, value)})
    values |= {name: tuple(values[name]) for name in _TUPLES}
    values |= {name: bool(values[name]) for name in _FLAGS}
    return corrected(Record(**values))


def of_request(db: sqlite3.Connection, fingerprint: str) -> list[Record]:
    """Return the jobs of one request, newest first."""
    rows = db.execute("SELECT * FROM job WHERE fingerprint = ? ORDER BY n DESC", (fingerprint,)).fetchall()
    return [read(row) for row in rows]
