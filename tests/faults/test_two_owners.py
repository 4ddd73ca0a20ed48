"""Two living kernels that cannot see each other's process still buy a request once."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import child
from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS
from tests.patience import until
from tests.quick import QUICK
from vidmagic.engine.driver import THREADS
from vidmagic.engine.journal.lease import SILENCE, Lease, this_process
from vidmagic.engine.journal.record import plan, satisfies_request
from vidmagic.engine.journal.store import Store
from vidmagic.errors import JournalError
from vidmagic.session.session import Session
from vidmagic.session.settings import home as journal_folder

HAILUO = SYSTEMS["hailuo"]
UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc"]


@pytest.mark.parametrize("ahead", [-90.0, 0.0, 90.0, 600.0])
def test_two_hosts_with_clocks_apart(ahead: float, trial: Trial) -> None:
    """While one host prepares a submit, the same request on another, whose clock differs, waits for it."""
    service = trial.serve()
    first = child.kernel({}, Path.cwd(), send_when_asked, "one", 0.0)
    until(Path("about to send").exists, 20)
    second = child.kernel({}, Path.cwd(), ask_for_the_same, "two", ahead)
    for process in (first, second):
        process.join(60)
    assert [first.exitcode, second.exitcode] == [0, 0]
    _check_bought_once(trial, service.submitted)


def test_two_containers_on_one_host(trial: Trial) -> None:
    """Two pid namespaces with one host name and boot: the same pid is another process in each, and both live."""
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no pid namespaces")
    service = trial.serve()
    with _in_namespace("send_when_asked") as first:
        until(Path("about to send").exists, 30)
        with _in_namespace("ask_for_the_same") as second:
            assert [first.wait(60), second.wait(60)] == [0, 0]
    _check_bought_once(trial, service.submitted)


def test_a_kernel_that_was_taken_for_dead_sends_nothing(trial: Trial) -> None:
    """Where the other kernel is misjudged all the same, the later of two submits is refused before its first byte."""
    service = trial.serve()
    first = child.kernel({}, Path.cwd(), send_when_asked, "one", 0.0)
    until(Path("about to send").exists, 20)
    trial.session.store = _store("two", 2 * SILENCE)
    assert trial.session.start("shared", HAILUO.model).result(20).job_id
    Path("may send").touch()
    first.join(60)
    assert first.exitcode == 1  # its job ends with the reason
    assert service.submitted == ["shared"]
    assert sorted(job.state for job in trial.session.jobs()) == ["done", "new"]
    [refused] = trial.session.jobs(states=["new"])
    assert "another kernel has sent the same request" in str(refused.error)
    assert refused.charged == "no"
    trial.figures.add(cases=1, submits=1, paid=1, done=1, bought_twice=0)


@pytest.mark.parametrize("state", ["sending", "accepted", "running", "ready", "done", "paused", "unknown"])
def test_the_check_before_a_submit(state: str, trial: Trial, home: Path) -> None:
    """Whoever owns it, a request that was sent in the meantime is not sent again, unless that was asked for."""
    one, two = Store(home, this_process()), Store(home, this_process())
    request = trial.session.plan("raced", HAILUO.model).request
    fresh = [plan(request, in_sandbox=False, origin="", folder="", price=None) for _ in range(3)]
    for store, record in zip((one, two), fresh, strict=False):
        store.begin(record, again=False, satisfies=lambda _: False)
    one.begin(fresh[2], again=True, satisfies=satisfies_request)
    one.update(fresh[0].id, state=state)
    with pytest.raises(JournalError, match=fresh[0].id):
        two.mark_sending(fresh[1].id)
    assert two.get(fresh[1].id).charged == "no"
    one.mark_sending(fresh[2].id)
    trial.figures.add(cases=1)


@pytest.mark.parametrize("asked", [1, 2])
def test_the_check_before_a_take_is_sent(asked: int, trial: Trial, home: Path) -> None:
    """A take that another kernel has sent in the meantime is not sent again; another take of the request is."""
    one, two = Store(home, this_process()), Store(home, this_process())
    request = trial.session.plan("raced", HAILUO.model).request
    first, second, mine = [plan(request, in_sandbox=False, origin="", folder="", price=None) for _ in range(3)]
    one.begin(first, again=False, satisfies=satisfies_request)
    one.mark_sending(first.id)
    one.begin(second, again=False, take=2, satisfies=satisfies_request)
    two.begin(mine, again=False, take=asked, satisfies=lambda row: row.id == first.id and asked == 2)
    one.mark_sending(second.id)
    with pytest.raises(JournalError, match=(first if asked == 1 else second).id):
        two.mark_sending(mine.id)
    assert two.get(mine.id).charged == "no"
    trial.figures.add(cases=1)


def test_slow_submits_do_not_hold_up_the_heartbeat(trial: Trial) -> None:
    """With every thread of the engine busy for long, other kernels still see that this one lives."""
    trial.serve()
    trial.session.timing = dataclasses.replace(QUICK, heartbeat=0.05)
    busy, over = threading.Semaphore(0), threading.Event()

    def hold() -> Iterator[float]:
        busy.release()
        over.wait(30)
        yield 0.0

    driver = trial.session.driver
    for _ in range(THREADS):
        driver._scheduler.add(hold())
    for _ in range(THREADS):
        assert busy.acquire(timeout=20)
    job = trial.session.start("waits", HAILUO.model)
    try:
        beats: set[float] = set()
        until(lambda: beats.add(_last_beat(driver.store)) or len(beats) > 3)
    finally:
        over.set()
    job.result(20)
    trial.figures.add(cases=1)


def _last_beat(store: Store) -> float:
    with store.reading() as db:
        return float(db.execute("SELECT beat FROM owner WHERE id = ?", (store.owner.id,)).fetchone()["beat"])


def _check_bought_once(trial: Trial, submitted: list[str]) -> None:
    assert submitted == ["shared"]
    assert [job.state for job in trial.new_session().jobs()] == ["done"]
    trial.figures.add(cases=1, submits=1, paid=1, done=1, bought_twice=0)


def _store(host: str, ahead: float) -> Store:
    """Return the journal as a process on another host sees it, whose clock is *ahead* by so many seconds."""
    owner = dataclasses.replace(this_process(), **({"host": host} if host else {}))
    return Store(journal_folder(), owner, lease=Lease(wall=lambda: time.time() + ahead))


def _session(host: str, ahead: float) -> Session:
    session = Session(timing=QUICK)
    session.store = _store(host, ahead)
    return session


def send_when_asked(host: str = "", ahead: float = 0.0) -> None:
    """Start the request, show when it is about to be sent, and send it once the other process has asked for it."""
    real = Store.mark_sending

    def held(self: Store, job_id: str) -> None:
        Path("about to send").touch()
        until(Path("may send").exists, 40)
        real(self, job_id)

    Store.mark_sending = held  # type: ignore[method-assign]
    _session(host, ahead).start("shared", HAILUO.model).result(40)


def ask_for_the_same(host: str = "", ahead: float = 0.0) -> None:
    """Start the same request, let the other process go on, and wait for the video."""
    job = _session(host, ahead).start("shared", HAILUO.model)
    Path("may send").touch()
    job.result(40)


def _in_namespace(work: str) -> subprocess.Popen[Any]:
    """Run one of the functions above in a pid namespace of its own."""
    code = f"from tests.faults import test_two_owners as t; t.{work}()"
    path = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen([*UNSHARE, sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path})
