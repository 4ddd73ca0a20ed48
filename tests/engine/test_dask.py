"""A sweep on a Dask cluster: the scheduler gives the jobs of a killed worker to another one."""

from __future__ import annotations

import os
import signal

from distributed import Client, LocalCluster

from tests.engine.test_worker import WORKED, accepted, messages, polls
from tests.patience import until
from vidmagic.sandbox import Sandbox
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.session.sweep.plan import plan_sweep, start_sweep


def test_a_dask_worker_is_killed_in_mid_job(session: Session, sandbox: Sandbox) -> None:
    """Two worker processes follow four jobs; one is killed; all four are made, each sent once."""
    sandbox.seconds = 600
    prompts = [f"A kite, number {number}" for number in range(4)]
    with (
        LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        sweep = start_sweep(session, plan_sweep(session, prompts, "hailuo"), RunOptions(executor=client.get_executor()))
        until(lambda: accepted(sandbox) == 4 and polls(sandbox) > 4, 60)
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        sandbox.finish_tasks()
        videos = sweep.result(60)
    assert len({video.path for video in videos}) == 4
    assert accepted(sandbox) == 4
    assert messages(sweep).count(WORKED) == 4
