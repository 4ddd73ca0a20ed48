"""Hold a cell until its job ends, in such a way that Cancel, ■ and the user's own tasks stay alive."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.notebook.card.frontend import FrontEnd

SLICE = 0.05  # seconds between two looks at the widgets' messages
LONGEST_SLEEP = 0.25  # seconds: an interrupt is heard between two sleeps on every system


class Interrupted(KeyboardInterrupt):
    """■ was pressed: the waiting is over, the job is not."""

    def __init__(self, *jobs: Job) -> None:
        super().__init__("stopped waiting")
        self.jobs = jobs

    def _render_traceback_(self) -> list[str]:
        """Say what goes on without this cell, in place of a traceback."""
        goes_on = [
            f"job {job.id} goes on · `%video resume {job.id}` · `%video cancel {job.id}`"
            for job in self.jobs
            if not job.ended
        ]
        return ["KeyboardInterrupt: stopped waiting; nothing was cancelled", *goes_on]


def waits(wish: str | None, setting: str, front: FrontEnd) -> bool:
    """Tell whether a cell waits: by its flag, else by the setting, else wherever nobody could see it finish."""
    wish = wish or setting
    return wish == "always" or (wish == "auto" and front.kind != "live")


def hold(steps: Iterator[float], front: FrontEnd) -> None:
    """Pull *steps*, each a number of seconds to rest, to their end. KeyboardInterrupt passes through at once."""
    pump = _Pump(front.kernel) if _hears_no_clicks(front) else None
    try:
        for seconds in steps:
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                if pump is not None:
                    pump.run()
                time.sleep(min(left, SLICE if pump is not None else LONGEST_SLEEP))
    finally:
        if pump is not None:
            pump.give_back()


def _hears_no_clicks(front: FrontEnd) -> bool:
    """Tell whether this is a kernel that handles no widget message while a cell runs: ipykernel 6.

    On ipykernel 7 clicks come by another thread, and nest_asyncio was measured to break it, as it breaks Python 3.14.
    """
    return front.has_widgets and hasattr(front.kernel, "msg_queue") and sys.version_info < (3, 14)


class _Pump:
    """Let ipykernel 6 hear of clicks while a cell waits: its loop runs on, its queued cells do not."""

    def __init__(self, kernel: Any) -> None:
        import nest_asyncio

        self.kernel = kernel
        self.loop = asyncio.get_running_loop()
        nest_asyncio.apply(self.loop)
        self.held: list[Any] = []

    def run(self) -> None:
        """Let the loop go on for a moment, and handle the widgets' messages that came in."""
        self.loop.run_until_complete(self._handle())

    async def _handle(self) -> None:
        await asyncio.sleep(0)
        queue = self.kernel.msg_queue
        parent, ident = self.kernel.get_parent(), self.kernel._parent_ident.get("shell")  # noqa: SLF001  no public name
        while queue.qsize():
            item = queue.get_nowait()
            _, dispatch, args = item
            if self._is_comm(args[0]):
                await dispatch(*args)
                self.kernel.set_parent(ident, parent, channel="shell")
            else:
                self.held.append(item)

    def _is_comm(self, frames: Any) -> bool:
        session = self.kernel.session
        _, parts = session.feed_identities(frames, copy=False)
        header = session.unpack(parts[1].bytes if hasattr(parts[1], "bytes") else parts[1])
        return str(header["msg_type"]).startswith("comm_")

    def give_back(self) -> None:
        """Put the cells that came meanwhile back in their order."""
        queue = self.kernel.msg_queue
        later = [queue.get_nowait() for _ in range(queue.qsize())]
        for item in [*self.held, *later]:
            queue.put_nowait(item)
        self.held.clear()
