"""The journal as a file: created, migrated, opened, and quarantined when it is damaged.

A rollback journal with `synchronous=EXTRA`, because it works on network homes and loses no commit; `BEGIN IMMEDIATE`,
because a deferred transaction fails under several kernels whatever the busy timeout; one connection a call, because
threads and forks must not share one.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from vidmagic.engine.journal import migrations
from vidmagic.engine.journal.fair_lock import FairLock
from vidmagic.engine.journal.fork_pause import ForkPause
from vidmagic.engine.journal.recovery import salvage
from vidmagic.engine.uninterrupted import uninterrupted
from vidmagic.errors import JournalError

BUSY = 10.0  # seconds to wait for another kernel
SQLITE_VERSION = sqlite3.sqlite_version
_T = TypeVar("_T")


class Database:
    """The SQLite file at *path*; `prepare` comes before the first transaction. It waits *busy* seconds for a lock."""

    def __init__(self, path: Path, *, busy: float = BUSY) -> None:
        self.path = path
        self._busy = busy
        self._doubt = path.with_name("jobs-damaged")
        self._ready = False
        self._read_only = ""  # why nothing can be written
        self._write_lock = FairLock()  # SQLite's own waiting lets threads starve
        self._fork_pause = ForkPause(busy)

    def prepare(self) -> bool:
        """Create or migrate the file where this process has not yet; a newer journal is opened for reading only.

        Return True when that was done just now and the journal can be written. Raises JournalError.
        """
        return not self.prepared and uninterrupted(self._prepare)

    @property
    def prepared(self) -> bool:
        """Whether this process has created or migrated the file, and it is still there."""
        return self._ready and self.path.exists()

    def _prepare(self) -> bool:
        with self._explained():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            self._migrate()
        self._ready = True
        return not self._read_only

    def write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do *work* in one transaction and return its result; no interrupt cuts it in half. Raises JournalError."""
        return uninterrupted(lambda: self._write(work))

    def _write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        if self._read_only:
            raise JournalError(self._read_only)
        with self._explained(), self._write_lock.turn(self._busy), self._opened() as db, _transaction(db):
            self._check_version(db)
            return work(db)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the journal for queries. Raises JournalError."""
        with self._explained(), self._opened() as db:
            yield db

    @property
    def doubtful(self) -> bool:
        """Whether a damaged journal was quarantined, so that paid jobs may be missing here until `settle`."""
        return self._doubt.exists()

    def settle(self) -> None:
        """Note that the user has recovered what there is beside a damaged journal."""
        self._doubt.unlink(missing_ok=True)

    def recover(self) -> None:
        """Copy what is missing here from all quarantined journals, in case a kernel died while it did so."""
        for damaged in sorted(self.path.parent.glob("jobs-corrupt-*.db")):
            self.write(functools.partial(salvage, damaged))

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an error of the file into a JournalError; quarantine a damaged file."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            refused = error
            raise uninterrupted(lambda: self._explanation(refused)) from error

    def _explanation(self, error: sqlite3.Error | OSError) -> JournalError:
        if is_damage(error) and (damaged := self._quarantine()):
            return JournalError(
                f"the journal {self.path} was damaged; it is quarantined as {damaged.name}, and a new one is begun"
                f" with what could still be read: {self._recovered_from(damaged)}",
                hint="`vidmagic rebuild FOLDER` takes over the finished videos of a folder as well; until then"
                " no paid request is sent that the new journal does not know.",
            )
        return JournalError(
            f"the journal {self.path} cannot be used: {error}",
            hint="Free space or set VIDMAGIC_HOME to a folder that can be written.",
        )

    def _quarantine(self) -> Path | None:
        """Rename a damaged journal; return None if another kernel was faster and the file is sound again."""
        try:
            with self._opened() as db:
                if db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                    return None
        except sqlite3.Error as error:
            if not is_damage(error):
                return None
        quarantined = self.path.with_name(f"jobs-corrupt-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.db")
        try:
            self._rename_to(quarantined)
        except OSError:  # a folder that cannot be written: the file stays, and the error says that it cannot be used
            return None
        self._ready = False
        return quarantined

    def _rename_to(self, quarantined: Path) -> None:
        self._doubt.touch(mode=0o600)  # before the damaged file goes: a kernel that dies here leaves the doubt
        self.path.rename(quarantined)
        with contextlib.suppress(FileNotFoundError):  # its rollback journal must never meet the new file
            self.path.with_name(f"{self.path.name}-journal").rename(
                quarantined.with_name(f"{quarantined.name}-journal")
            )

    def _recovered_from(self, damaged: Path) -> str:
        """Copy what can be read of a damaged journal into a new one; return how many jobs that were, as text."""
        try:
            self.prepare()
            return f"{self.write(functools.partial(salvage, damaged))} jobs"
        except JournalError as error:
            return f"nothing ({error.message})"
        finally:
            self._ready = False  # the next call begins anew: this one's change is about to go into the spill file

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        uri = f"{self.path.absolute().as_uri()}?mode=rw"  # SQLite would create a missing file with other permissions
        connected = functools.partial(sqlite3.connect, uri, uri=True, timeout=self._busy, isolation_level=None)
        with self._fork_pause.connection(), contextlib.closing(connected()) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA secure_delete = ON")  # a signed link that is removed leaves no bytes in the file
            yield db

    def _migrate(self) -> None:
        with self._opened() as db:
            version = migrations.version_of(db)
            if version > len(migrations.MIGRATIONS):
                self._read_only = self._newer()
            elif version < len(migrations.MIGRATIONS):
                with _transaction(db):
                    migrations.take_missing_steps(db)

    def _check_version(self, db: sqlite3.Connection) -> None:
        """Take missing steps in a journal that was replaced by an older one. Raises JournalError for a newer one."""
        version = migrations.version_of(db)
        if version > len(
            migrations.MIGRATIONS
        ):  # another kernel, with a newer vidmagic, has migrated it since it was opened
            raise JournalError(self._newer(), hint="Restart this kernel, so that it uses the newer vidmagic too.")
        if version < len(migrations.MIGRATIONS):
            migrations.take_missing_steps(db)

    def _newer(self) -> str:
        return f"the journal {self.path} was made by a newer vidmagic: it can be read, and nothing new be sent"


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


def is_damage(error: Exception) -> bool:
    """Return whether a file is damaged, not locked, unreadable or on a full disk. Python 3.10 has only the text."""
    message = str(error)
    return isinstance(error, sqlite3.DatabaseError) and ("not a database" in message or "malformed" in message)
