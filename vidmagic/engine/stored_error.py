"""Errors as JSON: an error survives the journal, and the way from a worker to its owner."""

from __future__ import annotations

from typing import cast

from vidmagic import errors
from vidmagic.engine.journal.record import Record
from vidmagic.errors import Reason, VidmagicError

_CLASSES = {
    kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VidmagicError)
}


def to_json(error: VidmagicError) -> dict[str, str]:
    """Return what the journal stores of *error*. What it cost, and for which job, is in the job's own columns."""
    return {
        "type": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "reason": error.reason,
        "trace": error.trace,
    }


def from_record(record: Record) -> VidmagicError:
    """Return the stored error of *record* as an exception; of a class that this version does not have, as the base."""
    stored = record.error or {}
    return _CLASSES.get(stored.get("type", ""), VidmagicError)(
        stored.get("message", ""),
        hint=stored.get("hint", ""),
        reason=cast("Reason", stored.get("reason", "")),
        trace=stored.get("trace", ""),
        charged=record.charged,
        job_id=record.id,
    )
