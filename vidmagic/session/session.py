"""Where settings, catalog, journal and jobs meet: start, resume, list."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vidmagic.engine import states
from vidmagic.engine.driver import Driver
from vidmagic.engine.fork import at_fork
from vidmagic.engine.job import Job
from vidmagic.engine.journal.lease import this_process
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.request_takes import there_or_next
from vidmagic.engine.journal.store import Store
from vidmagic.engine.timing import Timing
from vidmagic.media.display import DisplayOptions
from vidmagic.providers.catalog import Catalog
from vidmagic.session.choices import Choices
from vidmagic.session.continue_from import job_of_file
from vidmagic.session.finish import Finisher
from vidmagic.session.improve.improve import Improver
from vidmagic.session.job_factory import JobFactory
from vidmagic.session.launch import Launcher
from vidmagic.session.planner import Planner
from vidmagic.session.planning import Plan, upscale_params
from vidmagic.session.ratings import Ratings
from vidmagic.session.resolve import Resolver
from vidmagic.session.resume import Resume
from vidmagic.session.run_options import DEFAULTS, RunOptions, take_options
from vidmagic.session.service_access import ServiceAccess
from vidmagic.session.settings import Settings, display_options, file_options, home, notebook_folder, trusted_networks
from vidmagic.session.shots import Shots

if TYPE_CHECKING:
    from vidmagic.sandbox import Sandbox


class Session:
    """Start, resume and list jobs."""

    def __init__(self, settings: Settings | None = None, timing: Timing | None = None) -> None:
        self.settings = Settings() if settings is None else settings
        self.timing = Timing() if timing is None else timing
        self._lock = threading.RLock()
        at_fork(in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        """Be the session of a forked child: journal and driver begin anew by themselves."""
        names = {"resuming", "launcher", "sandbox", "improver"} & vars(
            self
        ).keys()  # they hold a lock, or threads, of the parent
        self._inherited = {name: vars(self).pop(name) for name in names}  # only the parent may finalize them
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
    def factory(self) -> JobFactory:
        """What makes the handles of jobs and what runs them."""
        return JobFactory(
            self.driver,
            self.catalog,
            self.timing,
            lambda: self.sandbox,
            self.display,
            lambda: self.resuming,
            lambda: trusted_networks(self.settings),
            lambda: file_options(self.settings),
            lambda job, given: self.finish(job, take_options("finish", given), **given),
            lambda job: self.shots.describe(job),  # noqa: PLW0108  the shots need this factory
            self.ratings,
        )

    @functools.cached_property
    def ratings(self) -> Ratings:
        """What stores stars, notes and tags."""
        return Ratings(self.store)

    @functools.cached_property
    def resuming(self) -> Resume:
        """What goes on with jobs of the journal."""
        return Resume(self.driver, self.catalog, self.factory.handle, self.factory.starter, self._lock)

    @functools.cached_property
    def shots(self) -> Shots:
        """The shots of the notebook's folder."""
        return Shots(self.store, notebook_folder, self.factory.peek)

    @functools.cached_property
    def choices(self) -> Choices:
        """What was chosen in comparisons in the notebook's folder."""
        return Choices(self.store, self.shots, notebook_folder)

    @functools.cached_property
    def resolver(self) -> Resolver:
        """What finds the video that a person names."""
        return Resolver(self.shots, self.get, lambda path: job_of_file(self.store, path), self.display)

    @functools.cached_property
    def access(self) -> ServiceAccess:
        """Which services can be used, and where they are."""
        return ServiceAccess(self.catalog, lambda: self.settings.model)

    @functools.cached_property
    def planner(self) -> Planner:
        """What turns a request into a plan."""
        return Planner(self.store, self.access, self.resolver, lambda: self.settings, self.already_made)

    @functools.cached_property
    def launcher(self) -> Launcher:
        """What starts the jobs of plans."""
        return Launcher(self.store, self.planner, self.factory, self.resuming, self.shots, self._lock)

    @functools.cached_property
    def improver(self) -> Improver:
        """What improves prompts."""
        return Improver(self.access, lambda: self.settings, lambda: self.sandbox.url, self.timing.timeouts)

    @functools.cached_property
    def sandbox(self) -> Sandbox:
        """The embedded sandbox, started when it is first needed."""
        from vidmagic.sandbox import Sandbox

        return Sandbox(seconds=self.settings.sandbox_seconds, folder=home() / "sandbox").start()

    def plan(self, prompt: str, model: str | None = None, options: RunOptions = DEFAULTS, **given: object) -> Plan:
        """Resolve and check a request without sending anything. Raises InvalidRequest.

        *options* are the run options: with `from_` the last frame of that video becomes the first frame, and a job is
        waited for. *given* are the model's parameters and images.
        """
        return self.planner.plan(prompt, model, options, given)

    def start(self, prompt: str, model: str | None = None, options: RunOptions = DEFAULTS, **given: object) -> Job:
        """Start a job and return at once; the same request again returns the job there is, free of charge."""
        return self.launch(self.plan(prompt, model, options, **given), options)

    def launch(self, plan: Plan, options: RunOptions = DEFAULTS) -> Job:
        """Start the job of a plan, as a take of the shot in *options*. Raises MissingKey before anything is sent."""
        return self.launch_all([plan], options)[0]

    def launch_all(self, plans: Sequence[Plan], options: RunOptions = DEFAULTS) -> list[Job]:
        """Start the jobs of different plans: all are in the journal before the first is sent. Raises MissingKey.

        With an executor in *options* its workers poll and download.
        """
        return self.launcher.launch_all(plans, options)

    def already_made(self, plan: Plan, options: RunOptions = DEFAULTS) -> bool:
        """Return whether a job of the journal is what this request with *options* gives, so that it would cost nothing.

        Raises InvalidRequest for a take before which others are missing.
        """
        is_there = self.store.path.exists()  # a question makes no journal
        records = self.store.of_request(plan.request.fingerprint(in_sandbox=plan.in_sandbox)) if is_there else []
        satisfies = self.resuming.satisfies
        return isinstance(there_or_next(records, again=options.again, take=options.take, satisfies=satisfies), Record)

    def upscale(self, job_id: str, options: RunOptions = DEFAULTS) -> Job:
        """Start a job that makes a finished video larger, where its service does that. Raises InvalidRequest.

        It is a paid job of its own; that of a sandbox job runs in the sandbox too.
        """
        record = self.store.get(job_id)
        options = dataclasses.replace(options, sandbox=record.in_sandbox)
        return self.start("", f"{record.service}/upscale", options, **upscale_params(record))

    def plan_finish(self, job: Job, options: RunOptions = DEFAULTS, **given: object) -> tuple[Plan, RunOptions]:
        """Plan the full version of a draft, as `Finisher.plan` documents. Raises InvalidRequest."""
        return Finisher(self.planner, self.catalog, self.factory.lifetimes).plan(
            self.shots.describe(job), options, given
        )

    def finish(self, job: Job, options: RunOptions = DEFAULTS, **given: object) -> Job:
        """Start the full version of a draft as a take of the same shot. Raises InvalidRequest before it is sent."""
        return self.launch(*self.plan_finish(job, options, **given))

    def resume(self, job_id: str) -> Job:
        """Resume a job from where it stands, without a submit. Raises NoSuchJob."""
        return self.resuming.resume(job_id)

    def unfinished(self) -> list[Record]:
        """Return the jobs that can be resumed and run nowhere."""
        records = self.store.find(states=sorted(states.FOLLOWED | {states.PAUSED, states.SENDING}))
        return [r for r in records if not self.driver.drives(r.id) and not self.store.is_held_by_another(r)]

    def jobs(self, **filters: Any) -> list[Job]:
        """Return the jobs of the journal, newest first; those that run here are live, the others as they stand."""
        return [self.factory.peek(record) for record in self.store.find(**filters)]

    def get(self, job_id: str) -> Job:
        """Return a handle on a job by the beginning of its id, without resuming it. Raises NoSuchJob."""
        return self.factory.peek(self.store.get(job_id))

    def running(self) -> list[Job]:
        """Return a handle on each job that this kernel drives, oldest first."""
        return [self.factory.peek(record) for record in self.driver.running()]

    def cancel(self, job_id: str) -> Job:
        """Stop a job, also a paused one and one whose kernel is gone; return a handle on it.

        Raises InvalidRequest for one that another kernel drives.
        """
        job = self.get(job_id)
        job.cancel()
        return job

    def display(self) -> DisplayOptions:
        """Return how videos are shown by the settings as they are now."""
        return display_options(self.settings)


@functools.cache
def default() -> Session:
    """Return the session that the functions of the package and the magics share."""
    return Session()
