"""Make a saved notebook small: the videos that it carries become links to their files, and back.

Nothing else of the file changes. It is replaced in one step, after every video has been found on the disk, byte for
byte as the notebook carried it; so no backup stays beside it, and `--embed` is the way back.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.media.container import SUFFIXES, container_of
from vidmagic.media.display import size_text
from vidmagic.media.saved_player import Edit, SavedPlayer, saved_players
from vidmagic.notebook.slim.output_html import apply, check_notebook, outputs_html

RELOAD = "If it is open, reload it from the disk before you save it: saving it would bring back what was there."


@dataclass(frozen=True, slots=True)
class Slimmed:
    """What became of a notebook: sizes in bytes, how many videos changed, and why others did not."""

    name: str
    before: int
    after: int
    count: int
    embed: bool = False
    left: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.count:
            return "\n".join([f"{self.name}: nothing to change, {size_text(self.before)}", *self.left])
        done = f"{self.count} video{'' if self.count == 1 else 's'} {'embedded' if self.embed else 'linked'}"
        sizes = f"{size_text(self.before)} before, {size_text(self.after)} now"
        return "\n".join([f"{self.name}: {done}, {sizes}", RELOAD, *self.left])

    __repr__ = __str__


class _Left(Exception):
    """This video stays as it is; the text says why."""


def slim(notebook: Path, *, embed: bool = False) -> Slimmed:
    """Turn the videos that *notebook* carries into links to their files; with *embed* the linked ones into its own.

    Raises InvalidRequest for what is not a notebook, cannot be read or written, or changes meanwhile.
    """
    name = plain(notebook.name)
    try:
        stamp = _stamp(notebook)
        data = notebook.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise InvalidRequest(f"{name} cannot be read: {(error.strerror or type(error).__name__).lower()}") from error
    except UnicodeDecodeError:
        raise InvalidRequest(f"{name} is not a notebook: it is not text") from None
    check_notebook(text, name)
    edits, count, left = _edits(text, notebook.parent, embed=embed)
    changed = apply(text, edits).encode()
    if count:
        _replace(notebook, changed, stamp)
    return Slimmed(name, len(data), len(changed), count, embed, tuple(dict.fromkeys(left)))


def _edits(text: str, folder: Path, *, embed: bool) -> tuple[list[Edit], int, list[str]]:
    """Return the edits of the file, how many videos they change, and a sentence for each that stays."""
    edits: list[Edit] = []
    count, left = 0, []
    for output in outputs_html(text):
        of_output: list[Edit] = []
        for player in saved_players(output.text):
            if player.is_embedded is embed:
                continue
            try:
                of_output += _embedded(player, folder) if embed else _linked(player, folder)
                count += 1
            except _Left as reason:
                left.append(f"left as it is: {plain(player.path)} {reason}")
        edits += output.changed(of_output)
    return edits, count, left


def _linked(player: SavedPlayer, folder: Path) -> Sequence[Edit]:
    """Return the edits that link a player to its file, which is written if it is missing. Raises _Left."""
    try:
        data = player.data()
    except ValueError:
        raise _Left("is damaged in the notebook") from None
    path = folder / player.path
    try:
        if not path.exists():
            _write_missing(path, data, folder)
        elif not path.is_file() or path.stat().st_size != len(data) or path.read_bytes() != data:
            raise _Left("is another video on the disk than in the notebook")
    except (OSError, ValueError):
        raise _Left("cannot be read or written") from None
    return player.linked()


def _write_missing(path: Path, data: bytes, folder: Path) -> None:
    """Write a video that only the notebook has, in the notebook's folder or below it: its name may be anybody's."""
    if not path.resolve().is_relative_to(folder.resolve()) or path.suffix.lower() not in SUFFIXES:
        raise _Left("is missing, and would lie outside the notebook's folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, data)


def _embedded(player: SavedPlayer, folder: Path) -> Sequence[Edit]:
    """Return the edits that make a player carry its file. Raises _Left for what is not a video."""
    path = folder / player.path
    try:
        with path.open("rb") as file:
            container = container_of(file)
        data = path.read_bytes() if container is not None else b""
    except (OSError, ValueError):
        raise _Left("is missing") from None
    if container is None:
        raise _Left("is not a video")
    return player.embedded(data, container.media_type)


def _replace(notebook: Path, data: bytes, stamp: tuple[int, int]) -> None:
    """Put *data* in the place of the notebook, unless somebody has saved it meanwhile."""
    try:
        if _stamp(notebook) != stamp:
            raise InvalidRequest(
                f"{plain(notebook.name)} was saved meanwhile; nothing was changed", hint="Run the line again."
            )
        _write(notebook, data, mode=notebook.stat().st_mode & 0o777)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InvalidRequest(f"{plain(notebook.name)} cannot be written: {reason}") from error


def _write(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all; a symbolic link stays one. Raises OSError."""
    path = path.resolve()
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(0o644 if mode is None else mode)
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
