"""The one test whether a text names a file of this machine."""

from __future__ import annotations

import os
from pathlib import Path


def local_file(text: str | os.PathLike[str]) -> Path | None:
    """Return the path of the file that *text* names, `~` expanded, or None if such a file does not exist.

    Whatever the text, nothing is raised: it may be too long for a name, hold a NUL or name an unknown user's home.
    """
    try:
        path = Path(text).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):
        return None
