"""Each run of a job is its own; no interrupt leaves a job that nobody drives, and no exit cuts a submit."""

from __future__ import annotations

import functools
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import vidmagic
from tests.engine.tiny import ACCEPTED, Make, start, state
from tests.faults.answers import Answer
from tests.faults.server import FaultServer
from tests.faults.toxics import latency
from tests.patience import ended, until
from vidmagic.engine.driver import Driver
from vidmagic.engine.scheduler import Scheduler

TOP = Path(vidmagic.__file__).resolve().parents[1]


def test_a_run_that_ends_leaves_a_newer_one_alone(
    tiny: Make, service: FaultServer, done: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that is resumed the moment it pauses stays driven, though its first run tidies up after that."""
    service.on("/submit", ACCEPTED).on("/poll", Answer(401, b"{}"))
    session, proceed = tiny(), threading.Event()
    first_run = threading.Event()
    run = Driver._run

    def slow_end(self: Driver, driven: Any) -> Iterator[float]:
        steps = run(self, driven)
        if not first_run.is_set():
            first_run.set()
            lifecycle_steps = driven.lifecycle.steps

            def held() -> Iterator[float]:
                yield from lifecycle_steps()
                proceed.wait(10)

            monkeypatch.setattr(driven.lifecycle, "steps", held)
        yield from steps

    monkeypatch.setattr(Driver, "_run", slow_end)
    job = ended(start(session))
    service._scripts["/poll"] = [state("at it")]
    again = session.resume(job.id)
    proceed.set()
    until(lambda: service.count("GET", "/poll") > 4)
    assert session.driver.drives(job.id)
    service._scripts["/poll"] = [done]
    assert again.result(10).path.is_file()


@pytest.mark.parametrize(("file", "step"), [("vidmagic", 9), ("session/launch.py", 1)], ids=["anywhere", "launch"])
def test_an_interrupt_leaves_no_job_that_nobody_drives(
    tiny: Make, service: FaultServer, done: Answer, file: str, step: int
) -> None:
    """An interrupt at any line of a start leaves no job, or one that goes on to its video."""
    service.on("/submit", ACCEPTED).on("/poll", done)
    session, other = tiny(), tiny()
    start(session).result(10)
    interrupted = 0
    for line in range(1, 2000, step):
        prompt = f"kite {line}"
        fired = _start_interrupted_at(file, line, functools.partial(session.start, prompt, "tiny"))
        interrupted += fired
        until(lambda: not any(record.is_live for record in session.store.find()))
        assert other.start(prompt, "tiny").result(10).path.is_file()
        assert [seen.json["prompt"] for seen in service.seen if seen.path == "/submit"].count(prompt) == 1
        if not fired:
            break
    assert interrupted > 10


def _start_interrupted_at(file: str, line: int, begin: Callable[[], object]) -> bool:
    """Raise KeyboardInterrupt at the *line*-th line that *begin* runs in *file*; return whether it runs so many."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "vidmagic" not in frame.f_code.co_filename:
            return None
        if event == "line" and file in frame.f_code.co_filename:
            count += 1
            if count == line:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        begin()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def test_a_thread_that_does_not_start_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that starts no thread refuses the task; when it starts threads again, all of them can be had."""
    scheduler, ran = Scheduler("test", threads=1, idle=0.1), threading.Event()

    def steps() -> Iterator[float]:
        ran.set()
        yield from ()

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                scheduler.add(steps())
    assert not ran.is_set()
    scheduler.add(steps())
    assert ran.wait(5)


SCRIPT = """
    import sys, time
    from tests.engine.tiny import Tiny
    from tests.quick import QUICK
    from vidmagic.session.session import Session
    import dataclasses
    session = Session(timing=dataclasses.replace(QUICK, exit_wait=float(sys.argv[1])))
    session.catalog.add(Tiny())
    job = session.start("a red kite", "tiny")
    while job.state == "new" and sys.argv[2] == "sending":
        time.sleep(0.01)
"""


def _script(wait: float, until_state: str) -> subprocess.CompletedProcess[str]:
    """Run a script that starts a job and ends normally."""
    arguments = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(wait), until_state]
    return subprocess.run(arguments, cwd=TOP, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("until_state", ["new", "sending"])
def test_a_normal_exit_waits_for_a_submit(tiny: Make, service: FaultServer, until_state: str) -> None:
    """A script that ends while its request is on its way waits for the id, and says so; the job can be resumed."""
    service.on("/submit", ACCEPTED.but(latency(1.5))).on("/poll", state("at it"))
    ran = _script(20, until_state)
    assert (ran.returncode, service.count("POST", "/submit")) == (0, 1), ran.stderr
    (record,) = tiny().store.find()
    assert (record.task_id, record.charged) == ("task-1", "yes")
    assert "waiting up to 20 s" in ran.stderr
    assert record.id in ran.stderr


def test_an_exit_waits_no_longer_than_its_limit(tiny: Make, service: FaultServer) -> None:
    """After that time the exit goes on, and names the job that may be charged."""
    service.on("/submit", ACCEPTED.but(latency(30)))
    ran = _script(0.5, "sending")
    (record,) = tiny().store.find()
    assert (ran.returncode, record.state, record.charged) == (0, "sending", "unknown")
    assert f"no answer for job {record.id}" in ran.stderr


def test_an_exit_without_a_submit_is_silent(
    tiny: Make, service: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script whose request was accepted ends at once."""
    service.on("/submit", ACCEPTED).on("/poll", state("at it"))
    session = tiny()
    job = start(session)
    until(lambda: job.task_id)
    session.driver.finish_submits()
    assert capsys.readouterr().err == ""
