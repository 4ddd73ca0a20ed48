"""Several kernels and one journal: one job, one submit, whoever is first."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.faults import child
from tests.faults.conftest import Trial
from tests.faults.remote_kernel import Kernels
from tests.faults.systems import SYSTEMS
from tests.media.recipes import service_bytes
from tests.patience import ended, until
from tests.rows import rewrite
from vidmagic.errors import InvalidRequest

KERNELS = 6
WIDER = 0.05  # seconds for which the narrow places are held open


def test_six_kernels_start_the_same(trial: Trial, *, long: bool) -> None:
    """Six processes that make the same requests at the same moments buy each of them once."""
    rounds = 25 if long else 5
    service = trial.serve(pending=0)
    together = child.barrier(KERNELS)
    kernels = [child.kernel({}, Path.cwd(), child.race, rounds, "hailuo", together, WIDER) for _ in range(KERNELS)]
    for process in kernels:
        process.join(120)
    assert [process.exitcode for process in kernels] == [0] * KERNELS
    counts = [service.submitted.count(f"round {number}") for number in range(rounds)]
    trial.figures.add(
        cases=rounds * KERNELS,
        submits=sum(counts),
        paid=len(service.paid),
        done=len(trial.session.jobs(states=["done"])),
        bought_twice=sum(count > 1 for count in counts),
    )
    assert counts == [1] * rounds
    assert {job.state for job in trial.session.jobs()} == {"done"}


def test_six_kernels_ask_for_the_second_take(trial: Trial, *, long: bool) -> None:
    """A cell with --take 2 that runs in six kernels at the same moment buys one second take, however often it runs."""
    rounds = 8 if long else 2
    service = trial.serve(pending=0)
    together, takes = child.barrier(KERNELS), (None, 2, 2, 3)
    work = (child.race, rounds, "hailuo", together, WIDER, takes)
    kernels = [child.kernel({}, Path.cwd(), *work) for _ in range(KERNELS)]
    for process in kernels:
        process.join(120)
    assert [process.exitcode for process in kernels] == [0] * KERNELS
    counts = [service.submitted.count(f"round {number}") for number in range(rounds)]
    trial.figures.add(
        cases=rounds * KERNELS * len(takes), submits=sum(counts), paid=len(service.paid),
        bought_twice=sum(count > 3 for count in counts),
    )  # fmt: skip
    assert counts == [3] * rounds
    assert {job.state for job in trial.session.jobs(limit=100)} == {"done"}


def test_two_kernels_take_up_the_same_orphans(trial: Trial, *, long: bool) -> None:
    """Orphans of a dead kernel that two others resume at once end in their videos, with nothing sent."""
    service = trial.serve()
    system = trial.some(list(SYSTEMS.values()))[0]
    jobs = [ended(trial.start(f"orphan {number}", system)) for number in range(20 if long else 5)]
    for job in jobs:
        Path(job.record.path).unlink()
        rewrite(
            trial.session.store,
            job.id,
            state="ready",
            owner="gone",
            path="",
            links={"urls": [service.link()], "extras": {}},
        )
    sent = len(service.submitted)
    together = child.barrier(2)
    kernels = [child.kernel({}, Path.cwd(), child.resume, [job.id for job in jobs], together) for _ in range(2)]
    for process in kernels:
        process.join(60)
    assert [process.exitcode for process in kernels] == [0, 0]
    after = trial.new_session().jobs()
    assert {job.state for job in after} == {"done"}
    assert all(service_bytes(job.record.path) == service.video for job in after)
    assert len(service.submitted) == sent
    trial.figures.add(cases=2 * len(jobs), orphans_taken_up=len(jobs))


def test_a_job_is_cancelled_by_the_kernel_that_drives_it(trial: Trial) -> None:
    """Another kernel refuses to cancel it and leaves it alone, until it has ended or its own kernel is gone."""
    trial.serve(pending=10**6)
    session = trial.session
    with contextlib.closing(Kernels()) as kernels:
        other = kernels.start({})
        first, second = (other.call("start", prompt, "hailuo", {}).job for prompt in ("a kite", "a boat"))
        for job in (first, second):
            until(lambda job=job: session.store.get(job).state == "running")
            with pytest.raises(InvalidRequest, match="driven by another kernel; cancel it there"):
                session.cancel(job)
            assert not session.driver.drives(job)
        other.call("cancel", first)
        until(lambda: session.store.get(first).state == "cancelled")
        session.cancel(first)  # it has ended: there is nothing to refuse
        other.kill()
        ended(session.cancel(second))
        assert session.store.get(second).state == "cancelled"
