"""A file on its way: written beside its place, and given its name only when it is whole."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import itertools
import os
import secrets
import stat
import sys
import weakref
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from vidmagic.engine.download.hashing import Hashing

if sys.platform != "win32":
    import fcntl

_CHUNK = 2**18
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}  # exFAT, mounted drives
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class PartialFile:
    """An unfinished file in *folder*, hidden, under a name of its own.

    It is opened by the first write or `open` and stays open, and locked, while its owner lives: so another process
    can tell it from one that was left behind. It goes with its owner. Every method may raise OSError.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._path = folder
        self._file: FileIO | None = None
        self._digest = hashlib.sha256()
        self._hashing: Hashing | None = None
        self._remove: Callable[[], object] = lambda: None

    def open(self) -> FileIO:
        """Return the file, made anew if there is none; what dead owners left of it is removed then."""
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            self._path = self._folder / f".{self._name}.{secrets.token_hex(4)}.part"
            self._file = FileIO(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o666), "r+")
            self._remove = weakref.finalize(self, _remove, self._file, self._path)
            self._digest = hashlib.sha256()
            with contextlib.suppress(OSError):  # some network drives have no locks; nothing correct hangs on this one
                _lock(self._file.fileno())
        return self._file

    @contextlib.contextmanager
    def receiving(self) -> Iterator[None]:
        """Let `write` be called; all that was written is hashed when this ends, however it ends."""
        self.open()
        try:
            with Hashing(self._digest) as self._hashing:
                yield
        finally:
            self._hashing = None

    def write(self, chunk: bytes) -> None:
        """Append *chunk*, while `receiving`."""
        assert self._hashing is not None
        file, rest = self.open(), memoryview(chunk)
        while rest:
            rest = rest[file.write(rest) :]
        self._hashing.add(chunk)

    def go_on(self, length: int) -> int:
        """Go to the end of what is on disk and return its length; *length* is that of what was written.

        It is hashed again where the two differ.
        """
        file = self.open()
        # Ours, open and locked since its first byte: of the same length it is as sure as what is written in one go.
        if file.seek(0, os.SEEK_END) != length:
            self._digest = _hashed(file)
        return file.tell()

    def restart(self) -> None:
        """Forget what was written."""
        file = self.open()
        file.seek(0)
        file.truncate()
        self._digest = hashlib.sha256()

    def publish(self, suffix: str) -> tuple[Path, str]:
        """Give the file its name and return its path and SHA-256; nothing that exists is ever overwritten.

        Where the name is taken by the same content, that file is returned; by anything else, `-2` and so on is tried.
        """
        digest = self._digest.hexdigest()
        os.fsync(self.open().fileno())
        for number in itertools.count(1):
            path = self._folder / f"{self._name}{f'-{number}' if number > 1 else ''}{suffix}"
            with contextlib.suppress(FileExistsError):
                self._name_it(path)
                break
            if _content(path) == digest:
                break
        self.discard()
        _sync(self._folder)
        return path, digest

    def discard(self) -> None:
        """Remove the file, if there is one."""
        self._file = None
        self._remove()

    def _name_it(self, path: Path) -> None:
        try:
            os.link(self._path, path)
        except OSError as refused:
            if refused.errno not in _NO_LINKS:
                raise
            self._take_name(path)

    def _take_name(self, path: Path) -> None:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o666))
        try:
            self._path.replace(path)
        except OSError:
            path.unlink()
            raise

    def _sweep(self) -> None:
        for left in self._folder.glob(f".{glob.escape(self._name)}.*.part"):
            with contextlib.suppress(OSError):  # its owner lives, or it is no file: not ours to remove
                _check_left_behind(left)
                left.unlink()


def _remove(file: FileIO, path: Path) -> None:
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
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        yield file


def _content(path: Path) -> str:
    """Return the SHA-256 of a regular file, or the empty text of anything else."""
    with contextlib.suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode):
            with _opened(path) as file:
                return _hashed(file).hexdigest()
    return ""


def _hashed(file: BinaryIO) -> hashlib._Hash:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest


def _sync(folder: Path) -> None:
    """Make the names in *folder* durable, where the system can open a folder."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
