"""Errors as JSON: an error survives the journal, and the way from a worker to its owner."""

from __future__ import annotations

import time
from typing import cast

from vidmagic import errors
from vidmagic.engine.journal.record import Record
from vidmagic.errors import DownloadFailed, Reason, VidmagicError

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


def missing_file(record: Record, why: VidmagicError | None = None) -> VidmagicError:
    """Return the error of a finished job whose file is missing; *why* is why it could not be downloaded once more."""
    asked = f", and could not be fetched again: {why.message}" if why is not None else ""
    if record.deleted and why is None:
        return _deleted_file(record)
    again = f"`%video resume {record.id}` fetches it again while the service has it, free of charge; "
    return DownloadFailed(
        f"the video was made, but its file {record.path} is missing{asked}",
        hint=f"Move it back there; {again if record.ticket is not None else ''}`--again` buys a new take.",
        reason=why.reason if why is not None else "",
        charged=record.charged,
        job_id=record.id,
    )


def _deleted_file(record: Record) -> VidmagicError:
    when = time.strftime("%Y-%m-%d", time.localtime(record.deleted))
    again = f"`%video resume {record.id}` fetches it again while the service has it, free of charge; "
    return DownloadFailed(
        f"the video was made, and you deleted its file {record.path} on {when}",
        hint=f"Take it out of the system's bin; {again if record.ticket is not None else ''}`--again` buys a new take.",
        charged=record.charged,
        job_id=record.id,
    )
