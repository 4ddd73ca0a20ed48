"""Look for the task of a submit whose answer was lost, where the service can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from vidmagic.engine.journal import record as states
from vidmagic.engine.run.context import Course
from vidmagic.engine.run.poll_schedule import back_off
from vidmagic.errors import OutcomeUnknown, Paused, Unreachable
from vidmagic.providers.contract import finder
from vidmagic.spec.events import Queued

LOST_LOOKS = (5.0, 295.0, 300.0)  # seconds before each look


def find(course: Course, lost: OutcomeUnknown) -> Iterator[float]:
    """Go on with the one task that carries the job's key. Raises *lost* where there is none, or more than one."""
    there = finder(course.provider, course.record.model, course.record.mode)
    if there is None:
        raise lost
    lost.hint = f"`%video resume {course.record.id}` looks for it at the service; `--again` buys a new take."
    said = Queued(f"{lost.message}; the service is asked whether it has the job")
    course.set(said, state=states.SENDING, charged=course.charged("unknown"))
    looks = failures = 0
    known: dict[str, object] = {}
    while looks < len(LOST_LOOKS):
        yield LOST_LOOKS[looks] if failures == 0 else back_off(failures)
        if course.cancelled.is_set():
            raise lost
        try:
            ticket = there.find_lost(course.record.id, course.record.created, course.http, known)
        except Unreachable:
            failures += 1  # a look without an answer is none
        except Paused as error:
            raise lost from error
        else:
            if ticket is not None:
                course.accept(ticket)
                return
            looks, failures = looks + 1, 0
    raise lost
