"""Look for the task of a submit whose answer was lost, where the service can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from vidmagic.engine import states
from vidmagic.engine.run.context import JobContext
from vidmagic.errors import OutcomeUnknown, Paused, Unreachable
from vidmagic.providers.contract import finder
from vidmagic.spec.events import Queued


def find(context: JobContext, lost: OutcomeUnknown) -> Iterator[float]:
    """Go on with the one task that carries the job's key. Raises *lost* where there is none, or more than one."""
    there = finder(context.provider, context.record.model, context.record.mode)
    if there is None:
        raise lost
    lost.hint = f"`%video resume {context.record.id}` looks for it at the service; `--again` buys a new take."
    said = Queued(f"{lost.message}; the service is asked whether it has the job")
    context.set(said, state=states.SENDING, charged=context.charged("unknown"))
    timing, looks, failures = context.timing, 0, 0
    known: dict[str, object] = {}
    while looks < len(timing.lost_task):
        yield timing.lost_task[looks] if failures == 0 else timing.retry_delay(failures)
        if context.cancelled.is_set():
            raise lost
        try:
            ticket = there.find_lost(context.record.id, context.record.created, context.http.service, known)
        except Unreachable:
            failures += 1  # a look without an answer is none
        except Paused as error:
            raise lost from error
        else:
            if ticket is not None:
                context.accept(ticket)
                return
            looks, failures = looks + 1, 0
    raise lost
