"""Wait for something, but not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from vidmagic.engine.job import Job


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.01)


def ended(job: Job, seconds: float = 20) -> Job:
    """Wait for a job's end, whatever it is."""
    end = time.monotonic() + seconds
    while not job.ended:
        assert time.monotonic() < end, f"{job} did not end: {job._log.seen}"
        time.sleep(0.01)
    return job
