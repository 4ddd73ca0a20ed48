"""Hold a cell until its job ends, while Cancel, ■ and the user's own tasks go on working."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.notebook.surfaces.frontend import FrontEnd

SLICE = 0.05  # seconds between two readings of the widgets' messages
LONGEST_SLEEP = 0.25  # seconds: on every system an interrupt arrives between two sleeps


class Interrupted(KeyboardInterrupt):
    """■ was pressed: the waiting is over, the job is not."""

    def __init__(self, *jobs: Job) -> None:
        super().__init__("stopped waiting")
        self.jobs = jobs

    def _render_traceback_(self) -> list[str]:
        """Return what goes on without this cell, in place of a traceback."""
        running = [
            f"job {job.id} goes on · `%video resume {job.id}` · `%video cancel {job.id}`"
            for job in self.jobs
            if not job.ended
        ]
        return ["KeyboardInterrupt: stopped waiting; nothing was cancelled", *running]


def waits(flag: str | None, setting: str, front: FrontEnd) -> bool:
    """Return whether a cell waits: by its *flag*, else by the *setting*, else where nobody watches."""
    choice = flag or setting
    return choice == "always" or (choice == "auto" and not front.is_watched)


def hold(steps: Iterator[float], front: FrontEnd) -> None:
    """Pull *steps*, each a number of seconds to wait, to their end. KeyboardInterrupt passes through at once."""
    pump = _Pump(front.kernel) if _misses_clicks(front) else None
    try:
        for seconds in steps:
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                if pump is not None:
                    pump.run()
                time.sleep(min(left, SLICE if pump is not None else LONGEST_SLEEP))
    finally:
        if pump is not None:
            pump.put_back()


def _misses_clicks(front: FrontEnd) -> bool:
    """Return whether this kernel handles no widget message while a cell runs: ipykernel 6.

    On ipykernel 7 clicks come by another thread, and nest_asyncio was measured to break it, as it breaks Python 3.14.
    """
    return front.has_buttons and hasattr(front.kernel, "msg_queue") and sys.version_info < (3, 14)


class _Pump:
    """Let ipykernel 6 receive clicks while a cell waits: its loop runs on, its queued cells wait."""

    def __init__(self, kernel: Any) -> None:
        import nest_asyncio

        self.kernel = kernel
        self.loop = asyncio.get_running_loop()
        nest_asyncio.apply(self.loop)
        self._cells: list[Any] = []

    def run(self) -> None:
        """Run the loop once, and handle the widgets' messages that came in."""
        self.loop.run_until_complete(self._handle())

    async def _handle(self) -> None:
        await asyncio.sleep(0)
        queue = self.kernel.msg_queue
        parent, ident = self.kernel.get_parent(), self.kernel._parent_ident.get("shell")  # noqa: SLF001  no public name
        while queue.qsize():
            message = queue.get_nowait()
            _, dispatch, args = message
            if self._is_comm(args[0]):
                await dispatch(*args)
                self.kernel.set_parent(ident, parent, channel="shell")
            else:
                self._cells.append(message)

    def _is_comm(self, frames: Any) -> bool:
        session = self.kernel.session
        _, parts = session.feed_identities(frames, copy=False)
        header = session.unpack(parts[1].bytes if hasattr(parts[1], "bytes") else parts[1])
        return str(header["msg_type"]).startswith("comm_")

    def put_back(self) -> None:
        """Put the cells that came meanwhile back into the queue, in their order."""
        queue = self.kernel.msg_queue
        later = [queue.get_nowait() for _ in range(queue.qsize())]
        for message in [*self._cells, *later]:
            queue.put_nowait(message)
        self._cells.clear()
