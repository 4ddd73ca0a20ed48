"""The file of one job: which names it may have, which recipe it carries, and whether a file that is there is it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from vidmagic.engine.download.partial_file import NO_FOLLOW
from vidmagic.media.recipe import Unreadable
from vidmagic.media.recipe_box import media_size, recipe_in

_CHUNK = 2**18
_LARGEST_SIDECAR = 2**24  # bytes


@dataclass(frozen=True, slots=True)
class FilePlan:
    """What the file of a job is called, and the recipe that it is to carry.

    `own_name` is of this job alone; the unfinished file has it. `name`, "" for `own_name`, may be that of other jobs
    too: only a file with a recipe, which states its job, may have it. `box` is the recipe as a box, empty for none.
    `taken` are files that the journal has for other jobs, be they there or not. `earlier` is the name of a file that
    this job had before.
    """

    own_name: str
    name: str = ""
    box: bytes = b""
    job: str = ""
    taken: tuple[str, ...] = ()
    earlier: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON takes it, for a worker."""
        return {**asdict(self), "box": base64.b64encode(self.box).decode()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> FilePlan:
        """Return the plan that `to_json` wrote."""
        return cls(**{**values, "box": base64.b64decode(values["box"]), "taken": tuple(values["taken"])})

    def paths(self, folder: Path, suffix: str, *, has_recipe: bool) -> Iterator[Path]:
        """Yield the paths that the file may get, the best first, without end; a free one is for the taking."""
        stem = self.earlier or (self.name if self.name and has_recipe else self._unshared_name)
        for number in itertools.count(1):
            path = folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
            if str(path) not in self.taken and self._may_have_sidecar(path):
                yield path

    def finished(self, folder: Path, suffix: str, sha256: str, size: int) -> Path | None:
        """Return the file that a kernel which has ended has made already, None for none.

        It holds *size* bytes of the service with this checksum, with this job's recipe or without one.
        """
        names = dict.fromkeys(filter(None, [self.earlier, self.name, self._unshared_name, self.own_name]))
        paths = (folder / f"{name}{suffix}" for name in names)
        return next((path for path in paths if self.is_finished(path, sha256, size)), None)

    def is_finished(self, path: Path, sha256: str, size: int) -> bool:
        """Return whether the file at *path* is this job's, whole, as `finished` does."""
        try:
            if str(path) in self.taken or not stat.S_ISREG(path.lstat().st_mode):
                return False
            with os.fdopen(os.open(path, os.O_RDONLY | NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
                return self._is_ours(file, path, size) and _checksum(file, size) == sha256
        except OSError:
            return False

    @property
    def _unshared_name(self) -> str:
        return f"{self.name}-{self.job}" if self.name else self.own_name

    def _is_ours(self, file: BinaryIO, path: Path, size: int) -> bool:
        whole, media = os.fstat(file.fileno()).st_size, media_size(file)
        if size not in {whole, media}:
            return False
        if whole == size:  # without a recipe, unless that is part of what the service sent
            return not self.name or self.job in path.stem or path.stem == self.earlier
        try:
            recipe = recipe_in(file)
        except Unreadable:
            return False
        return recipe is not None and recipe.job == self.job

    def _may_have_sidecar(self, path: Path) -> bool:
        """Return whether the JSON file beside *path* may be written: it is not there, or it is this job's."""
        beside = path.with_suffix(".json")
        if not self.job or not os.path.lexists(beside):
            return True
        try:
            if beside.stat().st_size > _LARGEST_SIDECAR:
                return False
            facts = json.loads(beside.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return self.job in path.stem  # cut short by a crash, and nobody else's
        return isinstance(facts, dict) and facts.get("id") == self.job


def _checksum(file: BinaryIO, size: int) -> str:
    """Return the SHA-256 of the first *size* bytes."""
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0 and (chunk := file.read(min(_CHUNK, size))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()


def checksum(path: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a whole file. Raises OSError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return size, _checksum(file, size)
