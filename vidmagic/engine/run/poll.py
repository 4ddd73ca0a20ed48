"""Poll a job that the service has accepted: polls are free and never given up."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from vidmagic.engine import states
from vidmagic.engine.run.context import JobContext
from vidmagic.errors import Failed, OutcomeUnknown, Unreachable
from vidmagic.providers.links import without_links
from vidmagic.spec.events import Event, Queued, Ready, Running, TextReceived

LONGEST_MESSAGE = 400  # characters of a service's message between two events
POLLS_WITHOUT_TASK = 3  # so many in a row mean that the service has forgotten the task


@dataclass
class Polling:
    """Poll until the service has given a link; after a restart this begins at the ticket."""

    context: JobContext
    # When the service did not know the task, in seconds of the monotonic clock.
    _misses: list[float] = dataclasses.field(default_factory=list, init=False)

    def steps(self) -> Iterator[float]:
        """Poll until the service has given a link; yield the seconds to wait between the polls."""
        failures = 0
        if self.context.live is None:
            yield self.context.limiter.after(self._first_delay())
        while True:
            self.context.check_cancelled()
            try:
                if self._poll_once():
                    return
                failures = 0
                delay = self.context.schedule.delay(time.time() - self.context.record.accepted)
            except Unreachable as error:
                failures += 1
                delay = self._delay_after(error, failures)
            yield self.context.limiter.after(delay)

    def _first_delay(self) -> float:
        """Return the seconds before the first poll: none after a restart, for the job may have been done for long."""
        elapsed = time.time() - self.context.record.accepted
        return 0.0 if abs(elapsed) > self.context.schedule.floor else self.context.schedule.delay(elapsed)

    def _poll_once(self) -> bool:
        """Store what the service answers now; True when a link is part of it."""
        live, self.context.live = self.context.live, None
        events = (
            self.context.provider.follow(self.context.ticket(), self.context.http.service) if live is None else live
        )
        try:
            for event in events:
                self._store(event)
                if isinstance(event, Ready):
                    return True
                self.context.check_cancelled()
        except OutcomeUnknown:
            self.context.check_cancelled()  # a stream that was cut by the cancellation
            raise
        finally:
            if isinstance(events, Generator):
                events.close()  # now, and with it its stream: an error that someone holds would keep it open
        return False

    def _store(self, event: Event) -> None:
        self._misses.clear()
        if isinstance(event, TextReceived):
            self.context.add_transcript(event.text)
        elif isinstance(event, Ready):
            self._store_links(event)
        elif isinstance(event, Queued | Running):
            message = without_links(self.context.http.redact(event.message))[:LONGEST_MESSAGE]
            redacted = dataclasses.replace(event, message=message)
            if isinstance(event, Running) and self.context.record.state == states.ACCEPTED:
                self.context.update(redacted, state=states.RUNNING)
            else:
                self.context.notify(redacted)
        else:
            raise TypeError(f"a provider must not yield {type(event).__name__}")

    def _store_links(self, ready: Ready) -> None:
        self.context.update(
            ready,
            state=states.READY,
            ready=self.context.record.ready or time.time(),
            links={"urls": list(ready.urls), "extras": dict(ready.extras)},
            width=ready.width or 0,
            height=ready.height or 0,
            reported={**self.context.record.reported, **ready.reported},
            error=None,
        )

    def _delay_after(self, error: Unreachable, failures: int) -> float:
        """Return the seconds until the next poll. Raises Failed for a task that the service has forgotten."""
        timing, age = self.context.timing, time.time() - self.context.record.accepted
        if error.status == 404 and age > timing.forgotten_after:
            self._misses.append(time.monotonic())
            lasted = self._misses[-1] - self._misses[0]
            if len(self._misses) >= POLLS_WITHOUT_TASK and lasted > timing.forgotten_after:
                message = f"the service no longer knows the task: {error.message}"
                raise Failed(message, reason="not found", charged=self.context.record.charged)
        self.context.notify(Running(message=f"no answer from the service ({error.message}); the job goes on there"))
        delay = timing.retry_delay(failures)
        return delay if error.retry_after is None else max(delay, min(error.retry_after, timing.longest_wait))
