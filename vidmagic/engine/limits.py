"""Limit the polls of a service: all jobs of this process share one rate."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

REMEMBERED = 5000  # booked ticks that are stored before those in the past are dropped


class RateLimiter:
    """Book polls: time runs in ticks, *rate* a second, and each tick is for one poll only."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._most = REMEMBERED
        self._next: dict[int, int] = {}  # a booked tick, and the next one that may be free

    def after(self, delay: float) -> float:
        """Book the first free tick after *delay* seconds, and return the seconds until then."""
        now = self._clock()
        with self._lock:
            self._forget_before(math.floor(now * self._rate))
            tick = self._book(math.ceil((now + delay) * self._rate))
        return max(delay, tick / self._rate - now)

    def _book(self, tick: int) -> int:
        """Book *tick* or the first free one after it, and shorten the way there for later calls."""
        passed = []
        while tick in self._next:
            passed.append(tick)
            tick = self._next[tick]
        for booked in (*passed, tick):
            self._next[booked] = tick + 1
        return tick

    def _forget_before(self, tick: int) -> None:
        if len(self._next) > self._most:
            self._next = {booked: free for booked, free in self._next.items() if booked >= tick}
            self._most = max(REMEMBERED, 2 * len(self._next))
