"""Work that an interrupt (■, Ctrl-C) must not cut in half.

Python raises KeyboardInterrupt in the main thread alone, there between any two steps: no lock, transaction or pair of
changes is safe in it. So such work is done in a thread of its own, and an interrupt ends only the waiting for it.
"""

from __future__ import annotations

import _thread
import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")
_SLICE = 0.2  # seconds: waits are sliced, so that an interrupt ends them on every system


def uninterrupted(work: Callable[[], _T]) -> _T:
    """Do *work* to its end whatever interrupts the caller; return its result or raise its error.

    An interrupted caller gets its KeyboardInterrupt at once, while the work goes on. Threads other than the main one
    do the work themselves.
    """
    if threading.get_ident() != threading.main_thread().ident:
        return work()
    running = _Running(work)
    try:
        # Not Thread.start: an interrupt within it leaves a lock held that every other thread needs to start.
        _thread.start_new_thread(contextvars.copy_context().run, (running.finish,))
    except RuntimeError:  # the interpreter is ending, or has no thread left
        return work()
    return running.result()


class _Running(Generic[_T]):
    """Work in another thread. A plain lock marks its end: an interrupt spoils conditions and futures."""

    def __init__(self, work: Callable[[], _T]) -> None:
        self._work = work
        self._results: list[_T] = []
        self._errors: list[BaseException] = []
        self._done = threading.Lock()
        self._done.acquire()

    def finish(self) -> None:
        """Do the work."""
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001  it is raised where the result is waited for
            self._errors.append(error)
        finally:
            self._done.release()

    def result(self) -> _T:
        """Wait for the end of the work; return its result or raise its error."""
        while not self._done.acquire(timeout=_SLICE):
            pass
        if self._errors:
            raise self._errors.pop()
        return self._results.pop()
