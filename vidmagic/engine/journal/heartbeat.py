"""The signs of life of this process, in a thread of their own: no slow submit may hold them up."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from vidmagic.errors import JournalError


class Heartbeat:
    """Calls *beat* at once and every *seconds* seconds, from `start` to `stop`."""

    def __init__(self, beat: Callable[[], None], seconds: float) -> None:
        self._beat = beat
        self._seconds = seconds
        self._lock = threading.Lock()
        self._stopped: threading.Event | None = None

    def start(self) -> None:
        """Begin to beat, unless it beats already."""
        with self._lock:
            if self._stopped is None:
                stopped = threading.Event()
                threading.Thread(target=self._run, args=(stopped,), name="vidmagic-heartbeat", daemon=True).start()
                self._stopped = stopped

    def stop(self) -> None:
        """Stop beating."""
        with self._lock:
            if self._stopped is not None:
                self._stopped.set()
                self._stopped = None

    def _run(self, stopped: threading.Event) -> None:
        while not stopped.is_set():
            with contextlib.suppress(JournalError):  # one beat less; the next one is soon
                self._beat()
            stopped.wait(self._seconds)
