"""Find the task of a submit whose answer was lost, where the service can be asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from vidmagic.engine import states
from vidmagic.engine.run.context import JobContext
from vidmagic.errors import OutcomeUnknown, Paused, Unreachable
from vidmagic.providers.contract import finder
from vidmagic.spec.events import Queued


def find_submitted_task(context: JobContext, lost: OutcomeUnknown) -> Iterator[float]:
    """Accept the one task that carries the job's key; yield the seconds to wait between the searches.

    Raises *lost* where none or more than one carries it, or where the service cannot be asked.
    """
    service = finder(context.provider, context.record.model, context.record.mode)
    if service is None:
        raise lost
    lost.hint = f"`%video resume {context.record.id}` searches for it at the service; `--again` buys a new take."
    event = Queued(f"{lost.message}; the service is asked whether it has the job")
    context.update(event, state=states.SENDING, charged="unknown")
    timing, searches, failures = context.timing, 0, 0
    known: dict[str, object] = {}
    while searches < len(timing.lost_task):
        yield timing.lost_task[searches] if failures == 0 else timing.retry_delay(failures)
        if context.cancelled.is_set():
            raise lost
        try:
            ticket = service.find_lost(context.record.id, context.record.created, context.http.service, known)
        except Unreachable:
            failures += 1  # a search without an answer does not count
        except Paused as error:
            lost.hint = f"{error.message}. {error.hint}"
            raise lost from error
        else:
            if ticket is not None:
                context.accept(ticket)
                return
            searches, failures = searches + 1, 0
    raise lost
