"""Pick takes from a comparison, and store what was chosen blind."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from vidmagic.engine.journal import choices, takes
from vidmagic.engine.journal.store import Store
from vidmagic.engine.journal.takes import Take
from vidmagic.session.reports.table import Table
from vidmagic.session.shots import Shots


class Choices:
    """The choices of a folder of notebooks, whose takes are those of *shots*."""

    def __init__(self, store: Store, shots: Shots, folder: Callable[[], Path]) -> None:
        self._store = store
        self._shots = shots
        self._notebook_folder = folder

    def takes(self, job_ids: Sequence[str]) -> list[Take | None]:
        """Return which take each job is: of the shot that all of them belong to, else of its first shot by name."""
        if not self._store.path.exists():  # a question makes no journal
            return [None for _ in job_ids]
        known = [takes.of_job(self._store, self._folder, job_id) if job_id else [] for job_id in job_ids]
        shared = set.intersection(*({take.shot for take in own} for own in known)) if known else set()
        return [next((take for take in own if not shared or take.shot == min(shared)), None) for own in known]

    def pick(self, take: Take) -> None:
        """Make *take* the pick of its shot. Raises NoSuchJob and JournalError."""
        self._shots.pick(take.shot, take.number)

    def store(self, compared: Sequence[str], chosen: str, own_takes: Sequence[Take | None], at: int) -> str:
        """Store the choice of the video *at*; pick its take where all are of one shot, and return that take, or ""."""
        shots = {take.shot if take is not None else "" for take in own_takes}
        take = own_takes[at] if len(shots) == 1 else None
        if take is not None:
            self.pick(take)
        choices.add(self._store, self._folder, compared, chosen, str(take or ""))
        return str(take or "")

    def table(self) -> Table:
        """List the choices of the folder, newest first."""
        made = choices.of_folder(self._store, self._folder) if self._store.path.exists() else []
        rows = tuple(
            (
                time.strftime("%Y-%m-%d %H:%M", time.localtime(choice.made)),
                choice.chosen,
                ", ".join(choice.compared),
                choice.picked,
            )
            for choice in made
        )
        none = "" if rows else "No choice yet: `%video compare SHOT --blind` asks for one."
        return Table(("when", "chosen", "among", "pick"), rows, none)

    @property
    def _folder(self) -> str:
        return str(self._notebook_folder().resolve())
