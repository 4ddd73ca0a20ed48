"""What made a video file: by its recipe, or by the journal, which knows its checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vidmagic.engine.journal import ancestry, takes
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.escaping import plain
from vidmagic.media.local_file import local_file
from vidmagic.media.recipe import Recipe, RecipeInput, Unreadable
from vidmagic.media.recipe_box import media_size, recipe_in
from vidmagic.spec.params import listing
from vidmagic.spec.request import FIRST, role_label

_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """The request that made the video at `path`, as a record of the journal or one that a recipe fills.

    `shot` and `take` are those that the video had when it was made, "" and 0 for none. `notes` name what the file does
    not hold and the request needs.
    """

    path: Path
    record: Record
    shot: str = ""
    take: int = 0
    notes: tuple[str, ...] = ()


def open_file(store: Store, path: Path, folder: Path) -> OpenedFile:
    """Return what made the video at *path*; files that it needs are searched in *folder*.

    A job of the journal goes before the recipe: it knows where its inputs were. Raises InvalidRequest for a file that
    nothing is known of.
    """
    try:
        with path.open("rb") as file:
            return opened_file(store, file, path, folder)
    except OSError as refused:
        why = (refused.strerror or type(refused).__name__).lower()
        raise InvalidRequest(f"{plain(path)} cannot be read: {plain(why)}") from refused


def opened_file(store: Store, file: BinaryIO, path: Path, folder: Path) -> OpenedFile:
    """Do for an open *file*, which is or was at *path*, what `open_file` does. Raises OSError too."""
    damage = "it carries no recipe"
    try:
        recipe = recipe_in(file)
    except Unreadable as unreadable:
        recipe, damage = None, str(unreadable)
    whole, media = _checksums(file)
    record = _own_job(store, recipe, media) if recipe is not None else _maker(store, whole, media)
    if record is not None:
        take = takes.first_of_job(store, record.id)
        return OpenedFile(path, record, *((take.shot, take.number) if take is not None else ("", 0)))
    if recipe is None:
        raise InvalidRequest(
            f"{plain(path.name)} does not say what made it: {damage}, and no job of this journal made this very file",
            hint="Sites and messengers that encode a video anew drop its recipe: `%video help recipes`.",
        )
    return OpenedFile(path, _record(recipe, store), recipe.shot, recipe.take, tuple(_notes(recipe, store, folder)))


def _checksums(file: BinaryIO) -> tuple[str, str]:
    """Return the SHA-256 of the whole file, and that of what is before its recipe."""
    digest = hashlib.sha256()
    left = media_size(file)
    file.seek(0)
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    media = digest.hexdigest()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest(), media


def _maker(store: Store, whole: str, media: str) -> Record | None:
    return ancestry.by_checksum(store, whole, media) if store.path.exists() else None


def _own_job(store: Store, recipe: Recipe, media: str) -> Record | None:
    """Return the job that a recipe names, where the journal has it and its video is this one."""
    record = _job(store, recipe.job)
    return record if record is not None and record.sha256 == media else None


def _job(store: Store, job_id: str) -> Record | None:
    if not job_id or not store.path.exists():
        return None
    try:
        record = store.get(job_id)
    except NoSuchJob:
        return None
    return record if record.id == job_id else None


def _record(recipe: Recipe, store: Store) -> Record:
    """Return a recipe as a record, which the journal does not have."""
    images = tuple({"role": x.role, "name": x.name, "sha256": x.sha256} for x in recipe.inputs)
    return Record(
        id=recipe.job,
        model=recipe.model,
        prompt=recipe.prompt,
        params=dict(recipe.params),
        fingerprint="",
        mode=recipe.mode,
        images=images,
        in_sandbox=recipe.in_sandbox,
        parent=recipe.parent if _job(store, recipe.parent) is not None else "",
    )


def _notes(recipe: Recipe, store: Store, folder: Path) -> Iterator[str]:
    """Yield what the request needs and the file does not hold."""
    parent_known = _job(store, recipe.parent) is not None
    if recipe.parent and not parent_known:
        yield f"it starts from the last frame of job {recipe.parent}, which this journal does not know"
    for given in recipe.inputs:
        is_of_parent = bool(recipe.parent) and given.role == FIRST
        if not is_of_parent and not is_here(given, folder):
            name = f" {plain(given.name)}" if given.name else ""
            yield f"its {role_label(given.role)}{name} is not here: only its name and checksum travel"
    if recipe.left_out:
        yield f"links and paths do not travel: give {listing(recipe.left_out, 'and')} anew"


def is_here(given: RecipeInput, folder: Path) -> bool:
    """Return whether *folder* has the file of an input: its name and its checksum."""
    path = local_file(folder / given.name) if given.name else None
    if path is None:
        return False
    try:
        with path.open("rb") as file:
            return given.sha256 in _checksums(file)
    except OSError:
        return False
