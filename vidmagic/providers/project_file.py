"""Find a file of the person's project: `.env` with a key, or `pyproject.toml` with settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def project_file(name: str, folder: Path) -> Path | None:
    """Return the nearest file *name* in *folder* and the folders above it that may be trusted; None for no file.

    The search ends at the home folder, at the top of a repository and at the edge of a file system. A file that belongs
    to another user is passed over: in a shared folder anybody can put one there.
    """
    return next((path for path in _candidates(name, folder) if is_own(path)), None)


def foreign_file(name: str, folder: Path) -> Path | None:
    """Return the nearest file that `project_file` passed over because it belongs to another user, or None."""
    return next((path for path in _candidates(name, folder) if not is_own(path)), None)


def is_own(path: Path) -> bool:
    """Return whether a file belongs to this user; where a system has no user numbers it is taken to."""
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()


def _candidates(name: str, folder: Path) -> Iterator[Path]:
    for parent in _folders(folder):
        path = parent / name
        try:
            if path.is_file():
                yield path
        except OSError:  # a folder that this user may not enter
            continue


def _folders(folder: Path) -> Iterator[Path]:
    """Yield *folder* and the folders above it, as far as they belong to the same project."""
    start = folder.absolute()
    home = Path.home()
    for parent in (start, *start.parents):
        if not parent.is_dir():
            continue
        if parent.stat().st_dev != start.stat().st_dev:
            return
        yield parent
        if parent == home or (parent / ".git").exists():
            return
