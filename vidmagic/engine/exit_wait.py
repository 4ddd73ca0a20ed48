"""At a normal exit of the interpreter no submit is cut: its answer is waited for, for a limited time."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Sequence

from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import NEW

EXIT_POLL = 0.05  # seconds between two checks whether the submits have their answers


def finish_submits(submitting: Callable[[], list[Record]], cancel: Callable[[str], bool], seconds: float) -> None:
    """Wait at most *seconds* until no job is *submitting*, then *cancel* what was not sent, so that no exit cuts it."""
    if not submitting():
        return
    _write_line(f"waiting up to {seconds:g} s for the service to answer {_listed(submitting())}; Ctrl-C leaves it")
    end = time.monotonic() + seconds
    with contextlib.suppress(KeyboardInterrupt):
        while submitting() and time.monotonic() < end:
            time.sleep(EXIT_POLL)
    for record in submitting():
        cancel(record.id)
        if record.state != NEW:
            _write_line(f"no answer for job {record.id}: it may be charged; `vidmagic resume {record.id}` tells")


def _listed(records: Sequence[Record]) -> str:
    return f"job{'s'[: len(records) != 1]} {', '.join(record.id for record in records)}"


def _write_line(line: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"vidmagic: {line}\n")
        sys.stderr.flush()
