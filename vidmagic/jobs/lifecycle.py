"""One job from its request to its file, as a generator of seconds to rest.

Each event is stored before anyone hears of it, and the ticket before the first look. No step here repeats a submit of
which a byte may have left. After a restart the same generator enters at the ticket.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from vidmagic.errors import (
    Cancelled,
    Charged,
    DownloadFailed,
    Failed,
    JournalError,
    LinkRefused,
    NoSuchJob,
    NotSent,
    OutcomeUnknown,
    Paused,
    Refused,
    Unreachable,
    VidmagicError,
)
from vidmagic.events import Event, Heard, Queued, Ready, Running, Saved, Stopped
from vidmagic.jobs import record as states
from vidmagic.jobs.download import Download
from vidmagic.jobs.engine import Slots
from vidmagic.jobs.pacing import Pace, back_off
from vidmagic.jobs.record import Record
from vidmagic.jobs.sidecar import write_sidecar
from vidmagic.provider import Provider, Ticket, finder
from vidmagic.request import Request
from vidmagic.transport import Transport

KERNEL_ENDED = "the kernel ended while the request was being sent, so its answer was lost"
SUBMIT_TRIES, LONGEST_WAIT = 3, 120.0  # times; seconds
TOO_MANY_RESTS, NOT_SENT_RESTS = (5.0, 10.0), (0.5, 1.5)  # seconds between the tries
FRESH_LINKS, DOWNLOAD_TRIES = 3, 8
LOST_LOOKS = (5.0, 295.0, 300.0)  # seconds before each look for the task of a submit whose answer was lost
LONGEST_SAID = 400  # characters of what a service says meanwhile
FORGOTTEN_AFTER = 600.0  # seconds in which a service may not know yet, or not find, a task that it has accepted


class Journal(Protocol):
    """What a job needs of the journal."""

    def get(self, start: str) -> Record:
        """Return the job."""
        ...

    def heard(self, job_id: str) -> str:
        """Return what was kept of the service's words."""
        ...

    def hear(self, job_id: str, text: str) -> None:
        """Keep words of the service."""
        ...

    def update(self, job_id: str, **changes: Any) -> None:
        """Change the fields given. Raises JournalError."""
        ...

    def rescue(self, record: Record) -> None:
        """Keep a job that `update` would not take. Raises OSError."""
        ...


@dataclass
class Lifecycle:
    """What one job needs to run; `steps` is what the engine pulls.

    `record` is always what the journal holds. `publish` is told of each event after it is stored. `cancelled` is set
    from outside. `request` is there only for a job that is still to be sent.
    """

    record: Record
    provider: Provider
    http: Transport
    store: Journal
    slots: Slots
    pace: Pace
    publish: Callable[[Record, Event], None]
    cancelled: threading.Event
    request: Request | None = None
    download: Download | None = None
    _live: Iterator[Event] | None = None
    _unsaved: dict[str, Any] = dataclasses.field(default_factory=dict)
    _unheard: list[str] = dataclasses.field(default_factory=list)
    _has_slot: bool = False
    _forgotten: list[float] = dataclasses.field(default_factory=list)  # when a task was not found, monotonic

    def steps(self) -> Iterator[float]:
        """Run the job to its end; yield the seconds to rest between two steps."""
        try:
            if self.request is not None:
                yield from self._send_or_find()
            elif self.record.state == states.SENDING:
                yield from self._find(OutcomeUnknown(KERNEL_ENDED))
            if self.record.state != states.READY:
                yield from self._follow()
            yield from self._save()
        except VidmagicError as error:
            self._stop(error)
        except Exception as error:  # noqa: BLE001  a fault in a provider must not lose a job
            fault = Paused(f"a fault here: {type(error).__name__}: {error}")
            fault.__cause__ = error
            self._stop(fault)
        finally:
            if self._has_slot:
                self.slots.give()

    # -- submit: the only part that costs money

    def _send_or_find(self) -> Iterator[float]:
        """Send the request; where its answer is lost, look for what it started."""
        try:
            yield from self._send()
        except VidmagicError as error:
            lost = self._honest(error)
            if not isinstance(lost, OutcomeUnknown):
                raise
            yield from self._find(lost)

    def _send(self) -> Iterator[float]:
        assert self.request is not None
        while not self._take_slot():
            self._tell(Queued("waiting for a free place at the service"))
            self._check_cancelled()
            yield 0.5
        for tries in range(1, SUBMIT_TRIES + 1):
            self._check_cancelled()
            try:
                ticket = self.provider.submit(self.request, self.http)
            except (Refused, Unreachable) as error:
                rest = self._rest_before_next_try(error, tries)
                if rest is None:
                    raise
                self._set(state=states.NEW, charged="no")
                self._tell(Queued(f"{error.message}; next try in {rest:.0f} s"))
                yield rest
            else:
                self._accept(ticket)
                return

    def _take_slot(self) -> bool:
        self._has_slot = self._has_slot or self.slots.take()
        return self._has_slot

    def _rest_before_next_try(self, error: Refused | Unreachable, tries: int) -> float | None:
        """Return the rest before a submit may be repeated: nothing was sent, or the service said "too many"."""
        if isinstance(error, Refused):
            may = error.reason in {"rate", "concurrency"}
        else:
            may = error.status >= 0 and not self._has_left(error)
        wanted = error.retry_after
        if not may or tries == SUBMIT_TRIES or (wanted is not None and wanted > LONGEST_WAIT):
            return None
        if isinstance(error, Refused):
            return wanted if wanted is not None else TOO_MANY_RESTS[tries - 1]
        return NOT_SENT_RESTS[tries - 1]

    def _has_left(self, error: VidmagicError) -> bool:
        """Tell whether a byte of the request may have left: then the gate has moved the state in the journal."""
        if self.record.state != states.NEW:
            return True
        if isinstance(error, NotSent):
            return False
        try:
            return self.store.get(self.record.id).state != states.NEW
        except (JournalError, NoSuchJob):
            return not isinstance(error, JournalError)  # the gate itself, which let nothing out

    def _accept(self, ticket: Ticket) -> None:
        self._live = ticket.live
        self.request = None  # a job that was accepted holds no images any more
        data = None if ticket.live is not None else {"task_id": ticket.task_id, **ticket.data}
        self._set(
            Queued(),
            state=states.ACCEPTED,
            charged=self._charged("yes"),
            ticket=data,
            task_id=ticket.task_id,
            reported=dict(ticket.reported),
            accepted=time.time(),
            error=None,
        )

    def _find(self, lost: OutcomeUnknown) -> Iterator[float]:
        """Go on with the one task that carries the job's key. Raises *lost* where there is none, or more than one."""
        there = finder(self.provider, self.record.model, self.record.mode)
        if there is None:
            raise lost
        self.request = None
        lost.hint = f"`%video resume {self.record.id}` looks for it at the service; `--again` buys a new take."
        said = Queued(f"{lost.message}; the service is asked whether it has the job")
        self._set(said, state=states.SENDING, charged=self._charged("unknown"))
        looks = failures = 0
        while looks < len(LOST_LOOKS):
            yield LOST_LOOKS[looks] if failures == 0 else back_off(failures)
            if self.cancelled.is_set():
                raise lost
            try:
                ticket = there.find_lost(self.record.id, self.record.created, self.http)
            except Unreachable:
                failures += 1  # a look without an answer is none
            except Paused as error:
                raise lost from error
            else:
                if ticket is not None:
                    self._accept(ticket)
                    return
                looks, failures = looks + 1, 0
        raise lost

    # -- follow: free, and never given up

    def _follow(self) -> Iterator[float]:
        """Look until the service has given a link."""
        failures = 0
        while True:
            self._check_cancelled()
            try:
                if self._look():
                    return
                failures = 0
                rest = self.pace.rest(time.time() - self.record.accepted)
            except Unreachable as error:
                failures += 1
                rest = self._rest_after(error, failures)
            yield rest

    def _look(self) -> bool:
        """Note what the service says now; True when a link is part of it."""
        live, self._live = self._live, None
        events = self.provider.follow(self._ticket(), self.http) if live is None else live
        try:
            for event in events:
                self._note(event)
                if isinstance(event, Ready):
                    return True
                self._check_cancelled()
        except OutcomeUnknown:
            self._check_cancelled()  # a stream that was cut by the cancellation
            raise
        finally:
            if isinstance(events, Generator):
                events.close()  # now, and with it its stream: an error that is kept would keep it open
        return False

    def _ticket(self) -> Ticket:
        if self.record.ticket is None:
            return Ticket("", heard=self.store.heard(self.record.id))
        data = dict(self.record.ticket)
        return Ticket(str(data.pop("task_id", "")), data)

    def _note(self, event: Event) -> None:
        self._forgotten.clear()
        if isinstance(event, Heard):
            self._hear(event.text)
        elif isinstance(event, Ready):
            self._set(
                event,
                state=states.READY,
                ready=time.time(),
                links={"urls": list(event.urls), "extras": dict(event.extras)},
                width=event.width or 0,
                height=event.height or 0,
                reported={**self.record.reported, **event.reported},
                error=None,
            )
        elif isinstance(event, Queued | Running):
            said = dataclasses.replace(event, said=self.http.struck(event.said)[:LONGEST_SAID])
            if isinstance(event, Running) and self.record.state == states.ACCEPTED:
                self._set(said, state=states.RUNNING)
            else:
                self._tell(said)
        else:
            raise TypeError(f"a provider yields no {type(event).__name__}")

    def _hear(self, text: str) -> None:
        """Keep words as evidence; a stream cannot be read twice, so a journal that fails must not end it."""
        self._unheard.append(text)
        with contextlib.suppress(JournalError):
            self.store.hear(self.record.id, "\n".join(self._unheard))
            self._unheard.clear()

    def _rest_after(self, error: Unreachable, failures: int) -> float:
        age = time.time() - self.record.accepted
        if error.status == 404 and age > FORGOTTEN_AFTER:
            self._forgotten.append(time.monotonic())
            if len(self._forgotten) >= 3 and self._forgotten[-1] - self._forgotten[0] > FORGOTTEN_AFTER:
                raise Failed(f"the service no longer knows the task: {error.message}", reason="not found")
        self._tell(Running(said=f"no answer from the service ({error.message}); the job goes on there"))
        rest = back_off(failures)
        return rest if error.retry_after is None else max(rest, min(error.retry_after, LONGEST_WAIT))

    # -- save: the result, whole and checked

    def _save(self) -> Iterator[float]:
        folder = Path(self.record.folder)
        self.download = Download(self.http, folder, file_name(self.record))
        refused = failures = 0
        while True:
            self._check_cancelled()
            try:
                saved = self.download.attempt(self._links()["urls"])
            except LinkRefused as error:
                refused += 1
                if refused > FRESH_LINKS:
                    raise
                self._check_can_ask(error)
                if refused > 1:
                    yield back_off(refused - 1)
                yield from self._follow()  # links are signed when they are asked for
            except Unreachable as error:
                failures += 1
                if failures >= DOWNLOAD_TRIES:
                    raise Paused(f"the video is made, but cannot be fetched: {error.message}") from error
                self._tell(Running(said=f"download interrupted ({error.message}); going on"))
                yield back_off(failures)
            else:
                self._finish(saved)
                return

    def _links(self) -> Mapping[str, Any]:
        return self.record.links or {"urls": [], "extras": {}}

    def _check_can_ask(self, refused: LinkRefused) -> None:
        if self.record.ticket is None:
            raise DownloadFailed(
                f"{refused.message}, and this service gives no other link",
                hint=f"`%video resume {self.record.id}` tries it once more; `--again` buys a new take.",
                reason="expired",
            ) from refused

    def _finish(self, saved: Saved) -> None:
        from vidmagic.media.probe import probe  # a film's decoder, which the first cell need not wait for

        facts = probe(saved.path)
        changes: dict[str, Any] = {
            "state": states.DONE,
            "path": saved.path,
            "size": saved.size,
            "sha256": saved.sha256,
            "width": facts.width,
            "height": facts.height,
            "links": None,
            "error": None,
        }
        write_sidecar(dataclasses.replace(self.record, **changes))
        self._set(saved, **changes)

    # -- the end, and what all steps share

    def _check_cancelled(self) -> None:
        if not self.cancelled.is_set():
            return
        if self.record.state == states.NEW:
            raise Cancelled("cancelled before it was sent", charged="no")
        if self.record.state == states.READY:
            raise Cancelled(
                "cancelled when the video was already made",
                charged="yes",
                hint=f"`%video resume {self.record.id}` fetches it.",
            )
        raise self._cancel_there()

    def _cancel_there(self) -> Cancelled:
        stopped = False
        if self.record.ticket is not None:
            try:
                stopped = self.provider.cancel(self._ticket(), self.http)
            except (Unreachable, Refused, Paused, Failed) as error:
                return Cancelled(
                    f"no longer followed here; the service did not take the cancellation ({error.message})"
                )
        if stopped:
            return Cancelled("stopped at the service", hint="Whether it is charged is the service's to say.")
        return Cancelled(
            "no longer followed here; this service cannot stop a job, so it may still be made and charged",
            hint=f"`%video resume {self.record.id}` takes it up again, free of charge." if self.record.ticket else "",
        )

    def _stop(self, error: VidmagicError) -> None:
        error = self._honest(error)
        error.message, error.trace = self.http.struck(error.message), self.http.struck(error.trace)
        error.args = (error.message,)
        state = self._state_after(error)
        self._live = None
        if state in {states.NEW, states.REJECTED} or self.record.rehearsal:
            error.charged = "no"
        elif self.record.state == states.READY:
            error.charged = "yes"
        error.job_id = self.record.id
        if state == states.PAUSED and not error.hint:
            error.hint = f"`%video resume {self.record.id}` takes the job up again, free of charge."
        said = {
            "type": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "reason": error.reason,
            "trace": error.trace,
        }
        self._set(Stopped(state, error), state=state, charged=self._charged(error.charged), error=said)

    def _honest(self, error: VidmagicError) -> VidmagicError:
        """Say "unknown" where bytes have left, no verdict came, and nothing is there to ask again with."""
        verdict = isinstance(error, Refused | OutcomeUnknown | Failed | Cancelled)
        if verdict or self.record.ticket is not None or self.record.links is not None or not self._has_left(error):
            return error
        unknown = OutcomeUnknown(f"the answer was lost: {error.message}")
        unknown.__cause__ = error
        return unknown

    def _state_after(self, error: VidmagicError) -> str:
        if isinstance(error, Refused):
            return states.REJECTED
        if isinstance(error, OutcomeUnknown):
            return states.UNKNOWN
        if isinstance(error, Failed):
            return states.FAILED
        if isinstance(error, Cancelled):
            return states.CANCELLED
        return states.NEW if self.record.state == states.NEW else states.PAUSED

    def _charged(self, charged: Charged) -> Charged:
        return "no" if self.record.rehearsal else charged

    def _tell(self, event: Event) -> None:
        self.publish(self.record, event)

    def _set(self, event: Event | None = None, **changes: Any) -> None:
        """Store *changes*, then tell of *event*. A journal that fails after the submit must not stop a paid job."""
        changes["updated"] = time.time()
        self.record = dataclasses.replace(self.record, **changes)
        self._unsaved.update(changes)
        try:
            self.store.update(self.record.id, **self._unsaved)
            self._unsaved.clear()
        except JournalError as lost:
            self._tell(Running(said=f"{lost.message}; {self._rescued()}"))
        if event is not None:
            self._tell(event)

    def _rescued(self) -> str:
        """Keep the job beside the journal, and say where it is kept now."""
        try:
            self.store.rescue(self.record)
        except OSError as refused:
            return f"the job {self.record.task_id or self.record.id} is kept in memory only ({refused.strerror})"
        return "the job is kept in a file beside it"


def file_name(record: Record) -> str:
    """Return our own name for a job's files, without a suffix: time, model, id."""
    when = time.strftime("%Y%m%d-%H%M%S", time.localtime(record.created))
    model = "".join(char for char in record.model.rpartition("/")[2].lower() if char.isalnum() or char in ".-_")
    return f"{when}-{model[:40]}-{record.id}"
