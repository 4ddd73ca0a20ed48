"""The log of a job's events: any number of readers, and none of them can stop the job."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.faults.interrupts import Interrupts
from vidmagic.engine.event_log import EventLog
from vidmagic.spec.events import Queued, Running

CALLS = 300
READERS: dict[str, Callable[[EventLog], object]] = {
    "waits": lambda log: log.wait(0.02),
    "follows": lambda log: next(log.follow()),
    "looks": lambda log: (log.seen, log.ended),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_an_interrupted_reader_stops_nobody(reader: Callable[[EventLog], object]) -> None:
    """A reader that an interrupt cuts short leaves nothing behind for which the driver or another reader waits."""
    log = EventLog()
    with Interrupts(random.Random(7)).installed() as interrupts:
        for _ in range(CALLS):
            interrupts.call("read", lambda: reader(log))
    assert interrupts.interrupted > CALLS / 10

    def drive() -> None:
        log.add(Queued())
        log.end()

    driver = threading.Thread(target=drive, daemon=True)
    driver.start()
    driver.join(10)
    assert not driver.is_alive()
    assert list(log.follow()) == [Queued()]
    assert log.wait(0)


def test_every_reader_sees_every_event() -> None:
    """Readers that wait while events arrive get all of them once, in order, and end with the log."""
    log = EventLog()
    events = [Running(percent) for percent in range(200)]
    seen: list[list[object]] = [[] for _ in range(8)]

    def read(into: list[object]) -> None:
        with suppress(StopIteration):
            into.extend(log.follow())

    readers = [threading.Thread(target=read, args=(into,), daemon=True) for into in seen]
    for thread in readers:
        thread.start()
    for event in events:
        log.add(event)
        log.add(event)  # a repetition
    log.end()
    for thread in readers:
        thread.join(10)
    assert seen == [events] * 8


def test_a_wait_ends_with_its_time() -> None:
    """A wait without an end returns False after its time, and at once where no time is left."""
    log = EventLog()
    assert not log.wait(0.01)
    assert not log.wait(0)
    log.end()
    assert log.wait()
    log.reopen()
    assert not log.wait(0)
