"""A handle waits, reports and shows the same as every other handle on its job."""

from __future__ import annotations

import ast
import asyncio
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import vidmagic
from tests.engine.tiny import ACCEPTED, state
from tests.faults.answers import Answer
from tests.faults.server import FaultServer
from tests.patience import ended, until
from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record
from vidmagic.engine.stored_error import from_record, to_json
from vidmagic.errors import (
    Cancelled,
    DownloadFailed,
    Failed,
    LinkRefused,
    OutcomeUnknown,
    Paused,
    Refused,
    StillRunning,
    VidmagicError,
)
from vidmagic.session.session import Session
from vidmagic.spec.events import Saved, Stopped

Make = Callable[..., Session]


@pytest.fixture
def going(tiny: Make, service: FaultServer, done: Answer) -> tuple[Job, threading.Event, Session]:
    """Start a job that is done when the event is set."""
    finish = threading.Event()
    service.on("/submit", ACCEPTED).on("/poll", lambda _: done if finish.is_set() else state("at it"))
    session = tiny()
    return session.start("a red kite", "tiny"), finish, session


def test_a_wait_can_end_before_the_job(going: tuple[Job, threading.Event, Session]) -> None:
    """`result(timeout)` raises StillRunning while the job runs, names the job, and the job goes on."""
    job, finish, _ = going
    for timeout in (0, 0.1):
        with pytest.raises(StillRunning) as raised:
            job.result(timeout)
        assert (raised.value.job_id, isinstance(raised.value, TimeoutError)) == (job.id, True)
    finish.set()
    assert job.result(10) is job.video


def test_await_in_a_coroutine(going: tuple[Job, threading.Event, Session]) -> None:
    """`await job` gives the video, and other tasks of the loop go on meanwhile."""
    job, finish, _ = going
    ticks = []

    async def tick() -> None:
        for _ in range(3):
            ticks.append(1)
            await asyncio.sleep(0.02)
        finish.set()

    async def main() -> object:
        return (await asyncio.gather(job, tick()))[0]

    assert asyncio.run(main()) is job.video
    assert len(ticks) == 3


def test_await_raises_what_went_wrong(tiny: Make, service: FaultServer) -> None:
    """A job that failed raises its error where it is awaited."""
    service.on("/submit", ACCEPTED).on("/poll", state("failed", why="no such kite"))
    job = tiny().start("a red kite", "tiny")

    async def main() -> None:
        await job

    with pytest.raises(Failed, match="no such kite"):
        asyncio.run(main())


def test_two_loops_get_the_same(going: tuple[Job, threading.Event, Session]) -> None:
    """Two loops over one handle's events each get all of them, in order."""
    job, finish, _ = going
    transcript: list[list[object]] = [[], []]
    threads = [threading.Thread(target=lambda into=into: into.extend(job.events())) for into in transcript]
    for thread in threads:
        thread.start()
    finish.set()
    for thread in threads:
        thread.join(10)
    assert transcript[0] == transcript[1] == list(job.events())
    assert isinstance(transcript[0][-1], Saved)


def test_two_handles_on_one_job(going: tuple[Job, threading.Event, Session]) -> None:
    """A second handle joins the running job: the same end, the same state, one submit."""
    job, finish, session = going
    until(lambda: job.state == "running")
    other = session.resume(job.id[:5])
    assert (other is not job, other.state) == (True, "running")
    finish.set()
    assert other.result(10).path == job.result(10).path
    assert isinstance(list(other.events())[-1], Saved)


def test_events_of_an_ended_job_end(going: tuple[Job, threading.Event, Session]) -> None:
    """A handle on a job that ended before has no events, and does not wait for it."""
    job, finish, session = going
    finish.set()
    job.result(10)
    assert list(session.get(job.id).events()) == []


def test_elapsed_stops_at_the_end(going: tuple[Job, threading.Event, Session]) -> None:
    """Time runs from the acceptance to the end, and not on."""
    job, finish, session = going
    until(lambda: job.state == "running")
    time.sleep(0.1)
    finish.set()
    job.result(10)
    took = job.elapsed
    time.sleep(0.05)
    assert 0.1 < took == job.elapsed < 60
    assert session.get(job.id).elapsed == pytest.approx(took, abs=0.2)


ERRORS: list[VidmagicError] = [
    Refused("HTTP 400: no", reason="parameters", trace="t-1", hint="change it", charged="no"),
    OutcomeUnknown("the answer was lost"),
    Failed("画面违规 <b>&\u202e", reason="prompt", trace="t-2"),
    Paused("a key", reason="key", hint="set it"),
    DownloadFailed("the link no longer works", reason="expired"),
    LinkRefused("HTTP 403", hint=""),
    Cancelled("stopped", charged="no"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_the_journal(error: VidmagicError) -> None:
    """An error read back from the journal is the same as the one that was stored."""
    error.job_id = "abc"
    record = Record("abc", "m", "p", {}, "f", error=json.loads(json.dumps(to_json(error))), charged=error.charged)
    again = from_record(record)
    assert type(again) is type(error)
    assert again.lines() == error.lines()
    assert all(
        getattr(again, name) == getattr(error, name)
        for name in ("charged", "job_id", "message", "hint", "reason", "trace")
    )


@pytest.mark.parametrize("kind", ["", "Nonsense", "Charged", "textwrap", "shorten", "annotations"])
def test_an_error_that_nobody_knows_any_more(kind: str) -> None:
    """A stored type that this version does not have is shown as the base, never called."""
    again = from_record(Record("abc", "m", "p", {}, "f", error={"type": kind, "message": "oh"}))
    assert (type(again), again.message) == (VidmagicError, "oh")


def test_the_error_in_another_kernel(tiny: Make, service: FaultServer) -> None:
    """A job that failed here fails with the same words in a session that only reads of it."""
    service.on("/submit", ACCEPTED).on("/poll", state("failed", why="no such kite"))
    job = ended(tiny().start("a red kite", "tiny"))
    other = tiny().get(job.id)
    assert isinstance(list(job.events())[-1], Stopped)
    with pytest.raises(Failed) as raised:
        other.result(0)
    assert raised.value.lines() == job.error.lines()


def test_what_a_handle_shows_of_itself(going: tuple[Job, threading.Event, Session]) -> None:
    """A handle's repr is one line without secrets; prompt, params and ids are there to be read."""
    job, finish, _ = going
    finish.set()
    job.result(10)
    assert repr(job) == f"<Job {job.id} tiny/one done>"
    assert (job.prompt, job.params, job.model, job.task_id) == ("a red kite", {}, "tiny/one", "task-1")


@pytest.mark.parametrize("path", sorted(Path(vidmagic.__file__).parent.rglob("*.py")), ids=lambda path: path.stem)
def test_nobody_writes_a_jobs_fields(path: Path) -> None:
    """A handle changes by its methods alone: no other module assigns to a field that the engine and session set."""
    if path.stem == "job":
        return
    written = [
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)
        if node.value.id == "job" and node.attr not in {"display", "shown_in"}
    ]
    assert not written
