"""What a job has come to only ever moves towards the truth: the one rule for `state` and `charged` of every change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args

from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import DONE, FAILED, LIVE, NEW, READY, REJECTED
from vidmagic.errors import Charged

_TOWARDS_YES: tuple[Charged, ...] = ("no", "unknown", "yes")
assert set(_TOWARDS_YES) == set(get_args(Charged))


def advance(before: Record, changes: Mapping[str, Any]) -> Record:
    """Return *before* with *changes*, of which `state` and `charged` are taken as far as they may be.

    A finished job stays finished, whatever becomes of its file or of another download of it.
    """
    after = dataclasses.replace(before, **changes)
    if before.state == DONE or (before.path and after.state not in LIVE):
        after = dataclasses.replace(after, state=DONE)
    return dataclasses.replace(after, charged=next_charged(before, after))


def next_charged(before: Record, after: Record) -> Charged:
    """Return what a job may have cost after a change from *before* to *after*, whose own `charged` is a claim.

    It is "yes" once the service has given an id, a link or a video. Only the service's own verdict takes that back: no
    cancel, missing key, moved file, failed download or worker does.
    """
    if after.in_sandbox:
        return "no"
    if after.links or after.path or after.state in {READY, DONE}:
        return "yes"
    if after.state in {FAILED, REJECTED}:
        return after.charged
    if before.charged == "yes" or (after.has_id and not before.has_id):
        return "yes"
    if after.state == NEW:  # nothing has left, or the service asked to try again later
        return "no"
    return max(before.charged, after.charged, key=_TOWARDS_YES.index)


def corrected(record: Record) -> Record:
    """Return a stored job as it should have been stored: earlier versions forgot what a video proves."""
    if record.path and record.state not in LIVE:
        return dataclasses.replace(record, state=DONE, charged="no" if record.in_sandbox else "yes")
    return record
