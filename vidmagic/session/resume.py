"""Take jobs up again without a submit: for the user, for the same request, and from a kernel that is gone."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

from vidmagic.engine import states
from vidmagic.engine.driver import Driver
from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record, can_follow, satisfies_request
from vidmagic.engine.run.lifecycle import KERNEL_ENDED
from vidmagic.engine.stored_error import to_json
from vidmagic.errors import InvalidRequest, NotSent, OutcomeUnknown, VidmagicError
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Provider, finder
from vidmagic.spec.models import Model


class Resume:
    """Go on with jobs of the journal. *handle* makes a Job of a record; *made_ready* gives what drives it."""

    def __init__(
        self,
        driver: Driver,
        catalog: Catalog,
        handle: Callable[[Record], Job],
        made_ready: Callable[[Job, Provider, Model], Callable[[], None]],
        lock: threading.RLock,
    ) -> None:
        self._store = driver.store
        self._driver = driver
        self._catalog = catalog
        self._handle = handle
        self._made_ready = made_ready
        self._lock = lock

    def resume(self, job_id: str) -> Job:
        """Take a job up again where it stands, without a submit. Raises NoSuchJob."""
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
        job.refresh(self._store.get(record.id))  # it may have ended while we looked
        if job.state in states.LIVE:
            self._go_on(job)
        elif job.state == states.DONE and not Path(job.record.path).is_file():
            self._fetch_again(job)
        else:
            job.mark_ended()
        return job

    def _fetch_again(self, job: Job) -> None:
        if job.record.ticket is None:
            job.add_notes("the file is gone from the disk, and this service does not give it twice")
            job.mark_ended()
        else:
            job.add_notes("the file is gone from the disk; it is fetched again, free of charge")
            self._go_on(job)

    def _go_on(self, job: Job) -> None:
        """Follow a job whose kernel is gone, or that waited for the user; what was never sent is not sent."""
        if job.state in states.LIVE:
            if self._store.is_held_by_another(job.record):
                self._driver.watch(job, self._take_over)
                return
            job.refresh(self._store.get(job.id))  # its kernel may have ended the job just before it went
        record = job.record
        if record.state == states.NEW:
            self._end_with(job, NotSent("this job was never sent", hint="Run its cell again to send it."))
        elif self._can_be_found(record):
            self._claim(job, states.SENDING)
        elif record.state == states.SENDING:
            self._end_with(job, OutcomeUnknown(KERNEL_ENDED), state=states.UNKNOWN)
        elif self._is_over(record):
            job.mark_ended()
        else:
            self._claim(job, states.READY if record.links else states.RUNNING)

    def _claim(self, job: Job, state: str) -> None:
        """Drive a job from *state* on, or watch it if another kernel was faster."""
        if self._store.claim(job.id, state):
            provider, model = self._catalog.find_model(job.model)
            job.refresh(self._store.get(job.id))
            self._made_ready(job, provider, model)()
        else:
            self._driver.watch(job, self._take_over)

    def _can_be_found(self, record: Record) -> bool:
        """Tell whether the service can be asked what became of a submit whose answer was lost."""
        if record.state not in {states.SENDING, states.UNKNOWN} or record.ticket is not None:
            return False
        with contextlib.suppress(InvalidRequest):  # a plug-in that is no longer there
            provider, _ = self._catalog.find_model(record.model)
            return finder(provider, record.model, record.mode) is not None
        return False

    def _is_over(self, record: Record) -> bool:
        """Tell whether nothing is left to ask: the file is there, or the service gave nothing to ask with."""
        if record.state == states.DONE:
            return Path(record.path).is_file()
        if record.ticket is not None or record.links is not None or record.state in states.FOLLOWED:
            return False
        return record.state not in {states.UNKNOWN, states.CANCELLED} or not self._store.transcript(record.id)

    def _take_over(self, job: Job) -> None:
        """Go on with a job whose kernel has gone, unless another handle here was faster."""
        with self._lock:
            if not self._driver.listen(job):
                self._go_on(job)

    def _end_with(self, job: Job, error: VidmagicError, state: str = states.NEW) -> None:
        stored = to_json(error)
        self._store.update(job.id, state=state, error=stored)
        job.refresh(dataclasses.replace(job.record, state=state, error=stored))
        job.mark_ended()

    def stands(self, record: Record) -> bool:
        """A job that was never sent stands for its request only while somebody is about to send it."""
        if record.state == states.NEW:
            return self._driver.drives(record.id) or self._store.is_held_by_another(record)
        return satisfies_request(record)

    def reuse(self, record: Record) -> Job:
        """Return the job there is; one that waits for the user goes on, because the user is here."""
        waits = record.state in {states.PAUSED, states.CANCELLED} and can_follow(record)
        job = self.resume(record.id) if waits else self.attach(record)
        job.mark_reused()
        if job.state in {states.UNKNOWN, states.CANCELLED} and not waits:
            job.add_notes("this request was sent before and may have been charged; nothing was sent now")
        return job
