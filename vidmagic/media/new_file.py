"""Write a file so that its name never stands for half of it, and no other file is overwritten unasked."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from vidmagic.errors import InvalidRequest


@contextlib.contextmanager
def new_file(target: Path, *, exists: InvalidRequest, overwrite: bool = False) -> Iterator[Path]:
    """Yield a path beside *target* to write to. It becomes *target* where the block ends well, else it is removed.

    Raises *exists* for a file that has the name, also for one that got it meanwhile, unless *overwrite*.
    """
    if target.exists() and not overwrite:
        raise exists
    part = target.with_name(f".{target.stem}-{secrets.token_hex(4)}.part")
    try:
        yield part
        _sync(part)
        if overwrite:
            part.replace(target)
        else:
            publish(part, target, exists)
    finally:
        part.unlink(missing_ok=True)


def publish(part: Path, target: Path, exists: InvalidRequest) -> None:
    """Give the finished file its name; a file that got this name meanwhile stays. Raises *exists*, or OSError."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise exists from None
    except OSError:  # a file system without hard links
        if target.exists():
            raise exists from None
        part.rename(target)


def _sync(part: Path) -> None:
    with contextlib.suppress(OSError), part.open("rb+") as file:  # some network disks cannot
        os.fsync(file.fileno())
