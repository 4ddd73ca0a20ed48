"""Resume jobs without a submit: for the user, for the same request, and from a kernel that is gone."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from vidmagic.engine import states
from vidmagic.engine.driver import Driver
from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record, can_follow, satisfies_request
from vidmagic.engine.run.lifecycle import KERNEL_ENDED
from vidmagic.engine.stored_error import to_json
from vidmagic.engine.uninterrupted import uninterrupted
from vidmagic.errors import InvalidRequest, NotSent, OutcomeUnknown, VidmagicError
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Provider, finder
from vidmagic.spec.models import Model


class Starter(Protocol):
    """What prepares a job to be driven."""

    def __call__(self, job: Job, provider: Provider, model: Model, *, cancelled: bool = False) -> Callable[[], None]:
        """Return the call that drives the job, and cannot fail; with *cancelled* it stops the job."""
        ...


class Resume:
    """Go on with jobs of the journal. *handle* makes a Job of a record, *starter* what drives it."""

    def __init__(
        self,
        driver: Driver,
        catalog: Catalog,
        handle: Callable[[Record], Job],
        starter: Starter,
        lock: threading.RLock,
    ) -> None:
        self._store = driver.store
        self._driver = driver
        self._catalog = catalog
        self._handle = handle
        self._starter = starter
        self._lock = lock

    def resume(self, job_id: str) -> Job:
        """Resume a job where it stands, without a submit. Raises NoSuchJob, or InvalidRequest for an unknown model."""
        return uninterrupted(lambda: self._resume(job_id))

    def _resume(self, job_id: str) -> Job:
        with self._lock:
            job = self._handle(self._store.get(job_id))
            if not self._driver.listen(job):
                self._go_on(job)
        return job

    def attach(self, record: Record) -> Job:
        """Return a handle on a job that runs here, runs in another kernel, has ended, or lost its kernel."""
        job = self._handle(record)
        if self._driver.listen(job):
            return job
        job.refresh(self._store.get(record.id))  # it may have ended in the meantime
        if job.record.is_live:
            self._go_on(job)
        elif job.record.is_missing and not job.record.deleted:  # what the user has deleted comes back by `resume` only
            self._fetch_again(job)
        else:
            job.mark_ended()
        return job

    def watch(self, job: Job) -> None:
        """Keep a handle on a job of another kernel true until the job ends, or that kernel does."""
        self._driver.watch(job, _kernel_is_gone)

    def cancel(self, job: Job) -> None:
        """Stop the job of a handle, also a paused one and one whose kernel is gone; else note why nothing was done.

        Raises InvalidRequest for a job that another kernel drives, or of an unknown model.
        """
        uninterrupted(lambda: self._cancel(job))

    def _cancel(self, job: Job) -> None:
        with self._lock:
            if self._driver.cancel(job.id):
                return
            job.refresh(self._store.get(job.id))
            record = job.record
            if record.is_live and self._store.is_held_by_another(record):
                raise InvalidRequest(f"job {record.id} is driven by another kernel; cancel it there", job_id=record.id)
            if record.is_live or record.state == states.PAUSED:
                self._go_on(job, cancelled=True)
            else:
                job.add_notes(f"nothing was cancelled: job {record.id} has ended ({states.label(record.state)})")

    def _fetch_again(self, job: Job) -> None:
        """Download the video of a finished job once more, where its service still gives it."""
        path = job.record.path
        if job.record.ticket is None:
            job.add_notes(f"its file {path} is missing, and this service does not give it twice")
            job.mark_ended()
            return
        try:
            self._go_on(job)
        except InvalidRequest as problem:  # to show a finished job needs no service
            job.add_notes(f"its file {path} is missing, and cannot be fetched again: {problem.message}")
            job.mark_ended()
        else:
            job.add_notes(f"its file {path} is missing; it is fetched again, free of charge")

    def _go_on(self, job: Job, *, cancelled: bool = False) -> None:
        """Follow a job whose kernel is gone, or that waited for the user; what was never sent is not sent."""
        if job.record.is_live:
            if self._store.is_held_by_another(job.record):
                self._driver.watch(job, self._take_over)
                return
            job.refresh(self._store.get(job.id))  # its kernel may have ended the job just before it went
        record = job.record
        if record.state == states.NEW:
            self.mark_unsent([record])
            job.refresh(self._store.get(job.id))
            job.mark_ended()
        elif self._is_searchable(record):
            self._claim(job, states.SENDING, cancelled=cancelled)
        elif record.state == states.SENDING:
            self._store.give_up_submit(job.id, to_json(OutcomeUnknown(KERNEL_ENDED)))
            job.refresh(self._store.get(job.id))
            job.mark_ended()
        elif self._is_over(record):
            job.mark_ended()
        else:
            state = states.READY if record.links or record.path else states.RUNNING
            self._claim(job, state, cancelled=cancelled)

    def _claim(self, job: Job, state: str, *, cancelled: bool) -> None:
        """Drive a job from *state* on, or watch it if another kernel was faster.

        All that may fail comes before the claim: a job that cannot be driven here stays with who can drive it.
        """
        provider, model = self._catalog.find_model(job.model)
        start = self._starter(job, provider, model, cancelled=cancelled)
        if self._store.claim(job.id, state):
            job.refresh(dataclasses.replace(self._store.get(job.id), state=state))  # a finished job stays `done` there
            start()
        else:
            self._driver.watch(job, self._take_over)

    def _is_searchable(self, record: Record) -> bool:
        """Return whether the service can be asked what became of a submit whose answer was lost."""
        if record.state not in {states.SENDING, states.UNKNOWN} or record.ticket is not None:
            return False
        with contextlib.suppress(InvalidRequest):  # a plug-in that is no longer there
            provider, _ = self._catalog.find_model(record.model)
            return finder(provider, record.model, record.mode) is not None
        return False

    def _is_over(self, record: Record) -> bool:
        """Return whether nothing is left to ask: the file is there, or the service gave nothing to ask with."""
        if record.state == states.DONE:
            return not record.is_missing or record.ticket is None
        if record.ticket is not None or record.links is not None or record.state in states.FOLLOWED:
            return False
        return record.state not in {states.UNKNOWN, states.CANCELLED} or not self._store.transcript(record.id)

    def _take_over(self, job: Job) -> None:
        """Go on with a job whose kernel has gone, unless another handle here was faster."""
        with self._lock:
            if not self._driver.listen(job):
                self._go_on(job)

    def mark_unsent(self, records: Iterable[Record]) -> None:
        """Note of the jobs that nobody here drives that nobody will send them, so that no kernel waits for them."""
        unsent = to_json(NotSent("this job was never sent", hint="Run its cell again to send it."))
        for record in records:
            stored = self._store.get(record.id)
            if stored.state == states.NEW and stored.is_live and not self._driver.drives(record.id):
                self._store.update(record.id, error=unsent)

    def satisfies(self, record: Record) -> bool:
        """Return whether an earlier job answers its request again; an unsent one only while somebody will send it."""
        if record.state == states.NEW:
            is_held = record.is_live and self._store.is_held_by_another(record)
            return self._driver.drives(record.id) or is_held
        return satisfies_request(record)

    def reuse(self, record: Record) -> Job:
        """Return the job there is; one that waits for the user goes on, because the user is here."""
        waits = record.state in {states.PAUSED, states.CANCELLED} and can_follow(record)
        job = self.resume(record.id) if waits else self.attach(record)
        job.mark_reused()
        if job.state in {states.UNKNOWN, states.CANCELLED} and not waits:
            job.add_notes("this request was sent before and may have been charged; nothing was sent now")
        return job


def _kernel_is_gone(job: Job) -> None:
    """End a handle that only watched: to go on with the job is for the user to say."""
    job.mark_ended(
        VidmagicError(
            f"the kernel that drove job {job.id} is gone; the job was {states.label(job.state)}",
            hint=f"`%video resume {job.id}` goes on with it, free of charge.",
            charged=job.charged,
            job_id=job.id,
        )
    )
