"""The journal holds what it was told, refuses what it cannot hold, and lets one kernel send a job once."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny import ACCEPTED, state
from tests.faults.answers import Answer
from tests.faults.server import FaultServer
from tests.patience import ended, until
from vidmagic.engine.journal import database as journal_file
from vidmagic.engine.journal import lease as owner
from vidmagic.engine.journal import rows
from vidmagic.engine.journal.lease import LEASE, Owner, this_process
from vidmagic.engine.journal.migrations import MIGRATIONS
from vidmagic.engine.journal.record import Record, can_follow, new_id, satisfies_request
from vidmagic.engine.journal.store import Store
from vidmagic.errors import JournalError, NoSuchJob
from vidmagic.session.session import Session
from vidmagic.spec.events import Running


def opened(home: Path) -> Store:
    """Open the journal as a kernel of its own."""
    return Store(home, this_process())


def record(**changes: Any) -> Record:
    """Make a row."""
    fixed = {"id": new_id(), "model": "tiny/one", "prompt": "a red kite", "params": {"seed": 0}, "fingerprint": "f"}
    return Record(**{**fixed, "created": time.time(), **changes})


def stored(journal: Store, **changes: Any) -> Record:
    """Store a row."""
    return journal.begin(record(**changes), again=True, found=satisfies_request)[0]


@pytest.fixture
def journal(home: Path) -> Store:
    """Open a journal that does not exist yet."""
    return opened(home)


# -- rows


def test_a_row_comes_back_as_it_went_in(journal: Store) -> None:
    """Every field survives the journal: seed 0 is a seed, an absent ticket is None."""
    images = ({"role": "image", "sha256": "0" * 64},)
    whole = stored(
        journal, images=images, in_sandbox=True, price={"text": "¥2.00"}, ticket={"task_id": "9", "n": 2**63}
    )
    assert journal.get(whole.id) == whole
    assert stored(journal).ticket is None


@pytest.mark.parametrize(
    "prompt",
    ["", "'; DROP TABLE job; --", "视频\u3000🪁", "\u202eevil", "a\r\nb\tc", "\x00", "e\u0301", "\ufeff", "😀" * 2000],
)
def test_any_prompt(journal: Store, prompt: str) -> None:
    """A prompt comes back character for character."""
    assert journal.get(stored(journal, prompt=prompt).id).prompt == prompt


def test_half_a_surrogate_pair(journal: Store) -> None:
    """What a service says cannot break the journal, whatever characters it is made of."""
    row = stored(journal)
    journal.update(row.id, error={"type": "Failed", "message": "\ud800"}, reported={"\udfff": "\ud800"})
    assert journal.get(row.id).error == {"type": "Failed", "message": "\ud800"}
    journal.add_transcript(row.id, "\ud800")
    assert journal.transcript(row.id) == "\\ud800"


def test_an_id_may_be_shortened(journal: Store) -> None:
    """The beginning of an id is enough while it is unique; otherwise the error names what there is."""
    for name in ("abc00000", "abd00000"):
        stored(journal, id=name)
    assert journal.get(" ABC ").id == "abc00000"
    for start, said in {"ab": "more than one", "x": "no job", "": "no job", "%": "no job"}.items():
        with pytest.raises(NoSuchJob, match=said):
            journal.get(start)


def test_found_newest_first(journal: Store) -> None:
    """Jobs are listed by order of birth, and filtered by state, model and number."""
    rows = [stored(journal, model=f"tiny/{number % 2}") for number in range(6)]
    journal.update(rows[0].id, state="done")
    assert [row.id for row in journal.find()] == [row.id for row in reversed(rows)]
    assert [row.id for row in journal.find(model="tiny/1", limit=2)] == [rows[5].id, rows[3].id]
    assert [row.id for row in journal.find(states=["done", "failed"])] == [rows[0].id]


def test_ten_thousand_jobs_are_quick(journal: Store) -> None:
    """A long history costs no time: finding the same request and listing stay under a tenth of a second."""
    names = [name for name in rows.FIELDS if name != "n"]
    with journal.file.writing() as db:
        for number in range(10_000):
            row = record(fingerprint=f"f{number}", id=f"{number:08d}", state="done")
            values = [rows.value_of(name, getattr(row, rows.FIELDS[name])) for name in names]
            db.execute(f"INSERT INTO job ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", values)
    begun = time.monotonic()
    assert not journal.begin(record(fingerprint="f17"), again=False, found=satisfies_request)[1]
    assert len(journal.find(limit=50)) == 50
    assert journal.get("00000017").fingerprint == "f17"
    assert time.monotonic() - begun < 0.3


def test_times_of_past_jobs(journal: Store) -> None:
    """Only jobs that were accepted and became ready teach how long a job takes; rehearsals count apart."""
    for accepted, ready, in_sandbox in [(10.0, 40.0, False), (0.0, 5.0, False), (10.0, 0.0, False), (1.0, 2.0, True)]:
        journal.update(stored(journal, in_sandbox=in_sandbox).id, accepted=accepted, ready=ready)
    assert journal.times("tiny/one", in_sandbox=False) == [(30.0, {"seed": 0})]
    assert journal.times("tiny/one", in_sandbox=True) == [(1.0, {"seed": 0})]


# -- the gate, and one job for one request


def test_the_gate_opens_once(journal: Store) -> None:
    """A job can be marked as `sending` once, and is then perhaps charged."""
    row = stored(journal)
    journal.sending(row.id)
    assert (journal.get(row.id).state, journal.get(row.id).charged) == ("sending", "unknown")
    with pytest.raises(JournalError):
        journal.sending(row.id)


@pytest.mark.parametrize("state", ["sending", "accepted", "running", "ready", "done", "unknown", "rejected", "paused"])
def test_the_gate_is_for_new_jobs(journal: Store, state: str) -> None:
    """Nothing that was sent, or that ended, can be sent."""
    row = stored(journal)
    journal.update(row.id, state=state)
    with pytest.raises(JournalError):
        journal.sending(row.id)
    assert journal.get(row.id).state == state


def test_the_gate_is_for_the_owner(journal: Store, home: Path) -> None:
    """Another kernel cannot send this kernel's job, and nobody one that does not exist."""
    row = stored(journal)
    with pytest.raises(JournalError):
        opened(home).sending(row.id)
    with pytest.raises(JournalError):
        journal.sending("nothing")
    journal.sending(row.id)


def test_a_rehearsal_is_not_charged(journal: Store) -> None:
    """The gate of a rehearsal costs nothing."""
    row = stored(journal, in_sandbox=True)
    journal.sending(row.id)
    assert journal.get(row.id).charged == "no"


def test_begin_returns_the_job_there_is(journal: Store, home: Path) -> None:
    """The same request gives the newest earlier job that stands for it, in any kernel; `again` gives a new one."""
    first = stored(journal)
    other = opened(home)
    assert other.begin(record(), again=False, found=lambda _: True) == (first, False)
    second, fresh = other.begin(record(), again=True, found=lambda _: True)
    assert fresh
    assert other.begin(record(), again=False, found=lambda _: True)[0].id == second.id
    assert other.begin(record(), again=False, found=lambda row: row.id == first.id)[0].id == first.id
    assert other.begin(record(), again=False, found=lambda _: False)[1]
    assert other.begin(record(fingerprint="g"), again=False, found=lambda _: True)[1]


RACE = """
import sys, time
from pathlib import Path
from tests.engine.journal.test_store import opened, record, satisfies_request
journal = opened(Path(sys.argv[1]))
begun = []
for number in range(15):
    time.sleep(max(0, float(sys.argv[2]) + number * 0.03 - time.time()))
    row, fresh = journal.begin(record(fingerprint=f"race {number}"), again=False, found=satisfies_request)
    if fresh:
        journal.sending(row.id)
        begun.append(number)
print(*begun)
"""


def test_kernels_that_race_make_one_job(home: Path) -> None:
    """Four processes that start fifteen requests at the same moments make fifteen jobs between them."""
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", RACE, str(home), str(time.time() + 1.5)]
    racers = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    begun = [int(number) for racer in racers for number in racer.communicate(timeout=30)[0].split()]
    assert [racer.returncode for racer in racers] == [0] * 4
    assert sorted(begun) == list(range(15))
    assert len(opened(home).find()) == 15


def test_threads_that_race_make_one_job(journal: Store) -> None:
    """The same within one process, at its very first use of the journal."""
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(journal.begin(record(), again=False, found=lambda _: True)[1]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 7 + [True]


@pytest.mark.parametrize(
    ("state", "charged", "stands"),
    [
        ("sending", "unknown", True), ("accepted", "yes", True), ("running", "yes", True), ("ready", "yes", True),
        ("done", "yes", True), ("unknown", "unknown", True), ("paused", "yes", True), ("cancelled", "unknown", True),
        ("cancelled", "yes", True), ("cancelled", "no", False), ("rejected", "no", False), ("failed", "unknown", False),
    ],
)  # fmt: skip
def test_what_stands_for_a_request(state: str, charged: Any, stands: bool) -> None:
    """Whatever may have cost money answers the same request; what was refused or failed is sent afresh."""
    assert satisfies_request(record(state=state, charged=charged)) == stands


def test_what_can_go_on() -> None:
    """A job goes on with a ticket or with a link, never with neither, and not when the service has said its last."""
    assert can_follow(record(state="paused", ticket={"task_id": "1"}))
    assert can_follow(record(state="paused", links={"urls": ["u"]}))
    assert not can_follow(record(state="paused"))
    assert not can_follow(record(state="rejected", ticket={"task_id": "1"}))


# -- owners


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that does nothing."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        yield child
        child.kill()


def of(child: subprocess.Popen[bytes]) -> Owner:
    """Describe another process of this machine."""
    return dataclasses.replace(this_process(), id="child", pid=child.pid, started=owner._started(child.pid))


def test_an_owner_lives_while_its_process_does(process: subprocess.Popen[bytes]) -> None:
    """A process lives until it is dead, a zombie is dead, and no beat counts on the same machine."""
    child, me = of(process), dataclasses.replace(this_process(), beat=0.0)
    assert child.is_alive(me)
    assert dataclasses.replace(child, beat=0.0).is_alive(me)
    process.kill()
    until(lambda: not child.is_alive(me))
    assert Path(f"/proc/{process.pid}").exists()
    process.wait()
    assert not child.is_alive(me)


def test_a_pid_that_is_used_again_is_somebody_else(process: subprocess.Popen[bytes]) -> None:
    """The start time tells two processes with one pid apart."""
    assert not dataclasses.replace(of(process), started="1").is_alive(this_process())


def test_after_a_reboot_nobody_lives(process: subprocess.Popen[bytes]) -> None:
    """A boot of before is a machine of its own, of which only the beat is known."""
    before = dataclasses.replace(of(process), boot="before", beat=time.time() - LEASE - 1)
    assert not before.is_alive(this_process())


def test_on_another_machine_the_beat_counts() -> None:
    """An owner elsewhere lives for its lease after its last beat."""
    elsewhere = dataclasses.replace(this_process(), id="x", host="elsewhere", pid=1)
    assert dataclasses.replace(elsewhere, beat=time.time() - LEASE + 5).is_alive(this_process())
    assert not dataclasses.replace(elsewhere, beat=time.time() - LEASE - 1).is_alive(this_process())


def test_claim(journal: Store, home: Path, process: subprocess.Popen[bytes]) -> None:
    """A running job can be taken only from an owner that is dead, a job at rest from anybody, and by one alone."""
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


# -- the file


def test_the_file_is_the_users_alone(home: Path) -> None:
    """The folder is 0700 and the journal 0600 whatever the umask, also with a rescue file beside it."""
    before = os.umask(0)
    try:
        journal = opened(home / "deep")
        row = stored(journal)
        journal.rescue(row)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home / "deep").iterdir()}
    assert modes == {"jobs.db": 0o600, "jobs-rescue.jsonl": 0o600}
    assert stat.S_IMODE((home / "deep").stat().st_mode) == 0o700


def test_a_folder_that_exists_is_left_as_it_is(home: Path) -> None:
    """Permissions that the user chose are not changed."""
    home.mkdir(mode=0o755)
    stored(opened(home))
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


def test_from_nothing(journal: Store, home: Path) -> None:
    """A new journal has every table, says whose it is, and keeps its promises in a rollback journal."""
    stored(journal)
    with _raw(home) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
        assert db.execute("PRAGMA application_id").fetchone()[0] == journal_file.APPLICATION
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    with journal.file.reading() as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 3


def test_an_older_journal_is_migrated(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step that is missing is taken once, by the first that opens it, and the rows stay."""
    row = stored(opened(home))
    steps = (*MIGRATIONS, "CREATE TABLE later (x INTEGER) STRICT; INSERT INTO later VALUES (7)")
    monkeypatch.setattr(journal_file, "MIGRATIONS", steps)
    for _ in range(2):
        journal = opened(home)
        assert journal.get(row.id).id == row.id
        with journal.file.reading() as db:
            assert [tuple(each) for each in db.execute("SELECT x FROM later")] == [(7,)]


def test_a_migration_that_fails_leaves_the_old_journal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is taken whole or not at all."""
    row = stored(opened(home))
    with monkeypatch.context() as patched:
        patched.setattr(journal_file, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE later (x INTEGER) STRICT; NONSENSE"))
        with pytest.raises(JournalError):
            opened(home).find()
    assert opened(home).get(row.id).id == row.id
    with _raw(home) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone()[0] == 0


def test_a_newer_journal_is_read_only(home: Path) -> None:
    """A journal of a later version is listed, says so, and takes nothing: no job, no gate, not a byte."""
    row = stored(opened(home))
    with _raw(home) as db:
        db.execute("ALTER TABLE job ADD COLUMN later TEXT")
        db.execute("PRAGMA user_version = 99")
    before = (home / "jobs.db").read_bytes()
    journal = opened(home)
    assert [each.id for each in journal.find()] == [row.id]
    steps: list[Callable[[], object]] = [
        lambda: stored(journal), lambda: journal.sending(row.id), lambda: journal.update(row.id, state="done"),
        journal.beat, lambda: journal.claim(row.id, "running"),
    ]  # fmt: skip
    for step in steps:
        with pytest.raises(JournalError, match="newer vidmagic"):
            step()
    assert (home / "jobs.db").read_bytes() == before


def test_a_journal_that_is_locked_refuses(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that another program holds too long is no reason to send without a note, nor to start a new one."""
    monkeypatch.setattr(journal_file, "BUSY", 0.1)
    journal = opened(home)
    row = stored(journal)
    with _raw(home) as db:
        db.execute("BEGIN EXCLUSIVE")
        for step in (lambda: stored(journal), lambda: journal.sending(row.id), lambda: journal.get(row.id)):
            with pytest.raises(JournalError, match="locked"):
                step()
    journal.sending(row.id)
    assert [path.name for path in home.iterdir()] == ["jobs.db"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A home below a file, or one that is a folder where the file should be, is said, not replaced."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "odd" / "jobs.db").mkdir(parents=True)
    for folder in (tmp_path / "file" / "home", tmp_path / "odd"):
        with pytest.raises(JournalError, match="cannot be used"):
            stored(opened(folder))
    assert (tmp_path / "odd" / "jobs.db").is_dir()


def test_a_journal_that_was_deleted_is_noticed(journal: Store, home: Path) -> None:
    """A change to a job that the journal no longer has is an error, so that the job goes into the rescue file."""
    row = stored(journal)
    (home / "jobs.db").unlink()
    with pytest.raises(JournalError, match="no longer knows"):
        journal.update(row.id, state="accepted", task_id="t")
    journal.rescue(dataclasses.replace(row, state="accepted", task_id="t", updated=time.time()))
    assert opened(home).get(row.id).task_id == "t"


def test_no_thread_starves(journal: Store) -> None:
    """Forty threads that write all the time wait for each other in turn: none of them comes near the limit."""
    rows_there = [stored(journal, fingerprint=str(number)) for number in range(40)]
    waits: list[float] = []

    def write(row: Record) -> None:
        for width in range(25):
            begun = time.monotonic()
            journal.update(row.id, width=width)
            waits.append(time.monotonic() - begun)

    threads = [threading.Thread(target=write, args=(row,)) for row in rows_there]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 1000
    assert max(waits) < (time.monotonic() - begun) / 3


# -- rescue


def test_a_rescued_job_is_taken_over(journal: Store, home: Path) -> None:
    """What the journal would not take is in it after the next kernel has opened it, and the file is gone."""
    row = stored(journal)
    journal.rescue(dataclasses.replace(row, state="accepted", task_id="视频\ud800", updated=time.time() + 1))
    assert opened(home).get(row.id).state == "accepted"
    assert [path.name for path in home.iterdir()] == ["jobs.db"]


def test_a_rescued_job_does_not_undo(journal: Store, home: Path) -> None:
    """A job that went on after it was rescued keeps what it came to."""
    row = stored(journal)
    journal.rescue(dataclasses.replace(row, state="accepted", updated=time.time()))
    time.sleep(0.01)
    journal.update(row.id, state="done", path="/x.mp4")
    found = opened(home).get(row.id)
    assert (found.state, found.path) == ("done", "/x.mp4")


def test_a_torn_line_loses_nothing_else(journal: Store, home: Path) -> None:
    """A line that a crash left half written does not keep the others, nor the journal, from being used."""
    rows = [stored(journal), stored(journal)]
    journal.rescue(dataclasses.replace(rows[0], state="accepted", updated=time.time() + 1))
    with (home / "jobs-rescue.jsonl").open("a") as file:
        file.write('{"id": "half\n')
    journal.rescue(dataclasses.replace(rows[1], state="running", updated=time.time() + 1))
    again = opened(home)
    assert [again.get(row.id).state for row in rows] == ["accepted", "running"]


def test_a_crash_while_taking_over(journal: Store, home: Path) -> None:
    """A kernel that dies between taking the file and storing it leaves the jobs for the next one."""
    row = stored(journal)
    journal.rescue(dataclasses.replace(row, state="accepted", updated=time.time() + 1))
    (home / "jobs-rescue.jsonl").rename(home / "jobs-rescue.jsonl.dead")
    assert opened(home).get(row.id).state == "accepted"


# -- damage


def _scribble(path: Path, at: int, count: int = 4096) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * count)


@pytest.mark.parametrize("at", [0, 4096], ids=["no database", "malformed"])
def test_a_damaged_journal_is_kept_aside(home: Path, at: int) -> None:
    """A damaged journal is said loudly once and kept as it is; then a new one is begun."""
    for _ in range(50):
        stored(opened(home))
    path = home / "jobs.db"
    _scribble(path, at)
    journal = opened(home)
    with pytest.raises(JournalError, match="was damaged; it is kept as jobs-corrupt-") as raised:
        journal.find()
    assert isinstance(raised.value.__cause__, sqlite3.DatabaseError)
    kept = next(home.glob("jobs-corrupt-*.db"))
    assert kept.read_bytes()[at : at + 4096] == b"\xff" * 4096
    row = stored(journal)
    assert [each.id for each in journal.find()] == [row.id]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_can_be_read_is_taken_over(home: Path) -> None:
    """Damage takes along the rows of its own pages; all others, and what belongs to them, are in the new journal."""
    rows_there = [stored(opened(home)) for _ in range(300)]
    opened(home).add_transcript(rows_there[0].id, "said once")
    pages = (home / "jobs.db").stat().st_size // 4096
    _scribble(home / "jobs.db", pages // 2 * 4096, 4096 * 2)
    journal = opened(home)
    with pytest.raises(JournalError, match=r"what could still be read: \d+ jobs") as raised:
        journal.find()
    found = {each.id for each in journal.find()}
    assert f"read: {len(found)} jobs" in str(raised.value)
    assert 200 < len(found) < 300
    assert journal.transcript(rows_there[0].id) == "said once"
    assert journal.get(rows_there[0].id) == rows_there[0]


def test_after_damage_nothing_is_bought_unasked(home: Path) -> None:
    """A paid request that the new journal does not know may have been bought: it takes `again`, or a rebuild."""
    paid, sandboxed = (record(in_sandbox=in_sandbox) for in_sandbox in (False, True))
    stored(opened(home))
    _scribble(home / "jobs.db", 0)
    journal = opened(home)
    with pytest.raises(JournalError, match="damaged; it is kept"):
        journal.find()
    with pytest.raises(JournalError, match="may be lost; nothing was sent"):
        opened(home).begin(paid, again=False, found=lambda _: True)
    assert opened(home).begin(sandboxed, again=False, found=lambda _: True)[1]
    assert opened(home).begin(dataclasses.replace(paid, id="0000aaaa"), again=True, found=lambda _: True)[1]
    journal.rebuild([home])
    fresh = dataclasses.replace(paid, id="0000bbbb", fingerprint="another")
    assert opened(home).begin(fresh, again=False, found=lambda _: True)[1]


def test_the_rollback_journal_goes_along(home: Path) -> None:
    """What belongs to the damaged file never meets the new one."""
    stored(opened(home))
    _scribble(home / "jobs.db", 0)
    (home / "jobs.db-journal").write_bytes(b"\0left")
    journal = opened(home)
    with pytest.raises(JournalError, match="damaged"):
        journal.find()
    assert next(home.glob("jobs-corrupt-*.db-journal")).read_bytes() == b"\0left"
    assert not (home / "jobs.db-journal").exists()


def test_a_kernel_that_dies_over_the_damage_loses_nothing(home: Path) -> None:
    """What was put aside and not yet taken over comes with the rebuild, beside what is new, and only once."""
    journal = opened(home)
    before = stored(journal, state="running", task_id="t")
    journal.add_transcript(before.id, "said once")
    (home / "jobs.db").rename(home / "jobs-corrupt-20261120-000000-1.db")
    (home / "jobs-damaged").touch()
    after = stored(opened(home))
    for _ in range(2):
        opened(home).rebuild([])
        found = opened(home)
        assert {each.id: each.task_id for each in found.find()} == {before.id: "t", after.id: ""}
        assert found.transcript(before.id) == "said once"
        assert not found.file.doubtful


def test_damage_where_nothing_can_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged journal that cannot be put aside stays where it is, and the error is the journal's."""
    stored(opened(home))
    _scribble(home / "jobs.db", 0)
    before = (home / "jobs.db").read_bytes()

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refused)
    for _ in range(2):
        with pytest.raises(JournalError, match="cannot be used: file is not a database"):
            opened(home).find()
    assert (home / "jobs.db").read_bytes() == before


def test_damage_is_put_aside_once(home: Path) -> None:
    """A kernel that finds all well again, because another was faster, leaves the new journal alone."""
    journal = opened(home)
    row = stored(journal)
    assert journal.file._put_aside() is None
    assert journal.get(row.id).id == row.id
    assert list(home.glob("jobs-corrupt-*")) == []


@pytest.mark.parametrize("said", ["database is locked", "disk I/O error", "unable to open database file", "disk full"])
def test_what_is_no_damage(said: str) -> None:
    """A journal that is locked, unreadable or on a full disk is never put aside."""
    assert not journal_file.is_damage(sqlite3.OperationalError(said))
    assert not journal_file.is_damage(OSError(said))


def test_a_job_survives_the_loss_of_the_journal(
    tiny: Callable[..., Session], service: FaultServer, done: Answer, home: Path
) -> None:
    """A journal that is damaged while a paid job runs costs nothing: the job says so, ends, and is in the new one."""
    finish = threading.Event()
    service.on("/submit", ACCEPTED).on("/look", lambda _: done if finish.is_set() else state("at it"))
    session = tiny()
    job = session.start("a red kite", "tiny")
    until(lambda: job.state == "running")
    _scribble(home / "jobs.db", 0)
    finish.set()
    ended(job)
    assert job.state == "done"
    assert any("was damaged" in event.message for event in job.events() if isinstance(event, Running))
    assert (session.store.get(job.id).state, session.store.get(job.id).task_id) == ("done", "task-1")
    assert session.start("a red kite", "tiny").reused


def test_a_full_disk_refuses(home: Path, service: FaultServer, tiny: Callable[..., Session]) -> None:
    """A journal that cannot grow refuses the job before anything is sent, and stays whole."""
    session = tiny()
    stored(session.store)
    big = "x" * 3_000_000

    def small(database: Any, *args: Any, **kwargs: Any) -> sqlite3.Connection:
        db = real(database, *args, **kwargs)
        db.execute("PRAGMA max_page_count = 40")
        return db

    real, sqlite3.connect = sqlite3.connect, small
    try:
        with pytest.raises(JournalError, match="full"):
            session.start(big, "tiny")
    finally:
        sqlite3.connect = real
    assert service.seen == []
    assert len(session.store.find()) == 1


def _raw(home: Path) -> Any:
    return contextlib.closing(sqlite3.connect(home / "jobs.db", isolation_level=None))


def test_a_rescue_line_is_json(journal: Store, home: Path) -> None:
    """The rescue file can be read by anybody: one JSON object a line."""
    row = stored(journal)
    journal.rescue(row)
    assert json.loads((home / "jobs-rescue.jsonl").read_text())["id"] == row.id
