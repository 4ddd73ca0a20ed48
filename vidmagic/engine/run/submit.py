"""The submit: the only part of a job that costs money.

A submit of which a byte may have left is never repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vidmagic.engine import states
from vidmagic.engine.run.context import JobContext
from vidmagic.engine.run.input_links import with_links
from vidmagic.engine.scheduler import Slots
from vidmagic.errors import Refused, Unreachable
from vidmagic.spec.events import Queued
from vidmagic.spec.request import Request

SUBMIT_TRIES = 3


@dataclass
class Submission:
    """Send `request` when there is room at its service; its slot stays taken until `release_slot`.

    `fetch_link` returns a fresh link to the video of a finished job, by its id.
    """

    context: JobContext
    request: Request | None
    slots: Slots
    fetch_link: Callable[[str], str]
    _has_slot: bool = False

    def steps(self) -> Iterator[float]:
        """Send the request; yield the seconds to wait between the attempts."""
        assert self.request is not None
        while not self._take_slot():
            self.context.notify(Queued("waiting for a free slot at the service"))
            self.context.check_cancelled()
            yield self.context.timing.slot
        self.request = yield from with_links(self.request, self.fetch_link, self.context)
        for tries in range(1, SUBMIT_TRIES + 1):
            self.context.check_cancelled()
            try:
                ticket = self.context.provider.submit(
                    self.request, self.context.http.with_pre_send_check(self.context.mark_sending)
                )
            except (Refused, Unreachable) as error:
                delay = self._retry_delay(error, tries)
                if delay is None:
                    raise
                self.context.update(state=states.NEW, charged="no")
                self.context.notify(Queued(f"{error.message}; next try in {delay:.0f} s"))
                yield delay
            else:
                self.context.accept(ticket)
                self.request = None  # the inputs are no longer needed
                return

    def _take_slot(self) -> bool:
        self._has_slot = self._has_slot or self.slots.take()
        return self._has_slot

    def _retry_delay(self, error: Refused | Unreachable, tries: int) -> float | None:
        """Return the seconds before the submit is repeated, None where it must not be.

        It may be repeated where nothing was sent, or where the service answered "too many requests".
        """
        if isinstance(error, Refused):
            may = error.reason in {"rate", "concurrency"}
        else:
            may = error.status >= 0 and not self.context.has_left(error)
        timing, asked = self.context.timing, error.retry_after
        if not may or tries == SUBMIT_TRIES or (asked is not None and asked > timing.longest_wait):
            return None
        if isinstance(error, Refused):
            return asked if asked is not None else timing.rate_limited[tries - 1]
        return timing.not_sent[tries - 1]

    def release_slot(self) -> None:
        """Make room for another job."""
        if self._has_slot:
            self.slots.release()
            self._has_slot = False
