"""A shot: the takes of one video, in the order in which they were made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import overload

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.errors import NoSuchJob
from vidmagic.session.take_address import TakeAddress
from vidmagic.spec.params import listing

_LISTED = 6  # takes that a message names one by one


class Shot(Sequence[Job]):
    """The takes of one shot, the first one first: a sequence of jobs, each with its `take` and its `changes`.

    `folder` is where the shot is, written as from the notebook; "" for the notebook's own folder. *pick_take* marks
    the take of a shot, by its address and the take's number, as its pick.
    """

    def __init__(
        self, name: str, jobs: Sequence[Job], folder: str = "", *, pick_take: Callable[[str, int], Job]
    ) -> None:
        self.name = name
        self.folder = folder
        self._pick_take = pick_take
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
            raise NoSuchJob(f"there is no {self.address(number)}: {self.name} has {self.numbers()}")
        return job

    def pick(self, number: int) -> Job:
        """Choose the take of this number, which counts from 1, as the pick, and return it. Raises NoSuchJob.

        The pick is what the shot's name stands for from now on: `--from`, `%video compare`, `%video reel`.
        """
        job = self.take(number)
        self._pick_take(str(self.address()), number)
        for other in self._jobs:
            if other.take is not None:
                other.mark_take(dataclasses.replace(other.take, picked=other is job), other.changes)
        return job

    def address(self, number: int | None = None) -> TakeAddress:
        """Return how the shot, or its take of this number, is written in the notebook."""
        return TakeAddress(self.name, number, self.folder)

    def numbers(self) -> str:
        """Return the takes there are as a text, for messages."""
        addresses = [str(self.address(job.take.number)) for job in self._jobs if job.take is not None]
        many = f"{len(addresses)} takes, {addresses[0]} to {addresses[-1]}"
        return many if len(addresses) > _LISTED else listing(addresses, "and")

    def __repr__(self) -> str:
        pick = f", picked {self.picked.take}" if self.picked is not None else ""
        return f"<Shot {self.name}: {len(self)} takes{pick}>"
