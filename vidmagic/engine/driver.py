"""Drive the jobs of this process, and keep any number of handles on each informed."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field

from vidmagic.engine.download.file_plan import FilePlan
from vidmagic.engine.exit_wait import finish_submits
from vidmagic.engine.fork import at_fork
from vidmagic.engine.job import Job
from vidmagic.engine.journal.heartbeat import Heartbeat
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.limits import RateLimiter
from vidmagic.engine.run.context import JobContext
from vidmagic.engine.run.input_links import no_link
from vidmagic.engine.run.lifecycle import Lifecycle
from vidmagic.engine.run.poll import Polling
from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.engine.run.save import Saving
from vidmagic.engine.run.submit import Submission
from vidmagic.engine.scheduler import Scheduler, Slots, Task
from vidmagic.engine.timing import Timing
from vidmagic.engine.uninterrupted import uninterrupted
from vidmagic.engine.watch import watch_other_kernel
from vidmagic.engine.worker import WorkerPolling
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Provider
from vidmagic.spec.events import Event, Saved, Stopped
from vidmagic.spec.request import Request

THREADS = 40  # 30 streams of apiyi may each hold one


@dataclass
class _Driven:
    """A job on its way: `over` once its last event was published."""

    lifecycle: Lifecycle
    handles: list[Job] = field(default_factory=list)
    task: Task | None = None
    over: bool = False

    def attach(self, job: Job) -> None:
        """Let *job* follow this one."""
        context = self.lifecycle.context
        job.attach(context.record, context.schedule, self.lifecycle.downloaded)
        self.handles.append(job)

    @property
    def is_submitting(self) -> bool:
        """Whether its request is on its way, or waits for its turn."""
        submission = self.lifecycle.submission
        return not self.over and submission is not None and submission.request is not None


class Driver:
    """The jobs that this process drives, by id."""

    def __init__(self, store: Store, timing: Timing) -> None:
        self.store = store
        self.timing = timing
        self._begin()
        at_fork(in_child=self._begin_anew)

    def _begin(self) -> None:
        self._scheduler = Scheduler("jobs", THREADS, self.timing.idle_thread)
        self._lock = threading.RLock()
        self._driven: dict[str, _Driven] = {}
        self._slots: dict[str, Slots] = {}
        self._limiters: dict[str, RateLimiter] = {}
        self._heartbeat = Heartbeat(self.store.beat, self.timing.heartbeat)

    def _begin_anew(self) -> None:
        """Drive nothing in a forked child: the threads are its parent's, and so are the jobs."""
        self._inherited = dict(vars(self))  # stored, since to finalize it here would end jobs that run in the parent
        self._begin()

    def drive(
        self,
        job: Job,
        provider: Provider,
        http: Transport,
        schedule: PollSchedule,
        request: Request | None = None,
        *,
        fetch_link: Callable[[str], str] = no_link,
        executor: Executor | None = None,
        cancelled: bool = False,
        plan_file: Callable[[Record], FilePlan] | None = None,
    ) -> None:
        """Run *job* from where its record stands; with *request* it is sent first.

        *fetch_link* returns a fresh link to the video of a finished job that is an input, by its id. With *executor*
        its workers poll and download. With *cancelled* it is stopped at the first step. *plan_file* returns what its
        file is called and carries.
        """
        lifecycle = self._lifecycle(job.record, provider, http, schedule, executor)
        lifecycle.context.plan_file = plan_file
        if request is not None:
            slots = self._slots.setdefault(provider.service.name, Slots(provider.service.in_flight))
            lifecycle.submission = Submission(lifecycle.context, request, slots, fetch_link)
        driven = _Driven(lifecycle)
        lifecycle.context.publish = lambda record, event: self._publish(driven, record, event)
        if cancelled:
            lifecycle.context.cancelled.set()
        with self._lock:  # its events wait for this lock, so that the handle gets all of them
            self._heartbeat.start()
            atexit.register(self.finish_submits)
            driven.task = self._scheduler.add(self._run(driven))
            self._driven[job.id] = driven
            driven.attach(job)

    def _lifecycle(
        self,
        record: Record,
        provider: Provider,
        http: Transport,
        schedule: PollSchedule,
        executor: Executor | None,
    ) -> Lifecycle:
        context = JobContext(
            record=record,
            provider=provider,
            http=http,
            store=self.store,
            schedule=schedule,
            publish=lambda *_: None,  # `drive` names the one for this run
            cancelled=threading.Event(),
            limiter=self._limiters.setdefault(provider.service.name, RateLimiter(self.timing.polls_per_second)),
            timing=self.timing,
        )
        polling = Polling(context) if executor is None else WorkerPolling(context, executor)
        return Lifecycle(context, polling, Saving(context, polling))

    def listen(self, job: Job) -> bool:
        """Let *job* follow what this process drives under its id; return False when it drives no such job."""
        with self._lock:
            driven = self._driven.get(job.id)
            if driven is None or driven.over:
                return False
            driven.attach(job)
            return True

    def drives(self, job_id: str) -> bool:
        """Return whether this process drives the job."""
        with self._lock:
            driven = self._driven.get(job_id)
            return driven is not None and not driven.over

    def running(self) -> list[Record]:
        """Return the records of the jobs on their way here, oldest first."""
        with self._lock:
            return [driven.lifecycle.record for driven in self._driven.values() if not driven.over]

    def cancel(self, job_id: str) -> bool:
        """Ask for a job to be stopped, from any thread; return False where this process does not drive it."""
        with self._lock:
            driven = self._driven.get(job_id)
            if driven is None or driven.over or driven.task is None:
                return False
        driven.lifecycle.context.cancelled.set()
        driven.lifecycle.context.http.abort()
        self._scheduler.wake(driven.task)
        return True

    def watch(self, job: Job, take_over: Callable[[Job], None]) -> None:
        """Show in *job* what another kernel drives; call *take_over* when that kernel is gone."""
        steps = watch_other_kernel(self.store, job, take_over, self.timing.other_kernel)
        uninterrupted(lambda: self._scheduler.add(steps))

    def finish_submits(self) -> None:
        """Wait, at a normal exit of the interpreter, until every submit on its way has its answer."""
        if os.getpid() == self.store.owner.pid:  # a forked process has none of these threads
            finish_submits(self._submitting, self.cancel, self.timing.exit_wait)

    def _submitting(self) -> list[Record]:
        with self._lock:
            return [driven.lifecycle.record for driven in self._driven.values() if driven.is_submitting]

    def _run(self, driven: _Driven) -> Iterator[float]:
        try:
            yield from driven.lifecycle.steps()
        finally:
            with self._lock:
                driven.over = True
                if self._driven.get(driven.lifecycle.record.id) is driven:  # a newer run of the job stays
                    del self._driven[driven.lifecycle.record.id]
                if not self._driven:
                    self._heartbeat.stop()
                    atexit.unregister(self.finish_submits)
                for job in driven.handles:
                    job.mark_ended()  # whatever happened: nobody waits for a job that no longer runs

    def _publish(self, driven: _Driven, record: Record, event: Event) -> None:
        with self._lock:
            driven.over = isinstance(event, Saved | Stopped)
            for job in driven.handles:
                job.receive(record, event)
