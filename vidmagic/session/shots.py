"""Shots: a shot is a name for a video that is made in several takes; it belongs to the folder of the notebook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import overload

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.engine.journal import takes
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.request_diff import Changes, changes
from vidmagic.engine.journal.store import Store
from vidmagic.engine.journal.takes import Take
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.spec.params import did_you_mean

_NAME = re.compile(r"[^\W\d][\w-]{0,59}")
_TAKE = re.compile(r"(.+?)(?:\s+|:)(\d+)")  # "kite 2", "kite:2"


class Shot(Sequence[Job]):
    """The takes of one shot, the first one first: a sequence of jobs, each with its `take` and its `changes`."""

    def __init__(self, name: str, jobs: Sequence[Job]) -> None:
        self.name = name
        self._jobs = tuple(jobs)

    @overload
    def __getitem__(self, at: int) -> Job: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Job]: ...

    def __getitem__(self, at: int | slice) -> Job | Sequence[Job]:
        return self._jobs[at]

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def latest(self) -> Job:
        """The newest take, whatever became of it."""
        return self._jobs[-1]

    @property
    def picked(self) -> Job | None:
        """The picked take, or None while none is picked."""
        return next((job for job in self._jobs if job.take is not None and job.take.picked), None)

    @property
    def best(self) -> Job:
        """The picked take, else the newest one that has a video or is on its way to one. Raises NoSuchJob."""
        usable = [job for job in self._jobs if job.state in states.LIVE | {states.DONE, states.PAUSED}]
        best = self.picked or (usable[-1] if usable else None)
        if best is None:
            raise NoSuchJob(f"no take of {self.name} has a video")
        return best

    def take(self, number: int) -> Job:
        """Return the take of this number, which counts from 1. Raises NoSuchJob."""
        job = next((job for job in self._jobs if job.take is not None and job.take.number == number), None)
        if job is None:
            raise NoSuchJob(f"{self.name} has {len(self)} takes, and no take {number}")
        return job

    def __repr__(self) -> str:
        pick = f", picked {self.picked.take}" if self.picked is not None else ""
        return f"<Shot {self.name}: {len(self)} takes{pick}>"


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
        known = _described(takes.of_shot(self._store, self._folder, name))
        for job in jobs:
            job.mark_take(*known[job.id])

    def find(self, name: str) -> Shot:
        """Return a shot. Raises NoSuchJob for one without a take."""
        shot_takes = takes.of_shot(self._store, self._folder, name)
        if not shot_takes:
            message = f"no shot is called {name!r}{did_you_mean(name, list(self.names()))}"
            raise NoSuchJob(message, hint="`%video takes` lists them.")
        described = _described(shot_takes)
        jobs = [self._peek(take.record) for take in shot_takes if take.record is not None]
        for job in jobs:
            job.mark_take(*described[job.id])
        return Shot(name, jobs)

    def find_take(self, text: str) -> Job | None:
        """Return the job that *text* names: a shot ("kite": its pick, else its newest take) or a take ("kite 2").

        None where no shot has this name. Raises NoSuchJob for a shot without this take, or without a video.
        """
        names = self.names()
        if text in names:
            return self.find(text).best
        take = _TAKE.fullmatch(text)
        return self.find(take[1]).take(int(take[2])) if take is not None and take[1] in names else None

    def pick(self, name: str, number: int) -> Job:
        """Mark a take as the pick of its shot, and return it. Raises NoSuchJob."""
        self.find(name).take(number)
        takes.pick(self._store, self._folder, name, number)
        return self.find(name).take(number)

    def describe(self, job: Job) -> Job:
        """Set on *job* which take it is; of the first shot by name where it serves several."""
        job_takes = takes.of_job(self._store, self._folder, job.id)
        if job_takes:
            job.mark_take(*_described(takes.of_shot(self._store, self._folder, job_takes[0].shot))[job.id])
        return job


def _described(shot_takes: Sequence[Take]) -> dict[str, tuple[Take, Changes | None]]:
    """Return each take by its job, with what has changed since the take before it."""
    described: dict[str, tuple[Take, Changes | None]] = {}
    before: Take | None = None
    for take in shot_takes:
        since = None
        if before is not None and before.record is not None and take.record is not None:
            since = changes(str(before), before.record, take.record)
        described[take.job_id] = take, since
        before = take
    return described
