"""The journal as a file: made, migrated, opened, and put aside where it is damaged.

A rollback journal with `synchronous=EXTRA`, because it holds on network homes and loses no commit; `BEGIN IMMEDIATE`,
because a deferred transaction fails under several kernels whatever the busy timeout; a connection a call, because
threads and forks must not share one.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from vidmagic.engine.journal.fair_lock import FairLock
from vidmagic.engine.journal.migrations import MIGRATIONS
from vidmagic.engine.journal.recovery import salvage
from vidmagic.errors import JournalError

APPLICATION = 0x7669646D  # "vidm": what `file` and others may know the journal by
BUSY = 10.0  # seconds to wait for another kernel


class Database:
    """The SQLite file at *path*, opened at the first question; *begun* is called when this process may write in it.

    `doubtful` says that an earlier file was damaged, so that what was paid for may be missing here until `settle`.
    """

    def __init__(self, path: Path, begun: Callable[[], None]) -> None:
        self.path = path
        self._begun = begun
        self._doubt = path.with_name("jobs-damaged")
        self._ready = False
        self._only_read = ""
        self._writing = FairLock()  # SQLite's own waiting lets threads starve

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open the journal for one transaction. Raises JournalError."""
        with self._explained():
            self._prepare()
            if self._only_read:
                raise JournalError(self._only_read)
            with self._writing.turn(BUSY), _opened(self.path) as db, _transaction(db):
                yield db

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the journal for questions. Raises JournalError."""
        with self._explained():
            self._prepare()
            with _opened(self.path) as db:
                yield db

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say what an error of the file means; put a damaged file aside."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if is_damage(error) and (kept := self._put_aside()):
                raise JournalError(
                    f"the journal {self.path} was damaged; it is kept as {kept.name}, and a new one is begun with what"
                    f" could still be read: {self._taken_over(kept)}",
                    hint="`vidmagic rebuild FOLDER` takes the finished videos of a folder over as well; until then no"
                    " paid request is sent that the new journal does not know.",
                ) from error
            raise JournalError(
                f"the journal {self.path} cannot be used: {error}",
                hint="Free space or set VIDMAGIC_HOME to a folder that can be written.",
            ) from error

    @property
    def doubtful(self) -> bool:
        """Whether a damaged journal was put aside and nobody has said since that all is taken over."""
        return self._doubt.exists()

    def salvage_again(self) -> None:
        """Take over what is still missing of all journals that were put aside, if a kernel died over it."""
        for kept in sorted(self.path.parent.glob("jobs-corrupt-*.db")):
            with self.writing() as db:
                salvage(kept, db)

    def settle(self) -> None:
        """Note that the user has taken over what there was beside a damaged journal."""
        self._doubt.unlink(missing_ok=True)

    def _prepare(self) -> None:
        """Make or migrate the journal, once a process; a newer one is opened for reading only."""
        if self._ready and self.path.exists():
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with _opened(self.path) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                self._only_read = (
                    f"the journal {self.path} was made by a newer vidmagic: it can be read, and nothing new be sent"
                )
            elif version < len(MIGRATIONS):
                _migrate(db)
        self._ready = True
        if not self._only_read:
            self._begun()

    def _put_aside(self) -> Path | None:
        """Keep a damaged journal under another name; None if another kernel was faster and all is well again."""
        try:
            with _opened(self.path) as db:
                if db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                    return None
        except sqlite3.Error as error:
            if not is_damage(error):
                return None
        kept = self.path.with_name(f"jobs-corrupt-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.db")
        try:
            self._rename_to(kept)
        except OSError:  # a folder that cannot be written: the file stays, and is said to be of no use
            return None
        self._ready = False
        return kept

    def _rename_to(self, kept: Path) -> None:
        self._doubt.touch(mode=0o600)  # before the damaged file goes: a kernel that dies here leaves the doubt
        self.path.rename(kept)
        with contextlib.suppress(FileNotFoundError):  # its rollback journal must never meet the new file
            self.path.with_name(f"{self.path.name}-journal").rename(kept.with_name(f"{kept.name}-journal"))

    def _taken_over(self, kept: Path) -> str:
        """Bring what can be read of a damaged journal into the new one; return how many jobs that were, as text."""
        try:
            with self.writing() as db:
                return f"{salvage(kept, db)} jobs"
        except JournalError as error:
            return f"nothing ({error.message})"
        finally:
            self._ready = False  # what this process could not write and is about to leave beside it is taken over next


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    there = f"{path.absolute().as_uri()}?mode=rw"  # SQLite would make a missing file with a mode of its own
    with contextlib.closing(sqlite3.connect(there, uri=True, timeout=BUSY, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous = EXTRA")
        db.execute("PRAGMA foreign_keys = ON")
        yield db


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:  # a full disk has ended it already
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _migrate(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]  # another kernel may have been first
    for step in MIGRATIONS[version:]:
        for statement in step.split(";"):
            if statement.strip():
                db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.execute("COMMIT")


def is_damage(error: Exception) -> bool:
    """Tell a damaged file from one that is locked, unreadable or on a full disk. Python 3.10 has only the words."""
    said = str(error)
    return isinstance(error, sqlite3.DatabaseError) and ("not a database" in said or "malformed" in said)
