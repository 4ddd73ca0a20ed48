"""What has happened to one job in this kernel: written by its driver, read and waited for by any number of threads."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from vidmagic.spec.events import Event

WAIT_SLICE = 0.2  # seconds: waits are sliced, so that an interrupt ends them on every system


class EventLog:
    """The events of one job, in order, until `end`.

    Readers hold no lock: one that an interrupt cut short would hold it for ever, and the driver would wait for it.
    Each waits for a lock of its own instead, which the writer releases.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._ended = False
        self._waiting: deque[threading.Lock] = deque()
        self._process = os.getpid()

    @property
    def inherited(self) -> bool:
        """Whether this is a fork of the process that writes the log: nothing arrives here, its locks may be held."""
        return os.getpid() != self._process

    @property
    def seen(self) -> tuple[Event, ...]:
        """The events so far."""
        return tuple(self._events)

    @property
    def ended(self) -> bool:
        """Whether no event follows."""
        return self._ended or self.inherited

    def add(self, event: Event) -> None:
        """Add an event, unless it repeats the last one."""
        if not self._events or self._events[-1] != event:
            self._events.append(event)
        self._wake()

    def end(self) -> None:
        """Let everyone who waits go on."""
        self._ended = True
        self._wake()

    def reopen(self) -> None:
        """Expect events once more: the job goes on."""
        self._ended = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; return False if it has not come after *timeout* seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.ended:
            if deadline is not None and time.monotonic() >= deadline:
                return False
            self._sleep(lambda: self.ended, _slice(deadline))
        return True

    async def wait_async(self) -> None:
        """Wait for the end without holding the event loop."""
        while not self.ended:  # noqa: ASYNC110  an idle event loop would not notice an interrupt
            await asyncio.sleep(WAIT_SLICE)

    def follow(self) -> Iterator[Event]:
        """Yield every event from the first one on, until the end."""
        at = 0
        while not self.inherited:
            while at >= len(self._events) and not self.ended:
                self._sleep(lambda: self.ended or at < len(self._events), WAIT_SLICE)  # noqa: B023  called at once
            if at >= len(self._events):
                return
            yield self._events[at]
            at += 1

    def _sleep(self, is_over: Callable[[], bool], seconds: float) -> None:
        """Wait for a change, *seconds* at most; not at all where *is_over* says that it has come."""
        changed = threading.Lock()
        changed.acquire()
        self._waiting.append(changed)
        try:
            if not is_over():  # the writer may have been faster than the line above
                changed.acquire(timeout=seconds)
        finally:
            with contextlib.suppress(ValueError):  # the writer has removed it
                self._waiting.remove(changed)

    def _wake(self) -> None:
        while self._waiting:
            with contextlib.suppress(IndexError):  # its reader has removed it
                self._waiting.popleft().release()


def _slice(deadline: float | None) -> float:
    """Return the seconds that one wait may last."""
    return WAIT_SLICE if deadline is None else max(0.0, min(WAIT_SLICE, deadline - time.monotonic()))
