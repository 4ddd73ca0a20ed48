"""Wait for something, but not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from vidmagic.engine.job import Job


def until(
    condition: Callable[[], object],
    seconds: float = 10,
    failure: Callable[[], str] = lambda: "the condition did not come true",
) -> None:
    """Wait until something holds; *failure* says what is wrong when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, failure()
        time.sleep(0.01)


def ended(job: Job, seconds: float = 20) -> Job:
    """Wait for a job's end, whatever it is."""
    end = time.monotonic() + seconds
    while not job.ended:
        assert time.monotonic() < end, f"{job} did not end: {job._log.seen}"
        time.sleep(0.01)
    return job
