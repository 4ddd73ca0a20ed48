"""A sweep of 1,000 jobs that Dask's workers follow and download, one of which is killed meanwhile.

Two worker processes with 40 threads each on this machine; the service is the light double in another process, and its
jobs take 5 s. The journal and the submits stay in this process.
"""

from __future__ import annotations

import logging
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from distributed import Client, LocalCluster

from tests.bench.row import Row
from tests.bench.sample_video import sample_video
from tests.bench.service import Serving
from tests.bench.sweep import home

JOBS, SECONDS = 1000, 5.0
WORKERS, THREADS = 2, 40
KILLED_AT = JOBS // 3  # videos that exist when a worker is killed


def measure() -> Iterator[Row]:
    """Yield the figures of one sweep, with a fresh journal and a cluster of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Serving(sample_video(), SECONDS) as service,
        home(Path(folder), service),
        LocalCluster(
            WORKERS, threads_per_worker=THREADS, processes=True, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as cluster,
        Client(cluster) as client,
    ):
        yield from _sweep(service, client)


def _sweep(service: Serving, client: Client) -> Iterator[Row]:
    from vidmagic.session.run_options import RunOptions
    from vidmagic.session.session import Session
    from vidmagic.session.sweep.plan import plan_sweep, start_sweep

    session = Session()
    begun = time.monotonic()
    plan = plan_sweep(session, [f"kite {number}" for number in range(JOBS)], "hailuo")
    sweep = start_sweep(session, plan, RunOptions(executor=client.get_executor()))
    killed = 0
    while not sweep.ended:
        if not killed and sum(job.state == "done" for job in sweep) >= KILLED_AT:
            killed = next(iter(client.run(os.getpid).values()))
            os.kill(killed, signal.SIGKILL)
        time.sleep(0.2)
    took, tasks = time.monotonic() - begun, service.tasks()
    subject = f"{JOBS:,} jobs on Dask, a worker killed"
    yield Row("workers", f"{subject}: all made", took, "s", "a job alone cannot be faster", SECONDS)
    yield Row("workers", f"{subject}: sent more than once", len(tasks) - JOBS, "", aim="0")
    yield Row("workers", f"{subject}: without a video", len(sweep.failed), "", aim="0")
    yield Row("workers", f"{subject}: workers killed", float(bool(killed)), "", aim="1")
    yield Row("workers", f"{subject}: polls a job", sum(task.polls for task in tasks) / JOBS, "")
