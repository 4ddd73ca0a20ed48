"""Follow a job that the service has taken: free, and never given up."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from vidmagic.engine.journal import record as states
from vidmagic.engine.run.context import Course
from vidmagic.engine.run.poll_schedule import back_off
from vidmagic.errors import Failed, OutcomeUnknown, Unreachable
from vidmagic.spec.events import Event, Heard, Queued, Ready, Running

LONGEST_WAIT = 120.0  # seconds that a service may make us wait before the next look
LONGEST_SAID = 400  # characters of what a service says meanwhile
FORGOTTEN_AFTER = 600.0  # seconds in which a service may not know yet, or not find, a task that it has accepted


@dataclass
class Following:
    """Look until the service has given a link; after a restart it enters at the ticket."""

    course: Course
    # When a task was not found, in seconds of the monotonic clock.
    _forgotten: list[float] = dataclasses.field(default_factory=list, init=False)

    def steps(self) -> Iterator[float]:
        """Look until the service has given a link; yield the seconds to rest between the looks."""
        failures = 0
        if self.course.live is None:
            yield self.course.turns.after(self._first_rest())
        while True:
            self.course.check_cancelled()
            try:
                if self._look():
                    return
                failures = 0
                rest = self.course.pace.rest(time.time() - self.course.record.accepted)
            except Unreachable as error:
                failures += 1
                rest = self._rest_after(error, failures)
            yield self.course.turns.after(rest)

    def _first_rest(self) -> float:
        """Return the rest before the first look: none after a restart, for the job may have been done for long."""
        elapsed = time.time() - self.course.record.accepted
        return 0.0 if abs(elapsed) > self.course.pace.floor else self.course.pace.rest(elapsed)

    def _look(self) -> bool:
        """Note what the service says now; True when a link is part of it."""
        live, self.course.live = self.course.live, None
        events = self.course.provider.follow(self.course.ticket(), self.course.http) if live is None else live
        try:
            for event in events:
                self._note(event)
                if isinstance(event, Ready):
                    return True
                self.course.check_cancelled()
        except OutcomeUnknown:
            self.course.check_cancelled()  # a stream that was cut by the cancellation
            raise
        finally:
            if isinstance(events, Generator):
                events.close()  # now, and with it its stream: an error that is kept would keep it open
        return False

    def _note(self, event: Event) -> None:
        self._forgotten.clear()
        if isinstance(event, Heard):
            self.course.hear(event.text)
        elif isinstance(event, Ready):
            self.course.set(
                event,
                state=states.READY,
                ready=time.time(),
                links={"urls": list(event.urls), "extras": dict(event.extras)},
                width=event.width or 0,
                height=event.height or 0,
                reported={**self.course.record.reported, **event.reported},
                error=None,
            )
        elif isinstance(event, Queued | Running):
            said = dataclasses.replace(event, said=self.course.http.struck(event.said)[:LONGEST_SAID])
            if isinstance(event, Running) and self.course.record.state == states.ACCEPTED:
                self.course.set(said, state=states.RUNNING)
            else:
                self.course.tell(said)
        else:
            raise TypeError(f"a provider yields no {type(event).__name__}")

    def _rest_after(self, error: Unreachable, failures: int) -> float:
        age = time.time() - self.course.record.accepted
        if error.status == 404 and age > FORGOTTEN_AFTER:
            self._forgotten.append(time.monotonic())
            if len(self._forgotten) >= 3 and self._forgotten[-1] - self._forgotten[0] > FORGOTTEN_AFTER:
                raise Failed(f"the service no longer knows the task: {error.message}", reason="not found")
        self.course.tell(Running(said=f"no answer from the service ({error.message}); the job goes on there"))
        rest = back_off(failures)
        return rest if error.retry_after is None else max(rest, min(error.retry_after, LONGEST_WAIT))
