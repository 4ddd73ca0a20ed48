"""Follow a job that the service has taken: free, and never given up."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from vidmagic.engine import states
from vidmagic.engine.run.context import JobContext
from vidmagic.errors import Failed, OutcomeUnknown, Unreachable
from vidmagic.spec.events import Event, Queued, Ready, Running, TextReceived

LONGEST_SAID = 400  # characters of what a service says meanwhile


@dataclass
class Polling:
    """Look until the service has given a link; after a restart it enters at the ticket."""

    context: JobContext
    # When a task was not found, in seconds of the monotonic clock.
    _forgotten: list[float] = dataclasses.field(default_factory=list, init=False)

    def steps(self) -> Iterator[float]:
        """Look until the service has given a link; yield the seconds to rest between the looks."""
        failures = 0
        if self.context.live is None:
            yield self.context.limiter.after(self._first_rest())
        while True:
            self.context.check_cancelled()
            try:
                if self._look():
                    return
                failures = 0
                rest = self.context.schedule.delay(time.time() - self.context.record.accepted)
            except Unreachable as error:
                failures += 1
                rest = self._rest_after(error, failures)
            yield self.context.limiter.after(rest)

    def _first_rest(self) -> float:
        """Return the rest before the first look: none after a restart, for the job may have been done for long."""
        elapsed = time.time() - self.context.record.accepted
        return 0.0 if abs(elapsed) > self.context.schedule.floor else self.context.schedule.delay(elapsed)

    def _look(self) -> bool:
        """Note what the service says now; True when a link is part of it."""
        live, self.context.live = self.context.live, None
        events = (
            self.context.provider.follow(self.context.ticket(), self.context.http.service) if live is None else live
        )
        try:
            for event in events:
                self._note(event)
                if isinstance(event, Ready):
                    return True
                self.context.check_cancelled()
        except OutcomeUnknown:
            self.context.check_cancelled()  # a stream that was cut by the cancellation
            raise
        finally:
            if isinstance(events, Generator):
                events.close()  # now, and with it its stream: an error that is kept would keep it open
        return False

    def _note(self, event: Event) -> None:
        self._forgotten.clear()
        if isinstance(event, TextReceived):
            self.context.add_transcript(event.text)
        elif isinstance(event, Ready):
            self.context.set(
                event,
                state=states.READY,
                ready=time.time(),
                links={"urls": list(event.urls), "extras": dict(event.extras)},
                width=event.width or 0,
                height=event.height or 0,
                reported={**self.context.record.reported, **event.reported},
                error=None,
            )
        elif isinstance(event, Queued | Running):
            said = dataclasses.replace(event, message=self.context.http.redact(event.message)[:LONGEST_SAID])
            if isinstance(event, Running) and self.context.record.state == states.ACCEPTED:
                self.context.set(said, state=states.RUNNING)
            else:
                self.context.tell(said)
        else:
            raise TypeError(f"a provider yields no {type(event).__name__}")

    def _rest_after(self, error: Unreachable, failures: int) -> float:
        timing, age = self.context.timing, time.time() - self.context.record.accepted
        if error.status == 404 and age > timing.forgotten_after:
            self._forgotten.append(time.monotonic())
            if len(self._forgotten) >= 3 and self._forgotten[-1] - self._forgotten[0] > timing.forgotten_after:
                raise Failed(f"the service no longer knows the task: {error.message}", reason="not found")
        self.context.tell(Running(message=f"no answer from the service ({error.message}); the job goes on there"))
        rest = timing.retry_delay(failures)
        return rest if error.retry_after is None else max(rest, min(error.retry_after, timing.longest_wait))
