"""The journal under stress: locked is not damaged, damaged is quarantined, newer is only read, lost is rebuilt."""

from __future__ import annotations

import dataclasses
import json
import os
import sqlite3
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CANARY
from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS
from tests.patience import ended
from vidmagic.cli import main
from vidmagic.engine.journal.lease import this_process
from vidmagic.engine.journal.rows import FIELDS
from vidmagic.engine.journal.spill import SPILL
from vidmagic.engine.journal.store import Store
from vidmagic.engine.rebuild import rebuild
from vidmagic.errors import JournalError
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session

HAILUO = SYSTEMS["hailuo"]


@pytest.fixture
def journal(trial: Trial, home: Path) -> Path:
    """Return a journal with one finished job."""
    trial.serve()
    assert ended(trial.start("first", HAILUO)).state == "done"
    return home / "jobs.db"


def test_a_locked_journal_is_not_damaged(trial: Trial, journal: Path, home: Path) -> None:
    """J04: A journal that another process locks refuses new jobs, and keeps its name and its content."""
    impatient = dataclasses.replace(trial, session=trial.new_session())
    impatient.session.store = Store(home, this_process(), busy=0.1)
    other = sqlite3.connect(journal, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalError, match="locked"):
        impatient.start("second", HAILUO)
    other.execute("ROLLBACK")
    other.close()
    assert sorted(path.name for path in journal.parent.glob("jobs*.db")) == ["jobs.db"]
    assert ended(impatient.start("second", HAILUO)).state == "done"
    trial.figures.add(cases=1, lost=0)


def _use(session: Session) -> None:
    for number in range(3):
        session.start(f"second {number}", HAILUO.model)
        session.jobs()


@pytest.mark.parametrize("damage", ["header", "middle", "all", "text"])
def test_a_damaged_journal_is_quarantined_and_reported(damage: str, trial: Trial, journal: Path) -> None:
    """J06: A damaged journal is quarantined and reported once; a rebuild reads the jobs from the sidecars."""
    content = bytearray(journal.read_bytes())
    if damage == "header":
        content[:16] = b"not a database!!"
    elif damage == "middle":
        content[4096 : 4096 * 3] = os.urandom(8192)
    journal.write_bytes({"all": os.urandom(9999), "text": b"hello " * 999}.get(damage, bytes(content)))
    session = trial.new_session()
    with pytest.raises(JournalError, match="damaged"):
        _use(session)
    assert len(list(journal.parent.glob("jobs-corrupt-*.db"))) == 1
    taken = rebuild(trial.new_session().store, [Path.cwd() / "videos"]).added[0]
    again = trial.new_session().start("first", HAILUO.model)
    assert (taken.prompt, again.reused, again.state) == ("first", True, "done")
    trial.figures.add(cases=1, lost=0)


def test_nothing_is_bought_twice_after_damage(trial: Trial, journal: Path) -> None:
    """J06: A paid request that the new journal does not know is sent only after `again` or a rebuild."""
    service = trial.serve()
    journal.write_bytes(os.urandom(9999))
    session = trial.new_session()
    with pytest.raises(JournalError, match="damaged"):
        session.jobs()
    for _ in range(2):
        with pytest.raises(JournalError, match="may be lost; nothing was sent"):
            trial.new_session().start("first", HAILUO.model)
    assert service.server.seen == []
    assert ended(session.start("second", HAILUO.model, RunOptions(again=True))).state == "done"
    main(["rebuild", str(Path.cwd() / "videos")])
    assert trial.new_session().start("first", HAILUO.model).reused
    assert ended(trial.new_session().start("third", HAILUO.model)).state == "done"
    assert service.submitted == ["second", "third"]
    trial.figures.add(cases=1, submits=2, paid=2, done=2)


def test_a_newer_journal_is_read_only(trial: Trial, journal: Path) -> None:
    """J08: A journal of a newer vidmagic is listed, and nothing is sent."""
    with sqlite3.connect(journal) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    service = trial.serve()
    session = trial.new_session()
    assert [job.prompt for job in session.jobs()] == ["first"]
    with pytest.raises(JournalError, match="newer"):
        session.start("second", HAILUO.model)
    assert service.server.seen == []
    trial.figures.add(cases=1)


@pytest.mark.parametrize("unfinished", ["", '{"id": "half'])
def test_a_spilled_job_is_taken_over(unfinished: str, trial: Trial, journal: Path) -> None:
    """J05: A job that the journal would not take is in it again when it is next opened, with its id."""
    session = trial.session
    record = dataclasses.replace(session.jobs()[0].record, id="0000aaaa", task_id="77", state="accepted", updated=9e9)
    session.store.spill(record)
    with (journal.parent / SPILL).open("a") as file:
        file.write(unfinished)
    record = trial.new_session().store.get("0000aaaa")
    assert (record.task_id, record.state) == ("77", "accepted")
    assert not (journal.parent / SPILL).exists()
    trial.figures.add(cases=1, lost=0)


@pytest.mark.parametrize("step", ["accepted", "running", "ready", "done"])
def test_the_journal_fails_during_a_job(step: str, trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """J05: A journal that fails after the submit stops no job; a later kernel reads it there or in the spill file."""
    service = trial.serve()
    update, failing = Store.update, [True]

    def fails(self: Store, job_id: str, **changes: Any) -> None:
        if failing and changes.get("state") == step:
            raise JournalError("disk I/O error")
        update(self, job_id, **changes)

    monkeypatch.setattr(Store, "update", fails)
    system = trial.some(list(SYSTEMS.values()))[0]
    job = ended(trial.start("fails", system))
    assert job.state == "done"
    failing.clear()
    assert trial.new_session().store.get(job.id).state in {step, "done"}
    assert len(service.submitted) == 1
    trial.figures.add(cases=1, submits=1, paid=1, done=1, lost=0)


def test_a_deleted_journal_is_rebuilt(trial: Trial, journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """J15: `vidmagic rebuild FOLDER` makes the row again from the file beside the video; that request stays free."""
    before = trial.session.jobs()[0].record
    journal.unlink()
    (Path.cwd() / "videos" / "other.json").write_text('{"made with": "something else"}')
    (Path.cwd() / "videos" / "bad.json").write_text("{")
    assert main(["rebuild", "videos"]) == 0
    assert main(["rebuild", "videos"]) == 0
    assert before.id in capsys.readouterr().out
    after = trial.new_session().store.get(before.id)
    same = ("id", "model", "prompt", "params", "fingerprint", "task_id", "path", "sha256", "charged", "state", "size")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    service = trial.serve()
    assert trial.new_session().start("first", HAILUO.model).reused
    assert service.submitted == []
    trial.figures.add(cases=1, lost=0)


@pytest.mark.parametrize(
    "change", [{"id": "../../x"}, {"size": 1}, {"video": "../../etc/passwd"}, {"made with": "x"}, {"params": None}, {}]
)
def test_only_sidecars_of_videos_are_read(change: dict[str, Any], trial: Trial, journal: Path) -> None:
    """J15: A sidecar that was changed by hand, or whose video is another or gone, is passed over."""
    [sidecar] = (Path.cwd() / "videos").glob("*.json")
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), **change}))
    if not change:
        sidecar.with_suffix(".mp4").unlink()
    journal.unlink()
    rebuilt = rebuild(trial.new_session().store, [Path.cwd() / "videos", Path.cwd() / "nowhere"])
    assert rebuilt.added == []
    trial.figures.add(cases=1)


def test_a_home_that_cannot_be_written(trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """J10: Without a place for the journal nothing is sent; it is never held in memory alone."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VIDMAGIC_HOME", str(tmp_path / "file" / "home"))
    service = trial.serve()
    with pytest.raises(JournalError):
        trial.new_session().start("nowhere", HAILUO.model)
    assert service.server.seen == []
    trial.figures.add(cases=1)


def test_a_fork_with_an_open_journal(trial: Trial, journal: Path) -> None:
    """J13: A forked process and its parent may both write; neither spoils the other's journal."""
    store = trial.session.store
    job = trial.session.jobs()[0].id
    pid = os.fork()
    if pid == 0:
        for number in range(20):
            store.update(job, width=number)
        os._exit(0)
    for number in range(20):
        store.update(job, height=number)
    assert os.waitpid(pid, 0)[1] == 0
    record = store.get(job)
    assert (record.width, record.height) == (19, 19)
    trial.figures.add(cases=1)


def test_a_hundred_thousand_jobs(trial: Trial, journal: Path, *, long: bool) -> None:
    """J16: A full journal is listed, and asked for a request, in a tenth of a second."""
    size = 100_000 if long else 10_000
    with sqlite3.connect(journal) as db:
        names = ", ".join(name for name in FIELDS if name not in {"n", "id"})
        db.execute(
            f"INSERT INTO job (id, {names}) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?)"
            f" SELECT printf('%08d', i), {names.replace('fingerprint', 'printf(i)')} FROM c, job",
            (size,),
        )
    db.close()
    begun = time.process_time()
    assert len(trial.session.store.find(limit=50)) == 50
    assert trial.session.start("first", HAILUO.model).reused
    assert time.process_time() - begun < 0.3
    trial.figures.add(cases=1, rows=size)


def test_nobody_else_reads_the_journal(trial: Trial, journal: Path) -> None:
    """J17: Folder and file are the user's alone, and the rollback journal is used, as network homes need."""
    assert stat.S_IMODE(journal.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    with sqlite3.connect(journal) as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    db.close()
    assert CANARY.encode() not in journal.read_bytes()
    trial.figures.add(cases=1, leaks=0)


def test_only_the_owner_sends(trial: Trial, journal: Path) -> None:
    """J02: Only the process that stored the job may send it, and only once."""
    mine, theirs = (Store(journal.parent, this_process()) for _ in range(2))
    record = dataclasses.replace(
        trial.session.jobs()[0].record, id="0000bbbb", state="new", fingerprint="f", charged="no"
    )
    mine.begin(record, again=True, satisfies=lambda _: False)
    with pytest.raises(JournalError):
        theirs.mark_sending(record.id)
    mine.mark_sending(record.id)
    with pytest.raises(JournalError):
        mine.mark_sending(record.id)
    trial.figures.add(cases=1)
