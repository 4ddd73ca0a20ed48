"""At which moments a service may be asked: many jobs share what is bearable for it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

LOOKS = 50  # a second, of this process at one service; no document names a limit
KEPT = 5000  # moments, after which those that are past are forgotten


class RateLimiter:
    """Moments, `LOOKS` a second, each of which is given to one look only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._most = KEPT
        self._taken: dict[int, int] = {}  # a moment that is given away, and the next one that may be free

    def after(self, rest: float) -> float:
        """Book the first free moment after *rest* seconds, and return the seconds until then."""
        now = self._clock()
        with self._lock:
            self._forget_before(math.floor(now * LOOKS))
            moment = self._book(math.ceil((now + rest) * LOOKS))
        return max(rest, moment / LOOKS - now)

    def _book(self, moment: int) -> int:
        """Take *moment* or the first free one after it; the way there is made short for those who come next."""
        passed = []
        while moment in self._taken:
            passed.append(moment)
            moment = self._taken[moment]
        for each in (*passed, moment):
            self._taken[each] = moment + 1
        return moment

    def _forget_before(self, moment: int) -> None:
        if len(self._taken) > self._most:
            self._taken = {each: after for each, after in self._taken.items() if each >= moment}
            self._most = max(KEPT, 2 * len(self._taken))
