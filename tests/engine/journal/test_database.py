"""The journal's file: created, migrated, locked, damaged; and the spill file beside it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.journal.journals import opened, raw, record, stored
from tests.engine.tiny import ACCEPTED, state
from tests.faults.answers import Answer
from tests.faults.server import FaultServer
from tests.patience import ended, until
from tests.rows import rewrite
from vidmagic.engine.download.sidecar import read_sidecars, write_sidecar
from vidmagic.engine.journal import database, migrations
from vidmagic.engine.journal.migrations import MIGRATIONS
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.rebuild import rebuild
from vidmagic.errors import JournalError
from vidmagic.session.session import Session
from vidmagic.spec.events import Running

# -- the file


def test_the_file_is_the_users_alone(home: Path) -> None:
    """The folder is 0700 and the journal 0600 whatever the umask, also with a spill file beside it."""
    before = os.umask(0)
    try:
        journal = opened(home / "deep")
        row = stored(journal)
        journal.spill(row)
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
    """A new journal has every table, its version and application id, and a rollback journal."""
    stored(journal)
    with raw(home) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
        assert db.execute("PRAGMA application_id").fetchone()[0] == migrations.APPLICATION
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    with journal.reading() as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 3


def test_an_older_journal_is_migrated(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step that is missing is taken once, by the first that opens it, and the rows stay."""
    row = stored(opened(home))
    steps = (*MIGRATIONS, "CREATE TABLE later (x INTEGER) STRICT; INSERT INTO later VALUES (7)")
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)
    for _ in range(2):
        journal = opened(home)
        assert journal.get(row.id).id == row.id
        with journal.reading() as db:
            assert [tuple(row) for row in db.execute("SELECT x FROM later")] == [(7,)]


def test_a_rating_and_a_draft_are_stored_in_the_journal_and_beside_the_video(home: Path, tmp_path: Path) -> None:
    """What the user said of a job, and what it was made from, stand in its row and in the sidecar, for a rebuild."""
    (tmp_path / "a.mp4").write_bytes(b"video")
    facts = {"stars": 4, "note": "手 hands melt", "tags": ("hero", "夜"), "draft": True, "finished_from": "abcdefgh",
             "file_sha256": "ff"}  # fmt: skip
    journal = opened(home)
    row = journal.get(stored(journal, path=str(tmp_path / "a.mp4"), size=5, state="done", **facts).id)
    write_sidecar(row)
    [read_back] = read_sidecars(tmp_path)
    for facts_of in (row, read_back):
        assert {name: getattr(facts_of, name) for name in facts} == facts


def test_a_rating_that_was_stored_by_hand_is_not_believed(home: Path) -> None:
    """Six stars, or tags that are none, are read as not rated; the row stays."""
    journal = opened(home)
    row = stored(journal, note="good")
    rewrite(journal, row.id, stars=6, tags={"a": 1}, draft=7)
    read_back = journal.get(row.id)
    assert (read_back.stars, read_back.tags, read_back.draft, read_back.note) == (None, (), False, "good")


def test_a_migration_that_fails_leaves_the_old_journal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is taken whole or not at all."""
    row = stored(opened(home))
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE later (x INTEGER) STRICT; NONSENSE"))
        with pytest.raises(JournalError):
            opened(home).find()
    assert opened(home).get(row.id).id == row.id
    with raw(home) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone()[0] == 0


@pytest.mark.parametrize("already_open", [False, True], ids=["opened later", "open while it is migrated"])
def test_a_newer_journal_is_read_only(home: Path, *, already_open: bool) -> None:
    """A journal of a later version can be listed, and not a byte of it is changed; the error states the reason."""
    journal = opened(home)
    row = stored(journal)
    with raw(home) as db:
        db.execute("ALTER TABLE job ADD COLUMN later TEXT")
        db.execute("PRAGMA user_version = 99")
    before = (home / "jobs.db").read_bytes()
    if not already_open:
        journal = opened(home)
    assert [job.id for job in journal.find()] == [row.id]
    steps: list[Callable[[], object]] = [
        lambda: stored(journal), lambda: journal.mark_sending(row.id), lambda: journal.update(row.id, state="done"),
        journal.beat, lambda: journal.claim(row.id, "running"),
    ]  # fmt: skip
    for step in steps:
        with pytest.raises(JournalError, match="newer vidmagic"):
            step()
    assert (home / "jobs.db").read_bytes() == before


def test_a_locked_journal_refuses(home: Path) -> None:
    """While another program locks the journal nothing is stored or sent, and no new journal is begun."""
    journal = opened(home, busy=0.1)
    row = stored(journal)
    with raw(home) as db:
        db.execute("BEGIN EXCLUSIVE")
        for step in (lambda: stored(journal), lambda: journal.mark_sending(row.id), lambda: journal.get(row.id)):
            with pytest.raises(JournalError, match="locked"):
                step()
    journal.mark_sending(row.id)
    assert [path.name for path in home.iterdir()] == ["jobs.db"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A home below a file, or a folder where the file should be, is an error, and nothing is replaced."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "odd" / "jobs.db").mkdir(parents=True)
    for folder in (tmp_path / "file" / "home", tmp_path / "odd"):
        with pytest.raises(JournalError, match="cannot be used"):
            stored(opened(folder))
    assert (tmp_path / "odd" / "jobs.db").is_dir()


def test_a_deleted_journal_is_noticed(journal: Store, home: Path) -> None:
    """A change to a job that the journal no longer has is an error, so that the job goes into the spill file."""
    row = stored(journal)
    (home / "jobs.db").unlink()
    with pytest.raises(JournalError, match="no longer knows"):
        journal.update(row.id, state="accepted", task_id="t")
    journal.spill(dataclasses.replace(row, state="accepted", task_id="t", updated=time.time()))
    assert opened(home).get(row.id).task_id == "t"


def test_no_thread_starves(journal: Store) -> None:
    """Forty threads that write all the time wait for each other in turn: none of them comes near the limit."""
    records = [stored(journal, fingerprint=str(number)) for number in range(40)]
    waits: list[float] = []

    def write(row: Record) -> None:
        for width in range(25):
            begun = time.monotonic()
            journal.update(row.id, width=width)
            waits.append(time.monotonic() - begun)

    threads = [threading.Thread(target=write, args=(row,)) for row in records]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 1000
    assert max(waits) < (time.monotonic() - begun) / 3


# -- the spill file


def test_a_spilled_job_is_taken_over(journal: Store, home: Path) -> None:
    """A job that the journal refused is in it after the next kernel has opened it, and the spill file is gone."""
    row = stored(journal)
    journal.spill(dataclasses.replace(row, state="accepted", task_id="视频\ud800", updated=time.time() + 1))
    assert opened(home).get(row.id).state == "accepted"
    assert [path.name for path in home.iterdir()] == ["jobs.db"]


def test_a_spilled_job_undoes_nothing(journal: Store, home: Path) -> None:
    """A job that was stored again after it was spilled keeps its newer row."""
    row = stored(journal)
    journal.spill(dataclasses.replace(row, state="accepted", updated=time.time()))
    time.sleep(0.01)
    journal.update(row.id, state="done", path="/x.mp4")
    job = opened(home).get(row.id)
    assert (job.state, job.path) == ("done", "/x.mp4")


def test_a_line_cut_short_loses_nothing_else(journal: Store, home: Path) -> None:
    """A line that a crash left half written is skipped; the other lines are taken over."""
    rows = [stored(journal), stored(journal)]
    journal.spill(dataclasses.replace(rows[0], state="accepted", updated=time.time() + 1))
    with (home / "jobs-rescue.jsonl").open("a") as file:
        file.write('{"id": "half\n')
    journal.spill(dataclasses.replace(rows[1], state="running", updated=time.time() + 1))
    again = opened(home)
    assert [again.get(row.id).state for row in rows] == ["accepted", "running"]


def test_a_crash_while_taking_over(journal: Store, home: Path) -> None:
    """A kernel that dies between taking the file and storing it leaves the jobs for the next one."""
    row = stored(journal)
    journal.spill(dataclasses.replace(row, state="accepted", updated=time.time() + 1))
    (home / "jobs-rescue.jsonl").rename(home / "jobs-rescue.jsonl.dead")
    assert opened(home).get(row.id).state == "accepted"


def test_a_spilled_line_is_json(journal: Store, home: Path) -> None:
    """The spill file can be read by anybody: one JSON object a line."""
    row = stored(journal)
    journal.spill(row)
    assert json.loads((home / "jobs-rescue.jsonl").read_text())["id"] == row.id


# -- damage


def _scribble(path: Path, at: int, count: int = 4096) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * count)


@pytest.mark.parametrize("at", [0, 4096], ids=["no database", "malformed"])
def test_a_damaged_journal_is_quarantined(home: Path, at: int) -> None:
    """A damaged journal raises one error and is renamed, not changed; then a new one is begun."""
    for _ in range(50):
        stored(opened(home))
    path = home / "jobs.db"
    _scribble(path, at)
    journal = opened(home)
    with pytest.raises(JournalError, match="was damaged; it is quarantined as jobs-corrupt-") as raised:
        journal.find()
    assert isinstance(raised.value.__cause__, sqlite3.DatabaseError)
    quarantined = next(home.glob("jobs-corrupt-*.db"))
    assert quarantined.read_bytes()[at : at + 4096] == b"\xff" * 4096
    row = stored(journal)
    assert [job.id for job in journal.find()] == [row.id]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _leaves(path: Path, table: str) -> list[int]:
    """Return the page numbers of the leaves of a table's tree, in the order of its rows (SQLite's file format, 1.6)."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    data = path.read_bytes()
    size = int.from_bytes(data[16:18], "big")

    def below(number: int) -> list[int]:
        page = data[(number - 1) * size : number * size]
        if page[0] == 13:  # a leaf
            return [number]
        end = 12 + 2 * int.from_bytes(page[3:5], "big")
        cells = [int.from_bytes(page[at : at + 2], "big") for at in range(12, end, 2)]
        children = [int.from_bytes(page[cell : cell + 4], "big") for cell in cells]
        children.append(int.from_bytes(page[8:12], "big"))
        return [leaf for child in children for leaf in below(child)]

    return below(root)


def test_what_can_be_read_is_recovered(home: Path) -> None:
    """Damage costs the rows of its own pages; all others, and what belongs to them, are in the new journal."""
    records = [stored(opened(home)) for _ in range(300)]
    opened(home).add_transcript(records[0].id, "sent once")
    leaves = _leaves(home / "jobs.db", "job")
    for number in leaves[len(leaves) // 2 :][:2]:
        _scribble(home / "jobs.db", (number - 1) * 4096)
    journal = opened(home)
    with pytest.raises(JournalError, match=r"what could still be read: \d+ jobs") as raised:
        journal.find()
    ids = {job.id for job in journal.find()}
    assert f"read: {len(ids)} jobs" in str(raised.value)
    assert 200 < len(ids) < 300
    assert journal.transcript(records[0].id) == "sent once"
    assert journal.get(records[0].id) == records[0]


def test_after_damage_nothing_is_bought_twice(home: Path) -> None:
    """A paid request that the new journal does not know is refused until `again` or a rebuild."""
    paid, sandboxed = (record(in_sandbox=in_sandbox) for in_sandbox in (False, True))
    stored(opened(home))
    _scribble(home / "jobs.db", 0)
    journal = opened(home)
    with pytest.raises(JournalError, match="damaged; it is quarantined"):
        journal.find()
    with pytest.raises(JournalError, match="may be lost; nothing was sent"):
        opened(home).begin(paid, again=False, satisfies=lambda _: True)
    assert opened(home).begin(sandboxed, again=False, satisfies=lambda _: True)[1]
    assert opened(home).begin(dataclasses.replace(paid, id="0000aaaa"), again=True, satisfies=lambda _: True)[1]
    rebuild(journal, [home])
    fresh = dataclasses.replace(paid, id="0000bbbb", fingerprint="another")
    assert opened(home).begin(fresh, again=False, satisfies=lambda _: True)[1]


def test_the_rollback_journal_goes_along(home: Path) -> None:
    """The rollback journal of a damaged file is quarantined with it."""
    stored(opened(home))
    _scribble(home / "jobs.db", 0)
    (home / "jobs.db-journal").write_bytes(b"\0left")
    journal = opened(home)
    with pytest.raises(JournalError, match="damaged"):
        journal.find()
    assert next(home.glob("jobs-corrupt-*.db-journal")).read_bytes() == b"\0left"
    assert not (home / "jobs.db-journal").exists()


def test_a_kernel_that_dies_over_the_damage_loses_nothing(home: Path) -> None:
    """A rebuild copies the rows of a quarantined journal that were not copied yet, each once."""
    journal = opened(home)
    before = stored(journal, state="running", task_id="t")
    journal.add_transcript(before.id, "said once")
    (home / "jobs.db").rename(home / "jobs-corrupt-20261120-000000-1.db")
    (home / "jobs-damaged").touch()
    after = stored(opened(home))
    for _ in range(2):
        rebuild(opened(home), [])
        recovered = opened(home)
        assert {job.id: job.task_id for job in recovered.find()} == {before.id: "t", after.id: ""}
        assert recovered.transcript(before.id) == "said once"
        assert not recovered.database.doubtful


def test_damage_where_nothing_can_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged journal that cannot be quarantined stays where it is, and the error is a JournalError."""
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


def test_damage_is_quarantined_once(home: Path) -> None:
    """A kernel that comes second, after another has quarantined the damage, leaves the new journal alone."""
    journal = opened(home)
    row = stored(journal)
    assert journal.database._quarantine() is None
    assert journal.get(row.id).id == row.id
    assert list(home.glob("jobs-corrupt-*")) == []


@pytest.mark.parametrize(
    "message", ["database is locked", "disk I/O error", "unable to open database file", "disk full"]
)
def test_what_is_not_damage(message: str) -> None:
    """A journal that is locked, unreadable or on a full disk is never quarantined."""
    assert not database.is_damage(sqlite3.OperationalError(message))
    assert not database.is_damage(OSError(message))


def test_a_job_survives_the_loss_of_the_journal(
    tiny: Callable[..., Session], service: FaultServer, done: Answer, home: Path
) -> None:
    """A journal damaged while a paid job runs costs nothing: the job reports it, ends, and is in the new journal."""
    finish = threading.Event()
    service.on("/submit", ACCEPTED).on("/poll", lambda _: done if finish.is_set() else state("at it"))
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
    """A journal that cannot grow refuses the job before anything is sent, and stays sound."""
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
