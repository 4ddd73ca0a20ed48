"""Drive the jobs of this process, and let any number of handles hear of each."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field

from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.limits import RateLimiter
from vidmagic.engine.run.context import JobContext
from vidmagic.engine.run.lifecycle import Lifecycle
from vidmagic.engine.run.poll import Polling
from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.engine.run.save import Saving
from vidmagic.engine.run.submit import Submission
from vidmagic.engine.scheduler import Scheduler, Slots, Task
from vidmagic.engine.states import LIVE
from vidmagic.engine.timing import Timing
from vidmagic.engine.worker import WorkerPolling
from vidmagic.errors import JournalError, NoSuchJob
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Provider
from vidmagic.spec.events import Event, Saved, Stopped
from vidmagic.spec.request import Request

THREADS = 40  # 30 streams of apiyi may each hold one


@dataclass
class _Driven:
    """A job on its way: `over` once its last event was told."""

    life: Lifecycle
    handles: list[Job] = field(default_factory=list)
    task: Task | None = None
    over: bool = False


class Driver:
    """The jobs that this process drives, by id."""

    def __init__(self, store: Store, timing: Timing) -> None:
        self.store = store
        self.timing = timing
        self.engine = Scheduler("jobs", THREADS, timing.idle_thread)
        self._lock = threading.RLock()
        self._driven: dict[str, _Driven] = {}
        self._slots: dict[str, Slots] = {}
        self._limiters: dict[str, RateLimiter] = {}
        self._beating = False

    def drive(
        self,
        job: Job,
        provider: Provider,
        http: Transport,
        schedule: PollSchedule,
        request: Request | None = None,
        *,
        executor: Executor | None = None,
    ) -> None:
        """Run *job* from where its record stands; with *request* it is sent first.

        With *executor* its workers follow and download.
        """
        context = JobContext(
            record=job.record,
            provider=provider,
            http=http,
            store=self.store,
            schedule=schedule,
            publish=self._publish,
            cancelled=threading.Event(),
            limiter=self._limiters.setdefault(provider.service.name, RateLimiter(self.timing.polls_per_second)),
            timing=self.timing,
        )
        slots = self._slots.setdefault(provider.service.name, Slots(provider.service.in_flight))
        sending = Submission(context, request, slots) if request is not None else None
        following = Polling(context) if executor is None else WorkerPolling(context, executor)
        life = Lifecycle(context, following, Saving(context, following), sending)
        with self._lock:
            driven = self._driven[job.id] = _Driven(life, [job])
            job.follows(life)
            if not self._beating:
                self._beating = True
                self.engine.add(self._beat())
            driven.task = self.engine.add(self._run(driven))

    def listen(self, job: Job) -> bool:
        """Let *job* hear of what this process drives under its id; False when it drives no such job."""
        with self._lock:
            driven = self._driven.get(job.id)
            if driven is None or driven.over:
                return False
            job.record = driven.life.context.record
            job.follows(driven.life)
            driven.handles.append(job)
            return True

    def drives(self, job_id: str) -> bool:
        """Tell whether this process drives the job."""
        with self._lock:
            driven = self._driven.get(job_id)
            return driven is not None and not driven.over

    def running(self) -> list[Record]:
        """Return the records of the jobs on their way here, oldest first."""
        with self._lock:
            return [driven.life.context.record for driven in self._driven.values() if not driven.over]

    def cancel(self, job_id: str) -> None:
        """Ask for a job to be stopped; returns at once, from any thread."""
        driven = self._driven.get(job_id)
        if driven is not None and driven.task is not None:
            driven.life.context.cancelled.set()
            driven.life.context.http.abort()
            self.engine.wake(driven.task)

    def watch(self, job: Job, take_over: Callable[[Job], None]) -> None:
        """Show in *job* what another kernel drives; call *take_over* when that kernel is gone."""
        self.engine.add(self._watch(job, take_over))

    def _run(self, driven: _Driven) -> Iterator[float]:
        try:
            yield from driven.life.steps()
        finally:
            with self._lock:
                self._driven.pop(driven.life.context.record.id, None)
                for job in driven.handles:
                    job.end()  # whatever happened: nobody waits for a job that no longer runs

    def _publish(self, record: Record, event: Event) -> None:
        with self._lock:
            driven = self._driven[record.id]
            driven.over = isinstance(event, Saved | Stopped)
            for job in driven.handles:
                job.happened(record, event)

    def _watch(self, job: Job, take_over: Callable[[Job], None]) -> Iterator[float]:
        while not self._settled(job, take_over):
            yield self.timing.other_kernel

    def _settled(self, job: Job, take_over: Callable[[Job], None]) -> bool:
        """Look once at a job of another kernel; True when there is nothing left to watch."""
        try:
            job.record = self.store.get(job.id)
            if job.record.state in LIVE and self.store.is_held_by_another(job.record):
                return False
            if job.record.state in LIVE:
                take_over(job)
            else:
                job.end()
        except JournalError:
            return False  # a busy journal is asked again
        except NoSuchJob:
            job.end()
        return True

    def _beat(self) -> Iterator[float]:
        """Show every few seconds that this process lives, as long as it drives a job."""
        while True:
            with self._lock:
                if not self._driven:
                    self._beating = False
                    return
            with contextlib.suppress(JournalError):  # one beat less; the next one is soon
                self.store.beat()
            yield self.timing.heartbeat
