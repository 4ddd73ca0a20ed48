"""A handle on a job: what it is, how far it is, and how to wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vidmagic.engine import stored_error
from vidmagic.engine.event_log import EventLog
from vidmagic.engine.expiry import NOT_KNOWN, Lifetimes
from vidmagic.engine.job_facts import JobFacts
from vidmagic.engine.journal.record import Record, with_remarks_of
from vidmagic.engine.journal.request_diff import Changes
from vidmagic.engine.journal.takes import Take
from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.engine.states import DONE
from vidmagic.errors import StillRunning, VidmagicError
from vidmagic.media.video import Video
from vidmagic.spec.events import Event, Running, Saved, Stopped, TextReceived


@dataclass(frozen=True, slots=True)
class JobControl:
    """What a job's handle can have done by the session that made it.

    `cancel` stops the job of a handle. `finish` starts the full version of one. `resume` takes the job's id and
    returns another handle. `make_video` takes a finished job and whether it was reused. `rate` takes the job's id and
    the remarks, None for what stays as it is. `describe` marks on a handle which take its job is.
    """

    cancel: Callable[[Job], None]
    resume: Callable[[str], Job]
    make_video: Callable[[Record, bool], Video]
    finish: Callable[[Job, dict[str, Any]], Job]
    rate: Callable[[str, int | str | None, str | None, Iterable[str] | None], None]
    describe: Callable[[Job], object] = lambda _: None


class Job(JobFacts):
    """One video in the making, or made.

    `result()` and `video` wait for it, `await job` too. `reused` says that the request had been made before and
    nothing was sent for this one. `take` says which take of which shot it is, `changes` what it has that the take
    before had not; both are None for a job without a shot. `percent` is the service's own figure, None where it gives
    none; `status_text` its last message; `notes` are what the user should know of this handle.
    """

    def __init__(
        self, record: Record, control: JobControl, *, short: str = "", lifetimes: Lifetimes = NOT_KNOWN
    ) -> None:
        super().__init__(record)
        self.lifetimes = lifetimes
        self.short = short or record.model.rpartition("/")[2]
        self.reused = False
        self.take: Take | None = None
        self.changes: Changes | None = None
        self.schedule: PollSchedule | None = None
        self.percent: float | None = None
        self.status_text = ""
        self.notes: list[str] = []
        self._control = control
        self._downloaded: Callable[[], tuple[int, int | None]] = lambda: (0, None)
        self._error: VidmagicError | None = None
        self._video: Video | None = None
        self._prepare_video: list[Callable[[Video], None]] = []
        self._log = EventLog()
        self._watch: Callable[[Job], None] | None = None

    # -- what it is

    @property
    def error(self) -> VidmagicError | None:
        """What went wrong, or None; of a finished job that its file is missing."""
        if self.record.state == DONE:
            return self._missing_file() if self.record.is_missing else None
        if self._error is None and self.record.error is not None:
            self._error = stored_error.from_record(self.record)
        return self._error

    @property
    def shot(self) -> str:
        """The shot that the job is a take of, in the folder of this notebook; "" for none."""
        if self.take is None:
            self._control.describe(self)
        return self.take.shot if self.take is not None else ""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self._followed_log().ended

    @property
    def fetched(self) -> tuple[int, int | None]:
        """How many bytes of the result have arrived, and how many there are, None where that is not known."""
        return self._downloaded()

    @property
    def elapsed(self) -> float:
        """Seconds since the service accepted the job, or since it was started."""
        begun = self.record.accepted or self.record.created
        return (self.record.updated if self._log.ended and self.record.updated else time.time()) - begun

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.model} {self.state}>"

    # -- waiting

    @property
    def video(self) -> Video:
        """The video; waits for it. Raises what went wrong."""
        return self.result()

    def result(self, timeout: float | None = None) -> Video:
        """Wait for the video and return it. Raises the job's error, or StillRunning after *timeout* seconds."""
        if not self.wait(timeout):
            raise StillRunning(
                f"still {self.state} after {timeout:g} s",
                job_id=self.id,
                hint=f"The job goes on. `%video resume {self.id}` shows it again, in another kernel too.",
            )
        return self._result()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has ended, however it ended; return False if it has not after *timeout* seconds."""
        return self._followed_log().wait(timeout)

    def _result(self) -> Video:
        if self.record.state != DONE and self._log.inherited:
            raise StillRunning(
                "the job runs in the process that this one was forked from",
                job_id=self.id,
                hint=f"`vidmagic.resume({self.id!r})` follows it here too.",
            )
        if self.record.state != DONE:
            raise self.error or VidmagicError(f"the job ended as {self.state}", job_id=self.id)
        if self.record.is_missing:
            raise self._missing_file()
        if self._video is None:
            video = self._control.make_video(self.record, self.reused)
            for prepare in self._prepare_video:
                prepare(video)
            self._video = video
        return self._video

    def _missing_file(self) -> VidmagicError:
        stored = self.record.error is not None  # why it could not be fetched again
        return stored_error.from_record(self.record) if stored else stored_error.missing_file(self.record)

    def on_video(self, prepare: Callable[[Video], None]) -> None:
        """Call *prepare* with the video before anybody gets it; at once if it is there already."""
        self._prepare_video.append(prepare)
        if self._video is not None:
            prepare(self._video)

    def __await__(self) -> Generator[Any, None, Video]:
        return self._until_ended().__await__()

    async def _until_ended(self) -> Video:
        await self._followed_log().wait_async()
        return self._result()

    def events(self) -> Iterator[Event]:
        """Yield what happens to the job, from its start in this kernel to its end."""
        return self._followed_log().follow()

    def _followed_log(self) -> EventLog:
        """Return the log, which from now on is up to date also where another kernel drives the job."""
        if self._watch is not None:
            self._watch(self)
            self._watch = None
        return self._log

    # -- control

    def cancel(self) -> None:
        """Ask for the job to be stopped; returns at once. `events` and `error` show the outcome.

        A paused job is stopped too; for one that has ended, `notes` say so. Raises InvalidRequest for a job that
        another kernel drives.
        """
        self._control.cancel(self)

    def resume(self) -> Job:
        """Resume the job where it stands, without a submit; return the handle that follows it."""
        return self._control.resume(self.id)

    def finish(self, **given: Any) -> Job:
        """Start the full version of this draft, which is a paid job of its own; running it twice buys it once.

        *given* are the run options `max_cost`, `take` and `shot`, and parameters and inputs in place of the draft's.
        Returns the new job. Raises InvalidRequest before anything is sent.
        """
        return self._control.finish(self, given)

    def rate(
        self, stars: int | str | None = None, *, note: str | None = None, tags: Iterable[str] | None = None
    ) -> None:
        """Store a rating of 1 to 5 *stars*, a *note* and *tags*; what is not given stays as it is.

        0 stars, an empty note and no tags clear what was there. Any job can be rated, whatever became of it. Raises
        InvalidRequest for stars, a note or tags that cannot be stored.
        """
        self._control.rate(self.id, stars, note, tags)

    # -- set by the engine and the session

    def attach(self, record: Record, schedule: PollSchedule, downloaded: Callable[[], tuple[int, int | None]]) -> None:
        """Follow a job that this process drives; *downloaded* gives the bytes of the result that are here, and all."""
        self.record = with_remarks_of(self.record, record)
        self.schedule, self._downloaded = schedule, downloaded
        self._log.reopen()  # a paused job that is cancelled goes on for a moment

    def watch_on_demand(self, watch: Callable[[Job], None]) -> None:
        """Call *watch* once when somebody asks for the job's end: another kernel drives it."""
        self._watch = watch

    def receive(self, record: Record, event: Event) -> None:
        """Add an event that has been stored in *record*; remarks are stored past what drives the job."""
        self.record = with_remarks_of(self.record, record)
        if isinstance(event, Running) and event.percent is not None:
            self.percent = max(event.percent, self.percent or 0.0)  # the bar never goes back
        elif isinstance(event, Stopped):
            self._error = event.error
        self.status_text = getattr(event, "message", "")
        if not isinstance(event, TextReceived):
            self._log.add(event)
        if isinstance(event, Saved | Stopped):
            self._log.end()

    def refresh(self, record: Record) -> None:
        """Show what the journal knows now."""
        self.record = record

    def mark_ended(self, error: VidmagicError | None = None) -> None:
        """Mark that nothing more happens to the job by itself, because of *error* where there is one."""
        self._error = error or self._error
        self._log.end()

    def mark_reused(self) -> None:
        """Mark that the request had been made before, and that nothing was sent for this one."""
        self.reused = True

    def mark_take(self, take: Take, changes: Changes | None) -> None:
        """Mark which take the job is, and how it differs from the take before."""
        self.take, self.changes = take, changes

    def add_notes(self, *notes: str) -> None:
        """Add what the user should know of this handle; a note that is there already is not repeated."""
        self.notes += [note for note in notes if note not in self.notes]
