"""Jobs of one service share its moments: never more looks a second than are set, however many jobs there are."""

from __future__ import annotations

import itertools
import threading
from collections import Counter

import pytest

from vidmagic.engine.limits import KEPT, LOOKS, RateLimiter


class Clock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock of the test's own."""
    return Clock()


def test_nobody_waits_alone(clock: Clock) -> None:
    """A single job looks when it wants to, but for the length of one moment."""
    limiter = RateLimiter(clock)
    for rest in (0.0, 0.3, 2.0, 119.99):
        assert rest <= limiter.after(rest) < rest + 1 / LOOKS + 1e-6


def test_a_crowd_keeps_to_the_rate(clock: Clock) -> None:
    """A thousand jobs that want to look in one instant do so one after the other, and none before it wanted to."""
    limiter = RateLimiter(clock)
    found = sorted(limiter.after(0.5) for _ in range(1000))
    assert found[0] >= 0.5
    assert found[-1] <= 0.5 + 1001 / LOOKS
    assert max(Counter(int(each) for each in found).values()) <= LOOKS
    assert min(later - sooner for sooner, later in itertools.pairwise(found)) > 0.9 / LOOKS


def test_what_is_free_is_given(clock: Clock) -> None:
    """A job that may look sooner than those before it gets a sooner moment."""
    limiter = RateLimiter(clock)
    late = [limiter.after(10.0) for _ in range(LOOKS)]
    assert limiter.after(1.0) < 1.1
    assert limiter.after(10.0) > max(late)


def test_old_moments_are_forgotten(clock: Clock) -> None:
    """After hours the book is no longer than after minutes, and still gives no moment twice."""
    limiter = RateLimiter(clock)
    booked = []
    for _ in range(20_000):
        clock.now += 0.5 / LOOKS  # twice as many as there is room for
        booked.append(clock.now + limiter.after(0.0))
        clock.now = max(clock.now, booked[-1] - 5)
    assert len(set(map(round_to_moment, booked))) == len(booked)
    assert len(limiter._taken) <= KEPT + 1


def round_to_moment(at: float) -> int:
    """Return the number of the moment."""
    return round(at * LOOKS)


def test_threads_share_them() -> None:
    """Threads that book at the same time get different moments."""
    clock = Clock()
    limiter, found = RateLimiter(clock), []
    threads = [threading.Thread(target=lambda: found.extend(limiter.after(0.0) for _ in range(200))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(round_to_moment, found))) == 1600
