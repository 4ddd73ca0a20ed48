"""A file that is being written: hidden in its folder, and given its name only when it is complete."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import os
import secrets
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from vidmagic.engine.download.hash_thread import HashThread

if sys.platform != "win32":
    import fcntl

_CHUNK = 2**18
# What file systems answer that lack something: exFAT, network disks, mounted drives. ENOTSUP is another on macOS.
_UNSUPPORTED = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class PartialFile:
    """An unfinished file in *folder*, hidden, under a name of its own.

    `open` creates it. It stays open and locked while this object lives, so that another process can tell it from one
    that was left behind; it is removed with this object. Every method may raise OSError.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._path = folder
        self._file: FileIO | None = None
        self._digest = hashlib.sha256()
        self._hash_thread: HashThread | None = None
        self._remove: Callable[[], object] = lambda: None

    def open(self) -> FileIO:
        """Return the file; create it if there is none, and remove those that dead processes left behind."""
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._remove_left_behind()
            self._path = self._folder / f".{self._name}.{secrets.token_hex(4)}.part"
            self._file = FileIO(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | NO_FOLLOW, 0o666), "r+")
            self._remove = weakref.finalize(self, _remove, self._file, self._path, os.getpid())
            self._digest = hashlib.sha256()
            with contextlib.suppress(
                OSError
            ):  # some network drives have no locks; correctness does not depend on this one
                _lock(self._file.fileno())
        return self._file

    @contextlib.contextmanager
    def receiving(self) -> Iterator[None]:
        """Allow `write` within the block; all that was written is hashed when it ends, by an exception too."""
        self.open()
        try:
            with HashThread(self._digest) as self._hash_thread:
                yield
        finally:
            self._hash_thread = None

    def write(self, chunk: bytes) -> None:
        """Append *chunk*, while `receiving`."""
        assert self._hash_thread is not None
        file, unwritten = self.open(), memoryview(chunk)
        while unwritten:
            unwritten = unwritten[file.write(unwritten) :]
        self._hash_thread.add(chunk)

    def seek_end(self, length: int) -> int:
        """Move to the end of the file and return its length; hash it anew unless *length* bytes were written."""
        file = self.open()
        # The file has been open and locked since its first byte: with the same length it has the same content.
        if file.seek(0, os.SEEK_END) != length:
            self._digest = _hashed(file)
        return file.tell()

    def restart(self) -> None:
        """Forget what was written."""
        file = self.open()
        file.seek(0)
        file.truncate()
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written."""
        return self._digest.hexdigest()

    def append(self, data: bytes, at: int) -> None:
        """Write *data* behind the first *at* bytes, which are all that was received."""
        file, unwritten = self.open(), memoryview(data)
        file.seek(at)
        file.truncate()
        while unwritten:
            unwritten = unwritten[file.write(unwritten) :]
        self._digest.update(data)

    def publish(self, paths: Iterable[Path], is_finished: Callable[[Path], bool]) -> tuple[Path, bool]:
        """Give the file the first of *paths* that is free; return it and True. No existing file is overwritten.

        Where *is_finished* says that a file of the name is this one already, its path and False are returned.
        """
        os.fsync(self.open().fileno())
        is_new = False
        for path in paths:
            with contextlib.suppress(FileExistsError):
                self._link_as(path)
                is_new = True
            if is_new or is_finished(path):
                break
        self.discard()
        _sync(self._folder)
        return path, is_new

    def discard(self) -> None:
        """Remove the file, if there is one."""
        self._file = None
        self._remove()

    def _link_as(self, path: Path) -> None:
        try:
            os.link(self._path, path)
        except OSError as refused:
            if refused.errno not in _UNSUPPORTED:
                raise
            self._rename_to(path)

    def _rename_to(self, path: Path) -> None:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, 0o666))
        try:
            if sys.platform == "win32" and self._file is not None:
                self._file.close()  # Windows renames no open file; it was synced, and nothing reads it any more
            self._path.replace(path)
        except OSError:
            path.unlink()
            raise

    def _remove_left_behind(self) -> None:
        for left_behind in self._folder.glob(f".{glob.escape(self._name)}.*.part"):
            with contextlib.suppress(OSError):  # its process lives, or it is not a file: not ours to remove
                _check_left_behind(left_behind)
                left_behind.unlink()


def _remove(file: FileIO, path: Path, process: int) -> None:
    """Remove an unfinished file, unless this is a fork of the *process* that is still writing it."""
    if os.getpid() == process:
        file.close()
        path.unlink(missing_ok=True)


def _lock(descriptor: int) -> None:
    """Lock an open file until it is closed. Raises OSError where another process has it."""
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _check_left_behind(path: Path) -> None:
    """Check that no living process writes *path*. Raises OSError. Windows itself keeps open files from removal."""
    if sys.platform != "win32":
        with _opened(path) as file:
            _lock(file.fileno())


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with os.fdopen(os.open(path, os.O_RDONLY | NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        yield file


def _hashed(file: BinaryIO) -> hashlib._Hash:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest


def _sync(folder: Path) -> None:
    """Make the names in *folder* durable, where the file system can: the video in it is complete all the same."""
    if sys.platform != "win32":
        try:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as refused:
            if refused.errno not in _UNSUPPORTED:
                raise
