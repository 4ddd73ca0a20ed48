"""No fork while a connection to the journal is open: the child would inherit its locks, and nobody to release them."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass

from vidmagic.engine.fork import at_fork

_SLICE = 0.001  # seconds between two checks: neither forks nor open connections last


@dataclass(eq=False)
class _Open:
    """An open connection of a thread. It counts while somebody holds it: an interrupt may skip its removal."""

    thread: int


class ForkPause:
    """Lets a fork wait for the open connections, and new ones for the fork; each at most *patience* seconds.

    It has no lock that an interrupt of the main thread could leave held.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._begin()
        at_fork(before=self._pause, in_parent=self._go_on, in_child=self._begin)

    def _begin(self) -> None:
        self._connections: dict[int, weakref.ref[_Open]] = {}
        self._forking = False

    @contextlib.contextmanager
    def connection(self) -> Iterator[None]:
        """Hold back forks for the block, in which a connection is open."""
        mine = _Open(threading.get_ident())
        nested = mine.thread in self._threads()  # a fork waits for the outer connection, which must not wait for it
        until = time.monotonic() + self._patience
        while True:
            self._connections[id(mine)] = weakref.ref(mine)  # before the flag is read: one of the two sees the other
            if nested or not self._forking or time.monotonic() > until:
                break
            self._connections.pop(id(mine), None)
            time.sleep(_SLICE)
        try:
            yield
        finally:
            self._connections.pop(id(mine), None)

    def _threads(self) -> list[int]:
        """Return the threads that have an open connection."""
        connections = [reference() for reference in list(self._connections.values())]
        return [connection.thread for connection in connections if connection is not None]

    def _pause(self) -> None:
        self._forking = True
        until = time.monotonic() + self._patience
        while any(thread != threading.get_ident() for thread in self._threads()) and time.monotonic() < until:
            time.sleep(_SLICE)

    def _go_on(self) -> None:
        self._forking = False
