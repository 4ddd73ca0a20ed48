"""Check that a folder can be written before something is paid for that has to go there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from vidmagic.errors import InvalidRequest


def check_writable(folder: Path) -> None:
    """Make a folder if it does not exist, and write a file in it that is gone at once. Raises InvalidRequest."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as problem:
        raise InvalidRequest(
            f"videos cannot be written to {folder}: {problem.strerror}",
            hint="Name another folder: `%config VideoMagics.folder = 'videos'`, or VIDMAGIC_FOLDER.",
        ) from None


def can_be_made(folder: Path) -> bool:
    """Return whether a folder can be written, or made where it does not exist, without trying it."""
    existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
