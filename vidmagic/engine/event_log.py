"""What has happened to one job in this kernel: written by its driver, read and waited for by any number of threads."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator

from vidmagic.spec.events import Event

WAIT_SLICE = 0.2  # seconds: waits are sliced, so that an interrupt ends them on every system


class EventLog:
    """The events of one job, in order, until `end`."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._process = os.getpid()

    @property
    def inherited(self) -> bool:
        """Whether this is a fork of the process that writes the log: nothing arrives here, its locks may be held."""
        return os.getpid() != self._process

    @property
    def seen(self) -> tuple[Event, ...]:
        """The events so far."""
        if self.inherited:
            return tuple(self._events)
        with self._changed:
            return tuple(self._events)

    @property
    def ended(self) -> bool:
        """Whether no event follows."""
        return self._ended.is_set() or self.inherited

    def add(self, event: Event) -> None:
        """Add an event, unless it repeats the last one."""
        with self._changed:
            if not self._events or self._events[-1] != event:
                self._events.append(event)
            self._changed.notify_all()

    def end(self) -> None:
        """Let everyone who waits go on."""
        with self._changed:
            self._ended.set()
            self._changed.notify_all()

    def reopen(self) -> None:
        """Expect events once more: the job goes on."""
        with self._changed:
            self._ended.clear()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; return False if it has not come after *timeout* seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.inherited and not self._ended.wait(_slice(deadline)):
            if deadline is not None and time.monotonic() >= deadline:
                return False
        return True

    async def wait_async(self) -> None:
        """Wait for the end without holding the event loop."""
        while not self.ended:  # noqa: ASYNC110  an idle event loop would not notice an interrupt
            await asyncio.sleep(WAIT_SLICE)

    def follow(self) -> Iterator[Event]:
        """Yield every event from the first one on, until the end."""
        at = 0
        while not self.inherited:
            with self._changed:
                while at >= len(self._events) and not self.ended:
                    self._changed.wait(WAIT_SLICE)
                if at >= len(self._events):
                    return
                event = self._events[at]
            at += 1
            yield event


def _slice(deadline: float | None) -> float:
    """Return the seconds that one wait may last."""
    return WAIT_SLICE if deadline is None else max(0.0, min(WAIT_SLICE, deadline - time.monotonic()))
