"""Shots: what cells are after, by name, with every take of it; kept for the folder of the notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, overload

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.engine.journal import takes
from vidmagic.engine.journal.request_diff import Changes, changes
from vidmagic.engine.journal.takes import Take
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.session.settings import notebook_folder
from vidmagic.spec.params import did_you_mean

if TYPE_CHECKING:
    from vidmagic.session.session import Session

_NAME = re.compile(r"[^\W\d][\w-]{0,59}")


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
        """The keeper, or None while nobody has picked one."""
        return next((job for job in self._jobs if job.take is not None and job.take.picked), None)

    @property
    def best(self) -> Job:
        """The keeper, else the newest take that has a video or is on its way to one. Raises NoSuchJob."""
        going = [job for job in self._jobs if job.state in states.LIVE | {states.DONE, states.PAUSED}]
        found = self.picked or (going[-1] if going else None)
        if found is None:
            raise NoSuchJob(f"no take of {self.name} has a video")
        return found

    def take(self, number: int) -> Job:
        """Return the take of this number, which counts from 1. Raises NoSuchJob."""
        found = next((job for job in self._jobs if job.take is not None and job.take.number == number), None)
        if found is None:
            raise NoSuchJob(f"{self.name} has {len(self)} takes, and no take {number}")
        return found

    def __repr__(self) -> str:
        keeper = f", picked {self.picked.take}" if self.picked is not None else ""
        return f"<Shot {self.name}: {len(self)} takes{keeper}>"


def check_name(name: str) -> str:
    """Return *name*, which may stand for a shot. Raises InvalidRequest."""
    if _NAME.fullmatch(name) is None:
        raise InvalidRequest(f"{name!r} names no shot: a letter, then letters, digits, - and _, at most 60")
    return name


def add(session: Session, name: str, jobs: Iterable[Job]) -> None:
    """Make *jobs* takes of a shot; one that is a take of it already stays that take."""
    jobs = list(jobs)
    takes.add(session.store, _folder(), name, [job.id for job in jobs])
    known = _described(takes.of_shot(session.store, _folder(), name))
    for job in jobs:
        job.mark_take(*known[job.id])


def find(session: Session, name: str) -> Shot:
    """Return a shot of the notebook's folder. Raises NoSuchJob for one without a take."""
    found = takes.of_shot(session.store, _folder(), name)
    if not found:
        known = [each for each, _ in takes.shots(session.store, _folder())]
        raise NoSuchJob(f"no shot is called {name!r}{did_you_mean(name, known)}", hint="`%video takes` lists them.")
    described = _described(found)
    jobs = [session.peek(take.record) for take in found if take.record is not None]
    for job in jobs:
        job.mark_take(*described[job.id])
    return Shot(name, jobs)


def names(session: Session) -> list[tuple[str, int]]:
    """Return the shots of the notebook's folder, each with how many takes it has."""
    return takes.shots(session.store, _folder())


def pick(session: Session, name: str, number: int) -> Job:
    """Mark a take as the keeper of its shot, and return it. Raises NoSuchJob."""
    find(session, name).take(number)
    takes.pick(session.store, _folder(), name, number)
    return find(session, name).take(number)


def describe(session: Session, job: Job) -> Job:
    """Say on *job* which take it is; of the first shot by name where it serves several."""
    found = takes.of_job(session.store, _folder(), job.id)
    if found:
        shot = takes.of_shot(session.store, _folder(), found[0].shot)
        job.mark_take(*_described(shot)[job.id])
    return job


def named(session: Session, text: str) -> Job:
    """Return the job that *text* means: a shot ("kite": its keeper, else its newest), a take ("kite 2"), or a job id.

    Raises NoSuchJob.
    """
    name, _, number = text.strip().rpartition(" ")
    if name and number.isdecimal():
        return find(session, name.strip()).take(int(number))
    if text.strip() in dict(names(session)):
        return find(session, text.strip()).best
    return session.get(text)


def _described(found: Sequence[Take]) -> dict[str, tuple[Take, Changes | None]]:
    """Return each take by its job, with what it has that the take before had not."""
    described: dict[str, tuple[Take, Changes | None]] = {}
    before: Take | None = None
    for take in found:
        told = None
        if before is not None and before.record is not None and take.record is not None:
            told = changes(str(before), before.record, take.record)
        described[take.job_id] = take, told
        before = take
    return described


def _folder() -> str:
    return str(notebook_folder().resolve())
