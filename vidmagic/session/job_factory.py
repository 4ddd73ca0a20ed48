"""Make the handles of jobs, and what running a job needs: transport, poll schedule, video."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from vidmagic.engine.driver import Driver
from vidmagic.engine.expiry import NOT_KNOWN, Lifetimes
from vidmagic.engine.job import Job, JobControl
from vidmagic.engine.journal.figures import times
from vidmagic.engine.journal.record import Record
from vidmagic.engine.run.plan_file import FileOptions, plan_file
from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.engine.timing import Timing
from vidmagic.http.transport import Transport
from vidmagic.http.url_policy import Networks
from vidmagic.media.display import DisplayOptions
from vidmagic.media.video import Video
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Provider, Service
from vidmagic.providers.credentials import job_transport
from vidmagic.session.job_links import JobLinks
from vidmagic.session.ratings import Ratings
from vidmagic.session.resume import Resume
from vidmagic.spec.models import Model
from vidmagic.spec.request import Request

if TYPE_CHECKING:
    from vidmagic.sandbox import Sandbox


@dataclasses.dataclass(frozen=True, slots=True)
class JobFactory:
    """Make jobs from the journal's records. What can change while the session lives is passed as a function."""

    driver: Driver
    catalog: Catalog
    timing: Timing
    sandbox: Callable[[], Sandbox]
    display: Callable[[], DisplayOptions]
    control: Callable[[], Resume]
    trusted: Callable[[], Networks]
    files: Callable[[], FileOptions]
    finish: Callable[[Job, dict[str, Any]], Job]
    describe: Callable[[Job], object]
    ratings: Ratings

    def handle(self, record: Record) -> Job:
        """Return a handle on a job, which nothing drives yet."""
        short = self.catalog.short(record.model)
        control = self.control()
        lifetimes = self.lifetimes(record.model)
        does = JobControl(control.cancel, control.resume, self._video, self.finish, self.ratings.rate, self.describe)
        job = Job(record, does, short=short, lifetimes=lifetimes)
        self.ratings.follow(job)
        return job

    def lifetimes(self, model_id: str) -> Lifetimes:
        """Return how long the service of a model answers for its jobs."""
        model = self.catalog.get(model_id)
        return NOT_KNOWN if model is None else Lifetimes(model.id_hours, model.link_hours)

    def peek(self, record: Record) -> Job:
        """Return a handle on a job of the journal: live if it runs here or in another kernel, else as it stands."""
        job = self.handle(record)
        if not self.driver.listen(job):
            if record.is_live and self.driver.store.is_held_by_another(record):
                job.watch_on_demand(self.control().watch)
            else:
                job.mark_ended()
        return job

    def starter(
        self,
        job: Job,
        provider: Provider,
        model: Model,
        request: Request | None = None,
        executor: Executor | None = None,
        *,
        cancelled: bool = False,
    ) -> Callable[[], None]:
        """Return the call that drives a job, prepared so far that it cannot fail; *request* is what it submits.

        With *cancelled* the call stops the job.
        """
        transport = self._transport(job.record, provider.service)
        schedule = self._schedule(job.record, model)
        return lambda: self.driver.drive(
            job, provider, transport, schedule, request,
            fetch_link=self._links.fetch, executor=executor, cancelled=cancelled,
            plan_file=lambda record: plan_file(self.driver.store, record, self.files(), transport.redact),
        )  # fmt: skip

    @property
    def _links(self) -> JobLinks:
        return JobLinks(self.driver.store, self.catalog, self._transport, self.trusted)

    def _schedule(self, record: Record, model: Model) -> PollSchedule:
        documented = self.sandbox().seconds if record.in_sandbox else model.seconds(record.params)
        past = times(self.driver.store, record.model, in_sandbox=record.in_sandbox, limit=60)
        schedule = self.timing.schedule(past, record.params, documented)
        if record.in_sandbox and schedule.source != "past jobs":
            schedule = dataclasses.replace(schedule, source="the sandbox")
        return schedule

    def _transport(self, record: Record, service: Service) -> Transport:
        return job_transport(
            service,
            self.sandbox().url if record.in_sandbox else record.origin,
            in_sandbox=record.in_sandbox,
            timeouts=self.timing.timeouts,
            trusted=self.trusted(),
        )

    def _video(self, record: Record, reused: bool) -> Video:
        return Video(
            record.path,
            job_id=record.id,
            model=record.model,
            short=self.catalog.short(record.model),
            prompt=record.prompt,
            params=dict(record.params),
            price="" if record.in_sandbox or record.price is None else record.price["text"],
            billed=record.bill,
            cost="" if record.in_sandbox or (record.price is None and record.bill is None) else record.price_text,
            in_sandbox=record.in_sandbox,
            reused=reused,
            display=self.display(),
        )
