"""The submit: the only part of a job that costs money.

No step here repeats a submit of which a byte may have left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vidmagic.engine import states
from vidmagic.engine.run.context import JobContext
from vidmagic.engine.scheduler import Slots
from vidmagic.errors import Refused, Unreachable
from vidmagic.spec.events import Queued
from vidmagic.spec.request import Request

SUBMIT_TRIES = 3


@dataclass
class Submission:
    """Send `request` when there is room at its service; the room is kept until `leave`."""

    context: JobContext
    request: Request | None
    slots: Slots
    _has_slot: bool = False

    def steps(self) -> Iterator[float]:
        """Send the request; yield the seconds to rest between the tries."""
        assert self.request is not None
        while not self._take_slot():
            self.context.tell(Queued("waiting for a free place at the service"))
            self.context.check_cancelled()
            yield self.context.timing.slot
        for tries in range(1, SUBMIT_TRIES + 1):
            self.context.check_cancelled()
            try:
                ticket = self.context.provider.submit(
                    self.request, self.context.http.with_pre_send_check(self.context.mark_sending)
                )
            except (Refused, Unreachable) as error:
                rest = self._rest_before_next_try(error, tries)
                if rest is None:
                    raise
                self.context.set(state=states.NEW, charged="no")
                self.context.tell(Queued(f"{error.message}; next try in {rest:.0f} s"))
                yield rest
            else:
                self.context.accept(ticket)
                self.request = None  # a job that was accepted holds no images any more
                return

    def _take_slot(self) -> bool:
        self._has_slot = self._has_slot or self.slots.take()
        return self._has_slot

    def _rest_before_next_try(self, error: Refused | Unreachable, tries: int) -> float | None:
        """Return the rest before a submit may be repeated: nothing was sent, or the service said "too many"."""
        if isinstance(error, Refused):
            may = error.reason in {"rate", "concurrency"}
        else:
            may = error.status >= 0 and not self.context.has_left(error)
        timing, wanted = self.context.timing, error.retry_after
        if not may or tries == SUBMIT_TRIES or (wanted is not None and wanted > timing.longest_wait):
            return None
        if isinstance(error, Refused):
            return wanted if wanted is not None else timing.rate_limited[tries - 1]
        return timing.not_sent[tries - 1]

    def leave(self) -> None:
        """Make room for another job."""
        if self._has_slot:
            self.slots.give()
            self._has_slot = False
