"""Shots: a shot is a name for a video that is made in several takes; it belongs to the folder of the notebook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from vidmagic.engine.job import Job
from vidmagic.engine.journal import takes
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.escaping import plain
from vidmagic.session.shot import Shot
from vidmagic.session.take_address import SHOT_NAME, TakeAddress, full_folder, read_address, written_folder
from vidmagic.session.take_changes import described
from vidmagic.spec.params import did_you_mean, listing

_NAME = re.compile(SHOT_NAME)
_LISTED = 6  # folders that a message names


def several_folders(addresses: Sequence[TakeAddress]) -> NoSuchJob:
    """Return the error for the name of a shot that is not in this folder, and in several others."""
    shown = [f'"{plain(address)}"' for address in addresses[:_LISTED]]
    return NoSuchJob(
        f"{addresses[0].shot} is not a shot of this folder, and of {len(addresses)} others",
        hint=f"Name the folder too: {listing(shown)}.",
    )


def check_name(name: str) -> str:
    """Return *name*, a valid name of a shot. Raises InvalidRequest."""
    if _NAME.fullmatch(name) is None:
        raise InvalidRequest(f"{name!r} cannot name a shot: use a letter, then letters, digits, - and _, at most 60")
    return name


class Shots:
    """The shots of a folder of notebooks. *peek* makes the handle of a take's job."""

    def __init__(self, store: Store, folder: Callable[[], Path], peek: Callable[[Record], Job]) -> None:
        self._store = store
        self._notebook_folder = folder
        self._peek = peek

    @property
    def _folder(self) -> str:
        return str(self._notebook_folder().resolve())

    def names(self) -> dict[str, int]:
        """Return the shots by name, each with how many takes it has."""
        return dict(takes.shots(self._store, self._folder))

    def add(self, name: str, jobs: Iterable[Job]) -> None:
        """Make *jobs* takes of a shot; one that is a take of it already stays that take."""
        jobs = list(jobs)
        takes.add(self._store, self._folder, name, [job.id for job in jobs])
        known = described(takes.of_shot(self._store, self._folder, name), {job.id for job in jobs})
        for job in jobs:
            job.mark_take(*known[job.id])

    def find(self, text: str) -> Shot:
        """Return the shot that *text* names, of another folder if only one has it; "pond:2" compares all with take 2.

        Raises NoSuchJob for one without a take, and for a name that several other folders have.
        """
        address = self.here(text) or self._one_elsewhere(text)
        if address is None:
            name = (read_address(text) or TakeAddress(text)).shot
            message = f"no shot is called {name!r}{did_you_mean(name, list(self.names()))}"
            raise NoSuchJob(message, hint="`%video takes` lists them.")
        shot = self._at(address, address.number)
        if address.number is not None:
            shot.take(address.number)
        return shot

    def here(self, text: str) -> TakeAddress | None:
        """Return the address that *text* is, if it names a shot of the notebook's folder; else None."""
        address = read_address(text)
        return address if address is not None and not address.folder and address.shot in self.names() else None

    def elsewhere(self, text: str) -> list[TakeAddress]:
        """Return the addresses that *text* may mean: shots of other folders, the one with the newest take first."""
        address = read_address(text)
        if address is None:
            return []
        folders = takes.folders(self._store, address.shot)
        if address.folder:
            folder = full_folder(address.folder, self._notebook_folder())
            folders = [other for other in folders if other == folder]
        here = self._notebook_folder().resolve()
        return [
            TakeAddress(address.shot, address.number, "" if other == str(here) else written_folder(other, here))
            for other in folders
            if address.folder or other != str(here)
        ]

    def job_at(self, address: TakeAddress) -> Job:
        """Return the take at *address*; of a shot its pick, else its newest take with a video. Raises NoSuchJob."""
        shot = self._at(address)
        return shot.best if address.number is None else shot.take(address.number)

    def pick(self, name: str, number: int) -> Job:
        """Mark a take as the pick of its shot, and return it. Raises NoSuchJob."""
        shot = self.find(name)
        shot.take(number)
        takes.pick(self._store, self._full(shot.folder), shot.name, number)
        return self.find(name).take(number)

    def _one_elsewhere(self, text: str) -> TakeAddress | None:
        """Return the address in another folder that *text* means, None for none. Raises NoSuchJob for several."""
        addresses = self.elsewhere(text)
        if len(addresses) > 1:
            raise several_folders(addresses)
        return addresses[0] if addresses else None

    def _at(self, address: TakeAddress, base: int | None = None) -> Shot:
        folder = self._full(address.folder)
        shot_takes = takes.of_shot(self._store, folder, address.shot)
        compared = described(shot_takes, base=base)
        jobs = [self._peek(take.record) for take in shot_takes if take.record is not None]
        for job in jobs:
            job.mark_take(*compared[job.id])
        return Shot(address.shot, jobs, "" if folder == self._folder else address.folder, pick_take=self.pick)

    def _full(self, folder: str) -> str:
        return full_folder(folder, self._notebook_folder()) or self._folder

    def describe(self, job: Job) -> Job:
        """Set on *job* which take it is; of the first shot by name where it serves several."""
        job_takes = takes.of_job(self._store, self._folder, job.id)
        if job_takes:
            shot_takes = takes.of_shot(self._store, self._folder, job_takes[0].shot)
            job.mark_take(*described(shot_takes, {job.id})[job.id])
        return job
