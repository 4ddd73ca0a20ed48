"""Start the jobs of plans: all that may be refused first, then the journal, then the submits."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.uninterrupted import uninterrupted
from vidmagic.session.job_factory import JobFactory
from vidmagic.session.planner import Planner
from vidmagic.session.planning import Plan
from vidmagic.session.resume import Resume
from vidmagic.session.run_options import RunOptions
from vidmagic.session.shots import Shots, check_name
from vidmagic.session.writable import check_writable


@dataclasses.dataclass(frozen=True, slots=True)
class Launcher:
    """Start jobs. `lock` is held while jobs are stored and sent, as by `resuming` while jobs are resumed."""

    store: Store
    planner: Planner
    factory: JobFactory
    resuming: Resume
    shots: Shots
    lock: threading.RLock

    def launch_all(self, plans: Sequence[Plan], options: RunOptions) -> list[Job]:
        """Start the jobs of different plans, as `Session.launch_all` documents. Raises MissingKey."""
        shot = check_name(options.shot) if options.shot else ""
        records = [self.planner.record(plan) for plan in plans]
        new = [plan for plan in plans if not self.planner.is_made(plan, options)]
        for plan in new:  # to show the job there is needs neither a key nor a folder
            self.planner.check_may_buy(plan)
        if new:
            uninterrupted(lambda: check_writable(self.planner.folder()))
        return uninterrupted(lambda: self._begin(plans, records, options, shot))

    def _begin(self, plans: Sequence[Plan], records: Sequence[Record], options: RunOptions, shot: str) -> list[Job]:
        """Store the jobs of *plans* and send them in one step: no job is left that is stored and driven by nobody."""
        with self.lock:
            begun = self.store.begin_all(
                records, again=options.again, take=options.take, satisfies=self.resuming.satisfies
            )
            try:
                jobs = [self.factory.handle(r) if is_new else self._reused(r, options) for r, is_new in begun]
                for name, group in _by_shot(plans, jobs, shot).items():
                    self.shots.add(name, group)
                starts = [
                    self._to_send(job, plan, options.executor)
                    for job, plan, (_, is_new) in zip(jobs, plans, begun, strict=True)
                    if is_new
                ]
                for start in starts:  # what may fail lies behind: either none of them is sent or all are
                    start()
            except BaseException:
                self.resuming.mark_unsent(record for record, is_new in begun if is_new)
                raise
        return jobs

    def _reused(self, record: Record, options: RunOptions) -> Job:
        job = self.resuming.reuse(record)
        if options.take is not None:
            job.add_notes(f"take {options.take} of this request")
        return job

    def _to_send(self, job: Job, plan: Plan, executor: Executor | None) -> Callable[[], None]:
        self.planner.check_may_buy(plan)  # the job that made this free may have failed since it was planned
        job.add_notes(*plan.notes, *self.planner.key_notes(plan))
        request = dataclasses.replace(plan.request, key=job.id)
        return self.factory.starter(job, plan.provider, plan.model, request, executor)


def _by_shot(plans: Sequence[Plan], jobs: Sequence[Job], shot: str) -> dict[str, list[Job]]:
    """Return the jobs by the shot that each becomes a take of: its own, else *shot*."""
    groups: dict[str, list[Job]] = {}
    for plan, job in zip(plans, jobs, strict=True):
        if name := plan.shot or shot:
            groups.setdefault(name, []).append(job)
    return groups
