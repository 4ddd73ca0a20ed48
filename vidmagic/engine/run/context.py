"""What the steps of one job share: its record, and how it is stored and published.

Each event is stored before it is published, and the ticket before the first poll.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from vidmagic.engine import states
from vidmagic.engine.download.file_plan import FilePlan
from vidmagic.engine.journal.outcome import advance
from vidmagic.engine.journal.record import Record
from vidmagic.engine.limits import RateLimiter
from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.engine.timing import Timing
from vidmagic.errors import (
    Cancelled,
    JournalError,
    NoSuchJob,
    NotSent,
    VidmagicError,
)
from vidmagic.http.transport import Transport
from vidmagic.providers.billing import with_bill
from vidmagic.providers.contract import Provider, Ticket
from vidmagic.spec.events import Event, Queued, Running, Saved


class Journal(Protocol):
    """What a job needs of the journal."""

    def get(self, start: str) -> Record:
        """Return the job."""
        ...

    def mark_sending(self, job_id: str) -> None:
        """Record that the first byte is about to leave. Raises JournalError unless it is ours to send."""
        ...

    def transcript(self, job_id: str) -> str:
        """Return the stored text of the service."""
        ...

    def add_transcript(self, job_id: str, text: str) -> None:
        """Store text of the service."""
        ...

    def update(self, job_id: str, **changes: Any) -> None:
        """Change the fields given. Raises JournalError."""
        ...

    def spill(self, record: Record) -> None:
        """Store a job that `update` refused in a file of its own. Raises OSError."""
        ...


@dataclass
class JobContext:
    """One job on its way.

    `record` is what the journal holds, but for a finished job that is downloaded once more. `publish` gets each event
    after it is stored. `cancelled` is set from outside. `limiter` is shared by the jobs of a service. `live` are the
    events of the stream that the submit itself opened, until they are polled; `fetched` is the file that a worker has
    saved. `plan_file` returns what the file of the video is called and which recipe it carries; None names it by date.
    """

    record: Record
    provider: Provider
    http: Transport
    store: Journal
    schedule: PollSchedule
    publish: Callable[[Record, Event], None]
    cancelled: threading.Event
    limiter: RateLimiter
    timing: Timing
    live: Iterator[Event] | None = None
    fetched: Saved | None = None
    plan_file: Callable[[Record], FilePlan] | None = None
    _unsaved: dict[str, Any] = dataclasses.field(default_factory=dict)
    _unstored_transcript: list[str] = dataclasses.field(default_factory=list)

    def mark_sending(self) -> None:
        """Store that the first byte is about to leave. Raises JournalError or Cancelled: then it must not."""
        self.check_cancelled()
        self.store.mark_sending(self.record.id)
        self.record = advance(self.record, {"state": states.SENDING, "charged": "unknown"})
        self.notify(Queued())

    def accept(self, ticket: Ticket) -> None:
        """Store that the service has accepted the job."""
        self.live = ticket.live
        data = None if ticket.live is not None else {"task_id": ticket.task_id, **ticket.data}
        self.update(
            Queued(),
            state=states.ACCEPTED,
            charged="unknown",  # an id makes it "yes"; an open stream proves nothing yet
            ticket=data,
            task_id=ticket.task_id,
            reported=self.with_bill(ticket.reported),
            accepted=time.time(),
            error=None,
        )

    def with_bill(self, reported: Mapping[str, object]) -> dict[str, object]:
        """Return what the service *reported*, with what that is in money; a job in the sandbox costs none."""
        billing = None if self.record.in_sandbox else self.provider.service.billing
        return with_bill(billing, self.record.model, reported)

    def has_left(self, error: VidmagicError) -> bool:
        """Return whether a byte of the request may have left: `mark_sending` has then moved the state."""
        if self.record.state != states.NEW:
            return True
        if isinstance(error, NotSent):
            return False
        try:
            return self.store.get(self.record.id).state != states.NEW
        except (JournalError, NoSuchJob):
            return not isinstance(error, JournalError)  # raised by `mark_sending` itself, which let nothing out

    def ticket(self) -> Ticket:
        """Return what the service is asked with; where it gave nothing, the text that it sent."""
        if self.record.ticket is None:
            return Ticket("", transcript=self.store.transcript(self.record.id))
        data = dict(self.record.ticket)
        return Ticket(str(data.pop("task_id", "")), data)

    def add_transcript(self, text: str) -> None:
        """Store text as evidence; a stream cannot be read twice, so a journal that fails must not end it."""
        self._unstored_transcript.append(text)
        with contextlib.suppress(JournalError):
            self.store.add_transcript(self.record.id, "\n".join(self._unstored_transcript))
            self._unstored_transcript.clear()

    def check_cancelled(self) -> None:
        """Stop the job where that was asked for. Raises Cancelled."""
        if not self.cancelled.is_set():
            return
        if self.record.state == states.NEW:
            raise Cancelled("cancelled before it was sent")
        if self.record.state == states.READY:
            raise Cancelled(
                "cancelled when the video was already made",
                hint=f"`%video resume {self.record.id}` fetches it.",
            )
        raise self._cancel_at_service()

    def _cancel_at_service(self) -> Cancelled:
        stopped = False
        if self.record.ticket is not None:
            try:
                stopped = self.provider.cancel(self.ticket(), self.http.service)
            except VidmagicError as error:
                return Cancelled(
                    f"no longer followed here; the service did not take the cancellation ({error.message})"
                )
        if stopped:
            return Cancelled("stopped at the service", hint="Only the service knows whether it gives the money back.")
        return Cancelled(
            "no longer followed here; this service cannot stop a job, so it may be made and charged all the same",
            hint=f"`%video resume {self.record.id}` resumes it, free of charge." if self.record.ticket else "",
        )

    def notify(self, event: Event) -> None:
        """Publish an event that changes nothing in the journal."""
        self.publish(self.record, event)

    def update(self, event: Event | None = None, **changes: Any) -> None:
        """Store *changes*, as far as `advance` allows, then publish *event*.

        A journal that fails after the submit must not stop a paid job.
        """
        changes["updated"] = time.time()
        self.record = advance(self.record, changes)
        changes |= {"state": self.record.state, "charged": self.record.charged}
        if not self.is_repeated_download:
            self._store(changes)
        if event is not None:
            self.notify(event)

    @property
    def is_repeated_download(self) -> bool:
        """Whether a finished job is downloaded once more: it stays `done` in the journal meanwhile."""
        return bool(self.record.path) and self.record.state != states.DONE

    def _store(self, changes: Mapping[str, Any]) -> None:
        self._unsaved.update(changes)
        try:
            self.store.update(self.record.id, **self._unsaved)
            self._unsaved.clear()
        except JournalError as lost:
            self.notify(Running(message=f"{lost.message}; {self._spill()}"))

    def _spill(self) -> str:
        """Store the job beside the journal, and return where it is stored now."""
        try:
            self.store.spill(self.record)
        except OSError as refused:
            return f"the job {self.record.task_id or self.record.id} is in memory only ({refused.strerror})"
        return "the job is stored in a file beside it"
