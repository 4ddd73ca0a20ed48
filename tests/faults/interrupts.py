"""■ at a random time: an alarm that raises KeyboardInterrupt in the main thread, as a kernel's SIGINT does."""

from __future__ import annotations

import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SHORTEST = 1e-6  # seconds: a timer of zero is none
LONGER = 1.2  # times as long as the call has taken so far, so that some calls come to their end


class Interrupts:
    """Make calls that are interrupted once, at a time that *dice* draws within what such calls take.

    `calls` counts what was called, `interrupted` what did not come to its end.
    """

    def __init__(self, dice: random.Random) -> None:
        self.calls = 0
        self.interrupted = 0
        self._dice = dice
        self._armed = False
        self._durations: dict[str, float] = defaultdict(lambda: 0.02)

    @contextmanager
    def installed(self) -> Iterator[Interrupts]:
        """Handle the alarm within the block."""
        before = signal.signal(signal.SIGALRM, self._ring)
        try:
            yield self
        finally:
            self._armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def call(self, name: str, function: Callable[[], object]) -> None:
        """Call *function*, one of the calls of this name, and interrupt it."""
        self.calls += 1
        begun = time.monotonic()
        if not self._cut(function, max(SHORTEST, self._dice.uniform(0, LONGER * self._durations[name]))):
            self._durations[name] = (self._durations[name] + time.monotonic() - begun) / 2

    def _cut(self, function: Callable[[], object], delay: float) -> bool:
        """Call *function* and interrupt it after *delay* seconds; return whether that was before its end."""
        with suppress(KeyboardInterrupt):
            try:
                self._armed = True
                signal.setitimer(signal.ITIMER_REAL, delay)
                function()
            finally:
                self._armed = False
            return False
        self.interrupted += 1
        return True

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self._armed:
            self._armed = False
            raise KeyboardInterrupt
