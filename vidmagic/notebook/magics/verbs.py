"""The verbs of `%video`: everything but making a video."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.context import NotebookContext
from vidmagic.notebook.magics import help_text
from vidmagic.notebook.magics.magics import VERBS
from vidmagic.session.run_options import RunOptions
from vidmagic.spec.params import did_you_mean, listing

Verb = Callable[[NotebookContext, list[str]], Any]


def run_line(context: NotebookContext, line: str) -> Any:
    """Carry out one `%video` line. Raises InvalidRequest for a word that is no verb."""
    name, *words = line.split() or ["help"]
    if name in {"-h", "--help"}:
        name = "help"
    if name not in DO:
        raise InvalidRequest(
            f"{name!r} is no verb of %video{did_you_mean(name, VERBS)}; the verbs are {listing(VERBS, 'and')}",
            hint="A prompt goes into a cell that begins with %%video.",
        )
    return DO[name](context, words)


def _help(_: NotebookContext, words: list[str]) -> None:
    _no_more(words)
    print(help_text.LINE)  # noqa: T201  asked for
    print(help_text.CELL)  # noqa: T201  asked for


def _show(context: NotebookContext, words: list[str]) -> Job:
    from IPython.display import display

    from vidmagic.notebook.views.record import FullRecord
    from vidmagic.notebook.views.takes import Ancestry
    from vidmagic.session.shots import describe, named

    is_take = len(words) == 2 and words[1].isdecimal()
    job = describe(context.session, named(context.session, " ".join(words) if is_take else _one_id(words)))
    context.show(job)
    if came_from := Ancestry(context.session, job):
        display(came_from)
    display(FullRecord(job.record))
    return job


def _takes(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.views.table import View
    from vidmagic.notebook.views.takes import Takes, shots_table

    _no_more(words[1:])
    return Takes.of(context.session, words[0]) if words else View(shots_table(context.session))


def _pick(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.views.takes import Takes
    from vidmagic.session.shots import pick

    if len(words) != 2 or not words[1].isdecimal():
        raise InvalidRequest("pick takes a shot and a number, as `%video pick kite 2`")
    pick(context.session, words[0], int(words[1]))
    return Takes.of(context.session, words[0])


def _history(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.views.history import history

    return history(context.session, words)


def _camera(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.views.camera import moves_table
    from vidmagic.notebook.views.table import View

    return View(moves_table(context.session.catalog, words))


def _resume(context: NotebookContext, words: list[str]) -> Any:
    if words:
        return _taken_up(context, context.session.resume(_one_id(words)))
    found = [context.session.resume(record.id) for record in context.session.unfinished()]
    if not found:
        print("Nothing to take up: no job of the journal is unfinished.")  # noqa: T201  the answer
        return None
    for job in found:
        _taken_up(context, job)
    return found[0] if len(found) == 1 else None


def _taken_up(context: NotebookContext, job: Job) -> Job:
    from vidmagic.session.shots import describe

    describe(context.session, job)
    job.shown_in = None  # several jobs may be taken up in one cell
    context.show(job, wait=context.waits())
    return job


def _wait(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.card.present import join

    jobs = [context.session.get(word) for word in words] if words else context.session.running()
    if not jobs:
        print("Nothing to wait for: this kernel drives no job.")  # noqa: T201  the answer
        return None
    join(jobs, context.front)
    return jobs[0] if len(jobs) == 1 else None


def _cancel(context: NotebookContext, words: list[str]) -> Job:
    job: Job = context.session.cancel(_one_id(words))
    context.show(job)
    return job


def _form(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.form.form import Form

    _no_more(words[1:])
    return Form(context.session, model=words[0] if words else None)


def _models(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.views.table import models_view

    return models_view(context.session, words)


def _jobs(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.views.table import jobs_view

    return jobs_view(context.session, words)


def _upscale(context: NotebookContext, words: list[str]) -> Job:
    again = "--again" in words
    job_id = _one_id([word for word in words if word != "--again"])
    job: Job = context.session.upscale(job_id, RunOptions(again=again))
    context.show(job, wait=context.waits())
    return job


def _cost(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.engine.journal.figures import spent
    from vidmagic.notebook.views.table import View
    from vidmagic.session.reports.cost import cost

    _no_more(words)
    return View(cost(spent(context.session.store)))


def _compare(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.magics.video_args import compare_line

    return compare_line(context.session, words, context.namespace)


def _reel(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.magics.video_args import reel_line

    return reel_line(context.session, words, context.namespace)


def _doctor(context: NotebookContext, words: list[str]) -> Any:
    from vidmagic.notebook.views.table import doctor_view

    return doctor_view(context.session, words, context.front.kind)


def _one_id(words: list[str]) -> str:
    if len(words) != 1:
        raise InvalidRequest("this verb takes one job id", hint="`%video jobs` lists them.")
    return words[0]


def _no_more(words: list[str]) -> None:
    if words:
        raise InvalidRequest(f"this verb takes nothing more, not {listing(words, 'and')}")


DO: dict[str, Verb] = {
    "models": _models,
    "jobs": _jobs,
    "show": _show,
    "resume": _resume,
    "wait": _wait,
    "cancel": _cancel,
    "upscale": _upscale,
    "cost": _cost,
    "takes": _takes,
    "pick": _pick,
    "history": _history,
    "camera": _camera,
    "compare": _compare,
    "reel": _reel,
    "doctor": _doctor,
    "form": _form,
    "help": _help,
}
