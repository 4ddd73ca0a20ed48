"""A handle on a job: what it is, how far it is, and how to wait for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

from vidmagic import errors
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.request_diff import Changes
from vidmagic.engine.journal.takes import Take
from vidmagic.engine.run.lifecycle import Lifecycle
from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.engine.states import DONE
from vidmagic.errors import Charged, StillRunning, VidmagicError
from vidmagic.media.display import DisplayOptions
from vidmagic.media.video import Video
from vidmagic.spec.events import Event, Running, Saved, Stopped, TextReceived

SLICE = 0.2  # seconds: waits are sliced, so that an interrupt is heard on every system


class Job:
    """One video in the making, or made.

    `result()` and `video` wait for it, `await job` too. `reused` says that the request had been made before and
    nothing was sent for this one. `take` says which take of which shot it is, `changes` what it has that the take
    before had not; both are None for a job without a shot.
    """

    def __init__(
        self,
        record: Record,
        *,
        make_video: Callable[[Record, bool], Video],
        short: str = "",
        show: Callable[[Job], None] | None = None,
        cancel: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self.record = record
        self.short = short or record.model.rpartition("/")[2]
        self.reused = False
        self.take: Take | None = None
        self.changes: Changes | None = None
        self.schedule: PollSchedule | None = None
        self._life: Lifecycle | None = None
        self.percent: float | None = None
        self.status_text = ""
        self.notes: list[str] = []
        self.display: DisplayOptions | None = None
        self.shown_in: object = None
        self._make_video = make_video
        self._show = show
        self._cancel = cancel
        self._error: VidmagicError | None = None
        self._video: Video | None = None
        self._events: list[Event] = []
        self._changed = threading.Condition()
        self._ended = threading.Event()

    # -- what it is

    id = property(lambda self: self.record.id, doc="The job's id; its first characters do while they are unique.")
    model = property(lambda self: self.record.model, doc="The model's full id.")
    prompt = property(lambda self: self.record.prompt, doc="The prompt as it was sent.")
    params = property(lambda self: dict(self.record.params), doc="Every parameter that was sent.")
    state = property(lambda self: self.record.state, doc="One of the states, as `running`.")
    task_id = property(lambda self: self.record.task_id, doc="The service's own id for the job, if it gave one.")

    @property
    def charged(self) -> Charged:
        """Whether money was spent: "no", "yes" or "unknown"."""
        return self.record.charged

    @property
    def error(self) -> VidmagicError | None:
        """What went wrong, or None."""
        if self._error is None and self.record.error is not None:
            self._error = revive(self.record)
        return self._error

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self._ended.is_set()

    @property
    def fetched(self) -> tuple[int, int | None]:
        """How many bytes of the result have arrived, and how many there are, None where nobody said."""
        download = self._life.saving.download if self._life is not None else None
        return (download.received, download.total) if download is not None else (0, None)

    @property
    def elapsed(self) -> float:
        """Seconds since the service took the job, or since it was started."""
        begun = self.record.accepted or self.record.created
        return (self.record.updated if self.ended and self.record.updated else time.time()) - begun

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.model} {self.state}>"

    # -- waiting

    @property
    def video(self) -> Video:
        """The video; waits for it. Raises what went wrong."""
        return self.result()

    def result(self, timeout: float | None = None) -> Video:
        """Wait for the video and return it. Raises the job's error, or StillRunning after *timeout* seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._ended.wait(SLICE if deadline is None else max(0.0, min(SLICE, deadline - time.monotonic()))):
            if deadline is not None and time.monotonic() >= deadline:
                raise StillRunning(
                    f"still {self.state} after {timeout:g} s",
                    job_id=self.id,
                    hint=f"It goes on. `%video resume {self.id}` takes it up, in another kernel too.",
                )
        return self._result()

    def _result(self) -> Video:
        if self.record.state != DONE:
            raise self.error or VidmagicError(f"the job ended as {self.state}", job_id=self.id)
        if self._video is None:
            self._video = self._make_video(self.record, self.reused)
            self._video.display = self.display or self._video.display
        return self._video

    def __await__(self) -> Generator[Any, None, Video]:
        return self._until_ended().__await__()

    async def _until_ended(self) -> Video:
        while not self.ended:  # noqa: ASYNC110  an idle event loop would not notice an interrupt
            await asyncio.sleep(SLICE)
        return self._result()

    def events(self) -> Iterator[Event]:
        """Yield what happens to the job, from its start in this kernel to its end."""
        at = 0
        while True:
            with self._changed:
                while at >= len(self._events) and not self.ended:
                    self._changed.wait(SLICE)
                if at >= len(self._events):
                    return
                event = self._events[at]
            at += 1
            yield event

    # -- steering

    def cancel(self) -> None:
        """Ask for the job to be stopped; returns at once. `events` and `error` tell what came of it."""
        self._cancel(self)

    def happened(self, record: Record, event: Event) -> None:
        """Take in an event that has been stored."""
        with self._changed:
            self.record = record
            if isinstance(event, Running):
                self._advance(event)
            elif isinstance(event, Stopped):
                self._error = event.error
            self.status_text = getattr(event, "message", "")
            if not isinstance(event, TextReceived) and (not self._events or self._events[-1] != event):
                self._events.append(event)
            if isinstance(event, Saved | Stopped):
                self._ended.set()
            self._changed.notify_all()

    def _advance(self, event: Running) -> None:
        """Move the bar; it never goes back."""
        if event.percent is not None:
            self.percent = max(event.percent, self.percent or 0.0)

    def follows(self, life: Lifecycle) -> None:
        """Take over from *life* what is known only while the job runs."""
        self._life = life
        self.schedule = life.context.schedule

    def end(self) -> None:
        """Mark a job that had ended before this kernel saw it."""
        self._ended.set()

    # -- showing

    def _ipython_display_(self) -> None:
        if self._show is None:
            raise NotImplementedError  # IPython then shows the repr
        self._show(self)


def revive(record: Record) -> VidmagicError:
    """Make the stored error of *record* an exception again."""
    said = record.error or {}
    known = {kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type)}
    kind = known.get(said.get("type", ""), VidmagicError)
    error: VidmagicError = kind(said.get("message", ""), hint=said.get("hint", ""))
    error.reason = said.get("reason", "")  # type: ignore[assignment]
    error.trace = said.get("trace", "")
    error.charged = record.charged
    error.job_id = record.id
    return error
