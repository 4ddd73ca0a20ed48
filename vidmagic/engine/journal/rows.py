"""Between a Record and its row in SQLite."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from typing import Any

from vidmagic.engine.journal.record import Record

# On disk a column keeps the name it was first stored under, so that every version reads every journal and sidecar.
_STORED_AS = {"in_sandbox": "rehearsal"}
FIELDS = {_STORED_AS.get(field.name, field.name): field.name for field in dataclasses.fields(Record)}
_JSON = frozenset({"params", "images", "ticket", "links", "error", "price", "reported"})


def insert(db: sqlite3.Connection, record: Record, otherwise: str = "") -> sqlite3.Cursor:
    """Store a new row; *otherwise* is SQLite's word for what to do where it is there already."""
    values = {name: value for name, value in to_columns(record).items() if name != "n"}
    return db.execute(
        f"INSERT {otherwise} INTO job ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608  our own names
        [value_of(name, value) for name, value in values.items()],
    )


def to_columns(record: Record) -> dict[str, Any]:
    """Return the fields of a record under the names they are stored under."""
    return {column: getattr(record, field) for column, field in FIELDS.items()}


def value_of(name: str, value: Any) -> Any:
    """Return the value of a record's field as SQLite takes it."""
    if name in _JSON:
        return None if value is None else as_json(value)
    if isinstance(value, str):
        return storable(value)
    return int(value) if isinstance(value, bool) else value


def as_json(value: Any) -> str:
    """Write JSON that any file and SQLite take; what a plug-in gives that is no JSON is kept as text."""
    return storable(json.dumps(value, ensure_ascii=False, default=str))


def storable(text: str) -> str:
    """Escape halves of surrogate pairs, which services send and UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def read(row: sqlite3.Row) -> Record:
    """Return a row of the table `job` as a record."""
    values = {field: row[column] for column, field in FIELDS.items()}
    for name in _JSON:
        values[name] = json.loads(values[name]) if values[name] is not None else None
    values["images"] = tuple(values["images"])
    values["in_sandbox"] = bool(values["in_sandbox"])
    return Record(**values)
