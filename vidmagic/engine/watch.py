"""Watch a job that another kernel drives, until it has ended or that kernel is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vidmagic.engine.job import Job
from vidmagic.engine.journal.store import Store
from vidmagic.errors import JournalError, VidmagicError


def watch_other_kernel(store: Store, job: Job, take_over: Callable[[Job], None], delay: float) -> Iterator[float]:
    """Show in *job* what its kernel stores; call *take_over* when that kernel is gone. Yield seconds to wait."""
    while not _is_settled(store, job, take_over):
        yield delay


def _is_settled(store: Store, job: Job, take_over: Callable[[Job], None]) -> bool:
    """Read a job of another kernel once; return True when there is nothing left to watch."""
    try:
        record = store.get(job.id)
        job.refresh(record)
        if record.is_live and store.is_held_by_another(record):
            return False
        if record.is_live:
            take_over(job)
        else:
            job.mark_ended()
    except JournalError:
        return False  # a busy journal is asked again
    except VidmagicError as error:
        job.mark_ended(error)
    return True
