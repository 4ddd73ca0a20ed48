"""Wait for something, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from vidmagic.engine.job import Job


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def ended(job: Job, seconds: float = 20) -> Job:
    """Wait for a job's end, whatever it is."""
    end = time.monotonic() + seconds
    while not job.ended:
        assert time.monotonic() < end, f"{job} did not end: {job._events}"
        time.sleep(0.01)
    return job
