"""The verbs of `%video` about jobs: an entry for each, and the function that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vidmagic.engine.states import STATES
from vidmagic.notebook.magics.flag_reader import Flag
from vidmagic.notebook.magics.registry import Verb, VerbLine
from vidmagic.notebook.magics.run_flags import flags_at

if TYPE_CHECKING:
    from vidmagic.engine.job import Job
    from vidmagic.notebook.context import NotebookContext
    from vidmagic.notebook.magics.rate_line import Rated
    from vidmagic.notebook.views.dry_run import DryRun
    from vidmagic.notebook.views.jobs import Jobs
    from vidmagic.notebook.views.table import View


def _jobs(context: NotebookContext, line: VerbLine) -> Jobs:
    from vidmagic.notebook.views.jobs import Jobs

    return Jobs.chosen(context.session, **{name: str(value) for name, value in line.flags.items()})


def _rate(context: NotebookContext, line: VerbLine) -> Rated:
    from vidmagic.notebook.magics.rate_line import rate

    return rate(context, line)


def _show(context: NotebookContext, line: VerbLine) -> Job:
    from IPython.display import display

    from vidmagic.notebook.magics.video_args import job_named
    from vidmagic.notebook.views.record import FullRecord
    from vidmagic.notebook.views.takes import Ancestry

    job = job_named(context, line.word("ID"))
    context.show(job)
    if ancestry := Ancestry(context.session, job):
        display(ancestry)
    display(FullRecord(job.record))
    return job


def _resume(context: NotebookContext, line: VerbLine) -> Job | None:
    from vidmagic.notebook.magics.video_args import job_named

    if line.word("ID"):
        return _show_resumed(context, job_named(context, line.word("ID")).id)
    ids = [record.id for record in context.session.unfinished()]
    if not ids:
        print("Nothing to resume: every job of the journal has ended.")  # noqa: T201  the answer
    jobs = [_show_resumed(context, job_id) for job_id in ids]
    return jobs[0] if len(jobs) == 1 else None


def _show_resumed(context: NotebookContext, job_id: str) -> Job:
    job = context.session.shots.describe(context.session.resume(job_id))
    context.show(job, wait=context.waits(), again=True)  # one cell may resume and show several jobs
    return job


def _wait(context: NotebookContext, line: VerbLine) -> Job | None:
    from vidmagic.notebook.card.present import join
    from vidmagic.notebook.magics.video_args import job_named

    names = line.words["ID"]
    jobs = [job_named(context, name) for name in names] if names else context.session.running()
    if not jobs:
        print("Nothing to wait for: this kernel runs no job.")  # noqa: T201  the answer
        return None
    join(jobs, context.front)
    return jobs[0] if len(jobs) == 1 else None


def _cancel(context: NotebookContext, line: VerbLine) -> Job:
    from vidmagic.notebook.magics.video_args import job_named

    job: Job = context.session.cancel(job_named(context, line.word("ID")).id)
    context.show(job)
    return job


def _upscale(context: NotebookContext, line: VerbLine) -> Job:
    from vidmagic.notebook.magics.video_args import job_named
    from vidmagic.session.run_options import take_options

    options = take_options("upscale", dict(line.flags))
    job = context.session.upscale(job_named(context, line.word("ID")).id, options)
    context.show(job, wait=context.waits())
    return job


def _finish(context: NotebookContext, line: VerbLine) -> Job | DryRun:
    from vidmagic.notebook.magics.video_args import job_named
    from vidmagic.notebook.views.dry_run import DryRun
    from vidmagic.session.run_options import take_options

    given = dict(line.flags)
    dry_run = given.pop("dry_run", False)
    options = take_options("finish", given)
    plan, options = context.session.plan_finish(job_named(context, line.word("ID")), options, **given)
    if dry_run:
        return DryRun(plan)
    job = context.session.launch(plan, options)
    context.show(job, wait=context.waits())
    return job


def _cost(context: NotebookContext, _: VerbLine) -> View:
    from vidmagic.engine.journal.figures import spent
    from vidmagic.notebook.views.table import View
    from vidmagic.session.reports.cost import cost

    return View(cost(spent(context.session.store)))


RATED = (
    Flag("--stars", help="only jobs with so many stars or more; none: not rated", value="N",
         choices=("5", "4", "3", "2", "1", "none")),
    Flag("--tag", help="only jobs with this tag", value="TAG"),
)  # fmt: skip
JOB_VERBS = (
    Verb("jobs", "", "what was made, urgent jobs first", _jobs, (
        Flag("--state", help="only jobs in this state", value="STATE", choices=tuple(STATES)),
        Flag("--model", help="only jobs of this model", value="MODEL"),
        Flag("--since", help="only newer jobs: 30m, 2h, 3d, 1w or 2026-11-20", value="AGE", choices=("2h", "1d", "1w")),
        *RATED,
        Flag("--limit", help="the largest number of jobs (20)", value="N"),
    )),
    Verb("rate", "VIDEO [STARS] [NOTE…]", "stars, a note and tags: rate kite:2 4 hands melt --tag hero", _rate, (
        Flag("--tag", help="add a tag", value="TAG", repeats=True),
        Flag("--untag", help="remove a tag", value="TAG", repeats=True),
    )),
    Verb("show", "ID", "one job, its video and all that is stored of it; or a take: show pond:2", _show),
    Verb("resume", "[ID]", "go on with a job, or with all that are unfinished; nothing is sent twice", _resume),
    Verb("wait", "[ID…]", "hold the cell until jobs, or all of this kernel, have ended", _wait),
    Verb("cancel", "ID", "stop a job: at the service where it can be stopped there", _cancel),
    Verb("upscale", "ID", "a larger version of a finished Vidu video; a paid job of its own", _upscale,
         tuple(flags_at("upscale").values())),
    Verb("finish", "ID", "the full version of a draft (--draft); a paid job of its own", _finish, (
        *flags_at("finish").values(),
        Flag("--dry-run", sets=True, help="show request, price and what stays the same; send nothing", short="-n"),
        Flag("--resolution", help="another size than the full version's", value="SIZE"),
        Flag("--duration", help="another length", value="SECONDS"),
        Flag("--image", help="the first frame, where its file has moved", value="FILE"),
        Flag("--last-image", help="the last frame, where its file has moved", value="FILE"),
    )),
    Verb("cost", "", "what was spent, estimated and reported by the services", _cost),
)  # fmt: skip
