"""Where settings, catalog, journal and jobs meet: start, resume, list."""

from __future__ import annotations

import dataclasses
import functools
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vidmagic.engine import states
from vidmagic.engine.driver import Driver
from vidmagic.engine.job import Job, JobControl
from vidmagic.engine.journal.figures import times
from vidmagic.engine.journal.lease import this_process
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.record import plan as plan_record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.engine.timing import Timing
from vidmagic.errors import InvalidRequest
from vidmagic.http.transport import Transport
from vidmagic.http.url_policy import check_origin, is_loopback
from vidmagic.media.display import DisplayOptions
from vidmagic.media.video import Video
from vidmagic.providers import keys
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Provider, Service
from vidmagic.session.planning import Plan, check_cost, make_plan
from vidmagic.session.resume import Resume
from vidmagic.session.run_options import DEFAULTS, RunOptions
from vidmagic.session.settings import MEGABYTE, Settings, home, notebook_folder
from vidmagic.spec.models import Model
from vidmagic.spec.request import Request

if TYPE_CHECKING:
    from vidmagic.sandbox import Sandbox
    from vidmagic.session.continue_from import LastFrame

SANDBOX_MODEL = "hailuo"


class Session:
    """Start, resume and list jobs."""

    def __init__(self, settings: Settings | None = None, timing: Timing | None = None) -> None:
        self.settings = Settings() if settings is None else settings
        self.timing = Timing() if timing is None else timing
        self._lock = threading.RLock()

    @functools.cached_property
    def catalog(self) -> Catalog:
        """The models there are."""
        return Catalog()

    @functools.cached_property
    def store(self) -> Store:
        """The journal."""
        return Store(home(), this_process())

    @functools.cached_property
    def driver(self) -> Driver:
        """What drives this process's jobs."""
        return Driver(self.store, self.timing)

    @functools.cached_property
    def resuming(self) -> Resume:
        """What takes jobs up again."""
        return Resume(self.driver, self.catalog, self._handle, self._made_ready, self._lock)

    @functools.cached_property
    def sandbox(self) -> Sandbox:
        """The embedded sandbox, started when it is first needed."""
        from vidmagic.sandbox import Sandbox

        return Sandbox(seconds=self.settings.sandbox_seconds, folder=home() / "sandbox").start()

    # -- planning

    def plan(
        self,
        prompt: str,
        model: str | None = None,
        options: RunOptions = DEFAULTS,
        **given: Any,
    ) -> Plan:
        """Resolve and check a request without sending anything. Raises InvalidRequest.

        *options* are the run options: with `from_` the last frame of that video becomes the first frame, and a job is
        waited for. *given* are the model's parameters and images.
        """
        wished = options.sandbox or os.environ.get("VIDMAGIC_SANDBOX") == "1"
        provider, found = self.catalog.find(model or self.default_model().id)
        if wished and not provider.service.has_sandbox:
            raise InvalidRequest(f"the sandbox does not speak {provider.service.title}'s language")
        in_sandbox = provider.service.has_sandbox and (wished or not self.has_any_key())
        loopback = in_sandbox or is_loopback(urlsplit(self.origin(provider.service)).hostname or "")
        source = options.from_
        frame = None if source is None else self._first_frame(source, given, in_sandbox=in_sandbox)
        plan = make_plan(provider, found, prompt, given, in_sandbox=in_sandbox, loopback=loopback)
        if frame is not None:
            plan = dataclasses.replace(plan, notes=(*plan.notes, f"starts from {frame.label}"), parent=frame.job_id)
        if in_sandbox and not wished:
            said = f"No key is set, so this is a rehearsal in the sandbox; {provider.service.key_env} takes a key."
            plan = dataclasses.replace(plan, notes=(said, *plan.notes))
        check_cost(plan, self.settings.max_cost if options.max_cost is None else str(options.max_cost))
        return plan

    def _first_frame(self, source: Any, given: dict[str, Any], *, in_sandbox: bool) -> LastFrame:
        """Put the end of *source* into *given* as the first frame."""
        from vidmagic.session import continue_from as lineage

        frame = lineage.last_frame(self, source)
        lineage.check(frame, given, in_sandbox=in_sandbox)
        given["image"] = frame.data
        return frame

    def has_any_key(self) -> bool:
        """Tell whether a key of any service is set."""
        return any(keys.find(service) is not None for service in self.services())

    def services(self) -> list[Service]:
        """Return the services of all models, each once."""
        found = {
            self.catalog.find(model.id)[0].service.name: self.catalog.find(model.id)[0].service
            for model in self.catalog
        }
        return list(found.values())

    def origin(self, service: Service) -> str:
        """Return where the service is: its own origin, or that of its variable. Raises InvalidRequest."""
        return check_origin(os.environ.get(service.url_env) or service.origin)

    def default_model(self) -> Model:
        """Return the model that is meant when none is named: the configured one, else the first whose key is set."""
        if self.settings.model:
            return self.catalog.find(self.settings.model)[1]
        with_key = (model for model in self.catalog if keys.find(self.catalog.find(model.id)[0].service) is not None)
        return next(with_key, None) or self.catalog.find(SANDBOX_MODEL)[1]

    # -- starting

    def start(self, prompt: str, model: str | None = None, options: RunOptions = DEFAULTS, **given: Any) -> Job:
        """Start a job and return at once; the same request again returns the job there is, free of charge."""
        return self.launch(self.plan(prompt, model, options, **given), options)

    def launch(self, plan: Plan, options: RunOptions = DEFAULTS) -> Job:
        """Start the job of a plan, as a take of the shot in *options*. Raises MissingKey before anything is sent."""
        return self.launch_all([plan], options)[0]

    def launch_all(self, plans: Sequence[Plan], options: RunOptions = DEFAULTS) -> list[Job]:
        """Start the jobs of different plans: all are in the journal before the first is sent. Raises MissingKey.

        With an executor in *options* its workers poll and download.
        """
        from vidmagic.session import shots

        shot = shots.check_name(options.shot) if options.shot else ""
        wanted = [self._record(plan) for plan in plans]
        with self._lock:
            begun = self.store.begin_all(wanted, again=options.again, satisfies=self.resuming.stands)
            jobs = [self._handle(record) if fresh else self.resuming.reuse(record) for record, fresh in begun]
            if shot:
                shots.add(self, shot, jobs)
            starts = [
                self._to_send(job, plan, options.executor)
                for job, plan, (_, fresh) in zip(jobs, plans, begun, strict=True)
                if fresh
            ]
            for start in starts:  # what may fail lies behind: either none of them is sent or all are
                start()
        return jobs

    def _to_send(self, job: Job, plan: Plan, executor: Executor | None) -> Callable[[], None]:
        job.add_notes(*plan.notes)
        request = dataclasses.replace(plan.request, key=job.id)
        return self._made_ready(job, plan.provider, plan.model, request, executor)

    def _record(self, plan: Plan) -> Record:
        """Return the row that stands for a plan. Raises MissingKey."""
        if not plan.in_sandbox:
            keys.require(plan.provider.service)
        folder = Path(self.settings.folder).expanduser()
        return plan_record(
            plan.request,
            in_sandbox=plan.in_sandbox,
            origin="" if plan.in_sandbox else self.origin(plan.provider.service),
            folder=str(folder if folder.is_absolute() else notebook_folder() / folder),
            price=_price(plan),
            parent=plan.parent,
        )

    def already_made(self, plan: Plan) -> bool:
        """Tell whether a job of the journal answers this very request, so that it would cost nothing."""
        found = self.store.of_request(plan.request.fingerprint(in_sandbox=plan.in_sandbox))
        return any(self.resuming.stands(record) for record in found)

    def upscale(self, job_id: str, options: RunOptions = DEFAULTS) -> Job:
        """Start a job that makes a finished video larger, where its service does that. Raises InvalidRequest.

        It is a paid job of its own; a rehearsal's is a rehearsal.
        """
        record = self.store.get(job_id)
        creation = record.reported.get("creation_id")
        if record.state != states.DONE or not creation:
            raise InvalidRequest(
                f"job {record.id} cannot be upscaled: only a finished video of Vidu can", job_id=record.id
            )
        given = {"creation_id": str(creation)}
        options = dataclasses.replace(options, sandbox=record.in_sandbox)
        return self.start("", f"{record.service}/upscale", options, **given)

    def resume(self, job_id: str) -> Job:
        """Take a job up again where it stands, without a submit. Raises NoSuchJob."""
        return self.resuming.resume(job_id)

    # -- looking

    def unfinished(self) -> list[Record]:
        """Return the jobs that can be taken up again and run nowhere."""
        found = self.store.find(states=sorted(states.FOLLOWED | {states.PAUSED, states.SENDING}))
        return [r for r in found if not self.driver.drives(r.id) and not self.store.is_held_by_another(r)]

    def jobs(self, **filters: Any) -> list[Job]:
        """Return the jobs of the journal, newest first; those that run here are live, the others as they stand."""
        return [self.peek(record) for record in self.store.find(**filters)]

    def get(self, job_id: str) -> Job:
        """Return a handle on a job by the beginning of its id, without taking it up. Raises NoSuchJob."""
        return self.peek(self.store.get(job_id))

    def running(self) -> list[Job]:
        """Return a handle on each job that this kernel drives, oldest first."""
        return [self.peek(record) for record in self.driver.running()]

    def peek(self, record: Record) -> Job:
        """Return a handle on a job of the journal: live if it runs here, else as it stands."""
        job = self._handle(record)
        if not self.driver.listen(job):
            job.mark_ended()
        return job

    # -- parts

    def _made_ready(
        self,
        job: Job,
        provider: Provider,
        model: Model,
        request: Request | None = None,
        executor: Executor | None = None,
    ) -> Callable[[], None]:
        """Return what drives a job, made ready so far that it cannot fail."""
        http, schedule = self._transport(job.record, provider.service), self._schedule(job.record, model)
        return lambda: self.driver.drive(job, provider, http, schedule, request, executor=executor)

    def _schedule(self, record: Record, model: Model) -> PollSchedule:
        documented = self.sandbox.seconds if record.in_sandbox else model.seconds(record.params)
        schedule = self.timing.schedule(
            times(self.store, record.model, in_sandbox=record.in_sandbox, limit=60), record.params, documented
        )
        if record.in_sandbox and schedule.source != "past jobs":
            schedule = dataclasses.replace(schedule, source="the sandbox")
        return schedule

    def _transport(self, record: Record, service: Service) -> Transport:
        sent: set[str] = set()  # a service may echo any key that it was given, also after that has changed here

        def headers() -> Mapping[str, str]:
            if record.in_sandbox:
                return service.headers("sandbox")
            key = keys.require(service)
            sent.update(key.forms())
            return service.headers(key.reveal())

        return Transport(
            self.sandbox.url if record.in_sandbox else check_origin(record.origin),
            headers,
            secrets=lambda: tuple(sent),
            timeouts=self.timing.timeouts,
        )

    def _handle(self, record: Record) -> Job:
        short = self.catalog.short(record.model)
        control = JobControl(self.driver.cancel, self.resume, self._make_video)
        return Job(record, control, short=short)

    def cancel(self, job_id: str) -> Job:
        """Stop a job, also one whose kernel is gone. Raises InvalidRequest for one that another kernel drives."""
        record = self.store.get(job_id)
        if record.state in states.LIVE and not self.driver.drives(record.id) and self.store.is_held_by_another(record):
            raise InvalidRequest(f"job {record.id} is driven by another kernel; cancel it there", job_id=record.id)
        job = self.resuming.attach(record)
        job.cancel()
        return job

    def _make_video(self, record: Record, reused: bool) -> Video:
        return Video(
            record.path,
            job_id=record.id,
            model=record.model,
            short=self.catalog.short(record.model),
            prompt=record.prompt,
            params=dict(record.params),
            price="" if record.in_sandbox else record.short_price,
            in_sandbox=record.in_sandbox,
            reused=reused,
            display=self.display(),
        )

    def display(self) -> DisplayOptions:
        """Return how videos are shown by the settings of this moment."""
        embed = self.settings.embed
        if embed == "auto" and "google.colab" in sys.modules:  # its pages cannot see the files beside a notebook
            embed = "always"
        return DisplayOptions(
            embed=embed,
            embed_limit=int(self.settings.embed_limit * MEGABYTE),
            autoplay=self.settings.autoplay,
            loop=self.settings.loop,
            beside=notebook_folder(),
        )


def _price(plan: Plan) -> Mapping[str, str] | None:
    if plan.price is None:
        return None
    price = plan.price
    return {
        "amount": str(price.amount),
        "currency": price.currency,
        "source": price.source,
        "date": price.date,
        "text": str(price),
    }


@functools.cache
def default() -> Session:
    """Return the session that the functions of the package and the magics share."""
    return Session()
