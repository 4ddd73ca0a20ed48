"""Jobs share the polls of one service: never more a second than are set, however many jobs there are."""

from __future__ import annotations

import itertools
import threading
from collections import Counter

import pytest

from vidmagic.engine.limits import REMEMBERED, RateLimiter

RATE = 50  # polls a second


class Clock:
    """A clock that shows the same time until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock of the test's own."""
    return Clock()


def test_nobody_waits_alone(clock: Clock) -> None:
    """A single job polls when it needs to, but for the length of one tick."""
    limiter = RateLimiter(RATE, clock)
    for delay in (0.0, 0.3, 2.0, 119.99):
        assert delay <= limiter.after(delay) < delay + 1 / RATE + 1e-6


def test_a_crowd_keeps_to_the_rate(clock: Clock) -> None:
    """A thousand jobs that poll in one instant do so one after the other, and none before it is due."""
    limiter = RateLimiter(RATE, clock)
    delays = sorted(limiter.after(0.5) for _ in range(1000))
    assert delays[0] >= 0.5
    assert delays[-1] <= 0.5 + 1001 / RATE
    assert max(Counter(int(delay) for delay in delays).values()) <= RATE
    assert min(later - sooner for sooner, later in itertools.pairwise(delays)) > 0.9 / RATE


def test_what_is_free_is_given(clock: Clock) -> None:
    """A job that may poll sooner than those before it gets a sooner tick."""
    limiter = RateLimiter(RATE, clock)
    late = [limiter.after(10.0) for _ in range(RATE)]
    assert limiter.after(1.0) < 1.1
    assert limiter.after(10.0) > max(late)


def test_old_ticks_are_forgotten(clock: Clock) -> None:
    """After hours the book is no longer than after minutes, and no tick is given twice."""
    limiter = RateLimiter(RATE, clock)
    booked = []
    for _ in range(20_000):
        clock.now += 0.5 / RATE  # twice as many as there is room for
        booked.append(clock.now + limiter.after(0.0))
        clock.now = max(clock.now, booked[-1] - 5)
    assert len(set(map(tick, booked))) == len(booked)
    assert len(limiter._next) <= REMEMBERED + 1


def tick(at: float) -> int:
    """Return the number of the tick."""
    return round(at * RATE)


def test_threads_share_them() -> None:
    """Threads that book at the same time get different ticks."""
    clock = Clock()
    limiter, delays = RateLimiter(RATE, clock), []
    threads = [threading.Thread(target=lambda: delays.extend(limiter.after(0.0) for _ in range(200))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(tick, delays))) == 1600
