"""The jobs of a sweep, which run side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any, overload

from vidmagic.engine.event_log import WAIT_SLICE
from vidmagic.engine.job import Job
from vidmagic.errors import Charged, StillRunning, SweepFailed, VidmagicError
from vidmagic.media.video import Video
from vidmagic.session.reports.frame import data_frame, job_row
from vidmagic.session.reports.table import Table
from vidmagic.session.sweep.layout import Layout, named_layout, without_row


class Sweep(Sequence[Job]):
    """The jobs of a sweep, in the order of their combinations; `labels` says what sets each apart.

    `factors` holds the same by name, as {"model": "hailuo", "seed": "1"}; `layout` is the grid in which they are shown,
    None for a row. `columns` are the cells of a table's rows.

    `result()` and `await sweep` wait for all of them and give the videos. One that fails leaves the others alone.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        labels: Sequence[str],
        factors: Sequence[Mapping[str, str]] | None = None,
        layout: Layout | None = None,
        columns: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        self.jobs = tuple(jobs)
        self.labels = tuple(labels)
        self.factors = tuple(factors if factors is not None else ({} for _ in jobs))
        self.layout = layout
        self.columns = tuple(columns if columns is not None else ({} for _ in jobs))

    def grid(self, rows: str | None = None, columns: str | None = None) -> Sweep:
        """Return the same jobs laid out with these factors as rows and columns; the value of a cell shows them.

        A factor is `model`, a parameter with several values, or `words`, the alternatives of the prompt, which one of
        them names too. Without *rows* or *columns* it is the first other factor; the rest is nested in the rows.
        Raises InvalidRequest, which names the factors.
        """
        layout = named_layout(without_row(self.factors), rows, columns)
        return Sweep(self.jobs, self.labels, self.factors, layout, self.columns)

    @overload
    def __getitem__(self, at: int) -> Job: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Job, ...]: ...
    def __getitem__(self, at: int | slice) -> Job | tuple[Job, ...]:
        return self.jobs[at]

    def __len__(self) -> int:
        return len(self.jobs)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the jobs, each note once."""
        return tuple(dict.fromkeys(note for job in self.jobs for note in job.notes))

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to any job by itself."""
        return all(job.ended for job in self.jobs)

    @property
    def failed(self) -> tuple[Job, ...]:
        """The jobs that have ended without a video."""
        return tuple(job for job in self.jobs if job.ended and not job.has_video)

    @property
    def error(self) -> SweepFailed | None:
        """What went wrong, naming each job that failed; None while nothing has."""
        failed = self.failed
        if not failed:
            return None
        labelled = zip(self.jobs, self.labels, strict=True)
        reasons = [f"{label or 'the only one'}: {_why(job)}" for job, label in labelled if job in failed]
        error = SweepFailed(f"{len(reasons)} of {len(self)} have no video: {'; '.join(reasons)}")
        error.charged = _worst([job.charged for job in failed])
        error.hint = f"`%video show {failed[0].id}` gives details; the same cell again makes only what is missing."
        return error

    def result(self, timeout: float | None = None) -> list[Video]:
        """Wait for all jobs and return their videos. Raises SweepFailed, or StillRunning after *timeout* seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.ended:
            if deadline is not None and time.monotonic() >= deadline:
                going = sum(not job.ended for job in self.jobs)
                raise StillRunning(
                    f"{going} of {len(self)} still run after {timeout:g} s",
                    hint="They continue.",
                )
            time.sleep(WAIT_SLICE)
        return self._result()

    def __await__(self) -> Generator[Any, None, list[Video]]:
        return self._until_ended().__await__()

    async def _until_ended(self) -> list[Video]:
        while not self.ended:  # noqa: ASYNC110  an idle event loop would not notice an interrupt
            await asyncio.sleep(WAIT_SLICE)
        return self._result()

    def _result(self) -> list[Video]:
        if self.error is not None:
            raise self.error
        return [job.result() for job in self.jobs]

    def cancel(self) -> None:
        """Ask for every job that runs to be stopped; returns at once.

        Raises the first InvalidRequest, of a job that another kernel drives, after all the others were asked.
        """
        refused: list[VidmagicError] = []
        for job in self.jobs:
            if not job.ended:
                try:
                    job.cancel()
                except VidmagicError as problem:
                    job.add_notes(problem.message)
                    refused.append(problem)
        if refused:
            raise refused[0]

    def rows(self) -> list[dict[str, Any]]:
        """Return what is known of each job: its label, its parameters, what became of it, the cells of its row."""
        return [
            {
                **({"row": int(factors["row"])} if "row" in factors else {}),
                **{name: cell for name, cell in columns.items() if name not in job.params},
                "label": name,
                **job_row(job),
            }
            for job, name, factors, columns in zip(self.jobs, self.labels, self.factors, self.columns, strict=True)
        ]

    def to_dataframe(self) -> Any:
        """Return `rows` as a pandas DataFrame. Raises ImportError where pandas is not installed."""
        return data_frame(self.rows())

    def __repr__(self) -> str:
        columns = ("job", "label", "state", "charged", "price", "path")
        rows = tuple(
            (job.id, name, job.record.state_label, job.charged, job.record.price_text, job.record.path)
            for job, name in zip(self.jobs, self.labels, strict=True)
        )
        return str(Table(columns, rows, f"sweep of {len(self)}"))


def _why(job: Job) -> str:
    error: VidmagicError | None = job.error
    return f"{error.message if error is not None else job.state} (job {job.id})"


def _worst(charged: Sequence[Charged]) -> Charged:
    if "yes" in charged:
        return "yes"
    return "unknown" if "unknown" in charged else "no"
