"""Plan the file of a job: its name and its recipe, from the journal and the settings as they are when it is saved."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vidmagic.engine.download.file_names import dated_name, name_in_words
from vidmagic.engine.download.file_plan import FilePlan
from vidmagic.engine.journal import takes
from vidmagic.engine.journal.ancestry import other_files
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.errors import JournalError
from vidmagic.media.recipe import Recipe, RecipeInput, file_name_of, without_secrets
from vidmagic.media.recipe_box import box_of


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How finished videos are stored: with a recipe or without, named by words or by dates."""

    recipe: bool = True
    names: Literal["words", "dates"] = "words"


def plan_file(store: Store, record: Record, options: FileOptions, redact: Callable[[str], str]) -> FilePlan:
    """Return what the file of a job is called and carries; *redact* takes a key out of a text.

    A journal that fails must not stop a paid video: then the file gets the name that no other job has.
    """
    shot, take, taken = "", 0, None
    words, folder = "", Path(record.folder)
    with contextlib.suppress(JournalError):
        first = takes.first_of_job(store, record.id)
        shot, take = (first.shot, first.number) if first is not None else ("", 0)
        words = name_in_words(record.prompt, record.model, shot, take)
        taken = other_files(store, str(folder / words), record.id)
    box = box_of(recipe_of(record, shot, take), redact) if options.recipe else b""
    earlier = Path(record.path)
    return FilePlan(
        own_name=dated_name(record),
        name=words if options.names == "words" and taken is not None else "",
        box=box,
        job=record.id,
        taken=tuple(taken or ()),
        earlier=earlier.stem if record.path and earlier.parent == folder else "",
    )


def recipe_of(record: Record, shot: str = "", take: int = 0) -> Recipe:
    """Return the recipe of a job, without links, paths and the bytes of its inputs."""
    params, left_out = without_secrets(record.params)
    seed = params.get("seed")
    return Recipe(
        model=record.model,
        prompt=record.prompt,
        params=params,
        mode=record.mode,
        seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
        inputs=tuple(
            RecipeInput(str(given["role"]), file_name_of(str(given.get("name", ""))), str(given.get("sha256", "")))
            for given in record.images
        ),
        shot=shot,
        take=take,
        job=record.id,
        parent=record.parent,
        in_sandbox=record.in_sandbox,
        left_out=left_out,
    )
