"""The address of a shot or of one of its takes, as people write it: "pond", "pond:2", "pond 2", "../lake/pond:2"."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SHOT_NAME = r"[^\W\d][\w-]{0,59}"
_SEPARATORS = re.escape(os.sep + (os.altsep or ""))
_ADDRESS = re.compile(
    rf"(?P<folder>.*[{_SEPARATORS}])?(?P<shot>{SHOT_NAME})(?:(?:\s*:\s*|\s+)(?P<number>\d{{1,9}}))?", re.DOTALL
)
_SHOT_OR_TAKE = re.compile(rf"(?P<name>(?:.*[{_SEPARATORS}])?{SHOT_NAME})(?P<number>:\d+)?")
_BARE_NUMBER = re.compile(r"\d{1,3}")  # a longer one may be the beginning of a job id
_OF_A_SHOT = re.compile(rf"({SHOT_NAME}):[^:/\\]*")


@dataclass(frozen=True, slots=True)
class TakeAddress:
    """A shot of a folder, or with `number` one of its takes. `folder` is as written, "" for the notebook's own."""

    shot: str
    number: int | None = None
    folder: str = ""

    def __str__(self) -> str:
        name = Path(self.folder, self.shot).as_posix() if self.folder else self.shot
        return name if self.number is None else f"{name}:{self.number}"


def read_address(text: str) -> TakeAddress | None:
    r"""Return the address that *text* has the form of, None for another form: a link, a path such as `C:\x.mp4`."""
    parts = _ADDRESS.fullmatch(text.strip())
    folder = parts["folder"] or "" if parts is not None else ""
    if parts is None or "://" in folder:
        return None
    return TakeAddress(parts["shot"], int(parts["number"]) if parts["number"] else None, folder)


def join_numbers(words: Iterable[str]) -> list[str]:
    """Return *words* with each bare number as a take of the shot before it: "pond 2 5" is pond:2 and pond:5."""
    joined: list[str] = []
    for word in words:
        before = _SHOT_OR_TAKE.fullmatch(joined[-1]) if joined else None
        if before is None or not _BARE_NUMBER.fullmatch(word):
            joined.append(word)
            continue
        if not before["number"]:
            joined.pop()
        joined.append(f"{before['name']}:{word}")
    return joined


def shot_before_colon(text: str) -> str:
    """Return the name before the colon of a text such as "pond:last", "" for a text of another form."""
    parts = _OF_A_SHOT.fullmatch(text.strip())
    return parts[1] if parts is not None else ""


def written_folder(folder: str, here: Path) -> str:
    """Return the shortest way to write *folder*, a full path, in a notebook of the folder *here*."""
    written = [folder]
    try:
        written.append(os.path.relpath(folder, here))
        written.append(str("~" / Path(folder).relative_to(Path.home().resolve())))
    except (ValueError, RuntimeError):  # another drive, not below the home, or no home
        pass
    return min(map(_posix, written), key=len)


def full_folder(written: str, here: Path) -> str | None:
    """Return the full path of a folder as *written* in a notebook of the folder *here*; None for no such home."""
    try:
        return str((here / Path(written).expanduser()).resolve())
    except (OSError, RuntimeError, ValueError):
        return None


def _posix(path: str) -> str:
    return Path(path).as_posix()
