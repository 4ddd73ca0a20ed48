"""A sweep of 1,000 jobs: planning, the time until all are in the journal and sent, and until all videos are made.

The service is the light double in another process; its jobs take 30 s.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.bench.past import fill
from tests.bench.row import Row
from tests.bench.sample_video import sample_video
from tests.bench.service import Serving

JOBS, SECONDS = 1000, 30.0


def measure() -> Iterator[Row]:
    """Yield the figures of one sweep, in this process, with a fresh journal."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Serving(sample_video(), SECONDS) as service,
        home(Path(folder), service),
    ):
        yield from _sweep(service)


def _sweep(service: Serving) -> Iterator[Row]:
    from vidmagic.session.session import Session
    from vidmagic.session.sweep.plan import plan_sweep, start_sweep

    session = Session()
    begun = time.monotonic()
    plan = plan_sweep(session, [f"kite {number}" for number in range(JOBS)], "hailuo")
    planned = time.monotonic()
    sweep = start_sweep(session, plan)
    started = time.monotonic()
    threads = 0
    while not sweep.ended:
        threads = max(threads, threading.active_count())
        time.sleep(0.2)
    took = time.monotonic() - begun
    tasks = service.tasks()
    subject = f"{JOBS:,} jobs in one sweep"
    yield Row("sweep", f"{subject}: planned and priced", planned - begun, "s")
    yield Row("sweep", f"{subject}: all in the journal", started - planned, "s")
    yield Row("sweep", f"{subject}: all made", took, "s", "a job alone cannot be faster", SECONDS)
    yield Row("sweep", f"{subject}: sent more than once", len(tasks) - JOBS, "", aim="0")
    yield Row("sweep", f"{subject}: without a video", len(sweep.failed), "", aim="0")
    yield Row("sweep", f"{subject}: polls a job", sum(task.polls for task in tasks) / JOBS, "")
    yield Row("sweep", f"{subject}: threads, most", threads, "", aim="< 70")


@contextmanager
def home(folder: Path, service: Serving) -> Iterator[None]:
    """Let this process work in *folder*, with the service as DMXAPI."""
    fill(folder, 20, SECONDS)
    settings = {"VIDMAGIC_HOME": str(folder), "VIDMAGIC_DMXAPI_URL": service.url, "DMXAPI_API_KEY": "bench"}
    before = Path.cwd()
    os.chdir(folder)
    try:
        with patch.dict(os.environ, settings):
            yield
    finally:
        os.chdir(before)
