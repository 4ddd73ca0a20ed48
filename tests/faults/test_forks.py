"""A forked child is a kernel of its own: it drives none of its parent's jobs, and spoils none."""

from __future__ import annotations

import os
import threading
import traceback
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import child
from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS
from vidmagic.errors import StillRunning

HAILUO = SYSTEMS["hailuo"]


@pytest.mark.parametrize("after", [False, True], ids=["before it is sent", "while it is sent"])
def test_a_fork_beside_a_submit(trial: Trial, *, after: bool) -> None:
    """The same request in a child shows the parent's job, whose submit goes on; the child's own job runs too."""
    service = trial.serve()
    process = child.kernel({}, Path.cwd(), fork_beside_a_submit, HAILUO.model, after)
    process.join(60)
    assert process.exitcode == 0
    assert sorted(service.submitted) == ["child's own", "shared"]
    states = {job.prompt: job.state for job in trial.new_session().jobs()}
    assert states == {"shared": "done", "child's own": "done"}
    trial.figures.add(cases=1, submits=2, paid=2, done=2, bought_twice=0)


def test_forks_beside_writes(trial: Trial, *, long: bool) -> None:
    """However busy the journal is at a fork, the child can write it at once, and so can its parent."""
    trial.serve()
    trial.start("written", HAILUO).result(20)
    forks = 60 if long else 12
    process = child.kernel({}, Path.cwd(), fork_beside_writes, forks)
    process.join(120)
    assert process.exitcode == 0
    trial.figures.add(cases=forks)


def test_a_child_that_ends_takes_no_download_away(trial: Trial) -> None:
    """A child that ends in the usual way leaves its parent's unfinished file where it is."""
    trial.serve()
    process = child.kernel({}, Path.cwd(), fork_beside_a_download, HAILUO.model)
    process.join(60)
    assert process.exitcode == 0
    assert [job.state for job in trial.new_session().jobs()] == ["done"]
    trial.figures.add(cases=1, paid=1, done=1)


def fork_beside_a_submit(model: str, after: bool) -> None:
    """Start a job, fork while it is about to be sent or being sent, and see both processes through."""
    from tests.quick import quick_session

    reached, go_on = _hold("vidmagic.engine.journal.store:Store", "mark_sending", after=after)
    session = quick_session()
    job = session.start("shared", model)
    assert reached.wait(20)
    attached, write_end = os.pipe()

    def work() -> None:
        again = session.start("shared", model)
        os.write(write_end, b"x")
        assert not again.ended
        with pytest.raises(StillRunning, match="forked from"):
            job.result(1)
        session.start("child's own", model).result(20)
        assert again.result(20).job_id == job.id

    process = _in_child(work)
    os.close(write_end)
    os.read(attached, 1)
    go_on.set()
    job.result(20)
    assert os.waitpid(process, 0)[1] == 0


def fork_beside_writes(forks: int) -> None:
    """Fork while threads write the journal; each child writes it too."""
    from tests.quick import quick_session

    store = quick_session().store
    [job] = store.find()
    over = threading.Event()

    def write() -> None:
        while not over.wait(0.005):
            store.update(job.id, width=1)
            store.get(job.id)

    def write_once() -> None:
        store.update(job.id, height=os.getpid())
        assert store.get(job.id).height == os.getpid()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    codes = [os.waitpid(_in_child(write_once), 0)[1] for _ in range(forks)]
    over.set()
    for thread in threads:
        thread.join()
    assert codes == [0] * forks


def fork_beside_a_download(model: str) -> None:
    """Fork while a video arrives; the child drops all that it inherited, as at its normal end."""
    from tests.quick import quick_session

    reached, go_on = _hold("vidmagic.engine.download.partial_file:PartialFile", "write", after=True)
    session = quick_session()
    job = session.start("long", model)
    assert reached.wait(20)
    finish: Callable[[], None] = weakref.finalize._exitfunc  # type: ignore[attr-defined]  what `sys.exit` calls
    assert os.waitpid(_in_child(finish), 0)[1] == 0
    go_on.set()
    job.result(20)


def _hold(where: str, name: str, *, after: bool) -> tuple[threading.Event, threading.Event]:
    """Hold the calls of a method in this process, though not in a fork of it, before or *after* what it does."""
    module, _, attribute = where.partition(":")
    owner: Any = getattr(__import__(module, fromlist=["_"]), attribute)
    real, process = getattr(owner, name), os.getpid()
    reached, go_on = threading.Event(), threading.Event()

    def held(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs) if after else None
        if os.getpid() == process:
            reached.set()
            go_on.wait(30)
        return result if after else real(*args, **kwargs)

    setattr(owner, name, held)
    return reached, go_on


def _in_child(work: Callable[[], object]) -> int:
    """Fork; let the child do *work* and end with 0, or with 1 where that fails; return the child's pid."""
    process = os.fork()
    if process == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001  whatever it is: the child must not go on as a second parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return process
