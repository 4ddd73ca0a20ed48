"""Whether another process lives: by its pid where that can be looked up, else by beats, whatever the clocks say."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.journal.journals import opened, stored
from tests.patience import until
from vidmagic.engine.journal import lease
from vidmagic.engine.journal.lease import LEASE, SILENCE, Lease, Owner, this_process
from vidmagic.engine.journal.store import Store


class Clocks:
    """Two clocks that a test sets: one that dates beats, one that measures."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_700_000_000.0, 50.0

    def lease(self, *, ahead: float = 0.0) -> Lease:
        """Return the judgement of a host whose clock is *ahead* by so many seconds."""
        return Lease(wall=lambda: self.wall + ahead, steady=lambda: self.steady)

    def pass_by(self, seconds: float) -> None:
        """Let time pass on both."""
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that does nothing."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        yield child
        child.kill()


def of(child: subprocess.Popen[bytes]) -> Owner:
    """Describe another process of this machine."""
    return dataclasses.replace(this_process(), id="child", pid=child.pid, started=lease._started(child.pid))


def elsewhere(**changes: str) -> Owner:
    """Describe a process on another host, with a fresh beat."""
    return dataclasses.replace(this_process(), id="x", pid=1, **{"host": "elsewhere", **changes})


def test_an_owner_lives_while_its_process_does(process: subprocess.Popen[bytes]) -> None:
    """A process lives until it is dead, a zombie is dead, and no beat counts on the same machine."""
    child, me = dataclasses.replace(of(process), beat=0.0), this_process()
    assert Lease().is_alive(child, me)
    process.kill()
    until(lambda: not Lease().is_alive(child, me))
    assert Path(f"/proc/{process.pid}").exists()
    process.wait()
    assert not Lease().is_alive(child, me)


def test_a_reused_pid_is_another_process(process: subprocess.Popen[bytes]) -> None:
    """The start time distinguishes two processes with one pid."""
    assert not Lease().is_alive(dataclasses.replace(of(process), started="1"), this_process())


@pytest.mark.parametrize("change", [{"boot": "before"}, {"namespace": "pid:[1]"}, {"host": "elsewhere"}])
def test_only_beats_count_where_a_pid_means_another_process(change: dict[str, str]) -> None:
    """In another boot, pid namespace or host the same pid is another process: it lives while its beats go on."""
    clocks, me = Clocks(), this_process()
    here, there = clocks.lease(), clocks.lease()
    other = dataclasses.replace(me, id="x", started="1", **change)
    for _ in range(5):
        clocks.pass_by(LEASE - 1)
        assert here.is_alive(there.beating(other), me)
    last = there.beating(other)
    assert here.is_alive(last, me)
    clocks.pass_by(LEASE + 1)
    assert not here.is_alive(last, me)


def test_without_a_process_list_beats_count() -> None:
    """Where the system tells no start times (macOS, Windows), a process lives while its beats go on."""
    clocks = Clocks()
    judge, me = clocks.lease(), dataclasses.replace(this_process(), boot="", started="", namespace="")
    other = judge.beating(dataclasses.replace(me, id="x", pid=me.pid + 1))
    assert judge.is_alive(other, me)
    clocks.pass_by(LEASE + 1)
    assert not judge.is_alive(other, me)


@pytest.mark.parametrize("ahead", [-600.0, -90.0, 90.0, 600.0, 1e7])
def test_clocks_that_differ(ahead: float) -> None:
    """A living process on a host whose clock differs is alive for every other; a dead one is gone after a lease."""
    clocks, me = Clocks(), this_process()
    here, there = clocks.lease(), clocks.lease(ahead=ahead)
    for _ in range(5):
        beat = there.beating(elsewhere())
        assert here.is_alive(beat, me)
        clocks.pass_by(LEASE - 1)
    clocks.pass_by(2)
    assert not here.is_alive(beat, me)


def test_an_owner_of_yesterday_is_gone_at_once() -> None:
    """Nobody waits a lease for a process that has been silent for longer than clocks can differ."""
    clocks, me = Clocks(), this_process()
    silent = clocks.lease().beating(elsewhere())
    clocks.pass_by(SILENCE + 1)
    assert not clocks.lease().is_alive(silent, me)


def test_a_foreign_process_list_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /proc belongs to another pid namespace, no start time is taken from it."""
    monkeypatch.setattr(lease, "_link", lambda path: "4711" if path == "/proc/self" else "pid:[1]")
    assert this_process().started == ""


def test_an_idle_process_shows_that_it_lives_when_it_begins_a_job(journal: Store) -> None:
    """A new row is never older than its owner's last beat, however long the kernel did nothing before."""
    begun = time.time()
    journal.open()
    journal.write(lambda db: db.execute("UPDATE owner SET beat = 0"))
    stored(journal)
    with journal.reading() as db:
        assert db.execute("SELECT beat FROM owner").fetchone()["beat"] >= begun


def test_claim(journal: Store, home: Path, process: subprocess.Popen[bytes]) -> None:
    """A live job can be claimed only from a dead owner, any other job by the first kernel that asks."""
    journal.beat()
    theirs = Store(home, of(process))
    theirs.beat()
    row = stored(theirs, state="running")
    assert journal.is_held_by_another(row)
    assert not journal.claim(row.id, "running")
    theirs.update(row.id, state="paused", error={"type": "Paused", "message": "m"})
    other = opened(home)
    other.beat()
    assert [journal.claim(row.id, "running"), other.claim(row.id, "running")] == [True, False]
    assert (journal.get(row.id).state, journal.get(row.id).error) == ("running", None)
    journal.update(row.id, owner="child")
    process.kill()
    until(lambda: journal.claim(row.id, "ready"))
    assert not journal.claim("nothing", "ready")
