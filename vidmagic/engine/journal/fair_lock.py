"""A lock that threads get in the order of their requests; with `threading.Lock` some threads may wait forever."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator


class FairLock:
    """One holder at a time: first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    @contextlib.contextmanager
    def turn(self, timeout: float) -> Iterator[None]:
        """Hold it for the block. Raises TimeoutError after *timeout* seconds of waiting."""
        self._take(timeout)
        try:
            yield
        finally:
            self._pass_on()

    def _take(self, timeout: float) -> None:
        mine = threading.Lock()
        with self._lock:
            if not self._held:
                self._held = True
                return
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=timeout):
            return
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise TimeoutError("other threads hold the lock")
        # otherwise it was passed on to us just now

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False
