"""The workers of an executor follow and fetch; the submit and the journal stay here, and no dead worker loses a job."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import CANARY
from tests.patience import ended, until
from vidmagic.engine.worker import follow_elsewhere
from vidmagic.errors import Failed
from vidmagic.sandbox import Sandbox
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.session.sweep.plan import plan_sweep, start_sweep
from vidmagic.session.sweep.sweep import Sweep

WORKED = "followed by a worker"


@pytest.fixture
def pool() -> Iterator[ProcessPoolExecutor]:
    """Two processes that begin afresh, as workers on another machine do."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as made:
        yield made


def start(session: Session, executor: Executor, prompts: list[str], model: str = "hailuo") -> Sweep:
    """Start a sweep whose jobs the executor's workers follow."""
    return start_sweep(session, plan_sweep(session, prompts, model), RunOptions(executor=executor))


def accepted(sandbox: Sandbox) -> int:
    """Count the paid calls."""
    return sum(1 for call in sandbox.ledger if call.accepted)


def polls(sandbox: Sandbox) -> int:
    """Count the polls."""
    return sum(1 for call in sandbox.ledger if call.path == "/v1/query/video_generation")


def messages(sweep: Sweep) -> list[str]:
    """Return all messages of the jobs' events."""
    return [getattr(event, "message", "") for job in sweep for event in job._log.seen]


def test_workers_follow_and_download(session: Session, sandbox: Sandbox, pool: ProcessPoolExecutor) -> None:
    """Each job is sent once and from here, and ends in a file that the journal knows, with its size and checksum."""
    sweep = start(session, pool, ["A red kite", "A blue kite"])
    videos = sweep.result(60)
    assert accepted(sandbox) == 2
    assert messages(sweep).count(WORKED) == 2
    for job, video in zip(sweep, videos, strict=True):
        record = session.store.get(job.id)
        assert (record.state, record.path, record.size) == ("done", str(video.path), video.path.stat().st_size)
        assert (record.links, record.ready > record.accepted) == (None, True)
        assert video.path.with_suffix(".json").is_file()


def test_the_ticket_is_json_and_the_follower_is_picklable(session: Session) -> None:
    """What leaves the process is text without a key, and a function that another process can import."""
    given: list[str] = []

    class Recorder(Executor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            assert pickle.loads(pickle.dumps(fn)) is follow_elsewhere
            given.extend(args)
            done: Future[Any] = Future()
            done.set_result(fn(*args))
            return done

    job = ended(start(session, Recorder(), ["A red kite"])[0])
    assert job.state == "done"
    (ticket,) = given
    assert CANARY not in ticket
    assert json.loads(ticket)["record"]["ticket"]["task_id"] == job.task_id
    assert json.loads(json.dumps(follow_elsewhere(ticket)))["state"] == "done"  # again, from the ticket alone


def test_a_killed_worker_loses_nothing(session: Session, sandbox: Sandbox, pool: ProcessPoolExecutor) -> None:
    """A worker that is killed in mid-job breaks its pool: every job goes on here, and none is sent again."""
    sandbox.seconds = 600
    sweep = start(session, pool, ["A red kite", "A blue kite"])
    until(lambda: accepted(sandbox) == 2 and polls(sandbox) > 2, 60)
    os.kill(next(iter(pool._processes)), signal.SIGKILL)
    sandbox.finish_tasks()
    assert len(sweep.result(60)) == 2
    assert accepted(sandbox) == 2
    assert any("worker was lost" in line for line in messages(sweep))


@pytest.mark.parametrize("trouble", ["shut down", "no key", "no file", "raises"])
def test_what_a_worker_cannot_end_is_gone_on_with_here(
    session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """No worker, one without the key, a file on another disk, a fault in the worker: the job is done all the same."""

    class Worker(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            if trouble == "shut down":
                raise RuntimeError("cannot schedule new futures after shutdown")
            return super().submit(self.work, fn, *args)

        def work(self, fn: Any, ticket: str) -> Any:
            if trouble == "raises":
                raise OSError("no such luck")
            answer = fn(ticket)
            if trouble == "no file":
                return answer | {"path": "/nowhere/kite.mp4"}
            no_key = {"type": "MissingKey", "message": "no key here", "hint": ""}
            return answer | {"state": "paused", "error": no_key}

    with Worker(1) as worker:
        sweep = start(session, worker, ["A red kite"])
        assert sweep.result(30)[0].path.is_file()
    assert accepted(sandbox) == 1


def test_a_failure_at_the_service_is_the_job_s(session: Session, sandbox: Sandbox) -> None:
    """What the service answers a worker is reported here, and it is not asked again."""
    with ThreadPoolExecutor(1) as worker:
        job = ended(start(session, worker, ["[[sandbox: fail]] A kite"])[0])
    assert (job.state, type(job.error)) == ("failed", Failed)
    assert job.error is not None
    assert job.error.job_id == job.id
    before = polls(sandbox)
    assert before > 0


def test_a_stream_stays_in_this_process(session: Session, sandbox: Sandbox) -> None:
    """Sora's submit is the stream that ends in the link, so it is followed here."""

    class Unused(Executor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            raise AssertionError("a stream was handed out")

    assert ended(start(session, Unused(), ["A red kite"], "sora")[0]).state == "done"


def test_cancel_reaches_a_job_that_a_worker_follows(session: Session, sandbox: Sandbox) -> None:
    """The job ends as cancelled although its worker has not come back."""
    released = threading.Event()

    class Slow(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            return super().submit(lambda: released.wait(20))

    sandbox.seconds = 60
    with Slow(1) as worker:
        sweep = start(session, worker, ["A red kite"])
        until(lambda: WORKED in messages(sweep))
        sweep.cancel()
        assert ended(sweep[0]).state == "cancelled"
        released.set()
