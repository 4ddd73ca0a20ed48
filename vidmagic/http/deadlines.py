"""End a call at a wall-clock deadline: a socket's own timeout starts anew with every byte that arrives."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import threading
import time
from collections.abc import Iterator

from vidmagic.http.connection import ConnectionMonitor


class Deadlines:
    """Cut calls that outlive their wall-clock limit; one thread for all, started with the first."""

    def __init__(self) -> None:
        self._begin()
        if hasattr(os, "register_at_fork"):  # a child must not cut its parent's calls, whose sockets it shares
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, ConnectionMonitor]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def limit(self, monitor: ConnectionMonitor, seconds: float) -> Iterator[None]:
        """Cut *monitor*'s call when it takes longer than *seconds*."""
        entry = (time.monotonic() + seconds, next(self._numbers), monitor)
        with self._changed:
            heapq.heappush(self._heap, entry)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._cut_overdue, name="vidmagic-deadlines", daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed, contextlib.suppress(ValueError):  # it may belong to the parent of this process
                self._heap.remove(entry)
                heapq.heapify(self._heap)

    def _cut_overdue(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for due, _, monitor in self._heap:
                    if due <= now and not monitor.overdue:
                        monitor.overdue = True
                        monitor.cut()
                pending = [due for due, _, monitor in self._heap if not monitor.overdue]
                self._changed.wait(min(pending) - now if pending else None)
